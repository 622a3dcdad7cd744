"""Working days in Viet Nam: weekdays without the public holidays, and the days off that are worked in their place.

The holidays are those of the Labour Code 2019, Articles 111 and 112; a holiday on a weekly day off is made up for on the
next working day. They are handed in, for no rule gives them: each year's are announced by the government.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Final

_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_WEEK: Final = 7


class DayKind(StrEnum):
    """What a row of the table says of its day."""

    HOLIDAY = "holiday"
    WORKING = "working"


class Basis(StrEnum):
    """Whether the government has announced a day, or the rule of the Labour Code lets it be expected."""

    ANNOUNCED = "announced"
    BY_RULE = "by_rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """A day that is not what its place in the week says: a holiday, or a weekly day off that is worked."""

    day: date
    kind: DayKind
    name_vi: str
    name_en: str
    basis: Basis


class WorkingCalendar:
    """Which days are worked. Of two rows for one day the later one counts."""

    def __init__(self, special_days: Iterable[SpecialDay]) -> None:
        self._special = {one.day: one for one in special_days}
        unlike = sorted(day for day in self._special if self.is_working_day(day) is not _is_weekday(day))
        self._unlike, self._gained = unlike, [0, *accumulate(-1 if _is_weekday(day) else 1 for day in unlike)]

    @property
    def known_until(self) -> date | None:
        """The last day of the last year with a row; later holidays are not known. None when there is no row at all."""
        return date(max(self._special).year, 12, 31) if self._special else None

    def holiday_on(self, day: date) -> SpecialDay | None:
        """Return the holiday of that day; None on every other day, a plain Sunday too."""
        found = self._special.get(day)
        return found if found is not None and found.kind is DayKind.HOLIDAY else None

    def is_working_day(self, day: date) -> bool:
        """Say whether that day is worked."""
        found = self._special.get(day)
        return _is_weekday(day) if found is None else found.kind is DayKind.WORKING

    def next_working_day(self, day: date) -> date:
        """Return the first working day after that day."""
        return self.working_days_after(day, 1)

    def working_days_before(self, deadline: date, number: int) -> date:
        """Return the day from which so many working days are left before a deadline, itself not counted.

        It is a working day, whatever day the deadline falls on; with 0 it is the deadline.
        """
        return self._step(deadline, number, -_DAY)

    def working_days_after(self, day: date, number: int) -> date:
        """Return the working day that comes so many working days after that day; with 0 it is the day itself.

        It is the last deadline d for which `working_days_before(d, number)` has come on that day.
        """
        return self._step(day, number, _DAY)

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days lie between two days, neither of them counted.

        It is reckoned, not counted day by day: a queue asks it of every row, and some have waited for years.
        """
        if last <= first:
            return 0
        before, after = bisect_right(self._unlike, first), bisect_left(self._unlike, last)
        weekdays = _weekdays_until(last) - _weekdays_until(first + _DAY)
        return weekdays + self._gained[after] - self._gained[before]

    def working_time_between(self, first: datetime, last: datetime) -> timedelta:
        """Return how much of the time between two moments lies on working days, all 24 hours of such a day counted.

        Both moments carry the clock of the place, whose days are meant. It is the clock behind "within 24 hours on working
        days": what comes in on a Friday afternoon is due on Monday afternoon. Zero when `last` is not after `first`.
        """
        if last <= first:
            return timedelta()
        if first.date() == last.date():
            return last - first if self.is_working_day(first.date()) else timedelta()
        whole = self.working_days_between(first.date(), last.date()) * _DAY
        begun = datetime.combine(first.date() + _DAY, time(), first.tzinfo) - first
        ended = last - datetime.combine(last.date(), time(), last.tzinfo)
        parts = ((begun, first.date()), (ended, last.date()))
        return whole + sum((part for part, day in parts if self.is_working_day(day)), timedelta())

    def break_after(self, day: date) -> tuple[date, ...]:
        """Return the run of days off that follows that day, in order; none when the next day is worked."""
        return tuple(self._days_off_after(day))

    def _days_off_after(self, day: date) -> Iterator[date]:
        following = day + _DAY
        while not self.is_working_day(following):
            yield following
            following += _DAY

    def _step(self, day: date, number: int, step: timedelta) -> date:
        while number > 0:
            day += step
            number -= self.is_working_day(day)
        return day


def _is_weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


def _weekdays_until(day: date) -> int:
    """Return how many days from Monday to Friday lie before a day, from 1 January of the year 1 on, a Monday."""
    weeks, left = divmod(day.toordinal() - 1, _WEEK)
    return weeks * _SATURDAY + min(left, _SATURDAY)
