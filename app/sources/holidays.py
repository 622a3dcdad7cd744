"""The table of Viet Nam's holidays that comes with Kẻng, and the operator's own file of days announced since."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from app.domain.working_days import Basis, DayKind, SpecialDay, WorkingCalendar
from app.i18n.tables import table_rows

COLUMNS = ("date", "kind", "name_vi", "name_en", "basis")


def calendar_of(file: Path | None) -> WorkingCalendar:
    """Return the calendar of the bundled table; the rows of the operator's file, if there is one, count before it.

    ValueError, with the line, when the file cannot be read as such a table.
    """
    added = () if file is None else read_holidays(file)
    return WorkingCalendar([*bundled_holidays(), *added])


def bundled_holidays() -> tuple[SpecialDay, ...]:
    """Return the table that comes with Kẻng: what is announced, and what the Labour Code lets expect."""
    return tuple(_special_days(table_rows("holidays.csv")))


def read_holidays(file: Path) -> tuple[SpecialDay, ...]:
    """Return the rows of a file with the columns of the bundled table; ValueError names the line that is none."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, strict=True)
            lacking = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if lacking:
                raise ValueError(f"{file.name} lacks the column {', '.join(lacking)}")
            return tuple(_special_days(reader))
    except (OSError, csv.Error) as error:
        raise ValueError(f"{file.name} cannot be read: {error}") from error


def _special_days(rows: Iterable[Mapping[str, str]]) -> Iterator[SpecialDay]:
    for line, row in enumerate(rows, start=2):
        try:
            yield SpecialDay(
                day=date.fromisoformat(row["date"]),
                kind=DayKind(row["kind"]),
                name_vi=row["name_vi"],
                name_en=row["name_en"],
                basis=Basis(row["basis"]),
            )
        except (TypeError, ValueError) as error:
            raise ValueError(f"line {line}: {error}") from error
