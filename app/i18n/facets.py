"""What the values that are read out of notices are called, and which value somebody means.

Measure types, agreements, the two sides of origin, who is affected and importance are closed lists. Standards and
substances are open: any can be asked for, and a known substance goes by all its names.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from app.i18n.tables import table_rows

OPEN_FACETS = frozenset({"standard", "substance"})

_STANDARD = "standard"
_SUBSTANCE = "substance"
_AGREEMENT = "agreement"
_SHORT = re.compile(r".*\(([^()]+)\)")
_YEAR = re.compile(r"(?:\s*:\s*|\s+-\s+)(?:19|20)\d{2}$")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet, with its names."""

    id: str
    name_vi: str
    name_en: str
    others: tuple[str, ...] = ()


def facet_values(facet: str) -> Sequence[FacetValue]:
    """Return the known values of a facet in the order of its table; standards are too many to be listed."""
    return _values().get(facet, ())


def value_name(facet: str, value: str, language: str) -> str:
    """Return the name of a value in `vi` or `en`; one that has none, such as a standard, stands for itself."""
    known = _by_id().get((facet, value))
    if known is None:
        return value
    return known.name_vi if language == "vi" else known.name_en


def short_name(facet: str, value: str, language: str) -> str:
    """Return the name of a value for a line that has little room: an agreement's letters, which stand in brackets."""
    name = value_name(facet, value, language)
    letters = _SHORT.fullmatch(name) if facet == _AGREEMENT else None
    return name if letters is None else letters[1]


def is_listed(facet: str, value: str) -> bool:
    """Whether a value is one of our own tables, rather than words that somebody typed."""
    return (facet, value) in _by_id()


def value_of_name(facet: str, name: str) -> str | None:
    """Return the value that somebody means by an id, a name or a CAS number, whatever its case.

    An open facet takes any name, a standard in the form in which it is cited; None for what a closed one lacks.
    """
    tidy = _tidy(name)
    if not tidy.isprintable() or not any(map(str.isalnum, tidy)):
        return None
    known = _by_name().get((facet, tidy.replace("_", "-")))
    if known is not None or facet not in OPEN_FACETS:
        return known
    return standard_cited(name) if facet == _STANDARD else tidy


def standard_cited(name: str) -> str:
    """Return the usual form of a standard's name: capitals, single blanks, without the year of its edition."""
    return _YEAR.sub("", _BLANKS.sub(" ", unicodedata.normalize("NFC", name)).strip()).upper()


def _tidy(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _apart(names: str) -> tuple[str, ...]:
    return tuple(name for name in map(str.strip, names.split(";")) if name)


@cache
def _values() -> dict[str, tuple[FacetValue, ...]]:
    found: dict[str, list[FacetValue]] = {}
    for row in table_rows("facets.csv"):
        others = _apart(row["others"])
        found.setdefault(row["facet"], []).append(FacetValue(row["id"], row["vi"], row["en"], others))
    # An agreement has a line for each day on which it came into force with some of its members.
    agreements = {
        row["id"]: FacetValue(row["id"], row["name_vi"], row["name_en"]) for row in table_rows("agreements.csv")
    }
    found[_AGREEMENT] = list(agreements.values())
    for row in table_rows("substances.csv"):
        others = (*filter(None, (row["name_fr"], row["name_es"], row["cas"])), *_apart(row["aliases"]))
        name = FacetValue(row["id"], row["name_vi"] or row["name_en"], row["name_en"], others)
        found.setdefault(_SUBSTANCE, []).append(name)
    return {facet: tuple(values) for facet, values in found.items()}


@cache
def _by_id() -> dict[tuple[str, str], FacetValue]:
    return {(facet, value.id): value for facet, values in _values().items() for value in values}


@cache
def _by_name() -> dict[tuple[str, str], str]:
    return {
        (facet, _tidy(name).replace("_", "-")): value.id
        for facet, values in _values().items()
        for value in values
        for name in (value.id, value.name_vi, value.name_en, *value.others)
    }
