from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.coverage import (
    OUTAGE_REMEMBERED,
    Coverage,
    Gap,
    Heard,
    Record,
    Silence,
    Visit,
    coverage_of,
    gaps,
    silences,
)
from app.domain.visits import Window

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)
OPENED = datetime.combine(MONDAY, time(8, 30), ZONE)
ALWAYS = Window(date(2020, 1, 1), date(2032, 1, 1))
SOURCES = ("eping", "rasff")


def a_visit(began: datetime, result: str = "sound", source: str = "eping", **values: object) -> Visit:
    told = {"window": ALWAYS, "ended_at": began + timedelta(minutes=1), **values}
    return Visit(source=source, began_at=began, result=result, **told)  # type: ignore[arg-type]  # a test's own words


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """A moment so many days after Monday."""
    return datetime.combine(MONDAY + DAY * day, time(hour, minute), ZONE)


def named(visits: Sequence[Visit], last: int, since: int = -30) -> list[date]:
    return [gap.day for gap in gaps(visits, {"eping": at(since)}, OPENED, MONDAY + DAY * last, ZONE)]


def test_a_day_without_a_sound_visit_is_a_gap_that_ends_when_the_source_answers() -> None:
    visits = [a_visit(at(0)), a_visit(at(1), "busy"), a_visit(at(2)), a_visit(at(3))]
    found = gaps(
        [*(a_visit(at(-day)) for day in range(1, 40)), *visits], {"eping": at(-39)}, OPENED, at(3).date(), ZONE
    )
    assert found == (Gap("eping", at(1).date(), at(2, 12, 1)),)


@pytest.mark.parametrize("result", ["running", "unreachable", "refused", "busy", "unsound", "broken_off"])
def test_only_a_sound_answer_counts(result: str) -> None:
    every_day = [a_visit(at(day)) for day in range(-31, 0)]
    assert named([*every_day, a_visit(at(0), result)], 0) == [MONDAY]
    assert named([*every_day, a_visit(at(0), ended_at=None)], 0) == [MONDAY]
    assert named([*every_day, a_visit(at(0), "unchanged")], 0) == []


def test_a_visit_that_asked_for_other_days_says_nothing_of_its_own() -> None:
    every_day = [a_visit(at(day)) for day in range(-31, 0)]
    older = Window(MONDAY - DAY * 30, MONDAY - DAY)
    assert named([*every_day, a_visit(at(0), window=older)], 0) == [MONDAY]
    assert named([*every_day, a_visit(at(0), window=None)], 0) == [MONDAY]


def test_days_turn_in_viet_nam() -> None:
    every_day = [a_visit(at(day)) for day in range(-31, 0)]
    last_minute = datetime(2026, 3, 2, 16, 59, 59, 999999, UTC)
    assert named([*every_day, a_visit(last_minute)], 1) == [MONDAY + DAY]
    assert named([*every_day, a_visit(last_minute + timedelta(microseconds=1))], 1) == [MONDAY]


def test_an_earlier_gap_is_named_until_the_period_in_which_the_source_answered() -> None:
    before = [a_visit(at(day)) for day in range(-31, -3)]
    assert named(before, 0) == [MONDAY - DAY * 3, MONDAY - DAY * 2, MONDAY - DAY, MONDAY]
    back_before = [*before, a_visit(at(0, 8, 28))]
    assert named(back_before, 0) == []
    back_within = [*before, a_visit(at(0, 8, 30))]
    assert named(back_within, 0) == [MONDAY - DAY * 3, MONDAY - DAY * 2, MONDAY - DAY]


def test_nothing_is_expected_before_the_first_visit_nor_of_a_source_that_nobody_configured() -> None:
    assert named([a_visit(at(2)), a_visit(at(3))], 3, since=2) == []
    assert gaps([], {}, OPENED, at(6).date(), ZONE) == ()


hours = st.integers(-40 * 24, 8 * 24)
visits = st.lists(
    st.builds(
        lambda hour, minute, result, source: a_visit(
            datetime.combine(MONDAY, time(), ZONE) + timedelta(hours=hour, minutes=minute), result, source
        ),
        hours,
        st.integers(0, 59),
        st.sampled_from(["sound", "unchanged", "busy", "unsound"]),
        st.sampled_from(SOURCES),
    ),
    max_size=40,
)


@given(visits, st.integers(0, 7), st.integers(-45, 3))
def test_a_day_is_a_gap_or_read_and_never_both(made: list[Visit], last: int, since: int) -> None:
    asked = dict.fromkeys(SOURCES, at(since))
    found = gaps(made, asked, OPENED, at(last).date(), ZONE)
    missing = {(gap.source, gap.day) for gap in found}
    read = {(one.source, one.began_at.astimezone(ZONE).date()) for one in made if one.result in {"sound", "unchanged"}}
    period = {
        (name, at(day).date()) for name in SOURCES for day in range(last + 1) if at(day).date() >= at(since).date()
    }
    assert not missing & read
    assert period <= missing | read
    assert list(found) == sorted(found, key=lambda gap: (gap.day, gap.source))
    assert all(max(at(since).date(), MONDAY - OUTAGE_REMEMBERED) <= gap.day <= at(last).date() for gap in found)
    assert all(gap.answered_at is None or gap.answered_at.astimezone(ZONE).date() > gap.day for gap in found)


@given(visits, visits, st.integers(0, 7))
def test_one_more_sound_visit_never_makes_a_gap(made: list[Visit], more: list[Visit], last: int) -> None:
    asked = dict.fromkeys(SOURCES, at(-40))
    few = {(gap.source, gap.day) for gap in gaps(made, asked, OPENED, at(last).date(), ZONE)}
    many = {(gap.source, gap.day) for gap in gaps([*made, *more], asked, OPENED, at(last).date(), ZONE)}
    assert many <= few


@given(visits, st.integers(0, 7))
def test_coverage_counts_days_and_survives_being_kept(made: list[Visit], last: int) -> None:
    heard = [Heard("eping", at(0)), Heard("rasff", None)]
    record = Record(visits=made, asked_since=dict.fromkeys(SOURCES, at(-40)), heard=heard, notices=142)
    found = coverage_of(record, OPENED, at(last).date(), ZONE)
    assert found.days == last + 1
    assert found.checked == found.days - len({gap.day for gap in found.gaps if gap.day >= MONDAY})
    assert Coverage.from_json(found.to_json()) == found


def test_days_are_counted_from_the_first_visit_ever() -> None:
    record = Record(visits=[a_visit(at(3))], asked_since={"eping": at(3)}, heard=[Heard("eping", at(3))], notices=1)
    found = coverage_of(record, OPENED, at(5).date(), ZONE)
    assert (found.days, found.checked, found.is_whole) == (3, 1, False)
    nobody = coverage_of(replace(record, visits=[], asked_since={}), OPENED, at(5).date(), ZONE)
    assert (nobody.days, nobody.checked) == (0, 0)


def test_a_source_of_the_wto_that_answers_and_brings_nothing_for_more_than_a_week_is_named() -> None:
    newest = {"eping": at(0), "rasff": at(0)}
    assert silences(newest, (), MONDAY + timedelta(days=7), ZONE) == ()
    eighth = MONDAY + timedelta(days=8)
    assert silences(newest, (), eighth, ZONE) == (Silence("eping", MONDAY),)
    assert silences(newest, ("eping",), eighth, ZONE) == ()
    whole = Coverage(first=MONDAY, last=eighth, days=9, checked=9, notices=0, sources=(Heard("eping", at(8)),))
    doubted = replace(whole, silences=(Silence("eping", MONDAY),))
    assert (whole.is_whole, doubted.is_read, doubted.is_whole) == (True, True, False)
    assert Coverage.from_json(doubted.to_json()) == doubted
    kept_before = whole.to_json()
    del kept_before["silences"]
    assert Coverage.from_json(kept_before) == whole


def test_only_a_period_without_a_gap_whose_sources_all_answered_is_whole() -> None:
    whole = Coverage(first=MONDAY, last=MONDAY, days=1, checked=1, notices=0, sources=(Heard("eping", at(0)),))
    assert whole.is_whole
    assert not replace(whole, gaps=(Gap("eping", MONDAY, at(1)),)).is_whole
    assert not replace(whole, sources=(Heard("eping", None),)).is_whole
