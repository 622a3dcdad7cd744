"""The project's own tables of words: comma-separated files in `app/data`, UTF-8, with a header row."""

import csv
from importlib.resources import files


def table_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one table, such as `members.csv`, by column name."""
    text = files("app").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
