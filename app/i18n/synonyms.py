"""Names for one thing in English and Vietnamese, from the house's own tables, for search."""

import re
from functools import cache

from app.i18n.tables import table_rows

Names = tuple[tuple[str, ...], tuple[str, ...]]
"""English names and Vietnamese names for one thing."""

_KINDS = {"term", "keyword"}
_BRACKETS = re.compile(r"\s*\(([^)]*)\)")
_ABBREVIATION = re.compile(r"[A-Z][A-Za-z]*[A-Z]s?")


@cache
def synonyms() -> tuple[Names, ...]:
    """Return the names of goods, the terms of the glossary and the chapters of the Harmonized System, row by row."""
    goods = [(_alternatives(row["en"]), _alternatives(row["vi"])) for row in table_rows("synonyms.csv")]
    terms = [
        (_alternatives(row["en"]), _alternatives(row["vi"]))
        for row in table_rows("glossary.csv")
        if row["kind"] in _KINDS and "…" not in row["vi"]
    ]
    chapters = [((row["name_en"],), (row["name_vi"],)) for row in table_rows("hs_names.csv")]
    return (*goods, *terms, *chapters)


def _alternatives(cell: str) -> tuple[str, ...]:
    """Return the names that a cell holds, `one / other (ABBREVIATION)`; other remarks in brackets are left out."""
    names: list[str] = []
    for one in cell.split(" / "):
        names.append(_BRACKETS.sub("", one).strip())
        names += [remark for remark in _BRACKETS.findall(one) if _ABBREVIATION.fullmatch(remark)]
    return tuple(filter(None, names))
