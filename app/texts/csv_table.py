"""Tables as CSV that a spreadsheet opens without calculating anything in them (SE-15)."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula; it takes the wide characters too."""
_PASSED_OVER = " \x00\n\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\xa0"
"""What it may pass over before it looks: nothing that anybody sees."""


def csv_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with a row of names; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    return _written([columns]) + csv_rows(rows)


def csv_rows(rows: Iterable[Sequence[object]]) -> str:
    """Return more rows of a table that was begun, its cells as there."""
    return _written([_cell(value) for value in row] for row in rows)


def _written(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(_PASSED_OVER).startswith(_FORMULA) else text
