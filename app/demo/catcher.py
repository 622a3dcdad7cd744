"""A mail catcher: a real SMTP server on loopback that keeps what it is handed instead of sending it on."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

_SHOWN_HEADERS = ("Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted")


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtMail:
    """One message as it was handed over: the envelope and the very bytes. `number` counts from 1."""

    number: int
    at: datetime
    sender: str
    recipients: tuple[str, ...]
    body: bytes

    @property
    def subject(self) -> str:
        """The subject in plain words; empty when there is none."""
        return str(self.message()["Subject"] or "")

    def message(self) -> EmailMessage:
        """Return the message, parsed by the modern rules of Python's `email` package."""
        message = email.message_from_bytes(self.body, policy=email.policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - the default policy builds it
        return message

    def part(self, subtype: str) -> str | None:
        """Return the text of the `plain` or `html` part; None when the message has no such part."""
        found = self.message().get_body((subtype,))
        return None if found is None else str(found.get_content())

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Return those headers that say how a mail program may treat the message."""
        message = self.message()
        return tuple((name, str(message[name])) for name in _SHOWN_HEADERS if name in message)


class Catcher:
    """What was caught so far, oldest first."""

    def __init__(self) -> None:
        self.mails: list[CaughtMail] = []
        self._arrived = asyncio.Condition()

    async def keep(self, sender: str, recipients: tuple[str, ...], body: bytes) -> None:
        """Keep one message and wake whoever waits for it."""
        number = len(self.mails) + 1
        self.mails.append(
            CaughtMail(number=number, at=datetime.now(UTC), sender=sender, recipients=recipients, body=body)
        )
        async with self._arrived:
            self._arrived.notify_all()

    async def wait_for(self, count: int, seconds: float) -> bool:
        """Wait until so many messages are here; False when they are not after so many seconds."""
        try:
            async with asyncio.timeout(seconds), self._arrived:
                await self._arrived.wait_for(lambda: len(self.mails) >= count)
        except TimeoutError:
            return False
        return True


class _Handler:
    """The one hook of aiosmtpd that is needed: everything that is handed over is taken."""

    def __init__(self, catcher: Catcher) -> None:
        self._catcher = catcher

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Take the message (RFC 5321 4.1.1.4)."""
        del server, session
        body = envelope.original_content or b""
        await self._catcher.keep(envelope.mail_from or "", tuple(envelope.rcpt_tos), body)
        return f"250 2.0.0 caught as {len(self._catcher.mails)}"


@asynccontextmanager
async def catching(catcher: Catcher, listener: socket.socket) -> AsyncIterator[None]:
    """Take mail on the listening socket while the block runs; open connections are closed at its end."""
    handler = _Handler(catcher)
    connections: set[SMTP] = set()

    def connection() -> SMTP:
        protocol = SMTP(handler, hostname="catcher.localhost", enable_SMTPUTF8=True, ident="mail catcher")
        connections.add(protocol)
        return protocol

    server = await asyncio.get_running_loop().create_server(connection, sock=listener)
    try:
        yield
    finally:
        server.close()
        for protocol in connections:
            if protocol.transport is not None:
                protocol.transport.close()
        await server.wait_closed()
