"""A person's data as a file: nothing in it runs, everything in it is read back."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.texts.personal_data import as_csv, as_json


async def records(*found: tuple[str, Mapping[str, Any]]) -> AsyncIterator[tuple[str, Mapping[str, Any]]]:
    for one in found:
        yield one


async def whole(chunks: AsyncIterator[str]) -> str:
    return "".join([chunk async for chunk in chunks])


RECORDS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("person", {"number": 1, "address": "nga@hiephoi.example", "since": datetime(2026, 3, 2, tzinfo=UTC)}),
    ("told", {"number": 4, "notice": "G/TBT/N/USA/1", "day": date(2026, 3, 2), "asked": {"keywords": ["vải, lụa"]}}),
    ("told", {"number": 5, "notice": None, "day": None, "asked": {}}),
)


async def test_json_holds_a_list_for_each_section() -> None:
    found = json.loads(await whole(as_json(records(*RECORDS))))
    assert [len(found["person"]), len(found["told"])] == [1, 2]
    assert found["person"][0]["since"] == "2026-03-02T00:00:00+00:00"
    assert found["told"][0]["asked"] == {"keywords": ["vải, lụa"]}
    assert json.loads(await whole(as_json(records()))) == {}


async def test_csv_has_a_row_for_each_field_and_a_mark_for_spreadsheets() -> None:
    text = await whole(as_csv(records(*RECORDS)))
    assert text.startswith("\ufeffsection,record,field,value\r\n")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))[1:]
    assert ["person", "1", "address", "nga@hiephoi.example"] in rows
    assert ["told", "4", "asked", '{"keywords": ["vải, lụa"]}'] in rows
    assert ["told", "4", "day", "2026-03-02"] in rows
    assert ["told", "5", "notice", ""] in rows


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋"])
async def test_no_cell_is_a_formula(start: str) -> None:
    text = await whole(as_csv(records(("person", {"number": 1, "address": f"{start}1+1"}))))
    (row,) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert row[3] == f"'{start}1+1"
