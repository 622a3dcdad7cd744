from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.digests import break_ahead, closes_at, due_days, opened_at, window_closing
from app.domain.subscriptions import Frequency
from app.domain.working_days import Basis, DayKind, SpecialDay, WorkingCalendar
from app.sources.holidays import calendar_of

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
HOUR = time(8, 30)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
frequencies = st.sampled_from([Frequency.DAILY, Frequency.WEEKLY])
PERIOD = {Frequency.DAILY: timedelta(days=1), Frequency.WEEKLY: timedelta(days=7)}


@given(frequencies, moments)
def test_windows_tile_time(frequency: Frequency, moment: datetime) -> None:
    closing = closes_at(window_closing(frequency, moment, HOUR, ZONE), HOUR, ZONE)
    assert closing - PERIOD[frequency] <= moment < closing


@given(frequencies, moments)
def test_the_next_window_begins_where_one_ends(frequency: Frequency, moment: datetime) -> None:
    day = window_closing(frequency, moment, HOUR, ZONE)
    assert window_closing(frequency, closes_at(day, HOUR, ZONE), HOUR, ZONE) == day + PERIOD[frequency]


@given(frequencies, moments)
def test_due_days_are_the_closed_windows_of_the_last_week(frequency: Frequency, moment: datetime) -> None:
    days = due_days(frequency, moment, HOUR, ZONE)
    assert all(moment - timedelta(days=7) < closes_at(day, HOUR, ZONE) <= moment for day in days)
    assert len(days) == (7 if frequency is Frequency.DAILY else 1)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 2, 1, 29, 59, 999999, UTC), date(2026, 3, 2)),
        (datetime(2026, 3, 2, 1, 30, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2026, 3, 2, 17, 0, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2028, 2, 28, 2, 0, tzinfo=UTC), date(2028, 2, 29)),
        (datetime(2026, 12, 31, 2, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_days_turn_at_the_digest_hour_in_viet_nam(moment: datetime, day: date) -> None:
    assert window_closing(Frequency.DAILY, moment, HOUR, ZONE) == day


def test_a_week_closes_on_monday() -> None:
    assert window_closing(Frequency.WEEKLY, datetime(2026, 3, 2, 1, 0, tzinfo=UTC), HOUR, ZONE) == date(2026, 3, 2)
    assert window_closing(Frequency.WEEKLY, datetime(2026, 3, 2, 2, 0, tzinfo=UTC), HOUR, ZONE) == date(2026, 3, 9)


CALENDAR = calendar_of(None)
FEBRUARY = date(2027, 2, 1)
TET = tuple(date(2027, 2, day) for day in range(4, 11))


def ahead(frequency: Frequency, *days: date, today: date | None = None) -> tuple[date, ...]:
    return break_ahead(frequency, days, today or days[-1], CALENDAR)


def test_the_last_daily_digest_before_tet_is_that_of_the_last_working_day() -> None:
    days = [FEBRUARY + timedelta(days=number) for number in range(14)]
    assert [day for day in days if ahead(Frequency.DAILY, day)] == [date(2027, 2, 3)]
    assert ahead(Frequency.DAILY, date(2027, 2, 3)) == TET


def test_the_last_weekly_digest_before_a_break_that_begins_on_a_monday_is_a_week_before() -> None:
    assert ahead(Frequency.WEEKLY, FEBRUARY) == TET
    calendar = WorkingCalendar(
        SpecialDay(day=day, kind=DayKind.HOLIDAY, name_vi="Tết", name_en="Tết", basis=Basis.ANNOUNCED)
        for day in (date(2026, 3, 9), date(2026, 3, 10))
    )
    breaks = [
        break_ahead(Frequency.WEEKLY, [monday], monday, calendar) for monday in (date(2026, 3, 2), date(2026, 3, 9))
    ]
    assert breaks == [tuple(date(2026, 3, day) for day in range(7, 11)), ()]


def test_a_weekend_is_no_break_and_a_long_one_is() -> None:
    assert ahead(Frequency.DAILY, date(2027, 1, 22)) == ()
    assert ahead(Frequency.DAILY, date(2026, 12, 31)) == tuple(date(2027, 1, day) for day in (1, 2, 3))


def test_a_missed_window_before_a_break_is_made_good_for_the_days_that_are_left() -> None:
    days = [date(2027, 2, day) for day in (3, 4, 5)]
    assert ahead(Frequency.DAILY, *days) == TET[1:]
    assert ahead(Frequency.DAILY, *days, today=date(2027, 2, 11)) == ()


@given(frequencies, moments)
def test_a_period_begins_where_the_last_one_ended(frequency: Frequency, moment: datetime) -> None:
    day = window_closing(frequency, moment, HOUR, ZONE)
    assert opened_at(frequency, day, None, HOUR, ZONE) == closes_at(day, HOUR, ZONE) - PERIOD[frequency]
    earlier = day - timedelta(days=30)
    assert opened_at(frequency, day, earlier, HOUR, ZONE) == closes_at(earlier, HOUR, ZONE)
