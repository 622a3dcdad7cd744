from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.working_days import Basis, DayKind, SpecialDay, WorkingCalendar

TET = [date(2026, 2, 16) + timedelta(days=number) for number in range(5)]
days = st.dates(date(2025, 1, 1), date(2028, 12, 31))
numbers = st.integers(min_value=1, max_value=40)


def special(day: date, kind: DayKind = DayKind.HOLIDAY) -> SpecialDay:
    return SpecialDay(day=day, kind=kind, name_vi="Nghỉ", name_en="Off", basis=Basis.ANNOUNCED)


calendars = st.lists(st.builds(special, days, st.sampled_from(DayKind)), max_size=60).map(WorkingCalendar)
OF_TET = WorkingCalendar(special(day) for day in TET)


@pytest.mark.parametrize(
    ("deadline", "number", "day"),
    [
        (date(2026, 3, 20), 5, date(2026, 3, 13)),
        (date(2026, 3, 20), 14, date(2026, 3, 2)),
        (date(2026, 3, 22), 5, date(2026, 3, 16)),
        (date(2026, 2, 27), 5, date(2026, 2, 13)),
        (date(2026, 2, 27), 14, date(2026, 2, 2)),
        (date(2026, 2, 18), 5, date(2026, 2, 9)),
    ],
)
def test_weekends_and_tet_are_not_counted(deadline: date, number: int, day: date) -> None:
    assert OF_TET.working_days_before(deadline, number) == day


def test_the_days_between_leave_out_both_ends_week_ends_and_holidays() -> None:
    friday = date(2026, 2, 13)
    assert [OF_TET.working_days_between(friday, friday + timedelta(days=step)) for step in (0, 1, 10, 11, 13)] == [
        0,
        0,
        0,
        1,
        3,
    ]


@given(calendars, days, st.integers(min_value=-3, max_value=900))
def test_the_days_between_are_those_that_one_would_count(calendar: WorkingCalendar, first: date, days_on: int) -> None:
    between = [first + timedelta(days=number) for number in range(1, days_on)]
    assert calendar.working_days_between(first, first + timedelta(days=days_on)) == sum(
        map(calendar.is_working_day, between)
    )


@given(calendars, days, numbers)
def test_as_many_days_are_worked_from_the_day_found_to_the_deadline(
    calendar: WorkingCalendar, deadline: date, number: int
) -> None:
    found = calendar.working_days_before(deadline, number)
    between = [found + timedelta(days=step) for step in range((deadline - found).days)]
    assert calendar.is_working_day(found)
    assert sum(map(calendar.is_working_day, between)) == number


@given(calendars, days, days, numbers)
def test_a_stage_has_come_exactly_up_to_the_furthest_deadline(
    calendar: WorkingCalendar, today: date, deadline: date, number: int
) -> None:
    has_come = calendar.working_days_before(deadline, number) <= today
    assert has_come == (deadline <= calendar.working_days_after(today, number))


@given(calendars, days)
def test_a_break_is_every_day_up_to_the_next_working_day(calendar: WorkingCalendar, day: date) -> None:
    break_ = calendar.break_after(day)
    assert not any(map(calendar.is_working_day, break_))
    assert calendar.next_working_day(day) == day + timedelta(days=len(break_) + 1)


def test_the_break_of_tet_runs_from_weekend_to_weekend() -> None:
    off = OF_TET.break_after(date(2026, 2, 13))
    assert (off[0], off[-1], len(off)) == (date(2026, 2, 14), date(2026, 2, 22), 9)
    assert OF_TET.break_after(date(2026, 2, 11)) == ()


def test_a_weekly_day_off_may_be_worked_and_the_later_row_of_a_day_counts() -> None:
    saturday, monday = date(2026, 8, 22), date(2026, 8, 31)
    calendar = WorkingCalendar([special(saturday, DayKind.WORKING), special(monday), special(monday, DayKind.WORKING)])
    assert calendar.is_working_day(saturday)
    assert calendar.is_working_day(monday)
    assert calendar.holiday_on(saturday) is None
    assert calendar.holiday_on(date(2026, 8, 30)) is None


def test_a_calendar_says_how_far_it_is_known() -> None:
    assert OF_TET.known_until == date(2026, 12, 31)
    assert WorkingCalendar([]).known_until is None


HANOI = timezone(timedelta(hours=7))


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=HANOI)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        (at(date(2026, 3, 2), 8), at(date(2026, 3, 2), 15), 7),
        (at(date(2026, 3, 2), 8), at(date(2026, 3, 3), 8), 24),
        (at(date(2026, 3, 6), 16), at(date(2026, 3, 9), 16), 24),
        (at(date(2026, 3, 7), 9), at(date(2026, 3, 8), 20), 0),
        (at(date(2026, 3, 7), 9), at(date(2026, 3, 9), 1), 1),
        (at(date(2026, 2, 13), 12), at(date(2026, 2, 23), 12), 24),
        (at(date(2026, 3, 3), 8), at(date(2026, 3, 2), 8), 0),
    ],
)
def test_the_clock_runs_on_working_days_only(first: datetime, last: datetime, hours: int) -> None:
    assert OF_TET.working_time_between(first, last) == timedelta(hours=hours)


moments = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31)).map(lambda one: one.replace(tzinfo=HANOI))  # noqa: DTZ001 - given its time zone at once


@given(calendars, moments, moments, moments)
def test_the_clock_adds_up_and_never_overtakes_time(
    calendar: WorkingCalendar, first: datetime, middle: datetime, last: datetime
) -> None:
    first, middle, last = sorted((first, middle, last))
    whole = calendar.working_time_between(first, last)
    parts = calendar.working_time_between(first, middle) + calendar.working_time_between(middle, last)
    assert whole == parts
    assert timedelta() <= whole <= last - first
