"""The boxes that bounces come to: a Maildir, and a mailbox on an IMAP server."""

import imaplib
import ssl
from contextlib import aclosing
from pathlib import Path

import pytest

from app.domain.bounces import Meaning
from app.sources.imap import ImapMailbox, MailboxError
from app.sources.maildir import MOST_A_VISIT, Maildir
from app.sources.returned import LARGEST_MESSAGE
from tests.doors.senders.certificates import Authority
from tests.doors.sources.test_returned import sample
from tests.peers.imap_peer import PASSWORD, ImapPeer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    return tmp_path


async def names(box: Maildir | ImapMailbox) -> list[str]:
    return [incoming.name async for incoming in box.waiting()]


async def test_a_maildir_yields_what_is_new_and_moves_what_is_settled(folder: Path) -> None:
    for name in ("2.relay", "1.relay", ".hidden"):
        (folder / "new" / name).write_bytes(sample("postfix-unknown-user"))
    box = Maildir(folder)
    async with aclosing(box.waiting()) as waiting:
        async for incoming in waiting:
            assert incoming.mail.meaning is Meaning.FAILURE
            await box.settle(incoming.name, aside=incoming.name == "2.relay")
    assert sorted(file.name for file in (folder / "cur").iterdir()) == ["1.relay:2,S", "2.relay:2,FS"]
    assert await names(box) == []


async def test_a_maildir_keeps_what_was_not_settled_and_bears_what_vanishes(folder: Path) -> None:
    for name in ("1", "2"):
        (folder / "new" / name).write_bytes(b"From: a@b.example\n\n")
    box, seen = Maildir(folder), []
    async for incoming in box.waiting():
        seen.append(incoming.name)
        (folder / "new" / "2").unlink(missing_ok=True)
    await box.settle("2", aside=False)
    assert seen == ["1"]
    assert await names(box) == ["1"]


async def test_one_visit_to_a_maildir_reads_so_much_and_no_more(folder: Path) -> None:
    for number in range(MOST_A_VISIT + 1):
        (folder / "new" / f"{number:04}").write_bytes(b"")
    (folder / "new" / "0000").write_bytes(b"Delivered-To: a@b.example\n\n" + b"x" * (2 * LARGEST_MESSAGE))
    assert len(await names(Maildir(folder))) == MOST_A_VISIT


async def test_a_maildir_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await names(Maildir(tmp_path / "none"))


def a_mailbox(
    peer: ImapPeer, *, password: str = PASSWORD, mailbox: str = "INBOX", tls: ssl.SSLContext | None = None
) -> ImapMailbox:
    host = "localhost" if tls else peer.host
    return ImapMailbox(host=host, port=peer.port, user="bounces", password=password, mailbox=mailbox, tls=tls)


@pytest.mark.sockets
async def test_an_imap_mailbox_yields_what_is_unseen_and_marks_what_is_settled() -> None:
    async with ImapPeer([sample("postfix-unknown-user"), sample("a-person-answers"), b""]) as peer:
        box = a_mailbox(peer)
        async with aclosing(box.waiting()) as waiting:
            async for incoming in waiting:
                if incoming.name != "3":
                    await box.settle(incoming.name, aside=incoming.name == "2")
        assert await names(box) == ["3"]
        assert peer.flags == {1: {"\\Seen"}, 2: {"\\Seen", "\\Flagged"}, 3: set()}
        assert peer.commands.count("LOGOUT") == 2


@pytest.mark.sockets
async def test_an_imap_mailbox_reads_no_more_of_a_message_than_it_should() -> None:
    async with ImapPeer([b"Delivered-To: a@b.example\r\n\r\n" + b"x" * (LARGEST_MESSAGE + 7)]) as peer:
        assert await names(a_mailbox(peer)) == ["1"]
        assert f"UID FETCH 1 (BODY.PEEK[]<0.{LARGEST_MESSAGE}>)" in peer.commands


@pytest.mark.sockets
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"password": "wrong"}, imaplib.IMAP4.error),
        ({"mailbox": "Missing"}, MailboxError),
    ],
)
async def test_a_server_that_refuses_is_a_fault_that_shows_no_password(
    wrong: dict[str, str], error: type[Exception]
) -> None:
    async with ImapPeer([]) as peer:
        with pytest.raises(error) as caught:
            await names(a_mailbox(peer, **wrong))  # type: ignore[arg-type]  # mypy cannot see which words these are
        assert "wrong" not in str(caught.value)
        assert PASSWORD not in repr(a_mailbox(peer))


@pytest.mark.sockets
@pytest.mark.parametrize("stage", ["SELECT", "SEARCH", "FETCH"])
async def test_a_line_that_breaks_is_a_fault_and_leaves_the_rest_unseen(stage: str) -> None:
    async with ImapPeer([sample("postfix-unknown-user")], fails_at=stage) as peer:
        with pytest.raises((OSError, imaplib.IMAP4.error)):
            await names(a_mailbox(peer))
        assert peer.flags == {1: set()}


@pytest.mark.sockets
async def test_the_certificate_of_an_imap_server_is_checked(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with ImapPeer([sample("postfix-unknown-user")], tls=authority.serving("DNS:localhost")) as peer:
        assert await names(a_mailbox(peer, tls=authority.trusting())) == ["1"]
        with pytest.raises(ssl.SSLCertVerificationError):
            await names(a_mailbox(peer, tls=ssl.create_default_context()))
