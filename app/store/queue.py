"""The queue of the desk: notices that wait for a person, one row each, with all that brought them there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Integer,
    Subquery,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import operators

from app.domain.queue import UNSURE, Order, Tab
from app.store.filters import Filters, narrowed, walked
from app.store.search import saying
from app.store.tables import accounts, assignments, events, notices, organisations
from app.store.waiting import concerned_nobody, orphaned, waits
from app.store.writes import chunks

_NO, _YES = literal_column("0", Integer), literal_column("1", Integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the queue is wanted. `account` is who asks; `unit` the key of a unit that has it in hand.

    `today` is the day in Viet Nam; with `within` comments must still be taken, and for at most so many days.
    """

    today: date
    account: int
    tab: Tab = Tab.ALL
    order: Order = Order.DEADLINE
    filters: Filters = field(default_factory=Filters)
    within: date | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the queue ended: the last one's deadline, or since when it waits, and its number.

    `counted_on` is the day by which deadlines were past: pages of one list go on by the day of the first.
    """

    at: date | datetime | None
    id: int
    counted_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """One notice of the queue: since when it waits, why, and who has it in hand (neither unit nor address: nobody)."""

    id: int
    since: datetime
    waiting: str | None
    contradictory: bool
    orphan: bool
    unmatched: bool
    deadline: date | None
    unit_vi: str
    unit_en: str
    address: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue: its notices, and how many of each tab the filters let through.

    `more` is where it ended, the way that it was read, if there are more; else None.
    """

    counts: Mapping[Tab, int]
    queued: Sequence[Queued]
    more: Place | None


async def page(connection: AsyncConnection, wanted: Wanted, after: Place | None, limit: int) -> Page:
    """Return a page of the queue in the order wanted, which begins after a place."""
    counted_on = wanted.today if after is None else after.counted_on
    let_through = _let_through(connection, wanted)
    behind = true() if after is None else _behind(wanted, let_through, after)
    counts, rows = await _read(connection, wanted, let_through, behind, partial(_order, wanted, counted_on), limit + 1)
    found = [_queued(row) for row in rows[:limit]]
    return Page(counts, found, place_of(wanted, found[-1], counted_on) if len(rows) > limit else None)


async def page_before(connection: AsyncConnection, wanted: Wanted, before: Place, limit: int) -> Page:
    """Return the page of the queue that ends before a place."""
    let_through = _let_through(connection, wanted)
    ahead = and_(~_behind(wanted, let_through, before), let_through.c.notice_id != before.id)
    order = partial(_turned, wanted, before.counted_on)
    counts, rows = await _read(connection, wanted, let_through, ahead, order, limit + 1)
    found = [_queued(row) for row in reversed(rows[:limit])]
    return Page(counts, found, place_of(wanted, found[0], before.counted_on) if len(rows) > limit else None)


def place_of(wanted: Wanted, one: Queued, counted_on: date) -> Place:
    """Return where in the queue a notice stands, in the order wanted."""
    return Place(one.since if wanted.order is Order.AGE else one.deadline, one.id, counted_on)


async def named(connection: AsyncConnection, refs: Sequence[str]) -> Mapping[str, Any]:
    """Return notices by ref, each with id, withdrawn_at and entered_by; those that are not here are missing."""
    shown = (notices.c.ref, notices.c.id, notices.c.withdrawn_at, notices.c.entered_by)
    found: dict[str, Any] = {}
    for piece in chunks(refs):
        rows = await connection.execute(select(*shown).where(notices.c.ref.in_(piece)))
        found |= {row.ref: row for row in rows}
    return found


async def _read(
    connection: AsyncConnection,
    wanted: Wanted,
    let_through: CTE,
    within: ColumnElement[bool],
    order: Callable[[FromClause], Sequence[ColumnElement[Any]]],
    limit: int,
) -> tuple[dict[Tab, int], Sequence[Any]]:
    """Count all and choose some in one statement, so that what waits is looked up only once."""
    tabs = _tabs(let_through, wanted.account)
    counted = (func.count().filter(condition).label(tab.name) for tab, condition in tabs.items())
    counts = select(*counted).subquery("counts")
    chosen = select(let_through).where(tabs[wanted.tab], within).order_by(*order(let_through)).limit(limit).subquery()
    statement = (
        select(counts, chosen, organisations.c.name_vi, organisations.c.name_en, accounts.c.address)
        .join_from(counts, chosen, true(), isouter=True)  # the counts stand there where nothing is chosen, too
        .outerjoin(organisations, organisations.c.id == chosen.c.organisation_id)
        .outerjoin(accounts, accounts.c.id == chosen.c.account_id)
        .order_by(*order(chosen))
    )
    rows = (await connection.execute(statement)).all()
    return {tab: getattr(rows[0], tab.name) for tab in tabs}, [row for row in rows if row.notice_id is not None]


@cache
def _entries() -> Subquery:
    """Return one row for each notice that waits for a person, whatever brought it there."""
    brought = union_all(
        select(
            events.c.notice_id,
            events.c.created_at.label("since"),
            events.c.waiting,
            _NO.label("unmatched"),
            _NO.label("orphan"),
        ).where(waits()),
        select(events.c.notice_id, events.c.created_at, cast(null(), Text), _YES, _NO).where(concerned_nobody()),
        select(notices.c.id, notices.c.stored_at, cast(null(), Text), _NO, _YES).where(orphaned()),
    ).subquery("brought")
    whole = [func.max(brought.c[name]).label(name) for name in ("waiting", "unmatched", "orphan")]
    since = func.min(brought.c.since).label("since")
    return select(brought.c.notice_id, since, *whole).group_by(brought.c.notice_id).subquery("queued")


def _let_through(connection: AsyncConnection, wanted: Wanted) -> CTE:
    """Return what of the queue the filters let through, whatever its tab."""
    queued = _entries()
    living = and_(assignments.c.notice_id == queued.c.notice_id, assignments.c.ended_at.is_(None))
    shown = (notices.c.comment_deadline, notices.c.contradictory)
    held = (assignments.c.id.label("assignment_id"), assignments.c.organisation_id, assignments.c.account_id)
    statement = (
        select(queued, *shown, *held)
        .join_from(queued, notices, notices.c.id == queued.c.notice_id)
        .outerjoin(assignments, living)
        .where(*narrowed(walked(wanted.filters)))
    )
    if wanted.filters.query is not None:
        statement = statement.where(saying(wanted.filters.query, connection.dialect))
    if wanted.within is not None:
        statement = statement.where(notices.c.comment_deadline.between(wanted.today, wanted.within))
    if wanted.unit:
        unit = select(organisations.c.id).where(organisations.c.key == wanted.unit).scalar_subquery()
        statement = statement.where(assignments.c.organisation_id == unit)
    return statement.cte("let_through")


def _order(wanted: Wanted, counted_on: date, queued: FromClause) -> list[ColumnElement[Any]]:
    if wanted.order is Order.AGE:
        return [queued.c.since, queued.c.notice_id]
    return _by_deadline(queued, counted_on)


def _turned(wanted: Wanted, counted_on: date, queued: FromClause) -> list[ColumnElement[Any]]:
    """Return what sorts the other way round; no deadline stands where the other way puts it."""
    return [_other_way(column) for column in _order(wanted, counted_on, queued)]


def _other_way(column: ColumnElement[Any]) -> ColumnElement[Any]:
    descending = getattr(column, "modifier", None) is operators.desc_op
    return column.element if descending else column.desc()


def _behind(wanted: Wanted, let_through: CTE, after: Place) -> ColumnElement[bool]:
    return (_after_age if wanted.order is Order.AGE else _after_deadline)(let_through, after)


def _tabs(let_through: CTE, account: int) -> dict[Tab, ColumnElement[bool]]:
    """Return what must hold of a notice to stand in each tab."""
    standing = let_through.c
    waiting = standing.waiting.is_not(None)
    return {
        Tab.ALL: true(),
        Tab.NEW: and_(waiting, standing.assignment_id.is_(None)),
        Tab.UNSURE: standing.waiting.in_(UNSURE),
        Tab.CONTRADICTORY: and_(waiting, standing.contradictory),
        Tab.ORPHAN: standing.orphan == _YES,
        Tab.UNMATCHED: standing.unmatched == _YES,
        Tab.MINE: standing.account_id == account,
    }


def _by_deadline(queued: FromClause, today: date) -> list[ColumnElement[Any]]:
    """Open for comments, the fewest days first; then closed, the last first; then without a deadline."""
    deadline = queued.c.comment_deadline
    is_open = deadline >= today
    standing = case((is_open, 0), (deadline.is_not(None), 1), else_=2)
    return [standing, case((is_open, deadline), else_=None), deadline.desc(), queued.c.notice_id]


def _after_deadline(let_through: CTE, after: Place) -> ColumnElement[bool]:
    deadline, later = let_through.c.comment_deadline, let_through.c.notice_id > after.id
    if after.at is None:
        return and_(deadline.is_(None), later)
    same = and_(deadline == after.at, later)
    if after.at < after.counted_on:
        return or_(deadline < after.at, same, deadline.is_(None))
    return or_(deadline > after.at, same, deadline < after.counted_on, deadline.is_(None))


def _after_age(let_through: CTE, after: Place) -> ColumnElement[bool]:
    since, later = let_through.c.since, let_through.c.notice_id > after.id
    return or_(since > after.at, and_(since == after.at, later))


def _queued(row: Any) -> Queued:
    return Queued(
        id=row.notice_id,
        since=row.since,
        waiting=row.waiting,
        contradictory=row.contradictory and row.waiting is not None,
        orphan=bool(row.orphan),
        unmatched=bool(row.unmatched),
        deadline=row.comment_deadline,
        unit_vi=row.name_vi or "",
        unit_en=row.name_en or "",
        address=row.address or "",
    )
