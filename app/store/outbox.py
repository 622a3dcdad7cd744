"""Whom an event concerns, and what each subscriber is still to be told."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Text, and_, bindparam, case, cast, delete, exists, func, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.brakes import INSTANT_AN_HOUR
from app.domain.deliveries import DeliveryKind
from app.domain.events import EventKind
from app.domain.notices import NoticeType
from app.domain.subscriptions import Criteria, Frequency
from app.store.consents import AGREED
from app.store.suppressions import suppressed
from app.store.tables import (
    criteria,
    deliveries,
    digest_runs,
    digests,
    event_criteria,
    events,
    items,
    matches,
    measures,
    notices,
    subscribers,
    subscriptions,
)
from app.store.writes import chunks, insert_missing, insert_selected

_SOONEST = {Frequency.INSTANT: 0, Frequency.DAILY: 1, Frequency.WEEKLY: 2}
PAUSED = "paused"
"""Why an item is not told while every subscription that asks for it is paused."""
ACTIVE = and_(subscriptions.c.confirmed_at.is_not(None), subscriptions.c.ended_at.is_(None), AGREED)


async def to_fan_out(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return released events that nobody was told of yet: what was circulated first comes first."""
    statement = (
        select(
            events.c.id,
            events.c.measure_id,
            events.c.notice_id,
            events.c.version,
            events.c.kind,
            events.c.audience,
            events.c.material,
            events.c.material_by,
            events.c.material_because,
            notices.c.type,
            measures.c.told_at,
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .join(measures, measures.c.id == events.c.measure_id)
        .where(
            events.c.released_at.is_not(None),
            events.c.fanned_out_at.is_(None),
            events.c.silence.is_(None),
            notices.c.sorted_at.is_not(None),
        )
        .order_by(notices.c.distributed_on, events.c.id)
        .limit(limit)
        .with_for_update(of=events, skip_locked=True)
    )
    return (await connection.execute(statement)).all()


async def living_criteria(connection: AsyncConnection) -> list[tuple[int, Criteria]]:
    """Return the distinct questions that somebody who confirmed asks."""
    asked = exists().where(subscriptions.c.criteria_id == criteria.c.id, ACTIVE)
    written = cast(criteria.c.body, Text)
    rows = await connection.execute(select(criteria.c.id, written).where(asked).order_by(criteria.c.id))
    return [(number, read_question(body)) for number, body in rows]


@lru_cache(maxsize=20_000)
def read_question(body: str) -> Criteria:
    """Return the question that a row of criteria holds, in JSON. Rows never change, and are read for every alert anew."""
    return Criteria.from_json(json.loads(body))


async def fan_out(connection: AsyncConnection, event_id: int, now: datetime, *, at_once: bool = True) -> int:
    """Write a match for each subscription and an item for each subscriber that asks a matched question.

    What is not to be told `at_once` is told in the weekly digest, however often its reader asked for alerts.
    `event_criteria` must hold the matched questions. Two statements, however many subscribers there are; a repeat
    writes nothing. Returns how many subscribers are to be told.
    """
    asking = (
        select(literal(event_id), subscriptions.c.id)
        .join(event_criteria, event_criteria.c.criteria_id == subscriptions.c.criteria_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(event_criteria.c.event_id == event_id, ACTIVE, ~suppressed(subscribers.c.id))
    )
    await insert_selected(connection, matches, ["event_id", "subscription_id"], asking)
    # A paused subscription comes after all others: its reader is told by it only of what no other one asks.
    last = case((subscriptions.c.paused_at.is_(None), 0), else_=len(_SOONEST))
    rank = func.min(case(_SOONEST, value=subscriptions.c.frequency) + last)
    soonest = _ranked(rank % len(_SOONEST)) if at_once else literal(Frequency.WEEKLY.value)
    paused = case((rank >= len(_SOONEST), PAUSED), else_=null())
    telling = (
        select(literal(event_id), subscriptions.c.subscriber_id, soonest, paused, literal(now, items.c.created_at.type))
        .join(matches, matches.c.subscription_id == subscriptions.c.id)
        .where(matches.c.event_id == event_id)
        .group_by(subscriptions.c.subscriber_id)
    )
    columns = ["event_id", "subscriber_id", "frequency", "skipped", "created_at"]
    await insert_selected(connection, items, columns, telling)
    told = select(func.count()).select_from(items).where(items.c.event_id == event_id)
    return int((await connection.execute(told)).scalar_one())


def soonest_frequency() -> Any:
    """Return the soonest frequency of the subscriptions of a group."""
    return _ranked(func.min(case(_SOONEST, value=subscriptions.c.frequency)))


def _ranked(rank: Any) -> Any:
    return case({number: name for name, number in _SOONEST.items()}, value=rank)


async def save_matched_criteria(
    connection: AsyncConnection, event_id: int, matched: Mapping[int, Sequence[tuple[str, str]]]
) -> None:
    """Keep which questions an event answers, and why."""
    rows = [
        {"event_id": event_id, "criteria_id": number, "reasons": [list(reason) for reason in reasons]}
        for number, reasons in matched.items()
    ]
    await insert_missing(connection, event_criteria, rows)


async def mark_fanned_out(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Write of each event (`number`) its audience, changes, materiality, silence and how many subscribers it concerns."""
    if rows:
        await connection.execute(
            update(events)
            .where(events.c.id == bindparam("number"))
            .values(
                audience=bindparam("heard_by"),
                changes=bindparam("changed"),
                silence=bindparam("hushed"),
                matched=bindparam("count"),
                material=bindparam("at_once"),
                material_by=bindparam("said_by"),
                material_because=bindparam("ground"),
                fanned_out_at=now,
            ),
            list(rows),
        )


async def count_asking(connection: AsyncConnection, criteria_ids: Sequence[int]) -> int:
    """Return how many subscribers ask any of these questions and may be sent mail."""
    asking: set[int] = set()
    for piece in chunks(criteria_ids):
        mailed = subscriptions.c.criteria_id.in_(piece), ACTIVE, ~suppressed(subscriptions.c.subscriber_id)
        statement = select(subscriptions.c.subscriber_id).where(*mailed).distinct()
        asking |= set((await connection.execute(statement)).scalars())
    return len(asking)


async def fan_out_again(connection: AsyncConnection, notice_ids: Sequence[int], *, only: int | None = None) -> None:
    """Match anew the alerts of notices, or `only` one of them, on which a person decided; what was told stays so."""
    told = select(events.c.id).where(
        events.c.notice_id.in_(notice_ids), events.c.fanned_out_at.is_not(None), events.c.silence.is_(None)
    )
    if only is not None:
        told = told.where(events.c.id == only)
    numbers = list((await connection.execute(told)).scalars())
    undecided = or_(items.c.skipped.is_(None), items.c.skipped == PAUSED)
    untold = and_(items.c.event_id.in_(numbers), items.c.delivery_id.is_(None), undecided)
    await connection.execute(delete(items).where(untold))
    await drop_idle_matches(connection, numbers)
    await connection.execute(delete(event_criteria).where(event_criteria.c.event_id.in_(numbers)))
    await connection.execute(update(events).where(events.c.id.in_(numbers)).values(fanned_out_at=None))


async def drop_idle_matches(connection: AsyncConnection, event_ids: Sequence[int]) -> None:
    """Drop the matches of events through which nobody is told."""
    kept = exists().where(
        items.c.event_id == matches.c.event_id,
        items.c.subscriber_id == subscriptions.c.subscriber_id,
        subscriptions.c.id == matches.c.subscription_id,
    )
    for piece in chunks(event_ids):
        await connection.execute(delete(matches).where(matches.c.event_id.in_(piece), ~kept))


async def ready_for_instant(
    connection: AsyncConnection, not_since: datetime, hour_ago: datetime, limit: int
) -> list[tuple[int, int]]:
    """Return (subscriber, event) of untold instant items whose subscriber had no instant mail after `not_since`.

    Nor as many since `hour_ago` as one address is sent in an hour (DL-13).
    """
    recent = and_(
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.kind == DeliveryKind.INSTANT,
        deliveries.c.created_at > hour_ago,
    )
    sent = select(func.count()).select_from(deliveries).where(recent).correlate(subscribers).scalar_subquery()
    ready = (
        select(items.c.subscriber_id)
        .join(subscribers, subscribers.c.id == items.c.subscriber_id)
        .where(
            _untold(Frequency.INSTANT),
            ~suppressed(subscribers.c.id),
            or_(subscribers.c.last_instant_at.is_(None), subscribers.c.last_instant_at <= not_since),
            or_(
                subscribers.c.last_instant_at.is_(None),
                subscribers.c.last_instant_at <= hour_ago,
                sent < INSTANT_AN_HOUR,
            ),
        )
        .distinct()
        .order_by(items.c.subscriber_id)
        .limit(limit)
    )
    numbers = list((await connection.execute(ready)).scalars())
    return await _untold_items(connection, numbers, [Frequency.INSTANT])


async def emergencies(connection: AsyncConnection, event_ids: Sequence[int]) -> set[int]:
    """Return those of the events that tell of an emergency measure for the first time, as mails say it."""
    emergency = or_(
        notices.c.type == NoticeType.EMERGENCY, and_(notices.c.emergency, notices.c.type == NoticeType.REGULAR)
    )
    found: set[int] = set()
    for piece in chunks(event_ids):
        statement = (
            select(events.c.id)
            .join(notices, notices.c.id == events.c.notice_id)
            .where(events.c.id.in_(piece), events.c.kind == EventKind.NOTIFIED, emergency)
        )
        found |= set((await connection.execute(statement)).scalars())
    return found


async def ready_for_digest(
    connection: AsyncConnection, frequency: str, after: int, limit: int
) -> list[tuple[int, int]]:
    """Return (subscriber, event) of the untold items of the next subscribers with that frequency, by their ids."""
    ready = (
        select(items.c.subscriber_id)
        .join(subscribers, subscribers.c.id == items.c.subscriber_id)
        .where(_untold(frequency), ~suppressed(subscribers.c.id), items.c.subscriber_id > after)
        .distinct()
        .order_by(items.c.subscriber_id)
        .limit(limit)
    )
    numbers = list((await connection.execute(ready)).scalars())
    return await _untold_items(connection, numbers, [frequency])


async def closed_days(connection: AsyncConnection, frequency: Frequency) -> set[Any]:
    """Return the local days whose window is closed already."""
    statement = select(digest_runs.c.local_date).where(digest_runs.c.frequency == frequency)
    return set((await connection.execute(statement)).scalars())


async def add_digests(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Make each subscriber's digest of one day, once; return the ids by subscriber."""
    await insert_missing(connection, digests, rows)
    found: dict[int, int] = {}
    for piece in chunks(rows):
        statement = select(digests.c.subscriber_id, digests.c.id).where(
            digests.c.frequency == rows[0]["frequency"],
            digests.c.local_date == rows[0]["local_date"],
            digests.c.subscriber_id.in_([row["subscriber_id"] for row in piece]),
        )
        found |= {row.subscriber_id: row.id for row in await connection.execute(statement)}
    return found


async def close_days(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Mark windows as closed."""
    await insert_missing(connection, digest_runs, rows)


async def add_deliveries(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Put messages in the outbox, each once; return the ids by key."""
    await insert_missing(connection, deliveries, rows)
    found: dict[str, int] = {}
    for piece in chunks([row["key"] for row in rows]):
        statement = select(deliveries.c.key, deliveries.c.id).where(deliveries.c.key.in_(piece))
        found |= {row.key: row.id for row in await connection.execute(statement)}
    return found


async def assign_items(connection: AsyncConnection, rows: Sequence[tuple[int, int, int]]) -> None:
    """Say in which message each item goes: rows of (event, subscriber, delivery)."""
    if rows:
        await connection.execute(
            update(items)
            .where(
                items.c.event_id == bindparam("event"),
                items.c.subscriber_id == bindparam("subscriber"),
                items.c.delivery_id.is_(None),
                items.c.skipped.is_(None),
            )
            .values(delivery_id=bindparam("delivery")),
            [{"event": event, "subscriber": subscriber, "delivery": delivery} for event, subscriber, delivery in rows],
        )


async def mark_gathered(connection: AsyncConnection, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Remember when these subscribers last got an instant mail."""
    for piece in chunks(subscriber_ids):
        await connection.execute(update(subscribers).where(subscribers.c.id.in_(piece)).values(last_instant_at=now))


def _untold(frequency: str) -> Any:
    return and_(items.c.frequency == frequency, items.c.delivery_id.is_(None), items.c.skipped.is_(None))


async def _untold_items(
    connection: AsyncConnection, subscriber_ids: Sequence[int], frequencies: Sequence[str]
) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for piece in chunks(subscriber_ids):
        statement = (
            select(items.c.subscriber_id, items.c.event_id)
            .where(
                items.c.subscriber_id.in_(piece),
                items.c.frequency.in_(frequencies),
                items.c.delivery_id.is_(None),
                items.c.skipped.is_(None),
            )
            .order_by(items.c.subscriber_id, items.c.event_id)
        )
        found += [(row.subscriber_id, row.event_id) for row in await connection.execute(statement)]
    return found
