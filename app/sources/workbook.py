"""ePing's workbooks: the bulk file of all notifications since 1995 and the export of a search.

Columns are found by their headers, whatever their order and spacing ("Proposed adoption  date" has two blanks). In a
search export the symbol and the links are HYPERLINK formulas, which are read as text and never evaluated.
"""

import re
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo

import openpyxl
from defusedxml.ElementTree import fromstring
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.xml import DEFUSEDXML

from app.domain.errors import AppError, invalid
from app.domain.notices import Record
from app.domain.visits import Complaint, Fault, FaultKind, Page, Payload
from app.sources.codes import read_code_box
from app.sources.drafts import Draft, content_of, listed_names, today_anywhere
from app.sources.files import load, pages

SOURCE = "eping-xlsx"

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SYMBOL, _MEMBER, _TITLE, _DISTRIBUTED = "document symbol", "notifying member", "title", "distribution date"
_REQUIRED = {
    _SYMBOL: "Document symbol",
    _MEMBER: "Notifying Member",
    _TITLE: "Title",
    _DISTRIBUTED: "Distribution date",
}
_HEADER_ROWS = 20
_ROWS_AT_ONCE = 50
_MOST_ROWS = 1_048_576  # of a sheet, by the file format
_MOST_COLUMNS = 100
_MOST_PARTS = 1_000
_PART_BYTES = {"xl/worksheets/": 2_000_000_000, "xl/sharedStrings.xml": 500_000_000}
_OTHER_PART_BYTES = 64_000_000
_SUSPICIOUS_RATIO = 300  # real workbooks pack ten to forty times
_SMALL_PART_BYTES = 10_000_000
_HYPERLINK = re.compile(
    r'=\s*HYPERLINK\(\s*"((?:[^"]|"")*)"\s*(?:[,;]\s*"((?:[^"]|"")*)"\s*)?\)\s*', re.IGNORECASE | re.DOTALL
)
_BROKEN = (
    BadZipFile,
    InvalidFileException,
    ParseError,
    zlib.error,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ValueError,
    EOFError,
    OSError,
)

Row = tuple[Any, ...]


def read_workbook(path: Path, *, today: date | None = None) -> Iterator[Page]:
    """Read a workbook page by page.

    Raises `AppError` (invalid) at once for what is no such workbook: no zip archive, one that unpacks to too much, a
    sheet without the columns needed (each named). A file that breaks off later ends in a page with a fault.
    """
    payload = load(path, _MEDIA_TYPE)
    if not DEFUSEDXML:
        raise RuntimeError("openpyxl does not use defusedxml: workbooks cannot be read safely.")
    _refuse_bombs(payload, path.name)
    _refuse_entities(payload, path.name)
    rows = _rows(payload, path.name)
    header_row, columns = _header(rows, path.name)
    return _pages(rows, header_row, columns, payload, today or today_anywhere())


def _refuse_bombs(payload: Payload, name: str) -> None:
    """Look at the declared sizes of the parts, which `zipfile` never reads beyond (F58)."""
    try:
        parts = ZipFile(BytesIO(payload.body)).infolist()
    except (BadZipFile, ValueError, EOFError, OSError) as error:
        raise invalid("workbook-unreadable", f"{name} is no workbook (.xlsx).") from error
    if len(parts) > _MOST_PARTS:
        raise invalid("workbook-too-large", f"{name} consists of {len(parts)} parts.")
    for part in parts:
        if _is_bomb(part):
            raise invalid("workbook-too-large", f"{name}: the part {part.filename} unpacks to {part.file_size} bytes.")


def _refuse_entities(payload: Payload, name: str) -> None:
    """Refuse parts that declare entities (F59).

    Sheets and their strings openpyxl reads by defusedxml; all others by lxml where that is installed, which leaves
    entities out without a word.
    """
    try:
        with ZipFile(BytesIO(payload.body)) as book:
            for part in book.namelist():
                if part.endswith((".xml", ".rels")) and not part.startswith(tuple(_PART_BYTES)):
                    fromstring(book.read(part))
    except _BROKEN as error:
        raise invalid("workbook-unreadable", f"{name} is damaged: {type(error).__name__}.") from error


def _is_bomb(part: ZipInfo) -> bool:
    limit = next((size for begin, size in _PART_BYTES.items() if part.filename.startswith(begin)), _OTHER_PART_BYTES)
    ratio = part.file_size / max(1, part.compress_size)
    return part.file_size > limit or (part.file_size > _SMALL_PART_BYTES and ratio > _SUSPICIOUS_RATIO)


def _rows(payload: Payload, name: str) -> Iterator[tuple[int, Row]]:
    """Stream (row number, cells) of the first sheet that holds notices; the header row comes first."""
    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            book = openpyxl.load_workbook(BytesIO(payload.body), read_only=True, keep_links=False)
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # the size that a file states is often wrong, and rows beyond it would be lost
            cells = sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True)
            numbered = _quietly(enumerate(cells, start=1))
            for number, row in numbered:
                if number > _HEADER_ROWS:
                    break
                if _SYMBOL in map(_header_name, row):
                    yield number, row
                    yield from numbered
                    return
    except _BROKEN as error:
        raise invalid("workbook-unreadable", f"{name} is damaged: {type(error).__name__}.") from error


def _quietly(rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Pass rows on without openpyxl's warnings about single cells: what is wrong in a cell becomes a flag."""
    while True:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            some = list(islice(rows, _ROWS_AT_ONCE))
        if not some:
            return
        yield from some


def _header(rows: Iterator[tuple[int, Row]], name: str) -> tuple[int, Mapping[str, int]]:
    found = next(rows, None)
    if found is None:
        raise invalid("workbook-column", f"{name} has no column Document symbol.", field="Document symbol")
    number, row = found
    columns = {_header_name(cell): index for index, cell in reversed(list(enumerate(row))) if cell is not None}
    for key, printed in _REQUIRED.items():
        if key not in columns:
            raise invalid("workbook-column", f"{name} has no column {printed}.", field=printed)
    return number, columns


def _header_name(cell: object) -> str:
    return re.sub(r"\s+", " ", str(cell).strip()).casefold().replace(" (", "(")


def _pages(
    rows: Iterable[tuple[int, Row]], header_row: int, columns: Mapping[str, int], payload: Payload, today: date
) -> Iterator[Page]:
    found = (
        _record(_Cells(row, columns), number, payload, today)
        for number, row in rows
        if number > header_row and any(cell not in (None, "") for cell in row)
    )
    try:
        yield from pages(found, payload)
    except AppError as error:
        yield Page(fault=Fault(kind=FaultKind.UNSOUND, reason=error.message))


class _Cells:
    """One row, by the names of its columns."""

    def __init__(self, row: Sequence[object], columns: Mapping[str, int]) -> None:
        self._row = row
        self._columns = columns

    def value(self, column: str) -> object:
        index = self._columns.get(column, len(self._row))
        return self._row[index] if index < len(self._row) else None

    def text(self, column: str) -> str:
        """Return a cell as text, of a link what is shown."""
        shown = self._linked(column)
        return shown[1] or shown[0]

    def address(self, column: str) -> str:
        """Return where a cell leads to, or its text when it is no link."""
        return self._linked(column)[0]

    def _linked(self, column: str) -> tuple[str, str]:
        value = self.value(column)
        if value is None:
            return "", ""
        text = value.date().isoformat() if isinstance(value, datetime) else str(value)
        link = _HYPERLINK.fullmatch(text)
        return (text, "") if link is None else (link[1].replace('""', '"'), (link[2] or "").replace('""', '"'))


def _record(cells: _Cells, number: int, payload: Payload, today: date) -> Record | Complaint:
    position = f"row {number}"
    content = content_of(_draft(cells), today=today, position=position, symbol_field="Document symbol")
    if isinstance(content, Complaint):
        return content
    return Record(
        source=SOURCE,
        key=f"{','.join(content.symbols)}|{','.join(content.members)}",
        language="en",
        revision=0,
        content=content,
        position=position,
        payload_hash=payload.hash,
    )


def _draft(cells: _Cells) -> Draft:
    return Draft(
        symbols=cells.text(_SYMBOL),
        type=cells.text("notification type"),
        members=(cells.text(_MEMBER),),
        titles={"en": cells.text(_TITLE)},
        description=cells.text("description"),
        products=cells.text("products covered"),
        hs=read_code_box(cells.text("hs code(s)")),
        ics=read_code_box(cells.text("ics code(s)")),
        objectives=cells.text("objectives").split(";"),
        keywords=cells.text("keywords").split(";"),
        regions=listed_names(cells.text("specific regions or countries likely to be affected")),
        distributed=cells.value(_DISTRIBUTED),
        deadline=cells.value("final date for comments"),
        adoption=cells.value("proposed adoption date"),
        in_force=cells.value("proposed entry into force date"),
        notice_link=next(
            filter(None, (cells.address(f"link to notification({tongue})") for tongue in ("en", "fr", "es"))), ""
        ),
        text_links=cells.address("notified document"),
    )
