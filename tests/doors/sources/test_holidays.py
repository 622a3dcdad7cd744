from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from app.bootstrap import open_calendar
from app.domain.working_days import Basis, DayKind
from app.settings import SettingsError, given_settings
from app.sources.holidays import bundled_holidays, calendar_of, read_holidays

NEW_YEAR = {2025: date(2025, 1, 29), 2026: date(2026, 2, 17), 2027: date(2027, 2, 6), 2028: date(2028, 1, 26)}
HEADER = "date,kind,name_vi,name_en,basis\n"
OFF = [one for one in bundled_holidays() if one.kind is DayKind.HOLIDAY]


@pytest.mark.parametrize("year", NEW_YEAR)
def test_every_year_has_the_eleven_holidays_of_the_labour_code(year: int) -> None:
    found = Counter(one.name_vi.removesuffix(" (mùng Một)") for one in OFF if one.day.year == year)
    assert {
        "Tết Dương lịch": 1,
        "Tết Nguyên đán": 5,
        "Giỗ Tổ Hùng Vương": 1,
        "Ngày Chiến thắng": 1,
        "Ngày Quốc tế Lao động": 1,
        "Quốc khánh": 2,
    }.items() <= found.items()
    fixed = {date(year, 1, 1), date(year, 4, 30), date(year, 5, 1), date(year, 9, 2), NEW_YEAR[year]}
    assert fixed <= {one.day for one in OFF}


def test_each_holiday_on_a_weekly_day_off_is_made_up_for() -> None:
    calendar = calendar_of(None)
    on_days_off = sum(one.day.weekday() >= 5 for one in OFF)
    made_up = [one for one in OFF if one.name_vi.startswith("Nghỉ bù")]
    assert len(made_up) == on_days_off
    assert all(not calendar.is_working_day(one.day - timedelta(days=1)) for one in made_up)


def test_a_day_off_in_exchange_is_worked_on_a_saturday_of_the_same_year() -> None:
    exchanged = [one.day for one in OFF if one.name_vi == "Nghỉ hoán đổi"]
    worked = [one.day for one in bundled_holidays() if one.kind is DayKind.WORKING]
    assert [day.year for day in exchanged] == [day.year for day in worked]
    assert all(day.weekday() == 5 for day in worked)


def test_the_table_is_in_order_and_says_what_is_only_expected() -> None:
    assert all(earlier.day < later.day for earlier, later in pairwise(bundled_holidays()))
    assert all((one.basis is Basis.BY_RULE) == (one.day.year > 2026) for one in bundled_holidays())


def test_the_operators_rows_count_before_the_bundled_ones(tmp_path: Path) -> None:
    file = tmp_path / "days.csv"
    file.write_text(
        f"{HEADER}2026-11-24,holiday,Nghỉ lễ,Holiday,announced\n2027-02-10,working,Đi làm,Worked,announced\n"
    )
    calendar = calendar_of(file)
    assert not calendar.is_working_day(date(2026, 11, 24))
    assert calendar.is_working_day(date(2027, 2, 10))
    assert calendar_of(None).is_working_day(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("date,kind\n", "name_vi"),
        (f"{HEADER}24/11/2026,holiday,Nghỉ,Off,announced\n", "line 2"),
        (f"{HEADER}2026-11-24,feast,Nghỉ,Off,announced\n", "line 2"),
        (f"{HEADER}2026-11-24,holiday\n", "line 2"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_its_line(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "days.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=named):
        read_holidays(file)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.csv"):
        read_holidays(tmp_path / "nowhere.csv")


def test_a_faulty_file_of_days_stops_the_start_by_the_name_of_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KENG_HOLIDAYS_FILE"):
        open_calendar(given_settings(holidays_file=str(tmp_path / "nowhere.csv")))
