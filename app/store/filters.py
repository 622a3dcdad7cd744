"""Which notices are wanted: the filters of lists, feeds and searches as one condition on `notices`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measures import MeasureState
from app.domain.notices import NoticeType
from app.domain.queries import Query
from app.domain.sectors import Facet, Role
from app.domain.symbols import OWN_MEMBER, Area
from app.store.search import saying
from app.store.tables import labels, measures, notice_codes, notice_members, notices

_FREQUENT = 2000
"""Labels from which on their notices are not collected before the newest of them are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which notices are wanted. Facets are joined by *and*, the values of a facet by *or*; an empty one asks nothing.

    `sectors` are primary labels, children written out; `facets` holds ids of the labels that are read out of a notice;
    `hs` and `ics` stand for everything below and above them. With `open_on`, `open` tells those that take comments on
    that day from the others. `own` tells the measures of Viet Nam alone from the others. `first` and `last` are days
    of circulation, both included. Without `annexes` the words of `query` must stand in the notice itself. `counts` is
    what `gauged` found.
    """

    query: Query | None = None
    sectors: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    facets: Mapping[Facet, tuple[str, ...]] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    own: bool | None = None
    area: Area | None = None
    hs: tuple[str, ...] = ()
    ics: tuple[str, ...] = ()
    types: tuple[NoticeType, ...] = ()
    open: bool | None = None
    open_on: date | None = None
    first: date | None = None
    last: date | None = None
    updated_after: datetime | None = None
    annexes: bool = True
    counts: Mapping[Facet, int] = field(default_factory=dict)


def public() -> ColumnElement[bool]:
    """Return the condition that everybody may read a notice: one entered by hand only once it was released."""
    return or_(notices.c.entered_by.is_(None), notices.c.released_at.is_not(None))


def open_on(day: date) -> ColumnElement[bool]:
    """Whether comments are taken on a day: the last day counts (`domain.measures.is_open`)."""
    withdrawn = select(measures.c.id).where(measures.c.state == MeasureState.WITHDRAWN)
    return and_(
        notices.c.comment_deadline >= day,
        notices.c.withdrawn_at.is_(None),
        notices.c.measure_id.not_in(withdrawn),
    )


def conditions(filters: Filters, dialect: Dialect) -> list[ColumnElement[bool]]:
    """Return what must hold of every notice that is wanted."""
    said = [] if filters.query is None else [saying(filters.query, dialect, annexes=filters.annexes)]
    return [*besides_words(filters), *said]


def besides_words(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what must hold of every notice that everybody may read and that is wanted, but for what it says."""
    return [public(), *narrowed(filters)]


def narrowed(filters: Filters) -> list[ColumnElement[bool]]:
    """Return what the filters but for words ask of a notice, whoever may read it."""
    wanted = [_labelled(facet, ids, filters) for facet, ids in _asked(filters).items()]
    if filters.members:
        of_member = select(notice_members.c.notice_id).where(notice_members.c.code.in_(filters.members))
        wanted.append(notices.c.id.in_(of_member))
    if filters.own is not None:
        wanted.append(_own() if filters.own else ~_own())
    if filters.area is not None:
        wanted.append(notices.c.area == filters.area)
    if filters.types:
        wanted.append(notices.c.type.in_(filters.types))
    if filters.open is not None and filters.open_on is not None:
        is_open = open_on(filters.open_on)
        wanted.append(is_open if filters.open else func.coalesce(is_open, False).is_(False))
    wanted += _dated(filters)
    if filters.hs:
        wanted.append(_coded("hs", map(_hs_fits, filters.hs)))
    if filters.ics:
        wanted.append(_coded("ics", map(_ics_fits, filters.ics)))
    return wanted


def _dated(filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.first is not None:
        yield notices.c.distributed_on >= filters.first
    if filters.last is not None:
        yield notices.c.distributed_on <= filters.last
    if filters.updated_after is not None:
        yield notices.c.updated_at > filters.updated_after


def _own() -> ColumnElement[bool]:
    """Whether Viet Nam is the only member that notified; who asks about exports does not mean these."""
    others = notice_members.alias("others")
    joint = exists().where(others.c.notice_id == notice_members.c.notice_id, others.c.code != OWN_MEMBER)
    return notices.c.id.in_(select(notice_members.c.notice_id).where(notice_members.c.code == OWN_MEMBER, ~joint))


async def gauged(connection: AsyncConnection, filters: Filters) -> Filters:
    """Return the filters with how many labels each facet has of those asked for, counted up to `_FREQUENT`.

    A page is found fastest by walking the newest notices where many have what is asked for, and from the labels where
    few have; neither database knows beforehand which it is.
    """
    asked = _asked(filters)
    if not asked:
        return filters
    several = [
        select(func.count())
        .select_from(select(labels.c.label).where(*_told(facet, ids)).limit(_FREQUENT).subquery())
        .scalar_subquery()
        for facet, ids in asked.items()
    ]
    counted = (await connection.execute(select(*several))).one()
    return replace(filters, counts=dict(zip(asked, counted, strict=True)))


def walked(filters: Filters) -> Filters:
    """Return the filters as they are asked of few notices, found otherwise: one by one, not from all labels there are."""
    return replace(filters, counts=dict.fromkeys(_asked(filters), _FREQUENT))


def _asked(filters: Filters) -> dict[Facet, tuple[str, ...]]:
    every = {Facet.SECTOR: filters.sectors, Facet.THEME: filters.themes, **filters.facets}
    return {facet: ids for facet, ids in every.items() if ids}


def _told(facet: Facet, wanted: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    return labels.c.facet == facet, labels.c.role == Role.PRIMARY, labels.c.label.in_(wanted)


def _labelled(facet: Facet, wanted: Sequence[str], filters: Filters) -> ColumnElement[bool]:
    count = filters.counts.get(facet, 1)
    if count == 0:
        return false()
    if count < _FREQUENT:
        return notices.c.id.in_(select(labels.c.notice_id).where(*_told(facet, wanted)))
    # A value and not EXISTS, of which PostgreSQL makes a table of all labels first: this is asked of each notice that is
    # walked past. Joined to nothing, the words keep both databases from looking in the index of all labels, once for each
    # label that is wanted; a notice has few of its own.
    told = (labels.c.facet.concat("") == facet, labels.c.label.concat("").in_(wanted), labels.c.role == Role.PRIMARY)
    one = select(labels.c.label).where(labels.c.notice_id == notices.c.id, *told).limit(1)
    return one.scalar_subquery().is_not(None)


def _coded(nomenclature: str, fits: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    coded = select(notice_codes.c.notice_id).where(notice_codes.c.nomenclature == nomenclature, or_(*fits))
    return notices.c.id.in_(coded)


def _hs_fits(code: str) -> ColumnElement[bool]:
    """Codes under the one asked for, and the broader ones that hold it; as a range, which an index can serve."""
    holding = [code[:length] for length in range(2, len(code))]
    under = notice_codes.c.code >= code
    if set(code) != {"9"}:
        under = and_(under, notice_codes.c.code < str(int(code) + 1).zfill(len(code)))
    return or_(under, notice_codes.c.code.in_(holding))


def _ics_fits(code: str) -> ColumnElement[bool]:
    fields = code.split(".")
    holding = [".".join(fields[:length]) for length in range(1, len(fields) + 1)]
    return or_(notice_codes.c.code.in_(holding), notice_codes.c.code.like(f"{code}.%"))
