from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources.calendar_dates import EARLIEST, LATEST, DateReading, read_date

DAYS = st.dates(EARLIEST, LATEST)


@given(DAYS, st.integers(-12 * 60, 14 * 60), st.times())
def test_no_time_zone_moves_a_date(day: date, offset: int, time: object) -> None:
    moment = datetime.combine(day, time, timezone(timedelta(minutes=offset)))  # type: ignore[arg-type]  # hypothesis draws a time
    assert read_date(moment.isoformat()).day == day
    assert read_date(moment).day == day


@given(DAYS)
def test_every_spelling_of_a_date_is_the_same_date(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    spellings: list[object] = [
        day,
        day.isoformat(),
        f"{day.isoformat()}T00:00:00Z",
        f"{day:%d/%m/%Y}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day:%Y.%m.%d.}",
        serial,
        float(serial),
        str(serial),
    ]
    assert {read_date(spelling).day for spelling in spellings} == {day}


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("2026-02-31T00:00:00Z", "impossible_date"),
        ("31/02/2026", "impossible_date"),
        ("2026-13-01", "impossible_date"),
        ("08/09/201", "impossible_date"),
        ("2/7/26", "two_digit_year"),
        ("26-07-02", "two_digit_year"),
        ("1900-01-01T00:00:00Z", "unlikely_date"),
        ("9999-12-31", "unlikely_date"),
    ],
)
def test_f64_what_looks_like_a_date_and_is_none_is_kept_as_text(raw: str, problem: str) -> None:
    assert read_date(raw) == DateReading(text=raw, problem=problem)


@pytest.mark.parametrize("serial", [0, 1, 1e300, float("inf"), float("nan"), -5])
def test_f64_serial_numbers_out_of_reach_are_problems(serial: float) -> None:
    reading = read_date(serial)
    assert reading.day is None
    assert reading.problem
    assert reading.text


@pytest.mark.parametrize("value", [time(10, 30), timedelta(hours=3), "#VALUE!", "#N/A"])
def test_f64_a_cell_that_holds_no_day_is_a_problem(value: object) -> None:
    assert read_date(value) == DateReading(text=str(value), problem="impossible_date")


@pytest.mark.parametrize("words", ["60 days from circulation", "To be determined", "tháng 6 năm 2026"])
def test_words_about_a_date_are_text_and_no_problem(words: str) -> None:
    assert read_date(words) == DateReading(text=words)


@pytest.mark.parametrize("nothing", [None, "", "  ", True, [], {}])
def test_nothing_is_nothing(nothing: object) -> None:
    assert read_date(nothing) == DateReading()


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(read_date(text), DateReading)
