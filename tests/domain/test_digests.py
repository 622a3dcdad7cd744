from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.digests import closes_at, due_days, window_closing
from app.domain.subscriptions import Frequency

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
