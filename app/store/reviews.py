"""What waits for a person, and what a person decides about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.subscriptions import Frequency
from app.store.asking import AWAKE, asked
from app.store.outbox import ACTIVE, PAUSED
from app.store.retention import TOLD
from app.store.tables import (
    deliveries,
    event_criteria,
    events,
    items,
    matches,
    notices,
    quarantine,
    subscribers,
)
from app.store.writes import insert_selected

_TOLD = (DeliveryState.ACCEPTED, DeliveryState.HANDING_OVER, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN)
_RECALLABLE = ("baseline", "silent")


async def waiting(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return the events that wait for a person, the nearest deadline first, those without one last."""
    statement = (
        select(
            events.c.id,
            events.c.kind,
            events.c.waiting,
            events.c.created_at,
            notices.c.ref,
            notices.c.title,
            notices.c.comment_deadline,
            notices.c.flags,
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .where(events.c.waiting.is_not(None), events.c.released_at.is_(None), events.c.silence.is_(None))
        .order_by(notices.c.comment_deadline.is_(None), notices.c.comment_deadline, events.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def unmatched(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return released alerts that concerned nobody: a result to look at, not to pass over (MO-02)."""
    statement = (
        select(events.c.id, events.c.kind, events.c.fanned_out_at, notices.c.ref, notices.c.title)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(events.c.matched == 0, events.c.silence.is_(None), events.c.fanned_out_at.is_not(None))
        .order_by(events.c.id.desc())
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def stuck_deliveries(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return messages that only a person can settle, with the reason."""
    statement = (
        select(deliveries.c.id, deliveries.c.kind, deliveries.c.reason, deliveries.c.created_at, subscribers.c.address)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(deliveries.c.state == DeliveryState.NEEDS_HUMAN)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def quarantined(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return the records that could not be taken, newest first."""
    statement = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    return (await connection.execute(statement)).all()


async def releasable(connection: AsyncConnection, notice_id: int) -> list[int]:
    """Return the events of a notice that a person may let go out: what waits, or the last that was kept silent."""
    unreleased = and_(events.c.notice_id == notice_id, events.c.released_at.is_(None))
    pending = select(events.c.id).where(unreleased, events.c.silence.is_(None)).order_by(events.c.id)
    found = list((await connection.execute(pending)).scalars())
    if found:
        return found
    silent = select(func.max(events.c.id)).where(unreleased, events.c.silence.in_(_RECALLABLE))
    number = (await connection.execute(silent)).scalar_one()
    return [] if number is None else [number]


async def unsilence(connection: AsyncConnection, event_ids: Sequence[int]) -> None:
    """Let events that were kept silent be told."""
    await connection.execute(update(events).where(events.c.id.in_(list(event_ids))).values(silence=None))


async def mark_withdrawn(connection: AsyncConnection, notice_id: int, because: str, now: datetime) -> bool:
    """Withdraw a notice's alert; False when it was withdrawn already."""
    result = await connection.execute(
        update(notices)
        .where(notices.c.id == notice_id, notices.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_because=because, updated_at=now)
    )
    await connection.execute(
        update(events)
        .where(events.c.notice_id == notice_id, events.c.fanned_out_at.is_(None), events.c.silence.is_(None))
        .values(silence="withdrawn")
    )
    return bool(result.rowcount)


async def tell_the_told(connection: AsyncConnection, event_id: int, notice_id: int, now: datetime) -> int:
    """Address an event to everybody who was told of the notice and still asks for such; return how many.

    They hear of it for the reasons that they were told, and who paused meanwhile when they are back.
    """
    earlier = select(events.c.id).where(events.c.notice_id == notice_id, events.c.id != event_id)
    arrived = or_(deliveries.c.state.in_(_TOLD), deliveries.c.ambiguous > 0, items.c.skipped == TOLD)
    told = and_(items.c.event_id.in_(earlier), arrived, asked(ACTIVE))
    awake = func.max(case((asked(AWAKE), 1), else_=0)) == 1
    readers = (
        select(
            literal(event_id),
            items.c.subscriber_id,
            func.min(case((items.c.frequency == DeliveryKind.REPLAY, Frequency.INSTANT), else_=items.c.frequency)),
            case((awake, null()), else_=PAUSED),
            literal(now, items.c.created_at.type),
        )
        .outerjoin(deliveries, deliveries.c.id == items.c.delivery_id)
        .where(told)
        .group_by(items.c.subscriber_id)
    )
    columns = ["event_id", "subscriber_id", "frequency", "skipped", "created_at"]
    await insert_selected(connection, items, columns, readers)
    asking = select(literal(event_id), matches.c.subscription_id).where(matches.c.event_id.in_(earlier)).distinct()
    await insert_selected(connection, matches, ["event_id", "subscription_id"], asking)
    newest = select(func.max(event_criteria.c.event_id)).where(event_criteria.c.event_id.in_(earlier)).scalar_subquery()
    questions = select(literal(event_id), event_criteria.c.criteria_id, event_criteria.c.reasons).where(
        event_criteria.c.event_id == newest
    )
    await insert_selected(connection, event_criteria, ["event_id", "criteria_id", "reasons"], questions)
    count = select(func.count()).select_from(items).where(items.c.event_id == event_id)
    return int((await connection.execute(count)).scalar_one())
