"""Reminders: who is to be reminded of which deadline, and in which message; always for all subscribers at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.events import EventKind
from app.domain.measures import MeasureState
from app.store.asking import AWAKE, asked
from app.store.contents import NOT_WITHDRAWN, WANTS_REMINDERS, reminder_holds
from app.store.skipping import NOT_HANDED_OVER, take_out_lines
from app.store.suppressions import suppressed
from app.store.tables import (
    deliveries,
    events,
    items,
    measures,
    notices,
    reminders,
    subscribers,
)
from app.store.writes import chunks, insert_selected

_KEY = ("subscriber_id", "measure_id", "deadline", "stage")


async def open_deadlines(connection: AsyncConnection, today: date, last: date) -> list[date]:
    """Return the deadlines of living measures from today to a last day."""
    statement = select(measures.c.comment_deadline).where(_open_until(today, last)).distinct()
    return list((await connection.execute(statement)).scalars())


async def last_subscriber(connection: AsyncConnection, after: int, limit: int) -> int | None:
    """Return the last of the next subscribers by their numbers; None when there are no more."""
    following = select(subscribers.c.id).where(subscribers.c.id > after).order_by(subscribers.c.id).limit(limit)
    statement = select(func.max(following.subquery().c.id))
    return (await connection.execute(statement)).scalar_one()  # type: ignore[no-any-return]  # a number or NULL


async def write(
    connection: AsyncConnection,
    stages: Mapping[date, tuple[int, datetime]],
    today: date,
    span: tuple[int, int],
    now: datetime,
) -> int:
    """Write whom to remind of which stage, in one statement; return how many rows are new.

    `stages` names for each deadline the stage it is in and the moment at which that began, `span` the subscribers by
    their numbers: after the first, up to the second. Reminded is who was handed the last alert of the measure before that
    moment, unless it was withdrawn, and still asks for it; the same stage of the same deadline once.
    """
    if not stages:
        return 0
    deadline = measures.c.comment_deadline
    begun = case({day: literal(at, deliveries.c.accepted_at.type) for day, (_, at) in stages.items()}, value=deadline)
    knows = func.max(case((notices.c.comment_deadline == deadline, 1), else_=0))
    said_before = exists().where(
        reminders.c.subscriber_id == items.c.subscriber_id,
        reminders.c.measure_id == measures.c.id,
        reminders.c.deadline != deadline,
    )
    told = (
        select(
            items.c.subscriber_id,
            measures.c.id,
            deadline,
            case({day: stage for day, (stage, _) in stages.items()}, value=deadline),
            or_(knows == 0, said_before),
            literal(now, reminders.c.created_at.type),
        )
        .select_from(measures)
        .join(events, events.c.measure_id == measures.c.id)
        .join(notices, NOT_WITHDRAWN)
        .join(items, and_(items.c.event_id == events.c.id, items.c.skipped.is_(None)))
        .join(deliveries, deliveries.c.id == items.c.delivery_id)
        .join(subscribers, WANTS_REMINDERS)
        .where(_open_until(today, max(stages)), deadline.in_(list(stages)))
        .where(items.c.subscriber_id > span[0], items.c.subscriber_id <= span[1])
        .where(deliveries.c.state == DeliveryState.ACCEPTED, asked(AWAKE))
        .group_by(items.c.subscriber_id, measures.c.id, deadline)
        .having(func.max(deliveries.c.accepted_at) < begun)
    )
    return await insert_selected(connection, reminders, [*_KEY, "moved", "created_at"], told)


async def take_back(connection: AsyncConnection, today: date, condition: Any) -> None:
    """Take reminders that satisfy a condition and no longer hold out of what is not handed over yet.

    A reminder holds while its deadline is ahead and still that of a measure which is not withdrawn, and while its reader
    asks for an alert of it that was not withdrawn. Messages that still tell of something are made anew.
    """
    lapsed = and_(condition, ~reminder_holds(today))
    await take_out_lines(connection, reminders, lapsed, "nothing left to remind of")


async def take_back_lapsed(connection: AsyncConnection, today: date) -> None:
    """Take back whatever no longer holds today."""
    unsent = select(deliveries.c.id).where(NOT_HANDED_OVER)
    waiting = or_(reminders.c.delivery_id.is_(None), reminders.c.delivery_id.in_(unsent))
    await take_back(connection, today, waiting)


async def take_back_of_subscriber(connection: AsyncConnection, subscriber_id: int, today: date) -> None:
    """Take back what a subscriber no longer wants to be reminded of."""
    await take_back(connection, today, reminders.c.subscriber_id == subscriber_id)


async def wanted(connection: AsyncConnection, subscriber_id: int) -> bool | None:
    """Say whether a subscriber is reminded; None when there is no such subscriber."""
    statement = select(subscribers.c.reminders).where(subscribers.c.id == subscriber_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def set_wanted(connection: AsyncConnection, subscriber_id: int, *, wanted: bool) -> bool:
    """Switch a subscriber's reminders on or off; False when there is no such subscriber."""
    statement = update(subscribers).where(subscribers.c.id == subscriber_id).values(reminders=wanted)
    return bool((await connection.execute(statement)).rowcount)


async def join_digests(connection: AsyncConnection, digest_ids: Mapping[int, int], most: int) -> None:
    """Let the first part of each subscriber's digest carry what they are to be reminded of, when it is not too much."""
    for piece in chunks(list(digest_ids)):
        oldest = min(digest_ids[number] for number in piece)
        carrying = (deliveries.c.digest_id >= oldest, deliveries.c.part == 1, NOT_HANDED_OVER)
        await _carry(connection, piece, carrying, most)


async def carry(connection: AsyncConnection, delivery_ids: Mapping[int, int], most: int) -> None:
    """Let one message for each subscriber carry all that they are to be reminded of."""
    for piece in chunks(list(delivery_ids)):
        oldest = min(delivery_ids[number] for number in piece)
        carrying = (deliveries.c.id >= oldest, deliveries.c.kind == DeliveryKind.REMINDER)
        await _carry(connection, piece, carrying, most)


async def _carry(
    connection: AsyncConnection, subscriber_ids: Sequence[int], carrying: tuple[Any, ...], most: int
) -> None:
    # The messages were made just now; a list of their ids would be walked for every single reminder.
    mine = deliveries.c.subscriber_id == reminders.c.subscriber_id
    carrier = select(func.max(deliveries.c.id)).where(mine, *carrying)
    waiting = reminders.c.delivery_id.is_(None)
    few = (
        select(reminders.c.subscriber_id)
        .where(reminders.c.subscriber_id.in_(subscriber_ids), waiting)
        .group_by(reminders.c.subscriber_id)
        .having(func.count() <= most)
    )
    statement = update(reminders).where(waiting, reminders.c.subscriber_id.in_(few))
    await connection.execute(statement.values(delivery_id=carrier.scalar_subquery()))


async def ready(connection: AsyncConnection, limit: int) -> dict[int, int]:
    """Return for the next subscribers of how much they are to be reminded that no message carries yet."""
    statement = (
        select(reminders.c.subscriber_id, func.count().label("lines"))
        .join(subscribers, subscribers.c.id == reminders.c.subscriber_id)
        .where(reminders.c.delivery_id.is_(None), ~suppressed(subscribers.c.id))
        .group_by(reminders.c.subscriber_id)
        .order_by(reminders.c.subscriber_id)
        .limit(limit)
    )
    return {row.subscriber_id: row.lines for row in await connection.execute(statement)}


async def uncarried(connection: AsyncConnection, subscriber_id: int) -> Sequence[Any]:
    """Return what one subscriber is to be reminded of that no message carries yet, the nearest deadline first."""
    statement = (
        select(*(reminders.c[name] for name in _KEY))
        .where(reminders.c.subscriber_id == subscriber_id, reminders.c.delivery_id.is_(None))
        .order_by(reminders.c.deadline, reminders.c.measure_id)
    )
    return (await connection.execute(statement)).all()


async def assign(connection: AsyncConnection, rows: Sequence[tuple[Any, int]]) -> None:
    """Say in which message each reminder goes: rows of (reminder, delivery)."""
    if rows:
        mine = [reminders.c[name] == bindparam(f"its_{name}") for name in _KEY]
        await connection.execute(
            update(reminders).where(*mine, reminders.c.delivery_id.is_(None)).values(delivery_id=bindparam("carrier")),
            [{f"its_{name}": getattr(row, name) for name in _KEY} | {"carrier": carrier} for row, carrier in rows],
        )


async def of_deliveries(connection: AsyncConnection, delivery_ids: Sequence[int], today: date) -> dict[int, list[Any]]:
    """Return by message the reminders that it carries and that are not over today, the nearest deadline first.

    `event_id` is the first alert of the measure that stands: it says which measure it is.
    """
    first = (
        select(func.min(events.c.id))
        .select_from(events)
        .join(notices, NOT_WITHDRAWN)
        .where(
            events.c.measure_id == reminders.c.measure_id,
            events.c.fanned_out_at.is_not(None),
            events.c.silence.is_(None),
            events.c.kind != EventKind.WITHDRAWN,
        )
        .scalar_subquery()
    )
    statement = (
        select(reminders.c.delivery_id, reminders.c.deadline, reminders.c.moved, first.label("event_id"))
        .where(reminders.c.delivery_id.in_(list(delivery_ids)), reminders.c.deadline >= today)
        .order_by(reminders.c.delivery_id, reminders.c.deadline, reminders.c.measure_id)
    )
    found: dict[int, list[Any]] = {number: [] for number in delivery_ids}
    for row in await connection.execute(statement):
        found[row.delivery_id].append(row)
    return found


def _open_until(today: date, last: date) -> Any:
    return and_(measures.c.comment_deadline.between(today, last), measures.c.state != MeasureState.WITHDRAWN)
