"""A relay or a source that is not there, or that talks nonsense: said plainly, nothing lost, nothing sent twice."""

import errno
from collections import Counter

import pytest
from sqlalchemy import select, update

from app.store.database import Database
from app.store.tables import deliveries
from tests.peers.http_peer import Reply
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.town import Eping, a_notice, letters, symbol, told
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets


async def test_a_relay_that_is_down_is_told_of_and_nothing_is_lost(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")

    await relay.stop()
    for _ in range(2):
        failed = await keng("deliver", "--once", exits=1)
        assert "nothing; 1 message waits: the relay does not answer (the relay cannot be talked to" in failed.out
        assert f"[Errno {errno.ECONNREFUSED}]" in failed.out
    said = (await keng("deliver", "--once", "--json", exits=1)).value
    assert (bool(said["host_down"]), said["waiting"]) == (True, 1)
    async with database.reading() as connection:
        (row,) = await connection.execute(select(deliveries.c.state, deliveries.c.attempts))
        assert tuple(row) == ("pending", 0)

    await relay.start()
    for _ in range(2):
        await keng("deliver", "--once")
    assert told(relay) == Counter([("vitas@example.org", symbol(1))])


@on_sqlite_only
async def test_a_message_that_cannot_be_made_is_counted_and_listed(
    keng: Keng, eping: Eping, database: Database
) -> None:
    for name in ("vitas", "vcci"):
        await keng("subscribe", f"{name}@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await keng("digest", "close")
    async with database.writing() as connection:
        await connection.execute(update(deliveries).where(deliveries.c.id == 1).values(message_id="not\r\nan id"))

    said = (await keng("deliver", "--once")).out
    assert "1 accepted" in said
    assert "1 needs_human (see keng queue)" in said
    assert len((await keng("queue", "--json")).value["needs_human"]) == 1
    assert "nothing was due" in (await keng("deliver", "--once")).out


HTML = Reply(headers={"Content-Type": "text/html"}, body=b"<html><body>Down for maintenance</body></html>")


@on_sqlite_only
@pytest.mark.parametrize(
    ("reply", "result", "said"),
    [
        (HTML, "unsound", "text/html"),
        (Reply(status=429, headers={"Retry-After": "3600"}), "busy", "429"),
        (Reply(status=503), "busy", "503"),
        (Reply(status=401, body=b'{"statusCode": 401}'), "refused", "KENG_EPING_KEY"),
        (Reply(raw=b""), "unreachable", "127.0.0.1"),
    ],
    ids=["html", "429", "503", "401", "nothing"],
)
async def test_a_source_that_does_not_answer_soundly_is_named_with_the_reason(
    keng: Keng, eping: Eping, relay: SmtpPeer, reply: Reply, result: str, said: str
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    eping.reply = reply
    (report,) = (await keng("pull", "eping", "--json", exits=1)).value
    assert (report["result"], report["added"]) == (result, 0)
    assert said in report["reason"]
    (source,) = (await keng("queue", "--json")).value["failing_sources"]
    assert (source["name"], source["failures"], source["last_fault"]) == ("eping", 1, report["reason"])

    eping.reply = None
    await keng("pull", "eping")
    await keng("deliver", "--once")
    assert told(relay) == Counter([("vitas@example.org", symbol(1))])
    assert (await keng("queue", "--json")).value["failing_sources"] == []


@on_sqlite_only
async def test_a_source_that_nobody_configured_is_refused_and_the_known_ones_are_named(keng: Keng) -> None:
    assert "known: eping" in (await keng("pull", "epping", exits=2)).err
    without = keng.with_settings(eping_key=None)
    assert "KENG_EPING_KEY" in (await without("pull", "eping", exits=2)).err


async def test_a_relay_that_refuses_one_reader_serves_the_others(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    relay.plan["RCPT"] = lambda command: "550 5.1.1 no such user" if "gone@" in command.argument else None
    for name in ("vitas", "gone", "vcci"):
        await keng("subscribe", f"{name}@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    for number in (2, 3):
        await keng("pull", "eping")
        await keng("deliver", "--once")
        eping.items.append(a_notice(number))

    expected = [(f"{name}@example.org", symbol(number)) for name in ("vitas", "vcci") for number in (1, 2)]
    assert told(relay) == Counter(expected)
    assert len(letters(relay)) == len(expected)
    assert sum("gone@" in command.argument for command in relay.commands) == 1
