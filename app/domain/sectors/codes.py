"""Codes of goods as notices state them: read from their boxes and from the text, and looked up in the taxonomy.

HS codes (World Customs Organization) come as chapters, headings, subheadings and national lines of eight or ten digits;
ICS codes (ISO) as field, group and subgroup. Both are prefix codes: without their dots, a code stands for all that
begin with it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from app.domain.notices import Content
from app.domain.taxonomy import CodeRules, Sector

_HS_CHAPTERS = frozenset(f"{chapter:02}" for chapter in range(1, 98) if chapter != 77)  # noqa: PLR2004 - kept free
_ICS_FIELDS = re.compile(r"0[137]|1[1379]|2[13579]|3[13579]|4[3579]|5[359]|6[157]|7[13579]|8[1357]|9[1357]")
_LONGEST_HS = 10
_ICS_LENGTHS = (2, 5, 7)
_CHAPTER = 2
_WIDEST_RANGE = 100

_CODE = r"\d[\d.]*\d"
_MAY_HOLD_CODES = re.compile(r"HS|SH|SA|NCM|NAN|HTS|ICS|ariff|aranc|^\s*\d")
_RANGE = re.compile(rf"({_CODE})(?:\s*(?:[-–]|to|à|al|a|đến)\s*({_CODE}))?")
# A list of codes after its marker. Every repeat begins with a character that the one before cannot hold.
_LIST = rf"(?:from\s+|de\s+|từ\s+)?{_CODE}(?:\s*(?:[-–,;/]|to|and|à|et|al|a|y|đến|và)\s*{_CODE})*"
_MARKER = (
    r"(?:\b(?:HS|SH|NCM|NANDINA|AHTN|HTSUS|HTS)(?:\s*[Cc]ode(?:s|\(s\))?|\s+[Cc]hapters?|\s+headings?)?"
    r"|\b[Cc](?:ode|ódigo)s?(?:\(s\))?\s+(?:du\s+|del\s+)?(?:SH|SA)"
    r"|\b[Tt]ariff\s+(?:code|heading|line|item)s?|\b[Pp]artidas?\s+arancelarias?"
    r"|\b[Ff]racci(?:ón|ones)\s+arancelarias?|\b[Mm]ã\s+(?:số\s+)?HS)"
)
_MARKED_HS = re.compile(rf"{_MARKER}\s*[:.]?\s*({_LIST})")
_MARKED_ICS = re.compile(
    rf"(?:\bICS(?:\s*[Cc]ode(?:s|\(s\))?)?|\bC(?:ode|ódigo)\(s\)\s+(?:de la\s+)?ICS)\s*[:.]?\s*({_LIST})"
)
_NOTHING_BUT_CODES = re.compile(rf"\s*{_LIST}\s*")


class Nomenclature(StrEnum):
    """The two systems that notices name goods by; the value is the field of a notice that holds its codes."""

    HS = "hs"
    ICS = "ics"


@dataclass(frozen=True, slots=True)
class StatedCode:
    """A code that a notice states, as digits, and where it states it; `inherited_from` as in evidence."""

    nomenclature: Nomenclature
    digits: str
    field: str
    start: int
    end: int
    quote: str
    inherited_from: str = ""


def read_box(nomenclature: Nomenclature, codes: Sequence[str], inherited_from: str = "") -> Iterator[StatedCode]:
    """Yield the codes of a notice's own box; offsets are into the codes joined by ", "."""
    yield from _read_list(nomenclature, ", ".join(codes), nomenclature.value, 0, inherited_from)


def read_text(field: str, text: str, inherited_from: str = "") -> Iterator[StatedCode]:
    """Yield the codes that a text names with their nomenclature ("HS8517", "(HS code(s): 0408; 0506)").

    A products box of nothing but digits is a list of HS codes, or of ICS codes where it is written as those are.
    """
    if not _MAY_HOLD_CODES.search(text):
        return
    if field == "products" and _NOTHING_BUT_CODES.fullmatch(text):
        dotted = all(re.fullmatch(r"\d{2}(\.\d{3}(\.\d{2})?)?", match[0]) for match in re.finditer(_CODE, text))
        only = Nomenclature.ICS if dotted and "." in text else Nomenclature.HS
        yield from _read_list(only, text, field, 0, inherited_from)
        return
    for nomenclature, marked in ((Nomenclature.HS, _MARKED_HS), (Nomenclature.ICS, _MARKED_ICS)):
        for match in marked.finditer(text):
            yield from _read_list(nomenclature, match[1], field, match.start(1), inherited_from)


def without_codes(content: Content) -> Content:
    """Return the same notice with every code taken out: the boxes emptied, and the lists in its texts cut."""
    return replace(
        content,
        hs=(),
        ics=(),
        titles=tuple((language, _cut(title)) for language, title in content.titles),
        products="" if _NOTHING_BUT_CODES.fullmatch(content.products) else _cut(content.products),
        description=_cut(content.description),
    )


def normal_code(nomenclature: Nomenclature, code: str) -> str | None:
    """Return a code as digits, cut to the length that the nomenclature knows; None for what is no code of it."""
    digits = code.replace(".", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) < _CHAPTER:
        return None
    if nomenclature is Nomenclature.HS:
        return digits[:_LONGEST_HS] if digits[:2] in _HS_CHAPTERS else None
    return digits if _ICS_FIELDS.match(digits) and len(digits) in _ICS_LENGTHS else None


@dataclass(frozen=True, slots=True)
class Owners:
    """The sectors of a stated code, found by its decisive `prefix`.

    `primary` own it, `related` are touched by it, `parts` own some of a stated chapter, `denied` are told that it is
    not theirs although it looks so.
    """

    primary: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    prefix: str = ""


class CodeIndex:
    """The taxonomy's codes of one nomenclature, looked up by the longest that fits."""

    def __init__(self, nomenclature: Nomenclature, sectors: Sequence[Sector], filler: Iterable[str]) -> None:
        self._nomenclature = nomenclature
        self._parents = {sector.id: sector.parent for sector in sectors}
        self._filler = frozenset(code.replace(".", "") for code in filler)
        self._rules: dict[str, dict[str, set[str]]] = {"primary": {}, "related": {}, "never": {}}
        self._remembered = lru_cache(maxsize=16_384)(self._look_up)
        for sector in sectors:
            rules: CodeRules = getattr(sector, nomenclature.value)
            for kind, filed in self._rules.items():
                for code in getattr(rules, kind):
                    for prefix in prefixes_of(nomenclature, code):
                        filed.setdefault(prefix, set()).add(sector.id)

    def owners(self, digits: str) -> Owners:
        """Return the sectors that a stated code belongs to; nobody owns filler."""
        return self._remembered(digits)

    def _look_up(self, digits: str) -> Owners:
        if digits in self._filler:
            return Owners()
        primary: set[str] = set()
        related: set[str] = set()
        never: set[str] = set()
        decisive = ""
        for length in range(len(digits), _CHAPTER - 1, -1):
            prefix = digits[:length]
            never |= self._rules["never"].get(prefix, set())
            if not primary:
                primary = self._rules["primary"].get(prefix, set()) - never
                decisive = prefix if primary else ""
            related |= self._rules["related"].get(prefix, set()) - never
        primary -= {self._parents[child] for child in primary}
        parts = self._parts_of(digits, primary) if self._nomenclature is Nomenclature.HS else set()
        return Owners(
            primary=tuple(sorted(primary)),
            related=tuple(sorted(related - primary - parts)),
            parts=tuple(sorted(parts)),
            denied=tuple(sorted(never)),
            prefix=decisive,
        )

    def _parts_of(self, digits: str, primary: set[str]) -> set[str]:
        """Return the children of the sector that owns a stated chapter, each of which owns some of its headings."""
        return {
            sector
            for prefix, sectors in self._rules["primary"].items()
            if len(prefix) > len(digits) and prefix.startswith(digits)
            for sector in sectors
            if self._parents[sector] in primary
        }


def prefixes_of(nomenclature: Nomenclature, code: str) -> tuple[str, ...]:
    """Return the prefixes that a code or a range of the taxonomy stands for; ValueError for what is neither."""
    ends = [normal_code(nomenclature, end.strip()) for end in code.split("-", maxsplit=1)]
    first, last = ends[0], ends[-1]
    codes = _between(first, last) if first and last else None
    if codes is None:
        raise ValueError(f"{code!r} is no {nomenclature.name} code")
    return codes


def _read_list(
    nomenclature: Nomenclature, text: str, field: str, offset: int, inherited_from: str
) -> Iterator[StatedCode]:
    """Yield the codes of a list; a range that runs backwards or too far stands for its two ends."""
    for match in _RANGE.finditer(text):
        ends = [known for code in match.groups() if code and (known := normal_code(nomenclature, code))]
        if ends:
            for digits in _between(ends[0], ends[-1]) or ends:
                start, end = match.start() + offset, match.end() + offset
                yield StatedCode(nomenclature, digits, field, start, end, match[0], inherited_from)


def _between(first: str, last: str) -> tuple[str, ...] | None:
    """Return the codes from the first to the last, None where they make no range."""
    if len(first) != len(last) or not 0 <= int(last) - int(first) <= _WIDEST_RANGE:
        return None
    return tuple(str(number).zfill(len(first)) for number in range(int(first), int(last) + 1))


def _cut(text: str) -> str:
    pasted = re.sub(rf"\((?:{_MARKED_HS.pattern}|{_MARKED_ICS.pattern})\s*\)", "", text)
    return _MARKED_ICS.sub("", _MARKED_HS.sub("", pasted)).strip()
