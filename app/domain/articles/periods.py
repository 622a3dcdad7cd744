"""The periods that a bulletin reports on: the reporting month, a week, a day."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_WEEK = re.compile(r"(\d{4})-W(\d{2})")
LATEST_FIRST_DAY = 28
"""A reporting month begins on a day that every month has."""


class PeriodKind(StrEnum):
    """How long a period is, and so which bulletin it makes."""

    MONTH = "month"
    WEEK = "week"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Period:
    """Days of circulation, both included. `name` is what was asked for: `2026-03`, `2026-W10`, `2026-03-02`."""

    kind: PeriodKind
    name: str
    first: date
    last: date


def read_period(name: str, first_day: int) -> Period:
    """Return the period of a name; `first_day` (1 to 28) is the day of the month before on which a month begins.

    With 21 the month 2026-03 runs from 21/02/2026 to 20/03/2026, with 1 it is the calendar month. ValueError for what is
    no month, ISO week or day.
    """
    if found := _MONTH.fullmatch(name):
        return Period(PeriodKind.MONTH, name, *_month(int(found[1]), int(found[2]), first_day))
    if found := _WEEK.fullmatch(name):
        monday = date.fromisocalendar(int(found[1]), int(found[2]), 1)
        return Period(PeriodKind.WEEK, name, monday, monday + timedelta(days=6))
    day = date.fromisoformat(name)
    return Period(PeriodKind.DAY, day.isoformat(), day, day)


def _month(year: int, month: int, first_day: int) -> tuple[date, date]:
    if not 1 <= first_day <= LATEST_FIRST_DAY:
        raise ValueError(f"a reporting month begins on a day from 1 to {LATEST_FIRST_DAY}")
    if first_day == 1:
        return date(year, month, 1), _next_month(date(year, month, 1)) - timedelta(days=1)
    begun = date(year, month, first_day)
    previous = date(year - (month == 1), 12 if month == 1 else month - 1, first_day)
    return previous, begun - timedelta(days=1)


def _next_month(day: date) -> date:
    return (day + timedelta(days=31)).replace(day=1)
