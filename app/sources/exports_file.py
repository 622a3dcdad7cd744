"""The operator's table of exports as a CSV file: `member`, `hs`, `year`, `value` in US dollars, in any order."""

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.exports import ExportLine
from app.domain.visits import Complaint
from app.i18n.members import member_of_code, member_of_name
from app.sources.drafts import excerpt_of

COLUMNS = ("member", "hs", "year", "value")
MOST_LINES = 2_000_000
"""Every member, every six-digit heading and a few years: more is not a table of exports."""

_HS = re.compile(r"(?:[0-9]{2}){1,3}", re.ASCII)
"""Never an odd number of digits: spreadsheets drop the nought of 0302, and 302 is not what is left of another code."""

_YEAR = re.compile(r"(?:19|20)[0-9]{2}", re.ASCII)
_VALUE = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,6})?", re.ASCII)


class _OddField(Exception):  # noqa: N818 - it carries a complaint from a field to its line and never leaves the module
    def __init__(self, field: str, reason: str, value: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = value


def read_exports(file: Path) -> Iterator[ExportLine | Complaint]:
    """Read a table of exports line by line, never more of it in memory than tells a repeated line.

    UTF-8 with or without a byte order mark, commas or semicolons. What cannot be taken is a complaint that names line
    and field; after one about the file itself nothing follows.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            first = opened.readline()
            opened.seek(0)
            reader = csv.reader(opened, delimiter=";" if first.count(";") > first.count(",") else ",", strict=True)
            yield from _lines(reader)
    except UnicodeDecodeError:
        yield Complaint(position=file.name, field="file", reason="The file is not in UTF-8.")
    except OSError as error:
        yield Complaint(position=file.name, field="file", reason=f"The file cannot be read: {error.strerror}.")


def _lines(reader: Any) -> Iterator[ExportLine | Complaint]:
    try:
        yield from _sound_lines(reader)
    except csv.Error as error:
        yield Complaint(position=f"line {reader.line_num}", field="line", reason=f"The line is no CSV: {error}.")


def _sound_lines(reader: Iterator[list[str]]) -> Iterator[ExportLine | Complaint]:
    header = [cell.strip().casefold() for cell in next(reader, [])]
    lacking = [name for name in COLUMNS if name not in header]
    if lacking:
        yield Complaint(position="line 1", field=lacking[0], reason=f"The first line must name {', '.join(COLUMNS)}.")
        return
    seen: set[tuple[str, str, int]] = set()
    for number, cells in enumerate(reader, start=2):
        if not any(cells):
            continue
        if number > MOST_LINES:
            yield Complaint(position=f"line {number}", field="file", reason=f"More than {MOST_LINES} lines.")
            return
        yield _line(f"line {number}", header, cells, seen)


def _line(
    position: str, header: list[str], cells: list[str], seen: set[tuple[str, str, int]]
) -> ExportLine | Complaint:
    if len(cells) != len(header):
        reason = f"The line has {len(cells)} fields, the first one {len(header)}."
        return Complaint(position=position, field="line", reason=reason)
    try:
        found = _read(dict(zip(header, map(str.strip, cells), strict=True)))
    except _OddField as odd:
        return Complaint(position=position, field=odd.field, reason=str(odd), excerpt=excerpt_of(odd.value[:1_000]))
    key = (found.member, found.hs, found.year)
    if key in seen:
        return Complaint(position=position, field="line", reason="Member, HS code and year stood in an earlier line.")
    seen.add(key)
    return found


def _read(row: Mapping[str, str]) -> ExportLine:
    member = member_of_code(row["member"]) or member_of_name(row["member"])
    if member is None:
        raise _OddField("member", "No member of the WTO by code or name.", row["member"])
    hs = row["hs"].replace(".", "").replace(" ", "")
    if not _HS.fullmatch(hs):
        raise _OddField("hs", "Must be two, four or six digits of the HS, a nought in front included.", row["hs"])
    if not _YEAR.fullmatch(row["year"]):
        raise _OddField("year", "Must be a year of four digits.", row["year"])
    if not _VALUE.fullmatch(row["value"]):
        raise _OddField("value", "Must be US dollars in digits, without separators of thousands.", row["value"])
    return ExportLine(member, hs, int(row["year"]), round(Decimal(row["value"])))
