"""Deadlines inside a long break, of alerts that people were told of before: each is named once, in the digest before it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.measures import MeasureState
from app.store.asking import AWAKE, asked
from app.store.silence import deadline_holds
from app.store.skipping import take_out_lines
from app.store.suppressions import suppressed
from app.store.tables import (
    break_deadlines,
    deliveries,
    digests,
    events,
    items,
    measures,
    notices,
    subscribers,
    subscriptions,
)
from app.store.writes import insert_selected

_COLUMNS = ["subscriber_id", "measure_id", "comment_deadline", "event_id", "frequency"]


async def find(
    connection: AsyncConnection, frequency: str, days_off: tuple[date, date], windows: Sequence[date]
) -> int:
    """Keep for everybody with that frequency the open deadlines within days off that they were told of; a repeat adds none.

    The deadline is the one that the measure has now; what was withdrawn has none any more. What the digests of these very
    windows told, because they were begun once before, is not said again in them. Returns how many are new.
    """
    just_told = exists().where(
        digests.c.id == deliveries.c.digest_id, digests.c.frequency == frequency, digests.c.local_date.in_(windows)
    )
    with_digest = exists().where(
        subscriptions.c.subscriber_id == items.c.subscriber_id, subscriptions.c.frequency == frequency, AWAKE
    )
    told = (
        select(
            items.c.subscriber_id,
            events.c.measure_id,
            measures.c.comment_deadline,
            func.max(events.c.id),
            literal(str(frequency)),
        )
        .join(events, events.c.measure_id == measures.c.id)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(items, items.c.event_id == events.c.id)
        .join(deliveries, deliveries.c.id == items.c.delivery_id)
        .join(subscribers, subscribers.c.id == items.c.subscriber_id)
        .where(
            measures.c.comment_deadline.between(*days_off),
            measures.c.state != MeasureState.WITHDRAWN,
            notices.c.withdrawn_at.is_(None),
            deliveries.c.state == DeliveryState.ACCEPTED,
            ~just_told,
            ~suppressed(subscribers.c.id),
            asked(AWAKE),
            with_digest,
        )
        .group_by(items.c.subscriber_id, events.c.measure_id, measures.c.comment_deadline)
    )
    return await insert_selected(connection, break_deadlines, _COLUMNS, told)


async def put_in_digests(
    connection: AsyncConnection, frequency: str, local_date: date, subscriber_ids: Sequence[int]
) -> None:
    """Let the digests that these subscribers get on a day name the deadlines that are kept for them, in the first part.

    A digest that is rendered, or was ever handed over, says what it says: it takes up nothing any more.
    """
    unrendered = (
        deliveries.c.kind == DeliveryKind.DIGEST,
        deliveries.c.part == 1,
        deliveries.c.state == DeliveryState.PENDING,
        deliveries.c.message_hash.is_(None),
        digests.c.id == deliveries.c.digest_id,
        digests.c.frequency == frequency,
        digests.c.local_date == local_date,
    )
    # Held until the transaction ends: no worker renders one meanwhile without what is put into it.
    theirs = select(deliveries.c.id).where(deliveries.c.subscriber_id.in_(list(subscriber_ids)), *unrendered)
    await connection.execute(theirs.order_by(deliveries.c.id).with_for_update(of=deliveries))
    first_part = (
        select(func.min(deliveries.c.id))
        .where(deliveries.c.subscriber_id == break_deadlines.c.subscriber_id, *unrendered)
        .scalar_subquery()
    )
    unnamed = _unnamed(frequency), break_deadlines.c.subscriber_id.in_(list(subscriber_ids))
    await connection.execute(update(break_deadlines).where(*unnamed).values(delivery_id=first_part))


async def take_back(connection: AsyncConnection, today: date, condition: ColumnElement[bool]) -> None:
    """Take named deadlines that satisfy a condition and no longer hold, or are over, out of what is not handed over yet."""
    lapsed = and_(condition, or_(break_deadlines.c.comment_deadline < today, ~deadline_holds()))
    await take_out_lines(connection, break_deadlines, lapsed, "no deadline left to name")


async def left_to_name(connection: AsyncConnection, frequency: str, after: int, limit: int) -> list[int]:
    """Return the next subscribers, by their ids, who have deadlines to be named and no digest that names them."""
    statement = (
        select(break_deadlines.c.subscriber_id)
        .join(subscribers, subscribers.c.id == break_deadlines.c.subscriber_id)
        .where(
            _unnamed(frequency),
            break_deadlines.c.subscriber_id > after,
            ~suppressed(subscribers.c.id),
            deadline_holds(),
        )
        .distinct()
        .order_by(break_deadlines.c.subscriber_id)
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def named_in(connection: AsyncConnection, delivery_ids: Sequence[int]) -> Mapping[int, list[Any]]:
    """Return by message the deadlines that it names: rows with `event_id` and `comment_deadline`, the nearest first.

    Left out is what was moved or withdrawn since, and what its reader no longer asks for.
    """
    statement = (
        select(break_deadlines.c.delivery_id, break_deadlines.c.event_id, break_deadlines.c.comment_deadline)
        .where(break_deadlines.c.delivery_id.in_(list(delivery_ids)), deadline_holds())
        .order_by(break_deadlines.c.delivery_id, break_deadlines.c.comment_deadline, break_deadlines.c.event_id)
    )
    found: dict[int, list[Any]] = {}
    for row in await connection.execute(statement):
        found.setdefault(row.delivery_id, []).append(row)
    return found


def _unnamed(frequency: str) -> Any:
    return and_(break_deadlines.c.frequency == frequency, break_deadlines.c.delivery_id.is_(None))
