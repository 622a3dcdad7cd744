"""Digest windows: which day's digest a moment belongs to. Windows tile time; they only say *when*.

What a digest holds is decided by the ledger of items that a subscriber has not been told (DL-11).
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from app.domain.subscriptions import Frequency
from app.domain.working_days import WorkingCalendar

MONDAY: Final = 0
LOOK_BACK: Final = timedelta(days=7)
LONG_BREAK: Final = 3
"""Days off in a row from which on a digest before them names what falls due inside (N19)."""

_PERIOD = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


def window_closing(frequency: Frequency, moment: datetime, at: time, zone: tzinfo) -> date:
    """Return the local day on which the window that holds `moment` closes.

    A window runs from one digest hour, included, to the next, excluded: daily at `at`, weekly on Monday at `at`.
    """
    local = moment.astimezone(zone)
    day = local.date() if local.time() < at else local.date() + timedelta(days=1)
    if frequency is Frequency.WEEKLY:
        day += timedelta(days=(MONDAY - day.weekday()) % 7)
    return day


def closes_at(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the moment at which the window of a local day closes."""
    return datetime.combine(day, at, zone)


def due_days(frequency: Frequency, now: datetime, at: time, zone: tzinfo) -> list[date]:
    """Return the days of the last seven whose window has closed by now, oldest first (missed runs are made good)."""
    period = _PERIOD[frequency]
    day = window_closing(frequency, now, at, zone) - period
    days = []
    while closes_at(day, at, zone) > now - LOOK_BACK:
        days.append(day)
        day -= period
    return days[::-1]


def opened_at(frequency: Frequency, day: date, last_closed: date | None, at: time, zone: tzinfo) -> datetime:
    """Return when the period began that a window told of: when the window before it closed.

    After missed windows that is the last one that was closed; where none ever was, the window's own beginning.
    """
    return closes_at(last_closed or day - _PERIOD[frequency], at, zone)


def break_ahead(frequency: Frequency, days: Sequence[date], today: date, calendar: WorkingCalendar) -> tuple[date, ...]:
    """Return the days off, today or later, of the long break before which a window of `days` is the last to close.

    Empty where there is none. A window that was missed still counts on the days of its break.
    """
    for day in reversed(days):
        for number in reversed(range(_PERIOD[frequency].days)):
            last_worked = day + timedelta(days=number)
            days_off = calendar.break_after(last_worked)
            if calendar.is_working_day(last_worked) and len(days_off) >= LONG_BREAK:
                return tuple(one for one in days_off if one >= today)
    return ()
