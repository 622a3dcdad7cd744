"""The past matched anew: which events, which questions, who was never told, and what each of them is told now.

Everything that depends on who is told already is asked of `items`, in one statement for all subscribers.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, case, delete, distinct, exists, false, func, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import RESTING, DeliveryKind, DeliveryState
from app.domain.replays import NewMatch, SubscriptionShare
from app.domain.subscriptions import Criteria
from app.store.asking import AWAKE
from app.store.asking import asked as asked_still
from app.store.fences import FREED
from app.store.filters import open_on, public
from app.store.outbox import ACTIVE, drop_idle_matches
from app.store.suppressions import suppressed
from app.store.tables import (
    catch_ups,
    classifications,
    criteria,
    deliveries,
    event_criteria,
    events,
    items,
    matches,
    notices,
    replay_matches,
    replays,
    stops,
    subscribers,
    subscriptions,
)
from app.store.taxonomy_versions import in_force
from app.store.writes import chunks, insert_missing, insert_selected

SubscriberIds = Sequence[int] | None
"""Subscribers that a question is about; None for all."""

STOPPED = "replay_stopped"
_NOT_MATCHED = "withdrawn:%"
"""Keys of withdrawals by staff: they are told to whoever was told before, not matched."""


async def stopped(connection: AsyncConnection) -> bool:
    """Say whether staff stopped replays."""
    return bool((await connection.execute(select(exists().where(stops.c.kind == DeliveryKind.REPLAY)))).scalar_one())


async def sorted_otherwise(connection: AsyncConnection) -> int:
    """Return how many notices are not yet sorted by the taxonomy in force; until then nobody knows whom they concern."""
    version = await in_force(connection)
    otherwise = false() if version is None else classifications.c.taxonomy_version != version
    statement = (
        select(func.count())
        .select_from(notices)
        .join(classifications, classifications.c.id == notices.c.classification_id)
        .where(or_(notices.c.sorted_at.is_(None), otherwise))
    )
    return int((await connection.execute(statement)).scalar_one())


async def asked(connection: AsyncConnection) -> list[tuple[int, Criteria, datetime]]:
    """Return the distinct questions that somebody who confirmed asks, each with the moment since when."""
    statement = (
        select(criteria.c.id, criteria.c.body, func.min(subscriptions.c.confirmed_at).label("since"))
        .join(subscriptions, subscriptions.c.criteria_id == criteria.c.id)
        .where(ACTIVE)
        .group_by(criteria.c.id)
        .order_by(criteria.c.id)
    )
    rows = await connection.execute(statement)
    return [(row.id, Criteria.from_json(row.body), row.since) for row in rows]


async def past_events(connection: AsyncConnection, first: date, today: date, after: int, limit: int) -> Sequence[Any]:
    """Return the next events, by their numbers, that went out since `first` or whose notice is open `today`."""
    statement = (
        select(
            events.c.id,
            events.c.notice_id,
            events.c.audience,
            events.c.fanned_out_at,
            notices.c.ref,
            open_on(today).label("open"),
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .where(
            events.c.id > after,
            events.c.fanned_out_at.is_not(None),
            events.c.silence.is_(None),
            events.c.key.not_like(_NOT_MATCHED),
            notices.c.sorted_at.is_not(None),
            notices.c.withdrawn_at.is_(None),
            public(),
            or_(events.c.happened_on.between(first, today), open_on(today)),
        )
        .order_by(events.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def answered_before(connection: AsyncConnection, event_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Return the (event, question) pairs that the fan-out found; what only an earlier replay found is none of them."""
    replayed = exists().where(
        replay_matches.c.event_id == event_criteria.c.event_id,
        replay_matches.c.criteria_id == event_criteria.c.criteria_id,
    )
    found: set[tuple[int, int]] = set()
    for piece in chunks(event_ids):
        statement = select(event_criteria.c.event_id, event_criteria.c.criteria_id).where(
            event_criteria.c.event_id.in_(piece), ~replayed
        )
        found |= {(row.event_id, row.criteria_id) for row in await connection.execute(statement)}
    return found


async def begin(
    connection: AsyncConnection, version: str, actor: str, matched_at: datetime, found: Sequence[NewMatch]
) -> int:
    """Keep a replay and what it matched; return its number."""
    row = {"taxonomy_version": version, "actor": actor, "matched_at": matched_at}
    number = (await connection.execute(replays.insert().values(row).returning(replays.c.id))).scalar_one()
    rows = [
        {
            "replay_id": number,
            "event_id": match.event.id,
            "criteria_id": match.criteria,
            "reasons": [[reason.facet, reason.value] for reason in match.reasons],
            "open": match.event.open,
        }
        for match in found
    ]
    await insert_missing(connection, replay_matches, rows)
    return int(number)


async def subscribers_after(connection: AsyncConnection, replay: int, after: int, limit: int) -> list[int]:
    """Return the next subscribers, by their numbers, who ask something that a replay found an answer to."""
    answered = select(replay_matches.c.criteria_id).where(replay_matches.c.replay_id == replay)
    statement = (
        select(subscriptions.c.subscriber_id)
        .where(AWAKE, subscriptions.c.criteria_id.in_(answered), subscriptions.c.subscriber_id > after)
        .distinct()
        .order_by(subscriptions.c.subscriber_id)
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def reached(
    connection: AsyncConnection, replay: int, subscriber_ids: SubscriberIds = None
) -> dict[tuple[int, int], int]:
    """Return by (event, question) how many subscriptions were not told; pairs of which all were told are left out."""
    untold = _untold(replay, subscriber_ids).subquery()
    pair = (untold.c.event_id, untold.c.criteria_id)
    rows = await connection.execute(select(*pair, func.count().label("reached")).group_by(*pair))
    return {(row.event_id, row.criteria_id): row.reached for row in rows}


async def largest_shares(
    connection: AsyncConnection, replay: int, limit: int, subscriber_ids: SubscriberIds = None
) -> tuple[SubscriptionShare, ...]:
    """Return the subscriptions of those subscribers whom `add_up` found to be told most, the most first."""
    untold = _untold(replay, subscriber_ids).subquery()
    past, still_open = _counts(untold)
    among = true() if subscriber_ids is None else catch_ups.c.subscriber_id.in_(subscriber_ids)
    most = (
        select(catch_ups.c.subscriber_id)
        .where(catch_ups.c.replay_id == replay, among)
        .order_by(catch_ups.c.still_open.desc(), catch_ups.c.past.desc(), catch_ups.c.subscriber_id)
        .limit(limit)
    )
    chosen = list((await connection.execute(most)).scalars())
    statement = (
        select(untold.c.subscription_id, past.label("past"), still_open.label("open"))
        .where(untold.c.subscriber_id.in_(chosen))
        .group_by(untold.c.subscription_id)
        .order_by(still_open.desc(), past.desc(), untold.c.subscription_id)
        .limit(limit)
    )
    rows = await connection.execute(statement)
    return tuple(SubscriptionShare(subscription=row.subscription_id, past=row.past, open=row.open) for row in rows)


async def add_up(connection: AsyncConnection, replay: int, subscriber_ids: SubscriberIds = None) -> None:
    """Write what a replay adds up to for each subscriber to whom it tells something."""
    untold = _untold(replay, subscriber_ids).subquery()
    past, still_open = _counts(untold)
    adding_up = (
        select(literal(replay), untold.c.subscriber_id, past, still_open)
        .group_by(untold.c.subscriber_id)
        .having(still_open > 0)
    )
    await insert_selected(connection, catch_ups, ["replay_id", "subscriber_id", "past", "still_open"], adding_up)


async def keep_answers(connection: AsyncConnection, replay: int) -> None:
    """Let the questions that a replay found count as answered by what is open, with the reasons that mails give."""
    answered = select(replay_matches.c.event_id, replay_matches.c.criteria_id, replay_matches.c.reasons).where(
        replay_matches.c.replay_id == replay, replay_matches.c.open
    )
    await insert_selected(connection, event_criteria, ["event_id", "criteria_id", "reasons"], answered)


async def tell(connection: AsyncConnection, replay: int, subscriber_ids: Sequence[int], now: datetime) -> None:
    """Write whom a replay tells what is open: a match for each subscription, an item for each subscriber.

    Two statements, however many of them there are.
    """
    untold = _untold(replay, subscriber_ids).subquery()
    concerned = select(untold.c.event_id, untold.c.subscription_id).where(untold.c.open)
    await insert_selected(connection, matches, ["event_id", "subscription_id"], concerned)
    telling = (
        select(
            untold.c.event_id,
            untold.c.subscriber_id,
            literal(DeliveryKind.REPLAY.value),
            literal(now, items.c.created_at.type),
        )
        .where(untold.c.open)
        .distinct()
    )
    await insert_selected(connection, items, ["event_id", "subscriber_id", "frequency", "created_at"], telling)


async def sizes(connection: AsyncConnection, replay: int, subscriber_ids: SubscriberIds = None) -> list[int]:
    """Return of how many events each subscriber of a replay is to be told, before `tell` wrote it down."""
    untold = _untold(replay, subscriber_ids).subquery()
    size = func.count(distinct(untold.c.event_id))
    statement = select(size.label("size")).where(untold.c.open).group_by(untold.c.subscriber_id)
    return list((await connection.execute(statement)).scalars())


async def skip_unasked(connection: AsyncConnection, subscriber_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Skip what these subscribers ask for no more; return it as (subscriber, event).

    Who unsubscribed while a replay was written may have been overlooked by it.
    """
    waiting = (items.c.frequency == DeliveryKind.REPLAY, items.c.delivery_id.is_(None), items.c.skipped.is_(None))
    skipped: set[tuple[int, int]] = set()
    for piece in chunks(subscriber_ids):
        statement = (
            update(items)
            .where(*waiting, items.c.subscriber_id.in_(piece), ~asked_still(ACTIVE))
            .values(skipped="asked")
        )
        rows = await connection.execute(statement.returning(items.c.subscriber_id, items.c.event_id))
        skipped |= {(row.subscriber_id, row.event_id) for row in rows}
    return skipped


async def newest_of(connection: AsyncConnection, subscriber_ids: Sequence[int]) -> dict[int, int]:
    """Return the last replay that told something to each of these subscribers."""
    found: dict[int, int] = {}
    for piece in chunks(subscriber_ids):
        statement = (
            select(catch_ups.c.subscriber_id, func.max(catch_ups.c.replay_id).label("replay"))
            .where(catch_ups.c.subscriber_id.in_(piece))
            .group_by(catch_ups.c.subscriber_id)
        )
        found |= {row.subscriber_id: row.replay for row in await connection.execute(statement)}
    return found


async def stop(connection: AsyncConnection, actor: str, now: datetime) -> int:
    """Throw the switch and skip every catch-up mail that is not handed over; return how many mails that were."""
    await insert_missing(connection, stops, [{"kind": DeliveryKind.REPLAY, "actor": actor, "stopped_at": now}])
    return await _skip_waiting(connection)


async def skip_returned(connection: AsyncConnection) -> None:
    """Skip the catch-up mails that were being handed over when replays were stopped, and came back to be tried again."""
    returned = exists().where(deliveries.c.kind == DeliveryKind.REPLAY, deliveries.c.state.in_(RESTING))
    if (await connection.execute(select(returned))).scalar_one():
        await _skip_waiting(connection)


async def _skip_waiting(connection: AsyncConnection) -> int:
    """Skip every catch-up mail that is not handed over; return how many mails that were.

    What was not sent is struck from the ledger, so that it can be told when replays go on. A mail that may have arrived
    stays in it.
    """
    waiting = (deliveries.c.kind == DeliveryKind.REPLAY, deliveries.c.state.in_(RESTING))
    result = await connection.execute(
        update(deliveries).where(*waiting).values(state=DeliveryState.SKIPPED, reason=STOPPED, **FREED)
    )
    unsent = select(deliveries.c.id).where(
        deliveries.c.kind == DeliveryKind.REPLAY, deliveries.c.reason == STOPPED, deliveries.c.ambiguous == 0
    )
    open_items = and_(
        items.c.frequency == DeliveryKind.REPLAY,
        or_(and_(items.c.delivery_id.is_(None), items.c.skipped.is_(None)), items.c.delivery_id.in_(unsent)),
    )
    concerned = select(items.c.event_id).where(open_items).distinct()
    numbers = list((await connection.execute(concerned)).scalars())
    await connection.execute(delete(items).where(open_items))
    await drop_idle_matches(connection, numbers)
    return result.rowcount


async def resume(connection: AsyncConnection) -> bool:
    """Put the switch back; False when it was not thrown."""
    return bool((await connection.execute(delete(stops).where(stops.c.kind == DeliveryKind.REPLAY))).rowcount)


async def forget_closed(connection: AsyncConnection, before: datetime, today: date) -> int:
    """Drop what replays before a moment matched and no replay can tell any more; return how many rows that were."""
    still_open = exists().where(
        events.c.id == replay_matches.c.event_id, notices.c.id == events.c.notice_id, open_on(today)
    )
    older = select(replays.c.id).where(replays.c.matched_at < before)
    statement = delete(replay_matches).where(replay_matches.c.replay_id.in_(older), ~still_open)
    return (await connection.execute(statement)).rowcount


def _untold(replay: int, subscriber_ids: SubscriberIds = None) -> Select[Any]:
    """Whom of these a replay reaches: who asked when an event went out, still asks, and was never told of it.

    A notice that was sorted, corrected or withdrawn since the replay matched it is left out.
    """
    told = exists().where(
        items.c.event_id == replay_matches.c.event_id, items.c.subscriber_id == subscriptions.c.subscriber_id
    )
    return (
        select(
            replay_matches.c.event_id,
            replay_matches.c.criteria_id,
            replay_matches.c.open,
            events.c.notice_id,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.subscriber_id,
        )
        .join(replays, replays.c.id == replay_matches.c.replay_id)
        .join(events, events.c.id == replay_matches.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(subscriptions, subscriptions.c.criteria_id == replay_matches.c.criteria_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(
            replay_matches.c.replay_id == replay,
            AWAKE,
            subscriptions.c.confirmed_at <= events.c.fanned_out_at,
            ~suppressed(subscribers.c.id),
            notices.c.sorted_at <= replays.c.matched_at,
            notices.c.withdrawn_at.is_(None),
            true() if subscriber_ids is None else subscriptions.c.subscriber_id.in_(subscriber_ids),
            ~told,
        )
    )


def _counts(untold: Any) -> tuple[Any, Any]:
    """Count the notices of the past, and those of them that are open."""
    open_notice = case((untold.c.open, untold.c.notice_id))
    return func.count(distinct(untold.c.notice_id)), func.count(distinct(open_notice))
