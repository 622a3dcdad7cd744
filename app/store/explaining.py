"""What explanations and previews are made of: how events stand, whose question it is, and what was really sent."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.filters import public
from app.store.tables import criteria, deliveries, events, items, measures, notices, subscriptions, suppressions
from app.store.writes import chunks

_NOT_MATCHED = "withdrawn:%"
"""Keys of withdrawals by staff: they are told to whoever was told before, not matched."""


async def events_of(connection: AsyncConnection, notice_id: int) -> Sequence[Any]:
    """Return the events of a notice with everything that decides who is told of them, oldest first."""
    statement = _standing().where(events.c.notice_id == notice_id).order_by(events.c.id)
    return list((await connection.execute(statement)).all())


async def happened_between(connection: AsyncConnection, first: date, last: date, limit: int) -> Sequence[Any]:
    """Return the newest events of these days that readers are matched with, at most `limit`, in the order of telling.

    What was circulated first comes first, as at fan-out.
    """
    newest = (
        _standing()
        .where(events.c.happened_on.between(first, last), events.c.key.not_like(_NOT_MATCHED), public())
        .order_by(events.c.happened_on.desc(), events.c.id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(newest)).all()
    return sorted(rows, key=lambda row: (row.distributed_on is None, row.distributed_on or first, row.id))


async def count_between(connection: AsyncConnection, first: date, last: date) -> int:
    """Return how many events of these days readers are matched with."""
    statement = (
        select(func.count())
        .select_from(events)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(events.c.happened_on.between(first, last), events.c.key.not_like(_NOT_MATCHED), public())
    )
    return int((await connection.execute(statement)).scalar_one())


async def subscription(connection: AsyncConnection, number: int) -> Any | None:
    """Return a subscription, living or ended, with its question and how its subscriber stands; None if there is none."""
    return (await connection.execute(_asking().where(subscriptions.c.id == number))).one_or_none()


async def subscriptions_of(connection: AsyncConnection, subscriber_ids: Sequence[int], limit: int) -> Sequence[Any]:
    """Return the subscriptions of subscribers, each as `subscription` does: the living ones first, then the newest."""
    mine = _asking().where(subscriptions.c.subscriber_id.in_(list(subscriber_ids)))
    order = (subscriptions.c.ended_at.is_not(None), subscriptions.c.id.desc())
    return list((await connection.execute(mine.order_by(*order).limit(limit))).all())


def _asking() -> Select[Any]:
    return (
        select(
            subscriptions.c.id,
            subscriptions.c.subscriber_id,
            subscriptions.c.confirmed_at,
            subscriptions.c.ended_at,
            subscriptions.c.ended_because,
            suppressions.c.began_at.label("suppressed_at"),
            suppressions.c.reason.label("suppressed_because"),
            criteria.c.body,
        )
        .join(criteria, criteria.c.id == subscriptions.c.criteria_id)
        .outerjoin(
            suppressions,
            and_(suppressions.c.subscriber_id == subscriptions.c.subscriber_id, suppressions.c.ended_at.is_(None)),
        )
    )


async def told(connection: AsyncConnection, subscriber_id: int, event_ids: Sequence[int]) -> dict[int, Any]:
    """Return what a subscriber was to be told of events, by event, and how the message that holds it stands."""
    found: dict[int, Any] = {}
    for piece in chunks(event_ids):
        statement = (
            select(
                items.c.event_id,
                items.c.frequency,
                items.c.skipped,
                items.c.created_at,
                deliveries.c.state,
                deliveries.c.reason,
                deliveries.c.accepted_at,
            )
            .outerjoin(deliveries, deliveries.c.id == items.c.delivery_id)
            .where(and_(items.c.subscriber_id == subscriber_id, items.c.event_id.in_(piece)))
        )
        found |= {row.event_id: row for row in await connection.execute(statement)}
    return found


def _standing() -> Select[Any]:
    return (
        select(
            events.c.id,
            events.c.key,
            events.c.notice_id,
            events.c.measure_id,
            events.c.kind,
            events.c.happened_on,
            events.c.silence,
            events.c.waiting,
            events.c.released_at,
            events.c.audience,
            events.c.fanned_out_at,
            notices.c.ref,
            notices.c.type,
            notices.c.entered_by,
            notices.c.distributed_on,
            notices.c.sorted_at,
            notices.c.sure,
            notices.c.orphan,
            notices.c.contradictory,
            notices.c.withdrawn_at,
            notices.c.withdrawn_because,
            public().label("public"),
            measures.c.told_at.label("measure_told_at"),
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .join(measures, measures.c.id == events.c.measure_id)
    )
