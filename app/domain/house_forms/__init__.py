"""The validators of everything that leaves the house: each finding says where, what, and what should stand there."""

from collections.abc import Iterator

from app.domain.house_forms.dates import check_calls, check_dates, check_order, check_periods
from app.domain.house_forms.encodings import check_encoding, unicode_of
from app.domain.house_forms.findings import Finding, HouseTables, Rule, Text, corrected
from app.domain.house_forms.links import check_links
from app.domain.house_forms.notices import check_notice
from app.domain.house_forms.spelling import check_spelling, respelled
from app.domain.house_forms.symbols import check_symbols

__all__ = [
    "Finding",
    "HouseTables",
    "Rule",
    "Text",
    "check_notice",
    "check_text",
    "corrected",
    "respelled",
    "unicode_of",
]


def check_text(text: Text, tables: HouseTables) -> tuple[Finding, ...]:
    """Return every fault of a text, in its order; lines in a legacy encoding are judged once they are Unicode."""
    legacy = tuple(check_encoding(text))
    lines = [(one.start, one.end) for one in legacy]
    found = [one for one in _unicode(text, tables) if not any(start <= one.start < end for start, end in lines)]
    return tuple(sorted([*legacy, *found], key=lambda one: (one.start, one.rule)))


def _unicode(text: Text, tables: HouseTables) -> Iterator[Finding]:
    yield from check_symbols(text, tables)
    yield from check_dates(text)
    yield from check_order(text)
    yield from check_calls(text)
    yield from check_periods(text)
    yield from check_links(text, tables)
    yield from check_spelling(text, tables)
