"""The queue of the desk: notices that wait for a person, one row each, with all that brought them there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
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


async def counts(connection: AsyncConnection, wanted: Wanted) -> dict[Tab, int]:
    """Return how many notices stand in each tab that the filters let through."""
    queued = _entries()
    tabs = _tabs(queued, wanted.account)
    counted = [func.count().filter(condition).label(tab.name) for tab, condition in tabs.items()]
    row = (await connection.execute(_found(connection, queued, wanted, *counted))).one()
    return {tab: row[at] for at, tab in enumerate(tabs)}


async def page(
    connection: AsyncConnection, wanted: Wanted, after: Place | None, limit: int
) -> tuple[list[Queued], Place | None]:
    """Return a page of the queue in the order wanted, and where it ended if there are more."""
    queued, counted_on = _entries(), wanted.today if after is None else after.counted_on
    behind = _behind(wanted, queued, after)
    statement = _page(connection, queued, wanted).where(behind).order_by(*_order(wanted, queued, counted_on))
    rows = (await connection.execute(statement.limit(limit + 1))).all()
    found = [_queued(row) for row in rows[:limit]]
    return found, place_of(wanted, found[-1], counted_on) if len(rows) > limit else None


async def page_before(
    connection: AsyncConnection, wanted: Wanted, before: Place, limit: int
) -> tuple[list[Queued], bool]:
    """Return the page of the queue that ends before a place, and whether there are more before it."""
    queued = _entries()
    ahead = and_(~_behind(wanted, queued, before), notices.c.id != before.id)
    order = [_turned(column) for column in _order(wanted, queued, before.counted_on)]
    statement = _page(connection, queued, wanted).where(ahead).order_by(*order)
    rows = (await connection.execute(statement.limit(limit + 1))).all()
    return [_queued(row) for row in reversed(rows[:limit])], len(rows) > limit


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


def _found(connection: AsyncConnection, queued: Subquery, wanted: Wanted, *columns: Any) -> Select[Any]:
    living = and_(assignments.c.notice_id == queued.c.notice_id, assignments.c.ended_at.is_(None))
    statement = (
        select(*columns)
        .select_from(queued)
        .join(notices, notices.c.id == queued.c.notice_id)
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
    return statement


def _page(connection: AsyncConnection, queued: Subquery, wanted: Wanted) -> Select[Any]:
    shown = (queued, notices.c.comment_deadline, notices.c.contradictory, organisations.c.name_vi)
    return (
        _found(connection, queued, wanted, *shown, organisations.c.name_en, accounts.c.address)
        .outerjoin(organisations, organisations.c.id == assignments.c.organisation_id)
        .outerjoin(accounts, accounts.c.id == assignments.c.account_id)
        .where(_tabs(queued, wanted.account)[wanted.tab])
    )


def _order(wanted: Wanted, queued: Subquery, counted_on: date) -> list[ColumnElement[Any]]:
    return [queued.c.since, notices.c.id] if wanted.order is Order.AGE else _by_deadline(counted_on)


def _turned(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return what sorts the other way round; no deadline stands where the other way puts it."""
    descending = getattr(column, "modifier", None) is operators.desc_op
    return column.element if descending else column.desc()


def _behind(wanted: Wanted, queued: Subquery, after: Place | None) -> ColumnElement[bool]:
    return _after_age(queued, after) if wanted.order is Order.AGE else _after_deadline(after)


def _tabs(queued: Subquery, account: int) -> dict[Tab, ColumnElement[bool]]:
    """Return what must hold of a notice to stand in each tab."""
    waiting = queued.c.waiting.is_not(None)
    return {
        Tab.ALL: true(),
        Tab.NEW: and_(waiting, assignments.c.id.is_(None)),
        Tab.UNSURE: queued.c.waiting.in_(UNSURE),
        Tab.CONTRADICTORY: and_(waiting, notices.c.contradictory),
        Tab.ORPHAN: queued.c.orphan == _YES,
        Tab.UNMATCHED: queued.c.unmatched == _YES,
        Tab.MINE: assignments.c.account_id == account,
    }


def _by_deadline(today: date) -> list[ColumnElement[Any]]:
    """Open for comments, the fewest days first; then closed, the last first; then without a deadline."""
    deadline = notices.c.comment_deadline
    is_open = deadline >= today
    standing = case((is_open, 0), (deadline.is_not(None), 1), else_=2)
    return [standing, case((is_open, deadline), else_=None), deadline.desc(), notices.c.id]


def _after_deadline(after: Place | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    deadline, later = notices.c.comment_deadline, notices.c.id > after.id
    if after.at is None:
        return and_(deadline.is_(None), later)
    same = and_(deadline == after.at, later)
    if after.at < after.counted_on:
        return or_(deadline < after.at, same, deadline.is_(None))
    return or_(deadline > after.at, same, deadline < after.counted_on, deadline.is_(None))


def _after_age(queued: Subquery, after: Place | None) -> ColumnElement[bool]:
    if after is None:
        return true()
    return or_(queued.c.since > after.at, and_(queued.c.since == after.at, notices.c.id > after.id))


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
