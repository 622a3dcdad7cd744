"""Who was due a proof of silence, worked out from what each reader was told, and has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import Check, Finding
from app.domain.coverage import Coverage
from app.domain.deliveries import ENDED, WITHOUT_ITEMS, DeliveryKind, DeliveryState
from app.domain.subscriptions import Frequency
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store.tables import (
    audit,
    deliveries,
    digest_periods,
    digest_runs,
    digests,
    events,
    items,
    subscribers,
    subscriptions,
    suppressions,
)
from app.store.writes import chunks

_NO_ALERT = (*WITHOUT_ITEMS, DeliveryKind.PROOF)
_OVER = (*ENDED, DeliveryState.NEEDS_HUMAN)
_ASKING = and_(
    subscriptions.c.subscriber_id == subscribers.c.id,
    subscriptions.c.confirmed_at.is_not(None),
    subscriptions.c.ended_at.is_(None),
    subscriptions.c.paused_at.is_(None),
)


@dataclass(frozen=True, slots=True)
class _Week:
    """A weekly window that was closed: its day, when its period began, and between which moments it was closed."""

    day: date
    began: datetime
    begun_closing: datetime
    closed: datetime


async def proofs_missing(connection: AsyncConnection, since: datetime, digest_at: time) -> list[Finding]:
    """Find the readers who were told nothing in a week that was closed since, and for whom no mail of it was made.

    Who cannot be judged any more counts as served: who paused by then, or took back a stop since.
    """
    found = []
    for week in await _weeks(connection, since, digest_at):
        due = await _told_nothing(connection, week)
        away = await _were_away(connection, due, week)
        if missing := [number for number in due if number not in away]:
            found.append(Finding(Check.PROOF_MISSING, week.day.isoformat(), len(missing)))
    return found


async def digests_gone(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find the digests and proofs of silence that were made and whose message is not there, or is another reader's."""
    mine = and_(deliveries.c.digest_id == digests.c.id, deliveries.c.subscriber_id == digests.c.subscriber_id)
    statement = (
        select(digests.c.frequency, digests.c.local_date, digests.c.subscriber_id)
        .join(subscribers, subscribers.c.id == digests.c.subscriber_id)
        .where(
            digests.c.local_date >= today_in_vietnam(since),
            ~exists().where(mine),
            exists().where(_ASKING),
            ~exists().where(suppressions.c.subscriber_id == subscribers.c.id, suppressions.c.ended_at.is_(None)),
        )
    )
    readers: dict[str, int] = {}
    for row in await connection.execute(statement):
        named = f"{row.frequency} {row.local_date}"
        readers[named] = readers.get(named, 0) + 1
    return [Finding(Check.DELIVERY_GONE, named, count) for named, count in sorted(readers.items())]


async def _weeks(connection: AsyncConnection, since: datetime, digest_at: time) -> list[_Week]:
    """Return the weeks that were closed since a moment and for which something was checked."""
    same = and_(
        digest_periods.c.frequency == digest_runs.c.frequency, digest_periods.c.local_date == digest_runs.c.local_date
    )
    rows = await connection.execute(
        select(
            digest_runs.c.local_date, digest_runs.c.closed_at, digest_periods.c.written_at, digest_periods.c.coverage
        )
        .join(digest_periods, same)
        .where(digest_runs.c.frequency == Frequency.WEEKLY, digest_runs.c.closed_at >= since)
        .order_by(digest_runs.c.local_date)
    )
    weeks = []
    for row in rows:
        checked = None if row.coverage is None else Coverage.from_json(row.coverage)
        if checked is not None and checked.days:
            began = datetime.combine(checked.first, digest_at, VIETNAM)
            weeks.append(_Week(row.local_date, began, row.written_at, row.closed_at))
    return weeks


async def _told_nothing(connection: AsyncConnection, week: _Week) -> list[int]:
    """Return who asked all the week, was told nothing in it, was to be told nothing, and has no mail of it."""
    made = exists().where(
        digests.c.subscriber_id == subscribers.c.id,
        digests.c.frequency == Frequency.WEEKLY,
        digests.c.local_date == week.day,
    )
    listed = exists().where(
        items.c.subscriber_id == subscribers.c.id, items.c.created_at.between(week.began, week.closed)
    )
    alerts = select(events.c.id).where(events.c.fanned_out_at.between(week.began, week.closed))
    matched = exists().where(items.c.subscriber_id == subscribers.c.id, items.c.event_id.in_(alerts))
    mailed = exists().where(
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.kind.not_in(_NO_ALERT),
        deliveries.c.created_at <= week.closed,
        or_(
            deliveries.c.accepted_at >= week.began, deliveries.c.due_at >= week.began, deliveries.c.state.not_in(_OVER)
        ),
    )
    unreachable = exists().where(
        suppressions.c.subscriber_id == subscribers.c.id,
        or_(suppressions.c.ended_at.is_(None), suppressions.c.ended_at >= week.begun_closing),
    )
    asked = exists().where(_ASKING, subscriptions.c.confirmed_at <= week.began)
    statement = select(subscribers.c.id).where(asked, ~made, ~unreachable, ~listed, ~matched, ~mailed)
    return list((await connection.execute(statement.order_by(subscribers.c.id))).scalars())


async def _were_away(connection: AsyncConnection, numbers: Sequence[int], week: _Week) -> set[int]:
    """Return those who paused before a week was closed, or took a stop back after: nobody knows how they stood then."""
    actors = {f"subscriber:{number}": number for number in numbers}
    away = or_(
        and_(audit.c.verb == "pause", audit.c.at <= week.closed),
        and_(audit.c.verb == "take_back_stop", audit.c.at >= week.begun_closing),
    )
    found: set[int] = set()
    for piece in chunks(list(actors)):
        rows = await connection.execute(select(audit.c.actor).where(audit.c.actor.in_(piece), away).distinct())
        found |= {actors[actor] for actor in rows.scalars()}
    return found
