"""Names of goods by HS code."""

import csv
from pathlib import Path

import pytest

from app.i18n.products import HsLine, dotted, hs_lines, hs_name
from app.i18n.tables import table_rows


@pytest.mark.parametrize(
    ("code", "vietnamese", "english"),
    [
        ("61", "Quần áo và phụ kiện may mặc, dệt kim hoặc móc", "Apparel and accessories, knitted or crocheted"),
        ("6109", "Áo phông, áo lót, dệt kim", "T-shirts and vests, knitted"),
        ("6109.10.00", "Áo phông, áo lót, dệt kim", "T-shirts and vests, knitted"),
        ("030617", "Tôm, cua và giáp xác khác", "Crustaceans"),
        ("8451", "Máy, thiết bị cơ khí, nồi hơi", "Machinery, mechanical appliances and boilers"),
        ("34011", "Xà phòng, chất tẩy rửa, chất bôi trơn, nến", "Soap, detergents, lubricants and candles"),
        ("77", "", ""),
        ("99", "", ""),
        ("", "", ""),
    ],
)
def test_a_code_has_the_name_of_its_heading_else_of_its_chapter(code: str, vietnamese: str, english: str) -> None:
    assert hs_name(code, "vi") == vietnamese
    assert hs_name(code, "en") == english


def test_every_chapter_but_the_reserved_one_has_a_name_and_a_section() -> None:
    for number in range(1, 98):
        code = f"{number:02}"
        assert bool(hs_name(code, "vi")) is (code != "77")
        if code != "77":
            (line,) = hs_lines([code], "vi")
            assert line == HsLine((code,), hs_name(code, "vi"))


def test_no_code_is_listed_twice_and_names_are_short() -> None:
    rows = table_rows("hs_names.csv")
    assert len({row["code"] for row in rows}) == len(rows)
    for row in rows:
        assert 0 < len(row["name_vi"]) <= 70
        assert 0 < len(row["name_en"]) <= 80
        assert row["name_vi"][0].isupper()


def test_codes_are_grouped_by_heading_or_chapter() -> None:
    lines = hs_lines(["6109", "610510", "6105.20", "62", "845140", "8450"], "vi")
    assert [(line.printed, line.name) for line in lines] == [
        ("6105.10, 6105.20", "Áo sơ mi nam, dệt kim"),
        ("6109", "Áo phông, áo lót, dệt kim"),
        ("62", "Quần áo và phụ kiện may mặc, không dệt kim hoặc móc"),
        ("8450, 8451.40", "Máy, thiết bị cơ khí, nồi hơi"),
    ]


def test_whole_chapters_in_a_row_become_a_range_of_their_section() -> None:
    lines = hs_lines([f"{number}" for number in range(50, 64)] + ["6402"], "vi")
    assert [(line.printed, line.name) for line in lines] == [
        ("50–63", "Nguyên liệu dệt và sản phẩm dệt may"),
        ("6402", "Giày, dép khác bằng cao su hoặc plastic"),
    ]


def test_a_range_ends_where_a_section_ends_or_a_chapter_is_missing() -> None:
    codes = [f"{number:02}" for number in range(1, 10)] + ["72", "73", "74", "75", "76", "78", "79", "90", "91"]
    assert [line.printed for line in hs_lines(codes, "vi")] == ["01–05", "06–09", "72–79", "90", "91"]


def test_codes_of_no_chapter_stand_without_a_name() -> None:
    assert hs_lines(["9901", "", "x"], "vi") == (HsLine(("9901",), ""),)


def test_codes_are_printed_as_tariffs_print_them() -> None:
    assert [dotted(code) for code in ("61", "6109", "610910", "61091000", "34011")] == [
        "61",
        "6109",
        "6109.10",
        "6109.10.00",
        "3401.1",
    ]


def test_every_heading_exists_in_the_nomenclature(test_data: Path) -> None:
    with (test_data / "nomenclature" / "hs_en.csv").open(encoding="utf-8", newline="") as file:
        known = {row["hscode"] for row in csv.DictReader(file)}
    assert {row["code"] for row in table_rows("hs_names.csv")} <= known
