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
from app.store.waiting import concerned_nobody, orphaned, waits
from app.store.writes import chunks, insert_selected

_TOLD = (DeliveryState.ACCEPTED, DeliveryState.HANDING_OVER, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN)
SET_ASIDE = "set_aside"
"""The silence of what somebody on the staff decided to tell nobody."""
_RECALLABLE = ("baseline", "silent", SET_ASIDE)


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
        .where(waits())
        .order_by(notices.c.comment_deadline.is_(None), notices.c.comment_deadline, events.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def unmatched(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return released alerts that concerned nobody: a result to look at, not to pass over (MO-02)."""
    statement = (
        select(events.c.id, events.c.kind, events.c.fanned_out_at, notices.c.ref, notices.c.title)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(concerned_nobody())
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
    found = await pending(connection, [notice_id])
    if found:
        return found[notice_id]
    silent = select(func.max(events.c.id)).where(unreleased, events.c.silence.in_(_RECALLABLE))
    number = (await connection.execute(silent)).scalar_one()
    return [] if number is None else [number]


async def pending(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return by notice the events that are neither released nor kept silent, oldest first; notices without any are missing."""
    found: dict[int, list[int]] = {}
    for piece in chunks(notice_ids):
        waiting = (events.c.notice_id.in_(piece), events.c.released_at.is_(None), events.c.silence.is_(None))
        rows = await connection.execute(select(events.c.notice_id, events.c.id).where(*waiting).order_by(events.c.id))
        for row in rows:
            found.setdefault(row.notice_id, []).append(row.id)
    return found


async def unsilence(connection: AsyncConnection, event_ids: Sequence[int]) -> None:
    """Let events that were kept silent, or set aside, be told."""
    seen_no_more = {"set_aside_at": None, "set_aside_by": None, "set_aside_because": None}
    recalled = update(events).where(events.c.id.in_(list(event_ids)))
    await connection.execute(recalled.values(silence=None, **seen_no_more))


async def set_aside(
    connection: AsyncConnection, notice_ids: Sequence[int], because: str, actor: str, now: datetime
) -> set[int]:
    """Take notices out of the queue, each with all that brought it there; return those that stood in it.

    What waited is kept silent from now on; what was released and found nobody, or has no base, is seen.
    """
    standing: set[int] = set()
    for piece in chunks(notice_ids):
        orphans = select(notices.c.id).where(orphaned(), notices.c.id.in_(piece))
        settled = or_(events.c.released_at.is_not(None), events.c.silence.is_not(None))
        alone = and_(events.c.notice_id.in_(orphans), settled, events.c.set_aside_at.is_(None))
        queued = (events.c.notice_id.in_(piece), or_(waits(), concerned_nobody(), alone))
        rows = (await connection.execute(select(events.c.id, events.c.notice_id).where(*queued))).all()
        standing |= {row.notice_id for row in rows}
        hushed = case((waits(), SET_ASIDE), else_=events.c.silence)
        said = {"set_aside_at": now, "set_aside_by": actor, "set_aside_because": because, "silence": hushed}
        for some in chunks([row.id for row in rows]):
            await connection.execute(update(events).where(events.c.id.in_(some)).values(**said))
    return standing


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
