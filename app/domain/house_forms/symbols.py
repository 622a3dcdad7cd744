"""Symbols as people print them: what is malformed, which member code does not exist, and what the WTO would print."""

import re
from collections.abc import Iterator

from app.domain.house_forms.findings import Finding, HouseTables, Rule, Text
from app.domain.symbols import parse_symbol, repair_symbol

_B = r"[ \t\u00a0]*"
PRINTED_SYMBOL = re.compile(
    rf"\bG{_B}/{_B}(?:TBT|SPS){_B}/{_B}(?:N{_B}/{_B})?[A-Z]{{2,4}}{_B}/{_B}\d{{1,8}}"
    rf"(?:{_B}/{_B}(?:Add|Corr?|Rev|Suppl?){_B}\.?{_B}\d{{1,4}})*(?!\w)",
    re.IGNORECASE,
)
"""Whatever looks like a symbol in a running text, well printed or not."""
_EQUIVALENCE = "EQV"
"""The series of notifications of equivalence, whose code is no member's."""


def check_symbols(text: Text, tables: HouseTables) -> Iterator[Finding]:
    """Find each symbol that is not printed as the WTO prints it, or that names no member."""
    for found in PRINTED_SYMBOL.finditer(text.text):
        printed = found[0]
        if _in_address(text.text, found.start()):
            continue
        mended = repair_symbol(printed)
        if mended is None:
            yield Finding(text.field, found.start(), Rule.SYMBOL, printed)
        elif mended.member not in tables.codes and mended.member != _EQUIVALENCE:
            yield Finding(text.field, found.start(), Rule.MEMBER_CODE, printed, about=mended.member)
        elif parse_symbol(printed) is None:
            misprinted = f"/{mended.member}/" not in re.sub(r"\s", "", printed).upper()
            rule = Rule.MEMBER_CODE if misprinted else Rule.SYMBOL
            yield Finding(text.field, found.start(), rule, printed, str(mended))


def _in_address(text: str, start: int) -> bool:
    """Whether a match is part of a link, whose path follows rules of its own."""
    words = text[:start].split()
    return bool(words) and not text[start - 1 : start].isspace() and "://" in words[-1]
