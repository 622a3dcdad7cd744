"""The bundled sample is sound: readable, dated as said, of known members and codes, and in our own words."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.demo.notices import COMPOSED_FROM, SampleNotice, api_items, circulation_day, sample_notices
from app.domain.symbols import Part
from app.i18n.members import member_of_eping_code

TODAY = date(2026, 3, 18)
SHORTEST_COPY = 80


def items(language: int = 1) -> list[dict[str, Any]]:
    return api_items(sample_notices(), TODAY, language)


def symbols_of(item: dict[str, Any]) -> list[str]:
    return [piece.strip() for piece in item["documentSymbol"].split(",")]


def test_there_are_more_than_sixty_notices_and_each_is_told_once() -> None:
    symbols = [symbol for notice in sample_notices() for symbol in notice.symbols]

    assert len(sample_notices()) >= 64
    assert len(symbols) == len(set(symbols))


def test_every_symbol_is_printed_as_the_wto_prints_it() -> None:
    for notice in sample_notices():
        assert tuple(map(str, notice.parsed_symbols())) == notice.symbols


def test_a_number_from_9001_on_means_composed_and_only_that() -> None:
    for notice in sample_notices():
        assert notice.composed == (notice.parsed_symbols()[0].number >= COMPOSED_FROM), notice.symbols


def test_a_joint_notice_is_one_item_for_each_member_under_all_its_symbols() -> None:
    sizes = Counter(len(notice.symbols) for notice in sample_notices())
    gulf = [item for item in items() if "G/TBT/N/ARE/703" in item["documentSymbol"]]

    assert sizes[5] >= 3
    assert sizes[7] == 1
    assert len(gulf) == 7
    assert len({item["id"] for item in gulf}) == 7
    assert len({item["documentSymbol"] for item in gulf}) == 1
    assert {member_of_eping_code(item["notifyingMemberCode"]) for item in gulf} == {
        symbol.split("/")[3] for symbol in symbols_of(gulf[0])
    }


def test_every_member_is_known_and_is_one_that_the_symbols_name() -> None:
    for item in items():
        code = member_of_eping_code(item["notifyingMemberCode"])
        assert code in {symbol.split("/")[3] for symbol in symbols_of(item)}, item["documentSymbol"]


def test_codes_are_well_formed_and_named() -> None:
    for item in items():
        for code in item["hsCodes"]:
            assert re.fullmatch(r"\d{2}|\d{4}|\d{6}", code["code"])
            assert code["name"].startswith(f"{code['code']} - ")
        for code in item["icsCodes"]:
            assert re.fullmatch(r"\d{2}(\.\d{3}(\.\d{2})?)?", code["code"])


def test_the_quirks_of_the_source_are_all_there() -> None:
    held = items()
    types = {item["notificationType"] for item in held}

    assert all(item["documentSymbol"].startswith(" G/") for item in held)
    assert any(len({code["code"] for code in item["icsCodes"]}) < len(item["icsCodes"]) for item in held)
    assert any(item["title"] is item["description"] is item["productsFreeText"] is None for item in held)
    assert any("&amp;lt;" in (item["description"] or "") for item in held)
    assert any("<script>" in (item["title"] or "") for item in held)
    assert any("javascript:" in (item["description"] or "") for item in held)
    assert any("To be determined" in (item["proposedEntryIntoForceDateText"] or "") for item in held)
    assert sum(not item["hsCodes"] and not item["icsCodes"] for item in held) >= 5
    assert {"Regular notification", "Emergency notifications (SPS)", "Addendum to Emergency Notification (SPS)"} < types
    assert {f"{part} to Regular Notification" for part in ("Addendum", "Corrigendum", "Revision", "Supplement")} < types


def test_deadlines_are_far_near_today_passed_missing_and_misprinted() -> None:
    left = [
        (date.fromisoformat(item["commentDeadlineDate"][:10]) - TODAY).days
        for item in items()
        if item["commentDeadlineDate"]
    ]

    assert any(days > 50 for days in left)
    assert any(0 < days < 7 for days in left)
    assert 0 in left
    assert any(-30 < days < 0 for days in left)
    assert any(days < -200 for days in left)
    assert sum(item["commentDeadlineDate"] is None for item in items()) >= 10


def test_some_addenda_stand_before_their_parent_and_some_have_none() -> None:
    order = list(dict.fromkeys(symbol for item in items() for symbol in symbols_of(item)))
    place = {symbol: number for number, symbol in enumerate(order)}
    addenda = [symbol for symbol in order if f"/{Part.ADDENDUM}." in symbol]
    parents = {symbol: symbol.rsplit("/", 1)[0] for symbol in addenda}

    assert any(parent in place and place[symbol] < place[parent] for symbol, parent in parents.items())
    assert any(parent not in place for parent in parents.values())


def test_titles_come_in_the_language_asked_for_where_they_exist() -> None:
    by_language = {number: {item["id"]: item["title"] for item in items(number)} for number in (1, 2, 3)}
    japan = next(item["id"] for item in items() if item["documentSymbol"] == " G/TBT/N/JPN/539")
    chile = next(item["id"] for item in items() if item["documentSymbol"] == " G/SPS/N/COL/420")

    assert by_language[2][japan].startswith("Révision")
    assert by_language[3][japan].startswith("Revisión")
    assert by_language[1][chile] == by_language[2][chile] == by_language[3][chile]
    assert by_language[1].keys() == by_language[2].keys() == by_language[3].keys()


def test_nothing_composed_links_to_a_document_that_does_not_exist() -> None:
    composed = {symbol for notice in sample_notices() if notice.composed for symbol in notice.symbols}

    for item in items():
        if composed.intersection(symbols_of(item)):
            assert item["linkToNotification"] is item["dolLink"] is None
            assert "wto.org" not in item["notifiedDocumentLink"]


def test_links_are_built_as_the_wto_builds_them() -> None:
    links = {item["documentSymbol"].strip(): (item["dolLink"], item["linkToNotification"]) for item in items()}
    address = "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/"

    assert links["G/TBT/N/USA/2211"] == (r"G\TBTN25\USA2211.pdf", f"{address}TBTN25/USA2211.DOCX")
    assert links["G/SPS/N/USA/1234/Add.1"] == (r"G\SPS\NUSA1234A1.pdf", f"{address}SPS/NUSA1234A1.DOCX")


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_the_newest_is_todays_and_the_rest_lies_on_working_days_before_it(today: date) -> None:
    days = [date.fromisoformat(item["distributionDate"][:10]) for item in api_items(sample_notices(), today, 1)]

    assert max(days) == days[0] == today
    assert timedelta(days=35) <= today - min(days) <= timedelta(days=50)
    assert all(day == today or day.weekday() < 5 for day in days)
    assert days == sorted(days, reverse=True)


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(0, 60))
def test_so_many_working_days_lie_between(newest: date, ago: int) -> None:
    day = circulation_day(newest, ago)
    between = (day + timedelta(days=n) for n in range((newest - day).days))

    assert sum(one.weekday() < 5 for one in between) == ago


def test_the_sectors_of_the_demo_are_well_filled() -> None:
    def holding(notice: SampleNotice, *chapters: str) -> bool:
        return any(code.startswith(chapters) for code in notice.hs)

    clothes = [n for n in sample_notices() if holding(n, "61", "62", "63") or "59.080" in n.ics or "61.020" in n.ics]
    shoes = [n for n in sample_notices() if holding(n, "41", "42", "64") or "61.060" in n.ics]
    food = [n for n in sample_notices() if "food-safety" in n.objectives or any(c.startswith("67.") for c in n.ics)]

    assert len(clothes) >= 10
    assert len(shoes) >= 6
    assert len(food) >= 20


def test_no_description_is_copied_from_a_real_notice(test_data: Path) -> None:
    lines = (test_data / "notices" / "real_dev.jsonl").read_text(encoding="utf-8").splitlines()
    real = " ".join(plain(json.loads(line).get("description") or "") for line in lines)

    for notice in sample_notices():
        for passage in passages(plain(notice.description or "")):
            assert passage not in real, notice.symbols


def plain(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split()).casefold()


def passages(text: str) -> Iterator[str]:
    for start in range(0, max(len(text) - SHORTEST_COPY, 0) + 1, 10):
        passage = text[start : start + SHORTEST_COPY]
        if len(passage) == SHORTEST_COPY:
            yield passage
