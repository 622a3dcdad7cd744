"""A real Postfix with OpenDKIM: what it signs, how it turns mail away for now, and what its log proves."""

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import dkim
import pytest

from app.domain.deliveries import Accepted, Envelope, Outcome, TryLater, Unknown
from app.domain.unknowns import LogPlace, LogReading
from app.senders.smtp import Relay, RelayAddress, Security
from app.sources.relay_log import RelayLog
from app.texts.mail import compose_alert_mail
from tests.doors.senders.sending import QUICK, Permission
from tests.house import ROOT
from tests.peers import postfix as peer
from tests.peers.postfix import DOMAIN, READERS_DOMAIN, SELECTOR, SIGNED, Postfix
from tests.peers.tcp_proxy import Cut, Rule, TcpProxy
from tests.stories.commands import until
from tests.texts.samples import alert_mail, item, textiles_alert

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    with Postfix() as relay:
        yield relay


def an_alert(name: str = "nga") -> Envelope:
    """A whole alert, as it goes on the wire."""
    address, message_id = f"{name}@{READERS_DOMAIN}", f"{uuid4()}@{DOMAIN}"
    body = compose_alert_mail(alert_mail(item(textiles_alert()), recipient=address, message_id=message_id))
    return Envelope(delivery_id=1, sender=f"keng@{DOMAIN}", recipient=address, message_id=message_id, body=body)


async def hand_over(port: int, *envelopes: Envelope) -> list[Outcome | None]:
    address = RelayAddress(host="127.0.0.1", port=port, security=Security.PLAIN)
    relay = Relay(address, hostname=DOMAIN, timeouts=QUICK, connections=1)
    try:
        return [await relay.send(envelope, Permission()) for envelope in envelopes]
    finally:
        await relay.close()


async def delivered(postfix: Postfix, envelope: Envelope) -> bytes:
    """Hand a mail to the relay and return it as it was delivered."""
    assert isinstance((await hand_over(postfix.port, envelope))[0], Accepted)
    await until(lambda: any(envelope.message_id.encode() in mail for mail in postfix.mails))
    return next(mail for mail in postfix.mails if envelope.message_id.encode() in mail)


def verifies(mail: bytes, postfix: Postfix) -> bool:
    try:
        return bool(dkim.DKIM(mail, minkey=2048).verify(dnsfunc=lambda _name, **_: postfix.public_key))
    except dkim.DKIMException:
        return False


def without_spaces(mail: bytes) -> str:
    """The signature in one line."""
    (found,) = re.findall(rb"^DKIM-Signature: ((?:.+\r\n)(?:[ \t].+\r\n)*)", mail, re.MULTILINE)
    return re.sub(r"\s", "", found.decode())


async def test_the_signature_covers_what_it_must_and_no_header_of_these_can_be_changed_or_added(
    postfix: Postfix,
) -> None:
    mail = await delivered(postfix, an_alert())
    assert verifies(mail, postfix)
    signature = dict(tag.split("=", 1) for tag in without_spaces(mail).rstrip(";").split(";"))
    covered = [name.lower() for name in signature["h"].split(":")]
    assert (signature["d"], signature["s"], signature["a"]) == (DOMAIN, SELECTOR, "rsa-sha256")
    assert "l" not in signature
    assert covered.count("from") == covered.count("subject") == 2

    for name in ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Id"):
        assert not verifies(changed(mail, name), postfix), name
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post"):
        assert not verifies(changed(mail, name), postfix), name
    for name in ("From", "Subject"):
        assert not verifies(f"{name}: evil@elsewhere.example\r\n".encode() + mail, postfix), name
    assert not verifies(mail + b"one line more\r\n", postfix)
    assert set(covered) <= {name.lower() for name in SIGNED}


def changed(mail: bytes, name: str) -> bytes:
    """The mail with one header that says something else."""
    other, times = re.subn(rb"(?im)^(%s:) " % name.encode(), rb"\1 x", mail, count=1)
    assert times == 1, name
    return other


@asynccontextmanager
async def a_policy(says: list[str]) -> AsyncIterator[int]:
    """A policy service that greylists: `says` is used up one answer at a time, then all is well; yields its port."""

    lines: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\n\n"):
                writer.write(f"action={says.pop(0) if says else 'DUNNO'}\n\n".encode())
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for writer in lines:
            writer.close()
            await writer.wait_closed()


async def test_a_greylisted_mail_is_deferred_and_then_accepted() -> None:
    async with a_policy(["DEFER_IF_PERMIT 4.7.1 Greylisted, come back in a while"]) as port:
        with Postfix(smtpd_recipient_restrictions=f"check_policy_service inet:127.0.0.1:{port}, permit") as relay:
            envelope = an_alert()
            first, second = await hand_over(relay.port, envelope, envelope)
            assert isinstance(first, TryLater)
            assert (first.code, "4.7.1" in first.reply) == (450, True)
            assert isinstance(second, Accepted)
            await until(lambda: relay.delivered == 1)


async def test_a_relay_whose_disk_is_full_defers_and_takes_the_mail_when_there_is_room() -> None:
    # It wants one and a half times its longest message to be free: more than any disk has.
    with Postfix(message_size_limit=str(10**17)) as relay:
        (full,) = await hand_over(relay.port, an_alert())
        assert isinstance(full, TryLater)
        assert (full.code, "4.3.1" in full.reply) == (452, True)
        relay.set(message_size_limit="10240000")

        async def taken() -> bool:
            return isinstance((await hand_over(relay.port, an_alert()))[0], Accepted)

        await until(taken)  # servers that began before the change go on with the old limit for a moment
        await until(lambda: relay.delivered == 1)


async def test_the_log_tells_a_lost_answer_from_a_message_that_never_came_whole(postfix: Postfix) -> None:
    half, whole = an_alert("half"), an_alert("whole")
    rules = [
        Rule("client", Cut(), pattern=rb"Content-Type: text/html", times=1),
        Rule("server", Cut(), pattern=rb"250 2\.0\.0 Ok: queued as", through=False, times=1),
    ]
    async with TcpProxy(postfix.host, postfix.port, rules) as line:
        assert [type(outcome) for outcome in await hand_over(line.port, half, whole)] == [Unknown, Unknown]
    await delivered(postfix, an_alert("last"))

    assert half.message_id in postfix.log.read_text("utf-8"), "its Message-ID passed, and proves nothing"
    seen, _ = in_the_log(postfix)
    assert (half.message_id in seen, whole.message_id in seen) == (False, True)
    assert not any(half.message_id.encode() in mail for mail in postfix.mails)


async def test_a_rotated_log_is_read_on(postfix: Postfix) -> None:
    before, after = an_alert(), an_alert()
    _, place = in_the_log(postfix)
    await delivered(postfix, before)
    postfix.rotate()
    await delivered(postfix, after)
    seen, _ = in_the_log(postfix, place)
    assert seen == {before.message_id, after.message_id}


def in_the_log(postfix: Postfix, place: LogPlace | None = None) -> tuple[set[str], LogPlace]:
    """What the log saw in the queue from a place on, and how far that is."""
    seen, more, log = set[str](), True, RelayLog(postfix.log, DOMAIN, rests_for=0)
    while more:
        reading = log.read(place)
        assert isinstance(reading, LogReading)
        assert reading.whole
        seen |= {one.message_id for one in reading.queued}
        place, more = reading.place, reading.more
    assert place is not None
    return seen, place


def test_what_a_killed_run_left_behind_is_ended_by_the_next() -> None:
    began = "from tests.peers.postfix import Postfix; relay = Postfix().__enter__(); print(relay.log, relay.port)"
    left = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", f"{began}; import os; os._exit(1)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    log, port = left.stdout.split()
    assert is_listening(int(port))
    with Postfix():
        assert not is_listening(int(port))
        assert not Path(log).exists()


def is_listening(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_who_is_not_root_is_told_so_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.peers.postfix.os.geteuid", lambda: 1000)
    with pytest.raises(RuntimeError, match="only be started by root"):
        peer.require()


def test_where_the_packages_are_missing_the_line_to_type_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(peer, "_BINARIES", str(tmp_path))
    with pytest.raises(RuntimeError, match="apt-get install postfix opendkim"):
        peer.require()
