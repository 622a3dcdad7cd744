from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.domain.errors import AppError
from app.domain.organisations import (
    ANSWERED_WITHIN,
    ASKED_BEFORE,
    EVERY_SECTOR,
    InternalDeadline,
    checked_key,
    house_name,
    hs_digits,
    internal_deadline,
)
from app.domain.working_days import WorkingCalendar
from app.sources.holidays import calendar_of
from app.sources.organisations import bundled_organisations
from app.sources.taxonomy_file import bundled_taxonomy

PLAIN = WorkingCalendar([])
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        (date(2026, 5, 1), InternalDeadline(date(2026, 4, 17), urgent=False)),
        (date(2026, 3, 17), InternalDeadline(date(2026, 3, 9), urgent=False)),
        (date(2026, 3, 10), InternalDeadline(date(2026, 3, 9), urgent=False)),
        (date(2026, 3, 9), InternalDeadline(date(2026, 3, 6), urgent=True)),
        (date(2026, 3, 3), InternalDeadline(date(2026, 3, 3), urgent=True)),
        (date(2026, 3, 2), InternalDeadline(date(2026, 3, 2), urgent=True)),
        (date(2026, 3, 1), None),
    ],
)
def test_an_organisation_answers_ten_working_days_before_the_deadline_and_never_under_five_after_the_letter(
    deadline: date, expected: InternalDeadline | None
) -> None:
    assert internal_deadline(deadline, MONDAY, PLAIN) == expected


def test_the_break_of_tet_is_no_time_to_answer_in() -> None:
    calendar = calendar_of(None)
    before_tet = date(2026, 2, 12)
    found = internal_deadline(date(2026, 3, 2), before_tet, calendar)
    assert found is not None
    assert found.day - before_tet > timedelta(days=ANSWERED_WITHIN + 4)
    assert calendar.is_working_day(found.day)


@given(
    deadline=some.dates(date(2026, 1, 1), date(2026, 12, 31)), sent_on=some.dates(date(2026, 1, 1), date(2026, 12, 31))
)
def test_what_is_not_urgent_leaves_both_sides_their_time(deadline: date, sent_on: date) -> None:
    found = internal_deadline(deadline, sent_on, PLAIN)
    if found is None:
        assert deadline < sent_on
    elif found.urgent:
        assert sent_on <= found.day <= deadline
        assert PLAIN.working_days_after(sent_on, ANSWERED_WITHIN) >= deadline
    else:
        assert PLAIN.working_days_after(sent_on, ANSWERED_WITHIN) <= found.day < deadline
        assert found.day >= PLAIN.working_days_before(deadline, ASKED_BEFORE)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Hội  Da giày TP. Hồ Chí Minh", "Hội Da giầy TP. Hồ Chí Minh"),
        ("Hiệp hội Da - Giày - Túi xách Việt Nam", "Hiệp hội Da - Giầy - Túi xách Việt Nam"),
        ("Văn phòng tại Đài Loan", "Văn phòng tại Đài Loan (Trung Quốc)"),
        ("Thương vụ tại Hồng Kông (Trung Quốc)", "Thương vụ tại Hồng Kông (Trung Quốc)"),
        ("Hội Mỹ nghệ và Chế biến gỗ", "Hội Mỹ nghệ và Chế biến gỗ"),
        ("Hie\u0323\u0302p ho\u0323\u0302i Che\u0300", "Hiệp hội Chè"),
    ],
)
def test_names_are_written_in_house_forms(typed: str, written: str) -> None:
    assert house_name(typed) == written
    assert house_name(written) == written


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("", ()),
        ("50-53; 0802; 2101.20", ("50", "51", "52", "53", "0802", "210120")),
        ("02-04", ("02", "03", "04")),
        ("0904-0906", ("0904", "0905", "0906")),
    ],
)
def test_hs_codes_are_read_as_digits_with_ranges_written_out(text: str, digits: tuple[str, ...]) -> None:
    assert hs_digits(text) == digits


@pytest.mark.parametrize("text", ["63-50", "5-63", "50-6301", "cotton", "50,51"])
def test_what_is_no_hs_code_is_refused(text: str) -> None:
    with pytest.raises(AppError) as refusal:
        hs_digits(text)
    assert refusal.value.code == "organisation-hs"


@pytest.mark.parametrize("text", ["", "VITAS", "vitas tea", "_tea", "tea_"])
def test_a_key_is_one_plain_word(text: str) -> None:
    with pytest.raises(AppError):
        checked_key(text)


def test_the_bundled_organisations_are_sound() -> None:
    bundled = bundled_organisations()
    sectors = {one.id for one in bundled_taxonomy().sectors}
    assert len({one.key for one in bundled}) == len(bundled)
    for one in bundled:
        assert checked_key(one.key) == one.key
        assert house_name(one.name_vi) == one.name_vi
        assert {sector for sector, _ in one.sectors} <= {*sectors, EVERY_SECTOR}
        assert one.sectors
        assert "@" not in str(one), "no address comes with Kẻng"


def test_the_two_associations_called_vitas_are_two() -> None:
    named = [one for one in bundled_organisations() if one.abbreviation == "VITAS"]
    assert {one.key: one.sectors[0][0] for one in named} == {"vitas_textile": "textiles", "vitas_tea": "coffee-tea"}
    assert {one.key: one.website for one in named} == {
        "vitas_textile": "vietnamtextile.org.vn",
        "vitas_tea": "vitas.org.vn",
    }
