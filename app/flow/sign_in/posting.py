"""Hand mails to staff to the relay, by a way of their own: no brake, no digest and no hold but a restored database's."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Protocol

import structlog

from app.domain.access import COUNTED_OVER, IDLE, LONGEST_SESSION
from app.domain.deliveries import Accepted, DeliveryState, Envelope, HostDown, Outcome, Refused, Unknown
from app.domain.privacy import MAILS_KEPT
from app.store import account_mails, sessions
from app.store.account_mails import ClaimedMail
from app.store.database import Connection, Database
from app.store.holds import RESTORED, standing

_log = structlog.get_logger(__name__)

_AGAIN = timedelta(minutes=2)
"""A mail that could not be handed over is tried again after so long, until the link in it ends."""
_LEASE = timedelta(minutes=5)
"""Who claimed a mail has so long to begin handing it over; then another may, and the fence keeps the first from it."""
_UNCLEAR_AFTER = timedelta(minutes=15)
"""So long after the intent nobody is waiting for the relay's answer any more: it has ten minutes (RFC 5321 4.5.3.2.6)."""


class Mailer(Protocol):
    """What hands a message to the relay."""

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        """Hand one message over; `before_data` is awaited just before DATA."""


@dataclass(frozen=True, slots=True)
class Post:
    """The way out of mails to staff; without a relay they wait. What bounces goes to `bounce_address`."""

    mailer: Mailer | None
    bounce_address: str


async def send_due(database: Database, post: Post) -> int:
    """Hand over what is due, one mail at a time, until nothing is or the relay is down; return how many the relay took.

    The intent is committed before DATA. Of a mail whose fate is unknown, also after a crash, no second copy is sent: an
    administrator sees that, and may send a new link. In a restored database mails wait until its hold is lifted.
    """
    taken, mailer = 0, post.mailer
    while mailer is not None and (mail := await _claimed(database)) is not None:
        outcome = await mailer.send(_envelope(post, mail), partial(_allowed, database, mail))
        taken += isinstance(outcome, Accepted)
        await _settle(database, mail, outcome)
        if isinstance(outcome, HostDown):
            break
    return taken


async def forget_old(database: Database) -> int:
    """Destroy sessions, links and tries that are over, and what is known of old mails; return how many rows."""
    async with database.writing() as connection:
        now = await database.now(connection)
        done = await sessions.drop_old(connection, now - IDLE, now - LONGEST_SESSION, now)
        done += await sessions.drop_tries(connection, now - COUNTED_OVER)
        return done + await account_mails.drop_old(connection, now - MAILS_KEPT)


async def _claimed(database: Database) -> ClaimedMail | None:
    async with database.writing() as connection:
        now = await database.now(connection)
        return None if await _is_held(connection) else await account_mails.claim(connection, now, now + _LEASE)


async def _allowed(database: Database, mail: ClaimedMail) -> bool:
    """Write the intent to hand a mail over; False when it is not ours any more, or may not go."""
    async with database.writing() as connection:
        now = await database.now(connection)
        if await _is_held(connection):
            return False
        return await account_mails.hand_over(connection, mail, now, now + _UNCLEAR_AFTER)


async def _is_held(connection: Connection) -> bool:
    return RESTORED in {one.name for one in await standing(connection)}


async def _settle(database: Database, mail: ClaimedMail, outcome: Outcome | None) -> None:
    async with database.writing() as connection:
        match outcome:
            case Accepted(reply):
                await account_mails.settle(connection, mail, DeliveryState.ACCEPTED, reply)
            case Refused(code, reply):
                await account_mails.settle(connection, mail, DeliveryState.REJECTED, reply)
                _log.error("staff_mail_refused", mail=mail.id, code=code)
            case Unknown(reason):
                await account_mails.settle(connection, mail, DeliveryState.UNKNOWN, reason)
            case _:
                again = await database.now(connection) + _AGAIN
                await account_mails.put_off(connection, mail, repr(outcome), again)
                _log.warning("staff_mail_put_off", mail=mail.id)


def _envelope(post: Post, mail: ClaimedMail) -> Envelope:
    return Envelope(
        delivery_id=0,
        sender=post.bounce_address,
        recipient=mail.recipient,
        message_id=mail.message_id,
        body=mail.body,
    )
