"""Resending after an incident: who was to be told of which alert, how they stand, and back into the ledger as untold."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, distinct, exists, func, literal, or_, select, tuple_, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.resending import Standing
from app.domain.subscriptions import Frequency
from app.store.asking import asked
from app.store.contents import tells_anything
from app.store.outbox import ACTIVE, PAUSED, soonest_frequency
from app.store.pausing import CLOSED, DECLINED
from app.store.restored import STRUCK_OUT
from app.store.retention import TOLD
from app.store.skipping import UNWANTED
from app.store.suppressions import suppressed
from app.store.tables import (
    deliveries,
    event_criteria,
    events,
    items,
    matches,
    notices,
    replay_matches,
    subscribers,
    subscriptions,
)
from app.store.writes import chunks, insert_selected

_UNDER_WAY = ("pending", "leased", "handing_over", "deferred", "unknown")
_DECIDED = ("withdrawn", "replay_stopped", UNWANTED, PAUSED, CLOSED, DECLINED, STRUCK_OUT)
"""Why items are skipped on purpose; the reasons that a subscription was ended for are besides these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which alerts are resent: those of a notice, or those released from `since` until before `until`."""

    notice_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


async def count_alerts(connection: AsyncConnection, scope: Scope) -> int:
    """Return how many alerts of the scope went out and stand."""
    statement = (
        select(func.count()).select_from(events).join(notices, notices.c.id == events.c.notice_id).where(*_told(scope))
    )
    return int((await connection.execute(statement)).scalar_one())


async def count(connection: AsyncConnection, scope: Scope) -> dict[Standing, int]:
    """Return by standing how many pairs of alert and subscriber there are."""
    standing = _standing(scope).subquery()
    statement = select(standing.c.standing, func.count().label("pairs")).group_by(standing.c.standing)
    return {Standing(row.standing): row.pairs for row in await connection.execute(statement)}


async def count_people(connection: AsyncConnection, scope: Scope, chosen: Collection[Standing]) -> int:
    """Return how many subscribers have a chosen standing to an alert of the scope."""
    standing = _standing(scope).subquery()
    statement = select(func.count(distinct(standing.c.subscriber_id))).where(standing.c.standing.in_(list(chosen)))
    return int((await connection.execute(statement)).scalar_one())


async def make_untold(connection: AsyncConnection, scope: Scope, chosen: Collection[Standing], now: datetime) -> None:
    """Let alerts be told again to those with a chosen standing, each as often as they asked to be written to.

    Rows that are missing are written as the fan-out wrote them. Messages that end up empty are superseded, and leave
    their keys to those that tell the same.
    """
    suffix = f":resent:{now.isoformat()}"
    overtaken = await _overtaken(connection, scope, chosen)
    for piece in chunks(overtaken):
        mine = deliveries.c.id.in_(piece)
        await connection.execute(update(deliveries).where(mine).values(key=deliveries.c.key + suffix))
    standing = _standing(scope).subquery()
    picked = select(standing.c.event_id, standing.c.subscriber_id).where(standing.c.standing.in_(list(chosen)))
    pair = tuple_(items.c.event_id, items.c.subscriber_id)
    soon = case((items.c.frequency == DeliveryKind.REPLAY, Frequency.INSTANT), else_=items.c.frequency)
    await connection.execute(
        update(items).where(pair.in_(picked)).values(delivery_id=None, skipped=None, frequency=soon, created_at=now)
    )
    await _write_missing(connection, scope, now)
    for piece in chunks(overtaken):
        ended = deliveries.c.state.not_in((DeliveryState.ACCEPTED, *_UNDER_WAY))
        emptied = update(deliveries).where(deliveries.c.id.in_(piece), ended, ~tells_anything())
        await connection.execute(emptied.values(state=DeliveryState.SUPERSEDED))


async def _overtaken(connection: AsyncConnection, scope: Scope, chosen: Collection[Standing]) -> list[int]:
    standing = _standing(scope).subquery()
    statement = (
        select(standing.c.delivery_id)
        .where(standing.c.standing.in_(list(chosen)), standing.c.delivery_id.is_not(None))
        .distinct()
    )
    return list((await connection.execute(statement)).scalars())


async def _write_missing(connection: AsyncConnection, scope: Scope, now: datetime) -> None:
    """Write the matches and items that the fan-out would have written; a row that stands is left alone."""
    asking = _asking(scope, events.c.id, subscriptions.c.id)
    await insert_selected(connection, matches, ["event_id", "subscription_id"], asking)
    telling = _asking(
        scope, events.c.id, subscriptions.c.subscriber_id, soonest_frequency(), literal(now, items.c.created_at.type)
    ).group_by(events.c.id, subscriptions.c.subscriber_id)
    await insert_selected(connection, items, ["event_id", "subscriber_id", "frequency", "created_at"], telling)


def _told(scope: Scope) -> list[Any]:
    """Return the conditions of an alert in the scope that went out and was not withdrawn."""
    went_out = [events.c.fanned_out_at.is_not(None), events.c.silence.is_(None), notices.c.withdrawn_at.is_(None)]
    if scope.notice_id is not None:
        return [*went_out, events.c.notice_id == scope.notice_id]
    return [*went_out, events.c.released_at >= scope.since, events.c.released_at < scope.until]


def _asking(scope: Scope, *columns: Any) -> Any:
    """Select from the subscriptions that were confirmed and matching when an alert went out, and that still stand."""
    replayed = exists().where(
        replay_matches.c.event_id == event_criteria.c.event_id,
        replay_matches.c.criteria_id == event_criteria.c.criteria_id,
    )
    return (
        select(*columns)
        .select_from(events)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(event_criteria, and_(event_criteria.c.event_id == events.c.id, events.c.key.not_like("withdrawn:%")))
        .join(subscriptions, and_(subscriptions.c.criteria_id == event_criteria.c.criteria_id, ACTIVE))
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            *_told(scope),
            subscriptions.c.confirmed_at <= events.c.fanned_out_at,
            ~suppressed(subscribers.c.id),
            ~replayed,
        )
    )


def _standing(scope: Scope) -> Any:
    """Select each pair of an alert and somebody who was to be told of it, with the message and the standing."""
    listed = (
        select(items.c.event_id, items.c.subscriber_id)
        .join(events, events.c.id == items.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(*_told(scope), asked(ACTIVE))
    )
    asking = _asking(scope, events.c.id.label("event_id"), subscriptions.c.subscriber_id)
    pairs = union(asking, listed).subquery("pairs")
    return (
        select(
            pairs.c.event_id, pairs.c.subscriber_id, deliveries.c.id.label("delivery_id"), _judged().label("standing")
        )
        .select_from(pairs)
        .join(subscribers, subscribers.c.id == pairs.c.subscriber_id)
        .outerjoin(items, and_(items.c.event_id == pairs.c.event_id, items.c.subscriber_id == pairs.c.subscriber_id))
        .outerjoin(deliveries, deliveries.c.id == items.c.delivery_id)
    )


def _judged() -> Any:
    own_wish = exists().where(
        subscriptions.c.subscriber_id == items.c.subscriber_id, subscriptions.c.ended_because == items.c.skipped
    )
    told = items.c.skipped.is_(None)
    return case(
        (and_(deliveries.c.state == DeliveryState.ACCEPTED, told), Standing.ACCEPTED.value),
        (items.c.skipped == TOLD, Standing.ACCEPTED.value),
        (suppressed(subscribers.c.id), Standing.SUPPRESSED.value),
        (items.c.event_id.is_(None), Standing.MISSING.value),
        (or_(items.c.skipped.in_(_DECIDED), own_wish), Standing.TAKEN_BACK.value),
        (and_(deliveries.c.ambiguous > 0, deliveries.c.state.not_in(_UNDER_WAY)), Standing.DOUBTFUL.value),
        # What was skipped had not been handed over, whatever became of the rest of its message.
        (~told, Standing.SKIPPED.value),
        (deliveries.c.state.in_(_UNDER_WAY), Standing.WAITING.value),
        (items.c.delivery_id.is_(None), Standing.WAITING.value),
        (deliveries.c.id.is_(None), Standing.MISSING.value),
        else_=deliveries.c.state,
    )
