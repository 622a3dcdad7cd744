"""Hand mails to staff to the relay, by the way of alarms: no hold, no brake and no digest stands in front of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import structlog

from app.domain.access import COUNTED_OVER, IDLE, LONGEST_SESSION
from app.domain.deliveries import Accepted, DeliveryState, Envelope, Outcome, Refused, Unknown
from app.domain.privacy import MAILS_KEPT
from app.store import account_mails, sessions
from app.store.database import Database

_log = structlog.get_logger(__name__)

_AGAIN = timedelta(minutes=2)
"""A mail that could not be handed over is tried again after so long, until the link in it ends."""
_AT_ONCE = 20


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
    """Hand over what is due, and return how many mails the relay took.

    Of a mail whose fate is unknown no second copy is sent: an administrator sees that, and may send a new link.
    """
    if post.mailer is None:
        return 0
    async with database.writing() as connection:
        now = await database.now(connection)
        due = await account_mails.claim(connection, now, now + _AGAIN, _AT_ONCE)
    taken = 0
    for row in due:
        outcome = await post.mailer.send(_envelope(post, row), _allowed)
        taken += isinstance(outcome, Accepted)
        await _settle(database, row.id, outcome)
    return taken


async def forget_old(database: Database) -> int:
    """Destroy sessions, links and tries that are over, and what is known of old mails; return how many rows."""
    async with database.writing() as connection:
        now = await database.now(connection)
        done = await sessions.drop_old(connection, now - IDLE, now - LONGEST_SESSION, now)
        done += await sessions.drop_tries(connection, now - COUNTED_OVER)
        return done + await account_mails.drop_old(connection, now - MAILS_KEPT)


async def _settle(database: Database, number: int, outcome: Outcome | None) -> None:
    async with database.writing() as connection:
        match outcome:
            case Accepted(reply):
                await account_mails.settle(connection, number, DeliveryState.ACCEPTED, reply)
            case Refused(code, reply):
                await account_mails.settle(connection, number, DeliveryState.REJECTED, reply)
                _log.error("staff_mail_refused", mail=number, code=code)
            case Unknown(reason):
                await account_mails.settle(connection, number, DeliveryState.UNKNOWN, reason)
            case _:
                await account_mails.put_off(connection, number, repr(outcome))
                _log.warning("staff_mail_put_off", mail=number)


def _envelope(post: Post, row: Any) -> Envelope:
    return Envelope(
        delivery_id=0,
        sender=post.bounce_address,
        recipient=row.wire,
        message_id=row.message_id,
        body=account_mails.bytes_of(row),
    )


async def _allowed() -> bool:
    return True
