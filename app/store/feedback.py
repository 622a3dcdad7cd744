"""What came back: which delivery it tells of, what it does to that one, and how much of it there is."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.bounces import MAY_COME_BACK, Verdict
from app.domain.deliveries import CLAIMABLE, RESTING, DeliveryKind, DeliveryState
from app.store.fences import FREED
from app.store.skipping import skip_items
from app.store.tables import deliveries, feedback, items, subscribers
from app.store.writes import insert

SUPPRESSED = "suppressed"
"""Why a message to somebody who is not written to is skipped."""


async def delivery(connection: AsyncConnection, number: int) -> Any | None:
    """Return a delivery with its recipient's spellings, held until the transaction ends; None when there is none.

    Its reader is held first, as everywhere.
    """
    reader = select(deliveries.c.subscriber_id).where(deliveries.c.id == number)
    await connection.execute(
        select(subscribers.c.id).where(subscribers.c.id.in_(reader)).with_for_update(key_share=True)
    )
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.subscriber_id,
            deliveries.c.kind,
            deliveries.c.state,
            func.coalesce(deliveries.c.accepted_at, deliveries.c.handed_over_at).label("sent_at"),
            subscribers.c.address,
            subscribers.c.wire,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.id == number)
        .with_for_update(of=deliveries)
    )
    return (await connection.execute(statement)).one_or_none()


async def add(connection: AsyncConnection, row: dict[str, Any]) -> bool:
    """Keep what came back of a delivery that is held; False when the same came back before."""
    mine = (feedback.c.delivery_id == row["delivery_id"], feedback.c.verdict == row["verdict"])
    if (await connection.execute(select(feedback.c.door).where(*mine))).first() is not None:
        return False
    await insert(connection, feedback, [row])
    return True


async def mark_bounced(connection: AsyncConnection, delivery_id: int, reason: str) -> None:
    """Write that a delivery came back; one whose end nobody knew goes out no more."""
    mine = (deliveries.c.id == delivery_id, deliveries.c.state.in_(MAY_COME_BACK - {DeliveryState.BOUNCED}))
    await connection.execute(
        update(deliveries).where(*mine).values(state=DeliveryState.BOUNCED, reason=reason, fence=deliveries.c.fence + 1)
    )


async def drop_waiting(connection: AsyncConnection, subscriber_id: int) -> None:
    """Take everything that waits for a suppressed subscriber out of the outbox, also what was not gathered yet."""
    await skip_items(connection, items.c.subscriber_id == subscriber_id, SUPPRESSED)
    waiting = (
        deliveries.c.subscriber_id == subscriber_id,
        deliveries.c.state.in_(CLAIMABLE),
        deliveries.c.recipient.is_(None),
    )
    await connection.execute(update(deliveries).where(*waiting).values(state=DeliveryState.SKIPPED, reason=SUPPRESSED))
    await drop_word_of_change(connection, subscriber_id)


async def drop_word_of_change(connection: AsyncConnection, subscriber_id: int) -> None:
    """Take the mails that tell the present, suppressed address of a change out of the outbox, and out of workers' hands."""
    present = select(subscribers.c.wire).where(subscribers.c.id == subscriber_id).scalar_subquery()
    word = (
        deliveries.c.subscriber_id == subscriber_id,
        deliveries.c.kind == DeliveryKind.OLD_ADDRESS,
        deliveries.c.recipient == present,
        deliveries.c.state.in_(RESTING),
    )
    skipped = {"state": DeliveryState.SKIPPED, "reason": SUPPRESSED}
    await connection.execute(update(deliveries).where(*word).values(skipped | FREED))


async def soft_bounces(connection: AsyncConnection, subscriber_id: int, since: datetime) -> list[datetime]:
    """Return when alerts to a subscriber came back softly after a moment, each alert once."""
    statement = (
        select(feedback.c.received_at)
        .join(deliveries, deliveries.c.id == feedback.c.delivery_id)
        .where(
            feedback.c.subscriber_id == subscriber_id,
            feedback.c.verdict == Verdict.SOFT,
            feedback.c.received_at > since,
            deliveries.c.kind != DeliveryKind.CONFIRMATION,
        )
    )
    return list((await connection.execute(statement)).scalars())


async def complaints_about(connection: AsyncConnection, kind: str, first: datetime, end: datetime) -> tuple[int, int]:
    """Return how many people called mails of a kind, sent from `first` to before `end`, spam, and how many were sent."""
    sent = func.coalesce(deliveries.c.accepted_at, deliveries.c.handed_over_at)
    statement = (
        select(func.count(feedback.c.subscriber_id.distinct()), func.count())
        .select_from(deliveries)
        .outerjoin(feedback, and_(feedback.c.delivery_id == deliveries.c.id, feedback.c.verdict == Verdict.COMPLAINT))
        .where(deliveries.c.kind == kind, deliveries.c.state.in_(MAY_COME_BACK), sent >= first, sent < end)
    )
    row = (await connection.execute(statement)).one()
    return int(row[0]), int(row[1])


async def came_back(connection: AsyncConnection, days: Sequence[tuple[datetime, datetime]]) -> list[dict[str, int]]:
    """Return for each day, by its first moment and its end, what came back by verdict, and under `sent` what went out."""
    sent = func.coalesce(deliveries.c.accepted_at, deliveries.c.handed_over_at)
    went = select(*_by_day(sent, days)).where(deliveries.c.state.in_(MAY_COME_BACK), sent >= days[0][0])
    received = feedback.c.received_at
    back = select(feedback.c.verdict, *_by_day(received, days)).where(received >= days[0][0]).group_by("verdict")
    counted = {"sent": tuple((await connection.execute(went)).one())}
    counted |= {verdict: tuple(sums) for verdict, *sums in await connection.execute(back)}
    names = ("sent", *Verdict)
    return [
        {str(name): int(counted[name][at] or 0) if name in counted else 0 for name in names} for at in range(len(days))
    ]


def _by_day(moment: Any, days: Sequence[tuple[datetime, datetime]]) -> list[Any]:
    return [func.sum(case((and_(moment >= first, moment < end), 1), else_=0)) for first, end in days]


async def blocked(connection: AsyncConnection, since: datetime) -> Sequence[Any]:
    """Return the statuses with which servers refused our mail by policy after a moment, and how often."""
    statement = (
        select(feedback.c.status, func.count().label("mails"))
        .where(feedback.c.verdict == Verdict.POLICY, feedback.c.received_at > since)
        .group_by(feedback.c.status)
        .order_by(func.count().desc(), feedback.c.status)
    )
    return (await connection.execute(statement)).all()
