"""How many days were left to comment at each stage on the way from the WTO to the reader, per sector and month."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.domain.organisations import EVERY_SECTOR
from app.domain.sectors.labels import Facet, Role
from app.store.tables import classifications, deliveries, events, items, labels, notices
from app.store.writes import chunks


class Stage(StrEnum):
    """Where a notice stands on its way; handed over is counted reader by reader, every other stage by notice."""

    CIRCULATED = "circulated"
    TAKEN_IN = "taken_in"
    SORTED = "sorted"
    RELEASED = "released"
    HANDED_OVER = "handed_over"


_ORDER = {stage: place for place, stage in enumerate(Stage)}
_OF_NOTICES = tuple(stage for stage in Stage if stage is not Stage.HANDED_OVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysLeft:
    """What was left at one stage of the notices of a sector that were circulated in a month (its first day).

    `median` and `least` are calendar days up to the deadline, 0 on its day, below 0 after it; `counted` is how many
    notices, or at the last stage readers, and `late` how many of them were reached after the deadline.
    """

    month: date
    sector: str
    stage: Stage
    counted: int
    median: float
    least: int
    late: int


class _DaysUntil(FunctionElement[int]):
    """Calendar days from a date until another (first argument)."""

    type = Integer()
    inherit_cache = True


class _DaysUntilFrom(FunctionElement[int]):
    """Calendar days until a date (first argument) from the day in Viet Nam on which a moment lies (UTC+7 all year)."""

    type = Integer()
    inherit_cache = True


class _DayInVietnam(FunctionElement[date]):
    """The day in Viet Nam on which a moment lies (UTC+7 all year)."""

    type = Date()
    inherit_cache = True


class _Reached(NamedTuple):
    """How many readers of a notice had how many days left at a stage; at every other stage it is the notice itself."""

    notice_id: int
    days: int
    readers: int
    stage: Stage = Stage.HANDED_OVER


async def days_left(connection: AsyncConnection, first: date, last: date) -> list[DaysLeft]:
    """Return the figures for the notices circulated from `first` to `last`, both included, in a few statements and in order.

    Counted are notices with a deadline that were not kept silent, under each of their primary sectors and once under
    `EVERY_SECTOR`. A stage that no notice has reached is missing. Readers come counted by notice and day, so that however
    many they are, few rows are read.
    """
    reached = (await connection.execute(_reached(first, last))).all()
    sectors: dict[int, list[str]] = {row.id: [EVERY_SECTOR] for row in reached}
    deadlines = {row.id: row.comment_deadline for row in reached}
    by_reader: list[_Reached] = []
    for piece in chunks(list(sectors)):
        for row in await connection.execute(_sorted_into(piece)):
            sectors[row.notice_id].append(row.label)
        told = await connection.execute(_handed_over(piece))
        by_reader += (_Reached(row.notice_id, (deadlines[row.notice_id] - row.day).days, row.readers) for row in told)
    months = {row.id: row.distributed_on.replace(day=1) for row in reached}
    counted: dict[tuple[date, str, Stage], Counter[int]] = defaultdict(Counter)
    for one in (*_by_notice(reached), *by_reader):
        for sector in sectors[one.notice_id]:
            counted[months[one.notice_id], sector, one.stage][one.days] += one.readers
    found = [_figure(*key, days) for key, days in counted.items()]
    return sorted(found, key=lambda one: (one.month, one.sector, _ORDER[one.stage]))


def _reached(first: date, last: date) -> Select[Any]:
    """Return the notices that count, with the days left at each stage but the last in columns by the names of the stages."""
    spoken = exists().where(events.c.notice_id == notices.c.id, events.c.silence.is_(None))
    deadline = notices.c.comment_deadline
    sorted_at = select(func.min(classifications.c.created_at)).where(classifications.c.notice_id == notices.c.id)
    released_at = select(func.min(events.c.released_at)).where(events.c.notice_id == notices.c.id)
    return select(
        notices.c.id,
        notices.c.distributed_on,
        deadline,
        _DaysUntil(deadline, notices.c.distributed_on).label(Stage.CIRCULATED.value),
        _DaysUntilFrom(deadline, notices.c.stored_at).label(Stage.TAKEN_IN.value),
        _DaysUntilFrom(deadline, sorted_at.scalar_subquery()).label(Stage.SORTED.value),
        _DaysUntilFrom(deadline, released_at.scalar_subquery()).label(Stage.RELEASED.value),
    ).where(notices.c.distributed_on.between(first, last), deadline.is_not(None), spoken)


def _sorted_into(notice_ids: Sequence[int]) -> Select[Any]:
    """Return the primary sectors of notices. Asked by number: a database would else begin with all labels there are."""
    primary = (labels.c.facet == Facet.SECTOR, labels.c.role == Role.PRIMARY)
    return select(labels.c.notice_id, labels.c.label).where(labels.c.notice_id.in_(notice_ids), *primary)


def _by_notice(reached: Sequence[Any]) -> Iterator[_Reached]:
    for row in reached:
        for stage in _OF_NOTICES:
            days = getattr(row, stage.value)
            if days is not None:
                yield _Reached(row.id, days, 1, stage)


def _handed_over(notice_ids: Sequence[int]) -> Select[Any]:
    """Return how many readers of each notice there were on each day on which the first mail about it was accepted."""
    accepted_at = func.min(deliveries.c.accepted_at, type_=deliveries.c.accepted_at.type)
    first = (
        select(events.c.notice_id, accepted_at.label("accepted_at"))
        .select_from(items)
        .join(events, events.c.id == items.c.event_id)
        .join(deliveries, deliveries.c.id == items.c.delivery_id)
        .where(
            items.c.event_id.in_(select(events.c.id).where(events.c.notice_id.in_(notice_ids))),
            deliveries.c.accepted_at.is_not(None),
            or_(items.c.skipped.is_(None), items.c.skipped == "told"),
        )
        .group_by(events.c.notice_id, items.c.subscriber_id)
        .subquery()
    )
    day = _DayInVietnam(first.c.accepted_at).label("day")
    return select(first.c.notice_id, day, func.count().label("readers")).group_by(first.c.notice_id, day)


def _figure(month: date, sector: str, stage: Stage, days: Counter[int]) -> DaysLeft:
    counted = days.total()
    return DaysLeft(
        month=month,
        sector=sector,
        stage=stage,
        counted=counted,
        median=(_at(days, (counted + 1) // 2) + _at(days, counted // 2 + 1)) / 2,
        least=min(days),
        late=sum(count for left, count in days.items() if left < 0),
    )


def _at(days: Counter[int], rank: int) -> int:
    """Return what stands at a rank, counted from 1, among all that were counted."""
    ordered = sorted(days)
    return ordered[bisect_left(list(accumulate(days[left] for left in ordered)), rank)]


def _arguments(element: FunctionElement[Any], compiler: SQLCompiler, **how: Any) -> Sequence[str]:
    return [compiler.process(clause, **how) for clause in element.clauses]


@compiles(_DaysUntil, "sqlite")
def _between_on_sqlite(element: _DaysUntil, compiler: SQLCompiler, **how: Any) -> str:
    last, first = _arguments(element, compiler, **how)
    return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"


@compiles(_DaysUntil, "postgresql")
def _between_on_postgresql(element: _DaysUntil, compiler: SQLCompiler, **how: Any) -> str:
    last, first = _arguments(element, compiler, **how)
    return f"({last} - {first})"


@compiles(_DaysUntilFrom, "sqlite")
def _from_moment_on_sqlite(element: _DaysUntilFrom, compiler: SQLCompiler, **how: Any) -> str:
    last, moment = _arguments(element, compiler, **how)
    return f"CAST(julianday({last}) - julianday(date({moment}, '+7 hours')) AS INTEGER)"


@compiles(_DaysUntilFrom, "postgresql")
def _from_moment_on_postgresql(element: _DaysUntilFrom, compiler: SQLCompiler, **how: Any) -> str:
    last, moment = _arguments(element, compiler, **how)
    return f"({last} - CAST({moment} AT TIME ZONE 'Asia/Ho_Chi_Minh' AS DATE))"


@compiles(_DayInVietnam, "sqlite")
def _day_on_sqlite(element: _DayInVietnam, compiler: SQLCompiler, **how: Any) -> str:
    (moment,) = _arguments(element, compiler, **how)
    return f"date({moment}, '+7 hours')"


@compiles(_DayInVietnam, "postgresql")
def _day_on_postgresql(element: _DayInVietnam, compiler: SQLCompiler, **how: Any) -> str:
    (moment,) = _arguments(element, compiler, **how)
    return f"CAST({moment} AT TIME ZONE 'Asia/Ho_Chi_Minh' AS DATE)"
