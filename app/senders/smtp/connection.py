"""One place in the pool: a kept session, and what happens to one message on it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiosmtplib
from aiosmtplib.response import SMTPResponse

from app.domain.deliveries import Accepted, Envelope, HostDown, Outcome, Refused, TryLater, Unknown
from app.faultpoints import faultpoint
from app.senders.addresses import wire_address
from app.senders.smtp.replies import AS_IF, CLOSING, printable, read_reply
from app.senders.smtp.session import FAILURES, Session, SessionTerms, host_down

_GO_AHEAD = 354


@dataclass(frozen=True, slots=True)
class Message:
    """An envelope whose addresses were read: exactly one sender, which may be empty, and exactly one recipient."""

    sender: str
    recipient: str
    body: bytes

    @property
    def international(self) -> bool:
        """Whether it can only travel over SMTPUTF8 (RFC 6531)."""
        return not (self.sender + self.recipient).isascii()

    @property
    def eight_bit(self) -> bool:
        """Whether it can only travel over 8BITMIME (RFC 6152)."""
        return not self.body.isascii()

    def options(self) -> list[bytes]:
        """Return the parameters of MAIL that it needs."""
        needed = {b"BODY=8BITMIME": self.eight_bit, b"SMTPUTF8": self.international}
        return [parameter for parameter, is_needed in needed.items() if is_needed]

    def unsuited(self, session: Session) -> Refused | None:
        """Return why this relay cannot take it, by the extensions that the relay offers; None when it can.

        Codes are those with which a relay would refuse (RFC 6531 3.5, RFC 6152 3, RFC 1870 6.1).
        """
        if self.international and not session.offers("smtputf8"):
            return Refused(553, "5.6.7 not sent: the address needs SMTPUTF8, which the relay does not offer")
        if self.eight_bit and not session.offers("8bitmime"):
            return Refused(554, "5.6.3 not sent: the message needs 8BITMIME, which the relay does not offer")
        if session.size_limit is not None and len(self.body) > session.size_limit:
            return Refused(552, f"5.3.4 not sent: {len(self.body)} octets, the relay takes {session.size_limit}")
        return None


class Connection:
    """A session that is opened when it is needed and kept for the next message. It serves one message at a time."""

    def __init__(self, terms: SessionTerms) -> None:
        self._terms = terms
        self._session: Session | None = None
        self._in_transaction = False
        self._used_at = 0.0

    async def deliver(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        """Hand over one message; None when `before_data` answered that we may not send it any more.

        `before_data` is awaited after RCPT was accepted and before DATA. What it raises is raised here.
        """
        message = _read(envelope)
        if not isinstance(message, Message):
            return message
        try:
            session = await self._address(message)
            if not isinstance(session, Session):
                return session
            if not await before_data():
                await self._reset(session)
                return None
            return await self._hand_over(session, message.body)
        except BaseException:
            self.drop()
            raise
        finally:
            self._used_at = _now()

    async def quit(self) -> None:
        """Say QUIT and leave, whatever the relay answers: every outcome is known by now (F20)."""
        if self._session is not None and self._session.alive:
            with contextlib.suppress(*FAILURES):
                await self._session.command(b"QUIT", patience=self._terms.timeouts.parting)
        self.drop()

    def drop(self) -> None:
        """Leave the line without a word."""
        if self._session is not None:
            self._session.abort()
        self._session = None
        self._in_transaction = False

    async def _address(self, message: Message) -> Session | Outcome:
        """Say MAIL and RCPT; return the session that waits for DATA, or what became of the message instead."""
        try:
            session = await self._mail(message)
        except FAILURES as error:
            self.drop()
            return host_down(error)
        if not isinstance(session, Session):
            return session
        return await self._rcpt(session, message) or session

    async def _mail(self, message: Message) -> Session | Outcome:
        session, kept = await self._ready()
        refusal = message.unsuited(session)
        if refusal is not None:
            return refusal
        reply: SMTPResponse | None = None
        with contextlib.suppress(aiosmtplib.SMTPServerDisconnected):
            reply = await session.command(b"MAIL", b"FROM:<%s>" % message.sender.encode(), *message.options())
        if kept and (reply is None or reply.code == CLOSING):
            # The relay had given up the idle line. Nothing was begun on it, so this is no attempt; a new line is not
            # `kept`, so it happens once.
            self.drop()
            return await self._mail(message)
        if reply is None:
            raise aiosmtplib.SMTPServerDisconnected("the relay closed the line at MAIL")
        self._in_transaction = True
        return self._mail_answered(session, reply)

    def _mail_answered(self, session: Session, reply: SMTPResponse) -> Session | Outcome:
        """Judge the answer to MAIL: it is about us, never about the recipient (F06)."""
        match read_reply(*reply):
            case Accepted():
                return session
            case Refused(code, words):
                return HostDown(f"the relay refuses our sender: {code} {words}", alarm=True)
            case Unknown(reason):
                self.drop()
                return HostDown(reason)
            case TryLater() as later:
                return later

    async def _rcpt(self, session: Session, message: Message) -> Outcome | None:
        """Name the recipient; None when the relay takes it.

        A line that breaks here counts as a deferral (RFC 5321 3.8): an address that always breaks it must not count
        as a host that is down, or it would hold up everybody else.
        """
        try:
            outcome = read_reply(*await session.command(b"RCPT", b"TO:<%s>" % message.recipient.encode()))
        except FAILURES as error:
            self.drop()
            return TryLater(AS_IF, f"the line broke at RCPT: {_words(error)}")
        match outcome:
            case Accepted():
                return None
            case Unknown(reason):
                self.drop()
                return TryLater(AS_IF, reason)
        return outcome

    async def _hand_over(self, session: Session, body: bytes) -> Outcome:
        if not session.alive:
            return TryLater(AS_IF, "the relay closed the line before DATA")
        try:
            outcome = await self._data(session, body)
        except Exception as error:  # noqa: BLE001 - whatever broke, the relay may hold the message
            outcome = Unknown(f"no clear answer after DATA: {_words(error)}")
        if isinstance(outcome, Unknown) or (isinstance(outcome, TryLater) and outcome.code == CLOSING):
            self.drop()
        return outcome

    async def _data(self, session: Session, body: bytes) -> Outcome:
        go_ahead = await session.command(b"DATA", patience=self._terms.timeouts.data)
        if go_ahead.code == _GO_AHEAD:
            faultpoint("data_allowed")
            outcome = read_reply(*await session.send_body(body))
            self._in_transaction = False
            return outcome
        refusal = read_reply(*go_ahead)
        if isinstance(refusal, Accepted):
            return Unknown(f"DATA was answered {go_ahead.code} {refusal.reply}")
        return refusal

    async def _ready(self) -> tuple[Session, bool]:
        """Return a session that is ready for MAIL, and whether it was kept from an earlier message."""
        if self._session is not None and _now() - self._used_at > self._terms.timeouts.idle:
            await self.quit()
        if self._session is not None and self._in_transaction:
            await self._reset(self._session)
        if self._session is not None and self._session.alive:
            return self._session, True
        self.drop()
        self._session = await Session.open(self._terms)
        return self._session, False

    async def _reset(self, session: Session) -> None:
        """Take back MAIL and RCPT; a line on which that fails is left."""
        try:
            reply = await session.command(b"RSET", patience=self._terms.timeouts.parting)
        except FAILURES:
            self.drop()
            return
        if not isinstance(read_reply(*reply), Accepted):
            self.drop()
        self._in_transaction = False


def _read(envelope: Envelope) -> Message | Refused | HostDown:
    sender = wire_address(envelope.sender) if envelope.sender else ""
    if sender is None:
        return HostDown("our own sender address cannot be read", alarm=True)
    recipient = wire_address(envelope.recipient)
    if recipient is None:
        return Refused(501, "5.1.3 not sent: this is not exactly one mail address")
    return Message(sender, recipient, envelope.body)


def _words(error: Exception) -> str:
    words = error.message if isinstance(error, aiosmtplib.SMTPException) else str(error)
    return printable(words) or type(error).__name__


def _now() -> float:
    return asyncio.get_running_loop().time()
