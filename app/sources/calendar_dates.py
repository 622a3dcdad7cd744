"""Calendar dates as sources write them. A date is a date: no time zone moves it, and a wrong one is kept as words.

ePing gives midnight somewhere (`2016-11-29T00:00:00Z`, with or without an offset); workbooks give real dates, serial
numbers or text with the day first; people give anything.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

EARLIEST = date(1995, 1, 1)  # the WTO began that day
LATEST = date(2100, 12, 31)

_SERIAL_EPOCH = date(1899, 12, 30)  # of Excel's 1900 system, where the 29th of February 1900 exists
_SERIALS_END = 200_000
_YEAR_FIRST = re.compile(r"([0-9]{2,4})[-./]([0-9]{1,2})[-./]([0-9]{1,2})\.?(?:[T\s]\s*[0-9]{1,2}:[0-9]{2}.*)?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{2,4})\.?(?:\s+[0-9]{1,2}:[0-9]{2}.*)?")
_CELL_ERROR = re.compile(r"#[A-Z0/]+[!?]?")  # what a spreadsheet shows for a value that it cannot compute
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class DateReading:
    """A date, or why there is none. `text` is what stood there when it was no usable date; `problem` fits a `Flag`."""

    day: date | None = None
    text: str = ""
    problem: str = ""


def read_date(value: object) -> DateReading:
    """Read a date from a date, a serial number of a workbook, or text (`2026-07-02…`, `02/07/2026`).

    Words ("60 days from circulation") are no problem, they are the text. What looks like a date and is none is one:
    `impossible_date`, `two_digit_year`, or `unlikely_date` outside 1995–2100.
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return _checked(value.year, value.month, value.day, value.isoformat())
    if isinstance(value, time | timedelta):  # a date cell of a workbook that holds no day
        return DateReading(text=str(value), problem="impossible_date")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_serial(value)
    return _of_text(" ".join(value.split()) if isinstance(value, str) else "")


def _of_text(text: str) -> DateReading:
    if match := _YEAR_FIRST.fullmatch(text):
        return _of_parts(match[1], match[2], match[3], text)
    if match := _DAY_FIRST.fullmatch(text):
        return _of_parts(match[3], match[2], match[1], text)
    if re.fullmatch(r"[0-9]{5}(?:\.0+)?", text):
        return _of_serial(float(text))
    return DateReading(text=text, problem="impossible_date" if _CELL_ERROR.fullmatch(text) else "")


def _of_parts(year: str, month: str, day: str, text: str) -> DateReading:
    if len(year) != _YEAR_DIGITS:
        return DateReading(text=text, problem="two_digit_year" if len(year) < _YEAR_DIGITS - 1 else "impossible_date")
    return _checked(int(year), int(month), int(day), text)


def _of_serial(serial: float) -> DateReading:
    if not 0 <= serial < _SERIALS_END:
        return DateReading(text=f"{serial:g}", problem="impossible_date")
    day = _SERIAL_EPOCH + timedelta(days=int(serial))
    return _checked(day.year, day.month, day.day, day.isoformat())


def _checked(year: int, month: int, day: int, text: str) -> DateReading:
    try:
        found = date(year, month, day)
    except ValueError:
        return DateReading(text=text, problem="impossible_date")
    if not EARLIEST <= found <= LATEST:
        return DateReading(text=text, problem="unlikely_date")
    return DateReading(day=found)
