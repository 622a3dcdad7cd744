"""Take in what came back: bounces, complaints, and much that is neither. Nothing that comes in is ever answered (EM-11).

Only the signed return path of a delivery says whom a message concerns (EM-12): whatever else stands in it, nobody can
make up a bounce or a complaint of somebody else's mail (T24).
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any, Protocol

import structlog

from app.domain.bounces import (
    MAY_COME_BACK,
    IncomingMail,
    Judgement,
    Meaning,
    ReturnedMail,
    SuppressionReason,
    Verdict,
    judge,
    too_many_complaints,
)
from app.domain.deliveries import TO_ANOTHER_ADDRESS, DeliveryState
from app.domain.errors import invalid, missing
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store import audit, feedback, holds, subscriptions, suppressions, verdicts
from app.store.database import Connection, Database
from app.store.verdicts import Bounce
from app.vault.return_paths import delivery_of

_log = structlog.get_logger(__name__)

COMPLAINTS_HOLD = "complaints"
_ON_ITS_WAY = frozenset({DeliveryState.LEASED, DeliveryState.HANDING_OVER})


class Effect(StrEnum):
    """What a message that came in did."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    REPEATED = "repeated"
    NO_FAILURE = "no_failure"
    AUTO_REPLY = "auto_reply"
    UNREAD = "unread"
    """It came to the return path of a mail of ours, and nobody can read what it says: a person should."""
    UNSIGNED = "unsigned"
    """No return path of ours: forged, misdirected, or cut on the way."""
    NOT_SENT = "not_sent"
    """The return path of a mail that never reached a relay."""
    OTHER_ADDRESS = "other_address"
    """A mail to the address that a subscriber had or will have; nothing follows for the present one."""
    TOO_SOON = "too_soon"
    """The mail it tells of is being handed over this moment; it must be handed in again."""


_HARMLESS = {
    Meaning.NO_FAILURE: Effect.NO_FAILURE,
    Meaning.AUTO_REPLY: Effect.AUTO_REPLY,
    Meaning.OTHER: Effect.UNREAD,
}


@dataclass(frozen=True, slots=True)
class FeedbackDesk:
    """What taking in needs: the database, and the keys that return paths were signed with, the current one first."""

    database: Database
    keys: Sequence[bytes]


class Mailbox(Protocol):
    """A box that messages come to."""

    @property
    def door(self) -> str:
        """`maildir` or `imap`."""

    def waiting(self) -> AsyncGenerator[IncomingMail, None]:
        """Yield what was not dealt with, at most so many as one visit should take."""

    async def settle(self, name: str, *, aside: bool) -> None:
        """Mark a message as dealt with; `aside`: and as one that a person should look at."""


async def take_in(desk: FeedbackDesk, mail: ReturnedMail, door: str) -> Effect:
    """Let one message have its effect, once, however often it is handed in."""
    signed = (delivery_of(path, desk.keys) for path in mail.return_paths)
    number = next((one for one in signed if one is not None), None)
    if number is None:
        _log.warning("feedback_unsigned", meaning=mail.meaning.value, door=door)
        return Effect.UNSIGNED
    if mail.meaning in _HARMLESS:
        _log.info("feedback_without_effect", meaning=mail.meaning.value, delivery=number, door=door)
        return _HARMLESS[mail.meaning]
    async with desk.database.writing() as connection:
        delivery = await feedback.delivery(connection, number)
        now = await desk.database.now(connection)
        return await _conclude(connection, delivery, mail, door, now)


async def visit(desk: FeedbackDesk, mailbox: Mailbox, going: Callable[[], bool] = lambda: True) -> Counter[Effect]:
    """Take in what waits in a mailbox; each message is marked there after its effect is committed, not before."""
    effects: Counter[Effect] = Counter()
    async with aclosing(mailbox.waiting()) as waiting:
        async for incoming in waiting:
            effect = await take_in(desk, incoming.mail, mailbox.door)
            effects[effect] += 1
            if effect is Effect.UNREAD:
                _log.warning("feedback_set_aside", message=incoming.name, door=mailbox.door)
            if effect is not Effect.TOO_SOON:
                await mailbox.settle(incoming.name, aside=effect is Effect.UNREAD)
            if not going():
                break
    return effects


async def expire(database: Database) -> int:
    """End the suppressions that have run out; return how many."""
    async with database.writing() as connection:
        return await suppressions.expire(connection, await database.now(connection))


async def suppress(database: Database, identity: str, because: str, by: str) -> bool:
    """Stop writing to a known address on staff's word; False when staff had said so before.

    AppError: invalid without a reason, missing when the address is unknown.
    """
    _check_reason(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        subscriber = await _known(connection, identity)
        before = await suppressions.standing(connection, subscriber)
        reason = SuppressionReason.BY_STAFF
        if not await verdicts.suppress(connection, subscriber, reason, (because, by), now):
            return False
        details = {"old": before, "new": reason, "because": because}
        await audit.write_audit(connection, by, "suppress", f"subscriber:{subscriber}", details, now)
        return True


async def release(database: Database, identity: str, because: str, by: str) -> bool:
    """Write to an address again; False when nothing kept Kẻng from it.

    AppError: invalid without a reason, missing when the address is unknown.
    """
    _check_reason(because)
    async with database.writing() as connection:
        return await _release(database, connection, await _known(connection, identity), because, by)


async def release_subscriber(database: Database, subscriber_id: int, because: str, by: str) -> bool:
    """Write to a subscriber again, by their number; False when nothing kept Kẻng from it. AppError: invalid without a reason."""
    _check_reason(because)
    async with database.writing() as connection:
        return await _release(database, connection, subscriber_id, because, by)


async def listed(database: Database, *, ended: bool, verb: str, actor: str) -> Sequence[Any]:
    """Return who is not written to, with their addresses; that staff read them is written down before (PV-06)."""
    async with database.writing() as connection:
        rows = await suppressions.listed(connection, ended=ended)
        details = {"people": len({row.address for row in rows}), "ended": ended}
        await audit.write_audit(connection, actor, verb, "suppressions", details, await database.now(connection))
    return rows


def _check_reason(because: str) -> None:
    if not because.strip():
        raise invalid("no-reason", "this needs its reason, for the record", field="because")


async def _release(database: Database, connection: Connection, subscriber: int, because: str, by: str) -> bool:
    now = await database.now(connection)
    before = await suppressions.standing(connection, subscriber)
    if not await suppressions.release(connection, subscriber, list(SuppressionReason), "released", by, now):
        return False
    details = {"old": before, "new": None, "because": because}
    await audit.write_audit(connection, by, "release_suppression", f"subscriber:{subscriber}", details, now)
    return True


async def _known(connection: Connection, identity: str) -> int:
    subscriber = await subscriptions.number_of(connection, identity)
    if subscriber is None:
        raise missing("address-unknown", "no subscriber has this address")
    return subscriber


async def _conclude(connection: Connection, delivery: Any, mail: ReturnedMail, door: str, now: datetime) -> Effect:
    if delivery is not None and delivery.state in _ON_ITS_WAY:
        return Effect.TOO_SOON
    if delivery is None or delivery.state not in MAY_COME_BACK:
        _log.warning("feedback_of_nothing_sent", delivery=None if delivery is None else delivery.id, door=door)
        return Effect.NOT_SENT
    if delivery.kind in TO_ANOTHER_ADDRESS:
        return await _other_address(connection, delivery, mail)
    judgement = _judgement(mail, delivery)
    said = " / ".join(one.said for one in mail.failures if judgement.status in one.statuses)
    bounce = Bounce(delivery.id, delivery.subscriber_id, judgement, door, said)
    if not await verdicts.conclude(connection, bounce, now):
        return Effect.REPEATED
    if judgement.verdict is Verdict.COMPLAINT:
        await _count_complaints(connection, delivery, now)
    else:
        await feedback.mark_bounced(connection, delivery.id, f"bounced ({judgement.status or 'no status'})")
    return Effect(judgement.verdict.value)


async def _other_address(connection: Connection, delivery: Any, mail: ReturnedMail) -> Effect:
    """Mark a mail to the address that a subscriber had or will have; it says nothing of the one they have."""
    if mail.meaning is not Meaning.COMPLAINT:
        await feedback.mark_bounced(connection, delivery.id, "bounced (another address)")
    return Effect.OTHER_ADDRESS


def _judgement(mail: ReturnedMail, delivery: Any) -> Judgement:
    if mail.meaning is Meaning.COMPLAINT:
        return Judgement(Verdict.COMPLAINT)
    recipient = {delivery.wire.lower(), delivery.address.lower()}
    # A report of a failure in which nothing could be read of any recipient is the softest that there is.
    return judge(mail.failures, recipient) or Judgement(Verdict.SOFT)


async def _count_complaints(connection: Connection, delivery: Any, now: datetime) -> None:
    """Stop all mail for review when too many of a day's mails of one kind were called spam (EM-08)."""
    day = today_in_vietnam(delivery.sent_at)
    first = datetime.combine(day, time.min, VIETNAM)
    subscribers, mails = await feedback.complaints_about(connection, delivery.kind, first, first + timedelta(days=1))
    if too_many_complaints(subscribers, mails):
        because = f"{subscribers} subscribers called mails of {day} spam, of which {mails} ({delivery.kind}) went out"
        await holds.hold_by_itself(connection, COMPLAINTS_HOLD, because, now)
        _log.error("complaints_stop_all_mail", subscribers=subscribers, mails=mails, kind=delivery.kind, day=str(day))
