"""Symbols as people print them: what is malformed, which member code does not exist, and what the WTO would print."""

import re
from collections.abc import Iterator

from app.domain.house_forms.findings import Finding, HouseTables, Rule, Text
from app.domain.symbols import Symbol, parse_symbol, repair_symbol

_B = r"[ \t\u00a0\u200b]*"
_S = rf"{_B}[/\\／∕⁄|.–-]+{_B}"
_BETWEEN = rf"(?:{_S}|{_B})"
_PART = r"(?:Add(?:endum)?|Corr?(?:igendum)?|Rev(?:ision)?|Suppl?(?:ement)?)"
_CHAIN = rf"(?P<chain>(?:{_BETWEEN}{_PART}{_B}[.-]?{_B}\d{{1,4}})*)(?!\w)"
_WHOLE = rf"\bG{_S}(?P<area>TBT|SPS|TTB|BTT|SSP|PSS){_BETWEEN}(?P<series>[NMH](?:{_S}|[ \t\u00a0]))?"
_NO_HEAD = rf"(?<![\w/\\／∕⁄|.–-])(?P<area>TBT|SPS){_S}(?P<series>N){_S}"
_NUMBER = rf"(?P<member>[A-Z]{{2,5}})(?:{_S}N)?(?:{_S}|[ \t\u00a0])(?P<number>\d{{1,8}}){_CHAIN}"
PRINTED_SYMBOL = re.compile(_WHOLE + _NUMBER, re.IGNORECASE)
"""Whatever looks like a whole symbol in a running text, well printed or not."""
_PRINTED = (PRINTED_SYMBOL, re.compile(_NO_HEAD + _NUMBER, re.IGNORECASE))
_AREAS = {"TTB": "TBT", "BTT": "TBT", "SSP": "SPS", "PSS": "SPS"}
_EQUIVALENCE = "EQV"
"""The series of notifications of equivalence, whose code is no member's."""
_OTHER_SERIES = {"GEN", "CS", "INF", "ENQ", "TR", "SPEC"}
"""Documents of the committees, which are no notifications."""
_OTHER_CODES = {
    "EEC": "EU",
    "EC": "EU",
    "TAI": "TPKM",
    "TPK": "TPKM",
    "JAP": "JPN",
    "ROK": "KOR",
    "SNG": "SGP",
    "PRC": "CHN",
}
"""Codes of former days and of other lists, which are near to none of ours."""


def check_symbols(text: Text, tables: HouseTables) -> Iterator[Finding]:
    """Find each symbol that is not printed as the WTO prints it, or that names no member."""
    end = -1
    found_all = [found for pattern in _PRINTED for found in pattern.finditer(text.text)]
    for found in sorted(found_all, key=lambda one: one.start()):
        if found.start() >= end and not _in_address(text.text, found.start()) and not _is_of_a_committee(found):
            yield from _judged(text, tables, found)
            end = found.end()


def _judged(text: Text, tables: HouseTables, found: re.Match[str]) -> Iterator[Finding]:
    printed, mended = found[0], _mended(found)
    if mended is None:
        yield Finding(text.field, found.start(), Rule.SYMBOL, printed)
    elif mended.member not in tables.codes and mended.member != _EQUIVALENCE:
        meant = _meant(mended.member, tables.codes)
        proposal = str(Symbol(mended.area, meant, mended.number, mended.suffixes)) if meant else ""
        yield Finding(text.field, found.start(), Rule.MEMBER_CODE, printed, proposal, about=mended.member)
    elif parse_symbol(printed) is None:
        misprinted = mended.member != found["member"].upper()
        rule = Rule.MEMBER_CODE if misprinted else Rule.SYMBOL
        yield Finding(text.field, found.start(), rule, printed, str(mended))


def _mended(found: re.Match[str]) -> Symbol | None:
    area = found["area"].upper()
    chain = re.sub(
        r"(?i)(add|corr?|rev|suppl?)[a-z]*[^a-z0-9]*(\d+)", r"/\1.\2", re.sub(r"[^\w.-]", "", found["chain"])
    )
    return repair_symbol(f"G/{_AREAS.get(area, area)}/N/{found['member']}/{found['number']}{chain}")


def _is_of_a_committee(found: re.Match[str]) -> bool:
    return found["series"] is None and found["member"].upper() in _OTHER_SERIES


def _meant(code: str, codes: frozenset[str]) -> str:
    """Return the only member whose code differs by one letter that was changed, left out, added or exchanged; else nothing."""
    near = [one for one in codes if _is_near(code, one)]
    return _OTHER_CODES.get(code, near[0] if len(near) == 1 else "")


def _is_near(one: str, other: str) -> bool:
    if sorted(one) == sorted(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == len("ab")
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    short, long = sorted((one, other), key=len)
    return any(long[:at] + long[at + 1 :] == short for at in range(len(long)))


def _in_address(text: str, start: int) -> bool:
    """Whether a match is part of a link, whose path follows rules of its own."""
    words = text[:start].split()
    return bool(words) and not text[start - 1 : start].isspace() and "://" in words[-1]
