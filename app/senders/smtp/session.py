"""One secured conversation with the relay: reached, encrypted, logged in, and kept in step."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Self, cast

import aiosmtplib
from aiosmtplib.protocol import normalize_message_line_endings
from aiosmtplib.response import SMTPResponse

from app.domain.deliveries import HostDown
from app.faultpoints import faultpoint
from app.senders.smtp.configuration import RelayAddress, Security, Timeouts
from app.senders.smtp.replies import CLOSING, printable

FAILURES = (aiosmtplib.SMTPException, OSError)
"""What a conversation may break with; time-outs and TLS errors are OSError."""

_LONGEST_HEARD = 65536
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 4
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class UnsafeRelayError(aiosmtplib.SMTPException):
    """The relay does not give the safety that is asked of it; nothing was said to it that matters."""


class OutOfStepError(aiosmtplib.SMTPException):
    """The relay said something that nobody asked for, so that its replies can no longer be told apart."""


class ReplyWatch(asyncio.Protocol):
    """Hears what the library hears, so that words which nobody asked for are noticed.

    The library answers a command with the next reply that it finds. What is left over it forgets at STARTTLS, where
    somebody may have slipped it in (RFC 3207 section 6), and elsewhere takes for the answer to the next command.
    """

    def __init__(self, transport: asyncio.BaseTransport, listener: asyncio.Protocol) -> None:
        self._listener = listener
        self._last_line = b""
        self._unfinished = b""
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """Note the last line and pass everything on."""
        heard, newline, self._unfinished = (self._unfinished + data)[-_LONGEST_HEARD:].rpartition(b"\n")
        if newline:
            self._last_line = heard.rpartition(b"\n")[2]
        self._listener.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._listener.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self._listener.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass it on."""
        self._listener.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._listener.resume_writing()

    def confirms(self, code: int, words: str) -> bool:
        """Say whether the reply that the library took is the last thing that the relay said."""
        said = self._last_line[:3], self._last_line[4:].strip(b" \t\r\n")
        last_words = words.rpartition("\n")[2].encode("utf-8", "surrogateescape")
        return not self._unfinished and said == (str(code).encode("ascii"), last_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """Everything needed to open a session: the relay, our own name for EHLO, patience, and whom we trust."""

    address: RelayAddress
    hostname: str
    timeouts: Timeouts
    tls_context: ssl.SSLContext | None


class Session:
    """One conversation, after EHLO, TLS and log-in. Commands are sent one at a time."""

    def __init__(self, client: aiosmtplib.SMTP, terms: SessionTerms) -> None:
        self._client = client
        self._terms = terms
        self._watch = self._listen()

    @classmethod
    async def open(cls, terms: SessionTerms) -> Self:
        """Reach the relay, secure the line, log in. Raises one of FAILURES, before any MAIL."""
        async with asyncio.timeout(terms.timeouts.connect):
            line = await _reach(terms.address.host, terms.address.port)
        client = aiosmtplib.SMTP(
            hostname=terms.address.host,
            sock=line,
            local_hostname=terms.hostname,
            use_tls=terms.address.security is Security.TLS,
            start_tls=False,  # the library's default goes on in the clear when STARTTLS is stripped
            tls_context=terms.tls_context,
            timeout=terms.timeouts.command,
        )
        await client.connect()
        session = cls(client, terms)
        try:
            await session._introduce()
        except BaseException:
            session.abort()
            raise
        return session

    @property
    def alive(self) -> bool:
        """Whether the line still stood when we last heard of it."""
        return self._client.is_connected

    @property
    def size_limit(self) -> int | None:
        """The octets of the longest message that the relay takes (RFC 1870); None where it names no limit."""
        limit = _SIZE.fullmatch(self._client.esmtp_extensions.get("size", "").strip())
        return int(limit[0]) or None if limit else None

    def secured_by(self) -> ssl.SSLObject | None:
        """Return the TLS that the line is under; None on a plain one."""
        transport = self._client.transport
        return None if transport is None else transport.get_extra_info("ssl_object")

    def offers(self, extension: str) -> bool:
        """Say whether the relay offered an extension in its answer to EHLO."""
        return self._client.supports_extension(extension)

    async def command(self, *words: bytes, patience: float | None = None) -> SMTPResponse:
        """Send one command and return the reply, whatever its code. Raises one of FAILURES.

        `patience` is in seconds; without it `Timeouts.command` holds.
        """
        seconds = self._terms.timeouts.command if patience is None else patience
        return await self._alone(self._client.execute_command(*words, timeout=seconds))

    async def send_body(self, body: bytes) -> SMTPResponse:
        """Send a whole message after the go-ahead (354) and return the final reply. Raises one of FAILURES."""
        protocol = self._client.protocol
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the relay closed the line after DATA")
        protocol.write(data_block(body))
        faultpoint("dot_sent")
        reply = await protocol.read_response(timeout=self._terms.timeouts.final)
        if not self._watch.confirms(*reply):
            self.abort()
        return reply

    def abort(self) -> None:
        """Leave the line at once: what has not gone out yet never will."""
        transport = self._client.transport
        self._client.close()
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()

    async def _introduce(self) -> None:
        await self._alone(self._client.ehlo())
        if self._terms.address.security is Security.STARTTLS:
            await self._start_tls()
            await self._alone(self._client.ehlo())
        if self._terms.address.user:
            await self._log_in()

    async def _start_tls(self) -> None:
        if not self.offers("starttls"):
            raise UnsafeRelayError("the relay does not offer STARTTLS")
        try:
            await self._alone(self._client.starttls())
        except aiosmtplib.SMTPResponseException as error:
            raise UnsafeRelayError(f"the relay refuses STARTTLS: {error.code}") from error
        self._watch = self._listen()

    async def _log_in(self) -> None:
        """Log in with the one method that fits best: a wrong password is offered once, not once for each method."""
        user, password = self._terms.address.user, self._terms.address.password
        if "plain" in self._client.server_auth_methods:
            await self._alone(self._client.auth_plain(user, password))
        elif "login" in self._client.server_auth_methods:
            await self._alone(self._client.auth_login(user, password))
        else:
            raise UnsafeRelayError("the relay offers neither AUTH PLAIN nor AUTH LOGIN")

    async def _alone(self, asked: Awaitable[SMTPResponse]) -> SMTPResponse:
        """Return a reply after making sure that the relay said nothing beside it."""
        try:
            reply = await asked
        except aiosmtplib.SMTPResponseException as error:
            self._refuse_extra_words(error.code, error.message)
            raise
        self._refuse_extra_words(*reply)
        return reply

    def _refuse_extra_words(self, code: int, words: str) -> None:
        if not self._watch.confirms(code, words):
            raise OutOfStepError("the relay sends words that nobody asked for")

    def _listen(self) -> ReplyWatch:
        transport, protocol = self._client.transport, self._client.protocol
        if transport is None or protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("the relay closed the line")
        return ReplyWatch(transport, protocol)


def data_block(body: bytes) -> bytes:
    """Return a message as it stands between DATA and the final reply (RFC 5321 4.5.2, EM-22).

    Every line end is CRLF, a dot that begins a line is doubled, and one lone dot stands at the end.
    """
    lines = b"\r\n" + normalize_message_line_endings(body)
    return lines.replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def host_down(error: Exception) -> HostDown:
    """Return what a conversation that broke before RCPT says about the relay; an alarm where only people can help."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLError):
        return HostDown(f"the relay's TLS or certificate does not hold: {printable(str(cause))}", alarm=True)
    if isinstance(error, UnsafeRelayError | OutOfStepError):
        return HostDown(str(error), alarm=True)
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        # Some servers repeat the whole command, password and all: only codes are kept of this reply.
        enhanced = _ENHANCED.search(error.message)
        codes = f"{error.code} {enhanced[0]}" if enhanced else str(error.code)
        return HostDown(f"the relay refuses our log-in: {codes}", alarm=error.code != CLOSING)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return HostDown(f"the relay answered {error.code} {printable(error.message)}")
    if isinstance(error, TimeoutError):
        return HostDown("the relay did not answer in time")
    # Where the library wraps another error, its own words name a port that it was never told.
    words = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) and error.__cause__ else error
    return HostDown(f"the relay cannot be talked to: {printable(str(words)) or type(words).__name__}")


async def _reach(host: str, port: int) -> socket.socket:
    """Return a connected socket to the first of the host's addresses that answers."""
    loop = asyncio.get_running_loop()
    failure: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        line = socket.socket(family, kind, protocol)
        line.settimeout(0)
        try:
            await loop.sock_connect(line, address)
        except OSError as error:
            line.close()
            failure = error
        except BaseException:
            line.close()
            raise
        else:
            return line
    raise failure
