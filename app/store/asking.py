"""Whether somebody still asks: the conditions by which a subscription is told of what it matched."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, and_, exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.outbox import ACTIVE, soonest_frequency
from app.store.tables import events, items, matches, notices, subscriptions
from app.store.writes import chunks

PAUSED = and_(ACTIVE, subscriptions.c.paused_at.is_not(None))
AWAKE = and_(ACTIVE, subscriptions.c.paused_at.is_(None))
"""Subscriptions that are told: confirmed, neither stopped nor paused."""

_WITHDRAWAL = "withdrawn:%"


def asked(condition: ColumnElement[bool], told: Table = items) -> ColumnElement[bool]:
    """Whether the reader of an item, or of another row that names both, has a subscription of a kind that matched its event.

    A match is looked up by its whole key, for each of the reader's few subscriptions. As a condition that may be joined, it
    would be by a PostgreSQL without statistics: every match of the event for every reader there is.
    """
    matched = (
        select(matches.c.event_id)
        .where(matches.c.event_id == told.c.event_id, matches.c.subscription_id == subscriptions.c.id)
        .limit(1)
        .correlate(told, subscriptions)
        .scalar_subquery()
    )
    mine = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == told.c.subscriber_id, condition, matched.is_not(None)
    )
    return exists(mine.correlate(told))


def withdrawn() -> ColumnElement[bool]:
    """Whether the alert of an item was withdrawn since; the word of the withdrawal itself stands."""
    return exists().where(
        events.c.id == items.c.event_id,
        events.c.key.not_like(_WITHDRAWAL),
        notices.c.id == events.c.notice_id,
        notices.c.withdrawn_at.is_not(None),
    )


def is_withdrawal() -> ColumnElement[bool]:
    """Whether an item tells that an alert was withdrawn."""
    return exists().where(events.c.id == items.c.event_id, events.c.key.like(_WITHDRAWAL))


def soonest(condition: ColumnElement[bool]) -> Any:
    """Return the soonest frequency among the subscriptions of a kind that the reader of an item has; else as it was."""
    least = (
        select(soonest_frequency())
        .where(subscriptions.c.subscriber_id == items.c.subscriber_id, condition)
        .correlate(items)
        .scalar_subquery()
    )
    return func.coalesce(least, items.c.frequency)


def matching() -> ColumnElement[bool]:
    """Whether a subscription matched the event of an item."""
    matched = select(matches.c.subscription_id).where(matches.c.event_id == items.c.event_id)
    return subscriptions.c.id.in_(matched.correlate(items))


class Answer(NamedTuple):
    """One subscription that an event of a message answers."""

    delivery_id: int
    event_id: int
    subscription_id: int
    criteria_id: int


async def answers(
    connection: AsyncConnection, delivery_ids: Sequence[int], condition: ColumnElement[bool]
) -> list[Answer]:
    """Return which subscriptions of their readers messages answer, by message, event and subscription.

    In two steps, each by keys: in one, a PostgreSQL that has no statistics yet, as after a large enrolment, reads every
    match of an event for every message, and comes to no end.
    """
    statement = (
        select(items.c.delivery_id, items.c.event_id, subscriptions.c.id, subscriptions.c.criteria_id)
        .join(subscriptions, subscriptions.c.subscriber_id == items.c.subscriber_id)
        .where(items.c.delivery_id.in_(list(delivery_ids)), items.c.skipped.is_(None), condition)
        .order_by(items.c.delivery_id, items.c.event_id, subscriptions.c.id)
    )
    asked = [Answer(*row) for row in await connection.execute(statement)]
    matched: set[tuple[int, int]] = set()
    key = tuple_(matches.c.event_id, matches.c.subscription_id)
    for piece in chunks(sorted({(one.event_id, one.subscription_id) for one in asked})):
        found = await connection.execute(select(*key.clauses).where(key.in_(piece)))
        matched |= {(row.event_id, row.subscription_id) for row in found}
    return [one for one in asked if (one.event_id, one.subscription_id) in matched]
