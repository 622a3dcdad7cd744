"""Who should have been told of each released event, and who is accounted for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, distinct, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import Audience
from app.domain.measures import with_loan
from app.domain.notices import Content, content_from_json
from app.domain.sectors import Facet
from app.domain.subscriptions import Criteria
from app.store.suppressions import suppressed
from app.store.tables import (
    classifications,
    consents,
    corrections,
    criteria,
    events,
    items,
    labels,
    notices,
    subscribers,
    subscriptions,
    suppressions,
    versions,
)
from app.store.writes import chunks

_MENTIONED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An event that was fanned out: what it said, and how its notice was sorted at that moment.

    `labels` are (facet, id, role). `weighed` says whether the labels of importance, which no history is kept of, are
    among them.
    """

    id: int
    ref: str
    released_at: datetime
    fanned_out_at: datetime
    update: bool
    content: Content
    labels: frozenset[tuple[str, str, str]]
    weighed: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """How many subscribers an event should have reached, how many are nowhere, and the ids of some of these."""

    expected: int
    missing: int
    mentioned: tuple[int, ...] = ()


async def released(connection: AsyncConnection, since: datetime) -> list[Released]:
    """Return the events that were released since then and fanned out, and that were not to be kept silent.

    A withdrawal by staff is left out: it is told to those who were told, whatever they ask.
    """
    parents = notices.alias("parents")
    statement = (
        select(
            events.c.id,
            events.c.notice_id,
            events.c.audience,
            events.c.released_at,
            events.c.fanned_out_at,
            notices.c.ref,
            notices.c.sorted_at,
            versions.c.content,
            parents.c.content.label("parent"),
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .join(versions, and_(versions.c.notice_id == events.c.notice_id, versions.c.number == events.c.version))
        .outerjoin(parents, parents.c.ref == notices.c.inherits_from)
        .where(
            events.c.released_at >= since,
            events.c.fanned_out_at.is_not(None),
            events.c.silence.is_(None),
            ~events.c.key.like("withdrawn:%"),
        )
        .order_by(events.c.id)
    )
    rows = (await connection.execute(statement)).all()
    current = [row for row in rows if row.sorted_at is not None and row.sorted_at <= row.fanned_out_at]
    now_labelled = await _labels(connection, {row.notice_id for row in current})
    then_labelled = await _labels_then(connection, [row for row in rows if row not in current])
    return [_released(row, now_labelled.get(row.notice_id, frozenset()), weighed=True) for row in current] + [
        _released(row, then_labelled[row.id], weighed=False) for row in rows if row.id in then_labelled
    ]


async def living_questions(connection: AsyncConnection) -> list[tuple[int, Criteria]]:
    """Return the questions that somebody asks, each once however many ask it."""
    asked = select(subscriptions.c.criteria_id).where(
        subscriptions.c.confirmed_at.is_not(None), subscriptions.c.ended_at.is_(None)
    )
    statement = select(criteria.c.id, criteria.c.body).where(criteria.c.id.in_(asked)).order_by(criteria.c.id)
    return [(row.id, Criteria.from_json(row.body)) for row in await connection.execute(statement)]


async def tally(connection: AsyncConnection, event: Released, questions: Collection[int]) -> Tally:
    """Count who asks one of these questions, was confirmed when the event was released, and is reachable still.

    Whoever has an item is accounted for: it says in which message, or why not. Who stopped since need not be told.
    """
    counted = [Tally(0, 0)]
    for piece in chunks(sorted(questions)):
        row = (await connection.execute(_counting(event, piece))).one()
        counted.append(Tally(row.expected, row.missing, await _mentioned(connection, event, piece, row.missing)))
    mentioned = [number for one in counted for number in one.mentioned]
    return Tally(
        sum(one.expected for one in counted), sum(one.missing for one in counted), tuple(mentioned[:_MENTIONED])
    )


def _expected(event: Released, questions: Sequence[int]) -> tuple[Any, ...]:
    """Return the conditions on a subscription; none meets them once the event is matched anew, as after a correction."""
    as_it_was = (events.c.id == event.id, events.c.fanned_out_at == event.fanned_out_at, events.c.silence.is_(None))
    return (
        exists().where(*as_it_was),
        subscriptions.c.criteria_id.in_(list(questions)),
        subscriptions.c.confirmed_at <= event.released_at,
        subscriptions.c.ended_at.is_(None),
        ~suppressed(subscribers.c.id),
        ~_was_suppressed(event),
        _had_agreed(event),
    )


def _was_suppressed(event: Released) -> Any:
    """Whether nothing could be sent to a subscriber when the event went out; who is reachable again is not told of it."""
    return exists().where(
        suppressions.c.subscriber_id == subscribers.c.id,
        suppressions.c.began_at <= event.fanned_out_at,
        suppressions.c.ended_at >= event.released_at,
    )


def _had_agreed(event: Released) -> Any:
    """Whether the consent of a subscription stood when the event was released; a stop that was undone was a stop."""
    return exists().where(
        consents.c.subscription_id == subscriptions.c.id,
        consents.c.given_at <= event.released_at,
        or_(consents.c.withdrawn_at.is_(None), consents.c.withdrawn_at > event.released_at),
    )


def _counting(event: Released, questions: Sequence[int]) -> Any:
    lacks = case((items.c.event_id.is_(None), subscriptions.c.subscriber_id))
    return (
        select(
            func.count(distinct(subscriptions.c.subscriber_id)).label("expected"),
            func.count(distinct(lacks)).label("missing"),
        )
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(items, and_(items.c.subscriber_id == subscriptions.c.subscriber_id, items.c.event_id == event.id))
        .where(*_expected(event, questions))
    )


async def _mentioned(
    connection: AsyncConnection, event: Released, questions: Sequence[int], missing: int
) -> tuple[int, ...]:
    if not missing:
        return ()
    told = exists().where(items.c.event_id == event.id, items.c.subscriber_id == subscriptions.c.subscriber_id)
    statement = (
        select(subscriptions.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(*_expected(event, questions), ~told)
        .order_by(subscriptions.c.id)
        .limit(_MENTIONED)
    )
    return tuple((await connection.execute(statement)).scalars())


def _released(row: Any, given: frozenset[tuple[str, str, str]], *, weighed: bool) -> Released:
    parent = None if row.parent is None else content_from_json(row.parent)
    return Released(
        id=row.id,
        ref=row.ref,
        released_at=row.released_at,
        fanned_out_at=row.fanned_out_at,
        update=row.audience == Audience.UPDATES,
        content=with_loan(content_from_json(row.content), parent),
        labels=given,
        weighed=weighed,
    )


async def _labels(
    connection: AsyncConnection, notice_ids: Collection[int]
) -> Mapping[int, frozenset[tuple[str, str, str]]]:
    found: dict[int, set[tuple[str, str, str]]] = {}
    for piece in chunks(sorted(notice_ids)):
        statement = select(labels.c.notice_id, labels.c.facet, labels.c.label, labels.c.role)
        for row in await connection.execute(statement.where(labels.c.notice_id.in_(piece))):
            found.setdefault(row.notice_id, set()).add((row.facet, row.label, row.role))
    return {number: frozenset(given) for number, given in found.items()}


async def _labels_then(
    connection: AsyncConnection, rows: Sequence[Any]
) -> Mapping[int, frozenset[tuple[str, str, str]]]:
    """Return by event how its notice was sorted when it was fanned out, where it was sorted anew since."""
    history: dict[int, list[Any]] = {}
    said: dict[int, list[Any]] = {}
    for piece in chunks(sorted({row.notice_id for row in rows})):
        past = select(classifications).where(classifications.c.notice_id.in_(piece))
        for row in await connection.execute(past.order_by(classifications.c.created_at, classifications.c.id)):
            history.setdefault(row.notice_id, []).append(row)
        for row in await connection.execute(select(corrections).where(corrections.c.notice_id.in_(piece))):
            said.setdefault(row.notice_id, []).append(row)
    found = {}
    for row in rows:
        before = [one for one in history.get(row.notice_id, []) if one.created_at <= row.fanned_out_at]
        if before:
            words = {
                (one.facet, one.label): one.role
                for one in said.get(row.notice_id, [])
                if one.created_at <= row.fanned_out_at
            }
            found[row.id] = _labels_of(before[-1], words)
    return found


def _labels_of(row: Any, words: Mapping[tuple[str, str], str]) -> frozenset[tuple[str, str, str]]:
    """Return the labels of a sorting with the word of staff on some of them; importance was never part of it."""
    given = {Facet.SECTOR.value: row.sectors, Facet.THEME.value: row.themes, **row.facets}
    found = {(facet, one["id"], one["role"]) for facet, labelled in given.items() for one in labelled}
    kept = {one for one in found if one[:2] not in words}
    said = {(*name, role) for name, role in words.items() if role != "none" and name[0] != Facet.IMPORTANCE}
    return frozenset(kept | said)
