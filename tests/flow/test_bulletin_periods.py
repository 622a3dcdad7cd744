"""Which notices a bulletin is of: the reporting month from the 21st to the 20th, a week, what is open on a day."""

from datetime import date

from app.domain.articles import read_period
from app.flow import compose
from app.texts.bulletin.compose import bulletin_of
from tests.builders import a_page, a_record
from tests.office import Office
from tests.texts.real_notices import a_desk

DAYS = {1: date(2026, 2, 20), 2: date(2026, 2, 21), 3: date(2026, 3, 2), 4: date(2026, 3, 20), 5: date(2026, 3, 21)}


async def numbers_of(office: Office, name: str) -> list[str]:
    found = await compose.of_period(office.database, read_period(name, 21))
    return [one.ref.rpartition("/")[2] for one in found.subjects]


async def test_a_month_has_both_of_its_ends_and_nothing_beyond_them(office: Office) -> None:
    await office.pull(a_page(*(a_record(f"G/TBT/N/EU/{number}", distributed_on=on) for number, on in DAYS.items())))
    assert await numbers_of(office, "2026-03") == ["2", "3", "4"]
    assert await numbers_of(office, "2026-02") == ["1"]
    assert await numbers_of(office, "2026-04") == ["5"]
    assert await numbers_of(office, "2026-W10") == ["3"]


async def test_a_joint_notice_is_counted_once_and_all_numbers_add_up(office: Office) -> None:
    joint = a_record("G/TBT/N/BDI/1", "G/TBT/N/KEN/1", "G/TBT/N/UGA/1", key="joint")
    await office.pull(a_page(joint, a_record("G/TBT/N/EU/1"), a_record("G/SPS/N/EU/2")))
    period = read_period("2026-03", 21)
    found = await compose.of_period(office.database, period)
    made = bulletin_of(found.subjects, period, a_desk(date(2026, 3, 20)))
    assert made.opening[0].text == "Tổng hợp 3 thông báo được lưu hành từ ngày 21/02/2026 đến ngày 20/03/2026."
    assert sum(len(field.items) for field in made.fields) == 3
    assert [(one.name, one.number) for one in made.partners] == [
        ("Liên minh châu Âu (EU)", 2),
        ("Burundi, Kenya và Uganda", 1),
    ]


async def test_a_day_lists_what_takes_comments_on_it_its_last_day_included(office: Office) -> None:
    until = {1: date(2026, 3, 19), 2: date(2026, 3, 20), 3: date(2026, 5, 1)}
    await office.pull(a_page(*(a_record(f"G/TBT/N/EU/{number}", comment_deadline=on) for number, on in until.items())))
    assert sorted(await numbers_of(office, "2026-03-20")) == ["2", "3"]
