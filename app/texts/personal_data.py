"""All that is held about a person as a file: JSON for machines, CSV for a spreadsheet (PV-02, SE-15)."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import date
from typing import Any

Record = tuple[str, Mapping[str, Any]]
"""A section and one of its records."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BYTE_ORDER_MARK = "\ufeff"


async def as_json(records: AsyncIterator[Record]) -> AsyncIterator[str]:
    """Write records as one JSON object: a list of records under the name of each section. Records come by section."""
    last = None
    yield "{"
    async for section, record in records:
        if section != last:
            yield f"{'' if last is None else '],'}\n{json.dumps(section)}: [\n"
        else:
            yield ",\n"
        yield json.dumps(dict(record), ensure_ascii=False, default=_plain)
        last = section
    yield "\n}\n" if last is None else "\n]}\n"


async def as_csv(records: AsyncIterator[Record]) -> AsyncIterator[str]:
    """Write records as RFC 4180 rows of section, record, field and value, one for each field; UTF-8 with its mark.

    A value that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    yield _BYTE_ORDER_MARK + _row("section", "record", "field", "value")
    async for section, record in records:
        number = record["number"]
        yield "".join(
            _row(section, str(number), name, _cell(value)) for name, value in record.items() if name != "number"
        )


def _row(*cells: str) -> str:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=_plain).strip('"')
    return f"'{text}" if text.startswith(_FORMULA) else text


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
