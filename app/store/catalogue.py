"""What everybody may read of notices and measures: pages of notices, one notice, threads, the log of events, counts.

A page of notices is a fixed number of statements, however many notices it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, exists, or_, select, tuple_, union
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.articles.documents import UNWRITTEN, Vietnamese
from app.domain.attachments import Attachment
from app.domain.boxes import Box, Written, vietnamese_of
from app.domain.changes import changes_of
from app.domain.events import EventKind
from app.domain.measures import MeasureState, is_open, thread_order, with_loan
from app.domain.notices import Content, FieldChange, content_from_json
from app.domain.queries import Query
from app.domain.sectors import Facet, Label
from app.domain.subscriptions import READ_FACETS
from app.store import translations
from app.store.attachments import of_notices
from app.store.filters import Filters, besides_words, conditions, gauged, public
from app.store.search import matches, place_among_all
from app.store.tables import (
    classifications,
    corrections,
    events,
    measure_symbols,
    measures,
    notice_symbols,
    notices,
)
from app.store.taxonomies import SECTORS_CORRECTED, labels_of


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of notices ended: the last one's day of circulation, or its moment of change, and its number."""

    at: date | datetime | None
    id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguedNotice:
    """A notice with everything that is said about it.

    `content` is the current version, with products and codes lent by `inherits_from` where it has none of its own.
    `facets` holds the labels of every facet but sectors and themes. `reviewed` says that a person corrected its labels
    or released it; `corrected_at` names the document that lends goods to it where its labels were corrected there.
    `measure_ref` names the thread. `vietnamese` is what two people of the ministry stand behind.
    """

    id: int
    ref: str
    measure_ref: str
    measure_state: MeasureState
    source: str
    content: Content
    inherits_from: str | None
    version: int
    sectors: tuple[Label, ...]
    themes: tuple[Label, ...]
    facets: Mapping[Facet, tuple[Label, ...]]
    reviewed: bool
    taxonomy_version: str | None
    sorted_at: datetime | None
    sure: bool
    contradictory: bool
    updated_at: datetime
    released_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_because: str | None
    attachments: tuple[Attachment, ...] = ()
    vietnamese: Vietnamese = UNWRITTEN
    corrected_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguedEvent:
    """One entry of the log, with the notice and the measure that it is about."""

    id: int
    kind: EventKind
    ref: str
    measure_ref: str
    version: int
    changes: tuple[FieldChange, ...]
    because: str
    happened_on: date | None
    created_at: datetime
    released_at: datetime | None
    material: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A measure: its notices in the order of the thread, and what happened to it, oldest first."""

    ref: str
    symbols: tuple[str, ...]
    state: MeasureState
    comment_deadline: date | None
    adoption_on: date | None
    in_force_on: date | None
    notices: tuple[CataloguedNotice, ...]
    events: tuple[CataloguedEvent, ...]

    def standing_on(self, day: date) -> str:
        """Return `open` or `closed` for comments on a day in Viet Nam, or what is lasting.

        A proposal without a deadline stays `proposed`: nobody said that comments are over.
        """
        if self.state is not MeasureState.PROPOSED or self.comment_deadline is None:
            return self.state.value
        return "open" if is_open(self.state, self.comment_deadline, day) else "closed"


_NUL = "\0"
"""No name holds it, and PostgreSQL takes no text with it."""

_NOTICES = (
    select(
        notices.c.id,
        notices.c.ref,
        notices.c.source,
        notices.c.content,
        notices.c.inherits_from,
        notices.c.version,
        notices.c.sorted_at,
        notices.c.sure,
        notices.c.contradictory,
        notices.c.linked_version,
        notices.c.updated_at,
        notices.c.released_at,
        notices.c.withdrawn_at,
        notices.c.withdrawn_because,
        measures.c.ref.label("measure_ref"),
        measures.c.state.label("measure_state"),
        classifications.c.taxonomy_version,
        or_(
            SECTORS_CORRECTED,
            exists().where(events.c.notice_id == notices.c.id, events.c.released_by != "rule"),
        ).label("reviewed"),
        SECTORS_CORRECTED.where(corrections.c.inherited).label("corrected_there"),
    )
    .join(measures, measures.c.id == notices.c.measure_id)
    .outerjoin(classifications, classifications.c.id == notices.c.classification_id)
)
_EVENTS = (
    select(events, notices.c.ref, measures.c.ref.label("measure_ref"))
    .join(notices, notices.c.id == events.c.notice_id)
    .join(measures, measures.c.id == events.c.measure_id)
)


async def newest(
    connection: AsyncConnection, filters: Filters, after: Place | None, limit: int
) -> tuple[list[CataloguedNotice], Place | None]:
    """Return a page of notices, the last circulated first, and where it ended if there are more.

    Notices without a day of circulation come last.
    """
    filters = await gauged(connection, filters)
    if filters.query is not None:
        return await _newest_saying(connection, filters.query, filters, after, limit)
    at = notices.c.distributed_on
    wanted = select(notices.c.id, at.label("at")).where(*conditions(filters, connection.dialect)).limit(limit + 1)
    rows: list[Any] = []
    if after is None or after.at is not None:
        dated = wanted.where(at.is_not(None))
        if after is not None:
            dated = dated.where(tuple_(at, notices.c.id) < (after.at, after.id))
        rows += await connection.execute(dated.order_by(at.desc(), notices.c.id.desc()))
    if len(rows) <= limit:
        undated = wanted.where(at.is_(None))
        if after is not None and after.at is None:
            undated = undated.where(notices.c.id < after.id)
        rows += await connection.execute(undated.order_by(notices.c.id.desc()))
    return await _page(connection, rows, limit)


async def _newest_saying(
    connection: AsyncConnection, query: Query, filters: Filters, after: Place | None, limit: int
) -> tuple[list[CataloguedNotice], Place | None]:
    """Walk the index of words in the order of the page, so that a frequent word costs no more than a rare one."""
    found = matches(query, connection.dialect, annexes=filters.annexes)
    wanted = select(notices.c.id, notices.c.distributed_on.label("at")).join_from(
        found.index, notices, notices.c.id == found.notice_id
    )
    wanted = wanted.where(found.says, *besides_words(filters)).order_by(found.place.desc()).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(found.place < place_among_all(after.at, after.id))
    return await _page(connection, (await connection.execute(wanted)).all(), limit)


async def changed(
    connection: AsyncConnection, filters: Filters, after: Place | None, limit: int
) -> tuple[list[CataloguedNotice], Place | None]:
    """Return a page of notices in the order of their last change, oldest first, and where it ended if there are more.

    `filters.updated_after` says where to begin; that moment itself is not included.
    """
    filters = await gauged(connection, filters)
    at = notices.c.updated_at
    wanted = select(notices.c.id, at.label("at")).where(*conditions(filters, connection.dialect)).limit(limit + 1)
    if after is not None:
        wanted = wanted.where(tuple_(at, notices.c.id) > (after.at, after.id))
    rows = (await connection.execute(wanted.order_by(at, notices.c.id))).all()
    return await _page(connection, rows, limit)


async def notice(connection: AsyncConnection, name: str) -> CataloguedNotice | None:
    """Return the notice that a ref or any symbol of a joint notice names; None when there is none."""
    if _NUL in name:
        return None
    named = notices.c.id.in_(_notices_named(name))
    rows = (await connection.execute(_NOTICES.where(named, public()).order_by(notices.c.id))).all()
    found = await _completed(connection, rows[:1])
    return found[0] if found else None


async def notice_in_thread(connection: AsyncConnection, name: str) -> tuple[CataloguedNotice, Thread] | None:
    """Return the notice that a ref or any symbol names together with its measure; None when there is no such notice."""
    if _NUL in name:
        return None
    named = notices.c.id.in_(_notices_named(name))
    first = select(notices.c.id, notices.c.measure_id).where(named, public()).order_by(notices.c.id).limit(1)
    row = (await connection.execute(first)).one_or_none()
    found = None if row is None else await _thread(connection, measures.c.id == row.measure_id)
    return None if row is None or found is None else (next(one for one in found.notices if one.id == row.id), found)


async def thread(connection: AsyncConnection, name: str) -> Thread | None:
    """Return the measure that a base symbol, or any symbol or ref of its notices, names; None when there is none."""
    return None if _NUL in name else await _thread(connection, measures.c.id.in_(_measures_named(name)))


async def _thread(connection: AsyncConnection, wanted: ColumnElement[bool]) -> Thread | None:
    measure = (await connection.execute(select(measures).where(wanted))).first()
    if measure is None:
        return None
    rows = (await connection.execute(_NOTICES.where(notices.c.measure_id == measure.id, public()))).all()
    if not rows:
        return None
    happened = await connection.execute(
        _EVENTS.where(events.c.measure_id == measure.id, public()).order_by(events.c.id)
    )
    documents = sorted(await _completed(connection, rows), key=lambda document: thread_order(document.content))
    return Thread(
        ref=measure.ref,
        symbols=tuple(dict.fromkeys(symbol for document in documents for symbol in document.content.symbols)),
        state=MeasureState(measure.state),
        comment_deadline=measure.comment_deadline,
        adoption_on=measure.adoption_on,
        in_force_on=measure.in_force_on,
        notices=tuple(documents),
        events=tuple(_compared(_event(row), documents) for row in happened),
    )


def _compared(event: CataloguedEvent, documents: Sequence[CataloguedNotice]) -> CataloguedEvent:
    """Return an event with what its document changes, which is written down only when people are told of it."""
    own = next((one for one in documents if one.ref == event.ref and one.version == event.version), None)
    if own is None or event.changes or event.because:
        return event
    return replace(event, changes=changes_of(own.content, [one.content for one in documents]))


async def log(connection: AsyncConnection, after: int, limit: int) -> tuple[list[CataloguedEvent], bool]:
    """Return the events of the log that follow the number `after`, and whether there are more."""
    wanted = _EVENTS.where(events.c.id > after, public()).order_by(events.c.id).limit(limit + 1)
    rows = (await connection.execute(wanted)).all()
    return [_event(row) for row in rows[:limit]], len(rows) > limit


def _notices_named(name: str) -> CompoundSelect[tuple[int]]:
    by_symbol = select(notice_symbols.c.notice_id).where(notice_symbols.c.symbol == name)
    return union(by_symbol, select(notices.c.id).where(notices.c.ref == name))


def _measures_named(name: str) -> CompoundSelect[tuple[int]]:
    by_symbol = select(notices.c.measure_id).join(notice_symbols, notice_symbols.c.notice_id == notices.c.id)
    return union(
        select(measures.c.id).where(measures.c.ref == name),
        select(measure_symbols.c.measure_id).where(measure_symbols.c.symbol == name),
        select(notices.c.measure_id).where(notices.c.ref == name),
        by_symbol.where(notice_symbols.c.symbol == name),
    )


async def _page(
    connection: AsyncConnection, rows: Sequence[Any], limit: int
) -> tuple[list[CataloguedNotice], Place | None]:
    """Read the notices of a page in whole; apart from their choice, so that a sort carries no long rows."""
    shown = rows[:limit]
    ended = Place(shown[-1].at, shown[-1].id) if len(rows) > limit else None
    return await numbered(connection, [row.id for row in shown]), ended


async def numbered(connection: AsyncConnection, numbers: Sequence[int]) -> list[CataloguedNotice]:
    """Return a page of notices, public or not, in the order of their numbers as given."""
    rows = (await connection.execute(_NOTICES.where(notices.c.id.in_(numbers)))).all() if numbers else []
    by_id = {row.id: row for row in rows}
    return await _completed(connection, [by_id[number] for number in numbers if number in by_id])


async def _completed(connection: AsyncConnection, rows: Sequence[Any]) -> list[CataloguedNotice]:
    """Add what other tables say of notices: at most four statements, however many there are."""
    if not rows:
        return []
    sorted_into = await labels_of(connection, [row.id for row in rows])
    lenders = await _lenders(connection, {row.inherits_from for row in rows if row.inherits_from is not None})
    attached = await of_notices(connection, [row.id for row in rows if row.linked_version is not None])
    written = await translations.standing(connection, [row.id for row in rows])
    return [
        _notice(
            row,
            sorted_into[row.id],
            lenders.get(row.inherits_from),
            attached.get(row.id, ()),
            written.get(row.id, {}),
        )
        for row in rows
    ]


async def _lenders(connection: AsyncConnection, refs: set[str]) -> dict[str, Content]:
    if not refs:
        return {}
    rows = await connection.execute(select(notices.c.ref, notices.c.content).where(notices.c.ref.in_(sorted(refs))))
    return {row.ref: content_from_json(row.content) for row in rows}


def _notice(
    row: Any,
    given: Mapping[Facet, tuple[Label, ...]],
    lender: Content | None,
    attached: tuple[Attachment, ...],
    written: Mapping[Box, Written],
) -> CataloguedNotice:
    content = with_loan(content_from_json(row.content), lender)
    return CataloguedNotice(
        id=row.id,
        ref=row.ref,
        measure_ref=row.measure_ref,
        measure_state=MeasureState(row.measure_state),
        source=row.source,
        content=content,
        inherits_from=None if lender is None else row.inherits_from,
        version=row.version,
        sectors=given[Facet.SECTOR],
        themes=given[Facet.THEME],
        facets={facet: given[facet] for facet in READ_FACETS if facet in given},
        reviewed=row.reviewed,
        taxonomy_version=row.taxonomy_version,
        sorted_at=row.sorted_at,
        sure=row.sure,
        contradictory=row.contradictory,
        updated_at=row.updated_at,
        released_at=row.released_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_because=row.withdrawn_because,
        attachments=attached,
        vietnamese=vietnamese_of(written, content, only_reviewed=True),
        corrected_at=row.inherits_from if row.corrected_there else None,
    )


def _event(row: Any) -> CataloguedEvent:
    return CataloguedEvent(
        id=row.id,
        kind=EventKind(row.kind),
        ref=row.ref,
        measure_ref=row.measure_ref,
        version=row.version,
        changes=tuple(FieldChange(*change) for change in row.changes),
        because=row.because,
        happened_on=row.happened_on,
        created_at=row.created_at,
        released_at=row.released_at,
        material=row.material,
    )
