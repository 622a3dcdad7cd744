"""Which notices are wanted: the filters of lists, feeds and searches as one condition on `notices`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Dialect

from app.domain.measures import MeasureState
from app.domain.notices import NoticeType
from app.domain.queries import Query
from app.domain.sectors import Role
from app.domain.symbols import Area
from app.store.search import saying
from app.store.tables import labels, measures, notice_codes, notice_members, notices

ENTERED_BY_HAND = "staff"
"""The source of notices that staff typed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which notices are wanted. Facets are joined by *and*, the values of a facet by *or*; an empty one asks nothing.

    `sectors` are primary labels, children written out; `hs` and `ics` stand for everything below and above them. With
    `open_on`, `open` tells those that take comments on that day from the others. `first` and `last` are days of
    circulation, both included. Without `annexes` the words of `query` must stand in the notice itself.
    """

    query: Query | None = None
    sectors: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
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


def public() -> ColumnElement[bool]:
    """Return the condition that everybody may read a notice: one entered by hand only once it was released."""
    return or_(notices.c.source != ENTERED_BY_HAND, notices.c.released_at.is_not(None))


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
    """Return what must hold of every notice that is wanted, but for what it says."""
    wanted = [public(), *_labelled("sector", filters.sectors), *_labelled("theme", filters.themes)]
    if filters.members:
        of_member = select(notice_members.c.notice_id).where(notice_members.c.code.in_(filters.members))
        wanted.append(notices.c.id.in_(of_member))
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


def _labelled(facet: str, wanted: Sequence[str]) -> Iterable[ColumnElement[bool]]:
    if wanted:
        told = (labels.c.facet == facet, labels.c.role == Role.PRIMARY, labels.c.label.in_(wanted))
        yield notices.c.id.in_(select(labels.c.notice_id).where(*told))


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
