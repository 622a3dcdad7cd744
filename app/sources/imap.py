"""A mailbox on an IMAP server that bounces come to (RFC 3501): what is unseen is read, then marked as seen.

The standard library's client waits, so it does that in threads. The certificate is always checked; without TLS only this
machine is spoken to, which the settings see to.
"""

import asyncio
import imaplib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from app.domain.bounces import IncomingMail
from app.sources.returned import LARGEST_MESSAGE, read_returned

MOST_A_VISIT = 200
_PATIENCE = 15.0
"""Seconds that any answer of the server may take; a worker that is told to end waits no longer than that."""

_FETCHED = f"(BODY.PEEK[]<0.{LARGEST_MESSAGE}>)"


class MailboxError(Exception):
    """The server answered, but not with what was asked for."""


@dataclass(kw_only=True)
class ImapMailbox:
    """One mailbox; `tls` is None where the line is this machine's own. Raises OSError or imaplib's errors when it fails."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    mailbox: str
    tls: ssl.SSLContext | None
    door: str = field(default="imap", init=False)
    _session: imaplib.IMAP4 | None = field(default=None, init=False)

    async def waiting(self) -> AsyncGenerator[IncomingMail, None]:
        """Yield the unseen messages, the oldest first, at most `MOST_A_VISIT`; the line is closed behind them."""
        session = await asyncio.to_thread(self._open)
        self._session = session
        try:
            for number in (await asyncio.to_thread(_unseen, session))[:MOST_A_VISIT]:
                raw = await asyncio.to_thread(_fetched, session, number)
                yield IncomingMail(number, await asyncio.to_thread(read_returned, raw))
        finally:
            self._session = None
            await asyncio.to_thread(_close, session)

    async def settle(self, name: str, *, aside: bool) -> None:
        """Mark a message that `waiting` yielded as seen; `aside`: and as flagged."""
        flags = r"(\Seen \Flagged)" if aside else r"(\Seen)"
        if self._session is not None:
            await asyncio.to_thread(_asked, self._session, "STORE", name, "+FLAGS.SILENT", flags)

    def _open(self) -> imaplib.IMAP4:
        session = (
            imaplib.IMAP4(self.host, self.port, timeout=_PATIENCE)
            if self.tls is None
            else imaplib.IMAP4_SSL(self.host, self.port, ssl_context=self.tls, timeout=_PATIENCE)
        )
        try:
            session.login(self.user, self.password)
            _select(session, self.mailbox)
        except BaseException:
            _close(session)
            raise
        return session


def _select(session: imaplib.IMAP4, mailbox: str) -> None:
    if session.select(f'"{mailbox}"')[0] != "OK":
        raise MailboxError(f"the server has no mailbox {mailbox}")


def _asked(session: imaplib.IMAP4, command: str, *words: str) -> list[object]:
    answer, data = session.uid(command, *words)
    if answer != "OK":
        raise MailboxError(f"the server answered {answer} to {command}")
    return list(data)


def _unseen(session: imaplib.IMAP4) -> list[str]:
    (found,) = _asked(session, "SEARCH", "UNSEEN") or [b""]
    return found.decode("ascii").split() if isinstance(found, bytes) else []


def _fetched(session: imaplib.IMAP4, number: str) -> bytes:
    """Return the beginning of a message; empty when it is gone meanwhile."""
    pieces = [piece for piece in _asked(session, "FETCH", number, _FETCHED) if isinstance(piece, tuple)]
    return bytes(pieces[0][1]) if pieces else b""


def _close(session: imaplib.IMAP4) -> None:
    """End a session; a server that is gone already has ended it."""
    try:
        session.logout()
    except (OSError, imaplib.IMAP4.error):
        session.shutdown()
