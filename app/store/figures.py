"""How many days were left to comment at each stage on the way from the WTO to the reader, per sector and month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CTE,
    Integer,
    Numeric,
    Select,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.domain.organisations import EVERY_SECTOR
from app.domain.sectors.labels import Facet, Role
from app.store.tables import classifications, deliveries, events, items, labels, notices


class Stage(StrEnum):
    """Where a notice stands on its way; handed over is counted reader by reader, every other stage by notice."""

    CIRCULATED = "circulated"
    TAKEN_IN = "taken_in"
    SORTED = "sorted"
    RELEASED = "released"
    HANDED_OVER = "handed_over"


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


async def days_left(connection: AsyncConnection, first: date, last: date) -> list[DaysLeft]:
    """Return the figures for the notices circulated from `first` to `last`, both included, in one statement and in order.

    Counted are notices with a deadline that were not kept silent, under each of their primary sectors and once under
    `EVERY_SECTOR`. A stage that no notice has reached is missing.
    """
    ranked = _ranked(_reached(_sorted_into(_told_of(first, last)))).subquery()
    middle = ranked.c.rank.in_([(ranked.c.counted + 1) // 2, (ranked.c.counted + 2) // 2])
    key = (ranked.c.year, ranked.c.month, ranked.c.sector, ranked.c.stage)
    statement = select(
        *key,
        func.max(ranked.c.counted).label("counted"),
        func.avg(case((middle, cast(ranked.c.days, Numeric)))).label("median"),
        func.min(ranked.c.days).label("least"),
        func.sum(case((ranked.c.days < 0, 1), else_=0)).label("late"),
    ).group_by(*key)
    found = [_figure(row) for row in await connection.execute(statement)]
    return sorted(found, key=lambda one: (one.month, one.sector, list(Stage).index(one.stage)))


def _told_of(first: date, last: date) -> CTE:
    """Return the notices that count, with the moments of their stages."""
    sorted_at = select(func.min(classifications.c.created_at)).where(classifications.c.notice_id == notices.c.id)
    released_at = select(func.min(events.c.released_at)).where(events.c.notice_id == notices.c.id)
    spoken = exists().where(events.c.notice_id == notices.c.id, events.c.silence.is_(None))
    return (
        select(
            notices.c.id,
            notices.c.comment_deadline.label("deadline"),
            notices.c.distributed_on,
            notices.c.stored_at,
            sorted_at.scalar_subquery().label("sorted_at"),
            released_at.scalar_subquery().label("released_at"),
        )
        .where(notices.c.distributed_on.between(first, last), notices.c.comment_deadline.is_not(None), spoken)
        .cte("told_of")
    )


def _sorted_into(told_of: CTE) -> tuple[CTE, CTE]:
    """Return beside the notices their sectors: each primary one, and the one that stands for all."""
    primary = and_(labels.c.facet == Facet.SECTOR, labels.c.role == Role.PRIMARY)
    by_sector = select(told_of.c.id, labels.c.label.label("sector")).join(
        labels, and_(labels.c.notice_id == told_of.c.id, primary)
    )
    every = select(told_of.c.id, literal(EVERY_SECTOR))
    return told_of, union_all(by_sector, every).cte("sorted_into")


def _reached(pair: tuple[CTE, CTE]) -> CTE:
    """Return the days left at each stage, one row for each notice, or reader, and sector."""
    told_of, sorted_into = pair
    days = {
        Stage.CIRCULATED: _DaysUntil(told_of.c.deadline, told_of.c.distributed_on),
        Stage.TAKEN_IN: _DaysUntilFrom(told_of.c.deadline, told_of.c.stored_at),
        Stage.SORTED: _DaysUntilFrom(told_of.c.deadline, told_of.c.sorted_at),
        Stage.RELEASED: _DaysUntilFrom(told_of.c.deadline, told_of.c.released_at),
    }
    by_notice = [
        select(told_of.c.id, told_of.c.distributed_on, literal(stage.value).label("stage"), left.label("days"))
        for stage, left in days.items()
    ]
    stages = union_all(*by_notice, _handed_over(told_of)).subquery()
    return (
        select(
            extract("year", stages.c.distributed_on).label("year"),
            extract("month", stages.c.distributed_on).label("month"),
            sorted_into.c.sector,
            stages.c.stage,
            stages.c.days,
        )
        .join(sorted_into, sorted_into.c.id == stages.c.id)
        .where(stages.c.days.is_not(None))
        .cte("reached")
    )


def _handed_over(told_of: CTE) -> Select[Any]:
    """Return for each reader of a notice the days left when the first mail about it was accepted."""
    accepted_at = func.min(deliveries.c.accepted_at, type_=deliveries.c.accepted_at.type)
    first = (
        select(told_of.c.id, told_of.c.distributed_on, told_of.c.deadline, accepted_at.label("accepted_at"))
        .join(events, events.c.notice_id == told_of.c.id)
        .join(items, items.c.event_id == events.c.id)
        .join(deliveries, deliveries.c.id == items.c.delivery_id)
        .where(deliveries.c.accepted_at.is_not(None), or_(items.c.skipped.is_(None), items.c.skipped == "told"))
        .group_by(told_of.c.id, told_of.c.distributed_on, told_of.c.deadline, items.c.subscriber_id)
        .subquery()
    )
    left = _DaysUntilFrom(first.c.deadline, first.c.accepted_at)
    return select(first.c.id, first.c.distributed_on, literal(Stage.HANDED_OVER.value), left)


def _ranked(reached: CTE) -> Select[Any]:
    group = (reached.c.year, reached.c.month, reached.c.sector, reached.c.stage)
    rank = func.row_number().over(partition_by=group, order_by=reached.c.days)
    return select(*reached.c, rank.label("rank"), func.count().over(partition_by=group).label("counted"))


def _figure(row: Any) -> DaysLeft:
    return DaysLeft(
        month=date(int(row.year), int(row.month), 1),
        sector=row.sector,
        stage=Stage(row.stage),
        counted=row.counted,
        median=float(row.median),
        least=row.least,
        late=row.late,
    )


def _arguments(element: FunctionElement[int], compiler: SQLCompiler, **how: Any) -> Sequence[str]:
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
