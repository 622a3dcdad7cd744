"""The switches of the ministry's texts: which shape a notice makes, and how its deadline stands on a day."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.articles import (
    Comments,
    Deadline,
    Shape,
    Vietnamese,
    comments_on,
    deadline_of,
    exclusions,
    read_period,
    shape_of,
)
from app.domain.measures import MeasureState
from app.domain.notices import NoticeType
from app.sources.holidays import calendar_of
from tests.builders import a_content

CALENDAR = calendar_of(None)
MONDAY = date(2026, 3, 2)
NO_DEADLINE: dict[str, Any] = {"comment_deadline": None}


@pytest.mark.parametrize(
    ("symbol", "values", "shape"),
    [
        ("G/TBT/N/USA/1", {}, Shape.DRAFT),
        ("G/TBT/N/USA/1", NO_DEADLINE, Shape.PLAIN),
        ("G/TBT/N/USA/1", {"titles": (("en", "Food Additives; Selenium; Final Amendment; Order"),)}, Shape.PLAIN),
        ("G/TBT/N/USA/1", {"in_force_on": date(2026, 2, 1)}, Shape.PLAIN),
        ("G/SPS/N/USA/1", {"type": NoticeType.EMERGENCY, **NO_DEADLINE}, Shape.EMERGENCY),
        ("G/TBT/N/USA/1/Rev.1", {}, Shape.REVISED),
        ("G/TBT/N/USA/1/Corr.1", {}, Shape.CORRECTED),
        ("G/TBT/N/USA/1/Suppl.1", {}, Shape.SUPPLEMENT),
        ("G/TBT/N/USA/1/Add.1", NO_DEADLINE, Shape.ADDED),
        ("G/TBT/N/USA/1/Add.1", {"keywords": ("Modification of final date for comments",)}, Shape.DEADLINE),
        ("G/TBT/N/USA/1/Add.1", {"keywords": ("Modification of content/scope of regulation",)}, Shape.CHANGED),
        ("G/TBT/N/USA/1/Add.1", {"description": "The rule was adopted.", **NO_DEADLINE}, Shape.FINAL),
        ("G/TBT/N/USA/1/Add.1", {"keywords": ("Withdrawal of the measure",)}, Shape.WITHDRAWN),
    ],
)
def test_each_document_makes_its_own_shape_of_text(symbol: str, values: dict[str, Any], shape: Shape) -> None:
    assert shape_of(a_content(symbol, **values), MeasureState.PROPOSED) is shape


def test_words_that_sound_final_beside_a_call_for_comments_are_no_final_measure() -> None:
    content = a_content("G/TBT/N/USA/1/Add.1", description="Extends the final rule's comment date; was published.")
    assert shape_of(content, MeasureState.PROPOSED) is Shape.ADDED


def test_a_notice_that_is_void_does_not_make_its_measure_withdrawn() -> None:
    content = a_content("G/TBT/N/BRA/366/Add.1/Corr.1", description="Should be considered null and void.")
    assert shape_of(content, MeasureState.WITHDRAWN) is Shape.CANCELLED
    assert comments_on(MONDAY, Deadline(date(2026, 5, 1)), Shape.CANCELLED) is Comments.NONE


@pytest.mark.parametrize(
    "words",
    [
        "60 days from notification",
        "Sixty days from notification",
        "60 calendar days from the date of circulation by the WTO Secretariat",
        "60 días a partir de la notificación",
        "60 jours après la notification",
    ],
)
def test_a_period_without_a_date_is_counted_from_the_day_of_circulation(words: str) -> None:
    found = deadline_of(a_content("G/TBT/N/USA/1", comment_deadline=None, comment_deadline_text=words))
    assert found == Deadline(MONDAY + timedelta(days=60), 60)
    assert found.computed


def test_a_stated_date_is_never_counted_anew() -> None:
    content = a_content("G/TBT/N/USA/1", comment_deadline_text="60 days from notification")
    assert deadline_of(content) == Deadline(date(2026, 5, 1))


@pytest.mark.parametrize("words", ["", "To be determined", "Not applicable", "0 days from notification", "60 days"])
def test_words_that_give_no_period_give_no_deadline(words: str) -> None:
    assert deadline_of(a_content("G/TBT/N/USA/1", comment_deadline=None, comment_deadline_text=words)) is None


def test_a_period_of_a_notice_without_a_day_gives_no_deadline() -> None:
    content = a_content(
        "G/TBT/N/USA/1", comment_deadline=None, comment_deadline_text="60 days from notification", distributed_on=None
    )
    assert deadline_of(content) is None


def test_the_last_day_is_open_and_the_next_is_not() -> None:
    deadline = Deadline(MONDAY)
    assert comments_on(MONDAY, deadline, Shape.DRAFT) is Comments.OPEN
    assert comments_on(MONDAY + timedelta(days=1), deadline, Shape.DRAFT) is Comments.PASSED
    assert comments_on(MONDAY, None, Shape.DRAFT) is Comments.NONE
    assert comments_on(MONDAY, deadline, Shape.WITHDRAWN) is Comments.WITHDRAWN


def test_a_reporting_month_runs_from_the_day_of_the_month_before() -> None:
    assert (read_period("2023-03", 21).first, read_period("2023-03", 21).last) == (date(2023, 2, 21), date(2023, 3, 20))
    assert (read_period("2026-01", 21).first, read_period("2026-01", 21).last) == (
        date(2025, 12, 21),
        date(2026, 1, 20),
    )
    assert (read_period("2024-02", 1).first, read_period("2024-02", 1).last) == (date(2024, 2, 1), date(2024, 2, 29))


@given(st.integers(1, 28), st.integers(2000, 2090), st.integers(1, 11))
def test_reporting_months_leave_no_day_out_and_tell_none_twice(begins: int, year: int, month: int) -> None:
    first, second = (read_period(f"{year}-{number:02}", begins) for number in (month, month + 1))
    assert first.last + timedelta(days=1) == second.first


def test_weeks_and_days_are_periods_too() -> None:
    week, day = read_period("2026-W10", 21), read_period("2026-03-02", 21)
    assert (week.first, week.last) == (MONDAY, date(2026, 3, 8))
    assert (day.first, day.last) == (MONDAY, MONDAY)


@pytest.mark.parametrize("name", ["2026-13", "2026-W60", "March", "2026", "2026-02-30", ""])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_period(name, 21)


def test_sentences_that_exclude_something_are_found_in_three_languages() -> None:
    text = "It sets limits. It does not apply to children's footwear.The rule holds. No se aplica a los envases."
    assert exclusions(text) == ("It does not apply to children's footwear.", "No se aplica a los envases.")
    assert exclusions("Ce règlement ne s'applique pas; l'étiquette suffit, à l'exception du cuir.") != ()
    assert exclusions("It applies to all footwear.") == ()


def test_what_a_person_wrote_is_read_or_refused_by_name() -> None:
    row = ["Metalaxyl", "Hồ tiêu", "2 ppm", "", "5 ppm"]
    assert Vietnamese.read({"title": "Tiêu đề", "rows": [row]}).rows == (tuple(row),)
    refused: list[Any] = [{"titel": "x"}, {"title": 1}, {"rows": [["a"]]}, {"rows": "a"}, []]
    for values in refused:
        with pytest.raises(ValueError, match=r"titel|title|rows|object"):
            Vietnamese.read(values)
