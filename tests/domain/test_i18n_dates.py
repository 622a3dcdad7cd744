"""Dates and the days left, in words."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from app.i18n.dates import days_left_phrase, long_date, short_date, today_in_vietnam

TODAY = date(2026, 11, 21)


def test_dates_in_vietnamese_are_day_month_year() -> None:
    assert short_date(date(2026, 3, 5), "vi") == "05/03/2026"
    assert long_date(TODAY, "vi") == "ngày 21 tháng 11 năm 2026"


def test_dates_in_english_cannot_be_misread() -> None:
    assert short_date(date(2026, 3, 5), "en") == long_date(date(2026, 3, 5), "en") == "5 March 2026"


def test_a_year_always_has_four_digits() -> None:
    assert short_date(date(201, 9, 8), "vi") == "08/09/0201"


@pytest.mark.parametrize(
    ("days", "vietnamese", "english"),
    [
        (12, "còn 12 ngày", "12 days left"),
        (1, "còn 1 ngày", "1 day left"),
        (0, "hôm nay là hạn cuối", "today is the last day"),
        (-1, "đã hết hạn ngày 20/11/2026", "closed on 20 November 2026"),
    ],
)
def test_the_days_left_are_said_in_words(days: int, vietnamese: str, english: str) -> None:
    deadline = TODAY + timedelta(days=days)
    assert days_left_phrase(deadline, TODAY, "vi") == vietnamese
    assert days_left_phrase(deadline, TODAY, "en") == english


def test_a_missing_deadline_is_said_not_to_be_stated() -> None:
    assert days_left_phrase(None, TODAY, "vi") == "không nêu hạn góp ý"
    assert days_left_phrase(None, TODAY, "en") == "no comment deadline stated"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 16, 59, 59, tzinfo=UTC), date(2026, 11, 20)),
        (datetime(2026, 11, 20, 17, 0, tzinfo=UTC), date(2026, 11, 21)),
        (datetime(2026, 11, 20, 23, 0, tzinfo=timezone(timedelta(hours=-8))), date(2026, 11, 21)),
    ],
)
def test_today_is_a_day_in_viet_nam(moment: datetime, day: date) -> None:
    assert today_in_vietnam(moment) == day


def test_a_moment_without_a_time_zone_has_no_day() -> None:
    with pytest.raises(ValueError, match="time zone"):
        today_in_vietnam(datetime(2026, 11, 20))  # noqa: DTZ001 - the point of the test
