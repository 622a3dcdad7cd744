"""HS and ICS codes as sources state them: in boxes, in lists, as ranges and inside sentences.

HS codes leave here as digits only (two to ten of them), ICS codes in the dotted form of the International
Classification for Standards (`67.120.30`). Codes that stand for nothing are left out: HS chapters 00, 77, 98 and 99
(HS has 01 to 97 without 77, so `9901` and `99` are fillers) and ICS field 99.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_CODES = 2_000

_LONGEST_RANGE = 97
_HS_LENGTHS = range(2, 11)
_NO_CHAPTERS = frozenset({"00", "77", "98", "99"})
_NO_FIELDS = frozenset({"00", "99"})
_LIST_PART = r"[0-9][0-9.]*"
_LIST = rf"{_LIST_PART}(?:\s*(?:[,;/&]|-|–|\b(?:to|and|or|y|et|a|à)\b)\s*{_LIST_PART})*"
_LABEL_WORDS = r"(?:\s*(?i:codes?|code\(s\)|headings?|chapters?|numbers?|nos?\.))?\)?\s*[:.]?\s*(?:from\s+)?"
# "S.A." and "SH" alone are a company and a word: they only count after "código" or "code".
_HS_LABEL = r"(?:HS|H\.S\.|(?i:códigos?(?:\(s\))?\s+(?:del?\s+)?)S\.?A\.?|(?i:codes?(?:\(s\))?\s+(?:du\s+)?)S\.?H\.?)"
_HS_IN_TEXT = re.compile(rf"(?<![\w./]){_HS_LABEL}{_LABEL_WORDS}({_LIST})")
_ICS_IN_TEXT = re.compile(rf"(?<![\w./])ICS{_LABEL_WORDS}({_LIST})")
_RANGE = re.compile(rf"({_LIST_PART})\s*(?:-|–|\bto\b|\ba\b|\bà\b)\s*({_LIST_PART})")
_ONLY_CODES = re.compile(_LIST)
_ICS_CODE = re.compile(r"([0-9]{2})(\.[0-9]{3})?(\.[0-9]{2})?")
_NAMED = re.compile(r"[0-9][0-9.]*\s+[-–]\s")
_NAMED_BREAK = re.compile(r"[;\n]\s*(?=[0-9][0-9.]*\s+[-–]\s)")
_PLAIN_BREAK = re.compile(r"[;,|\n]+")
_NATIONAL_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Code:
    """One code as a box states it, with the name of the nomenclature when the box gives that too."""

    code: str
    name: str = ""


def read_code_box(text: str) -> tuple[Code, ...]:
    """Read a code box: `8517 - Telephone sets; 842490 - Parts`, `65.020, 65.100`, `50-63`."""
    named = _NAMED.match(text.strip()) is not None
    pieces = _NAMED_BREAK.split(text) if named else _PLAIN_BREAK.split(text)
    return tuple(filter(None, (_code(piece.strip(), named=named) for piece in pieces)))


def _code(piece: str, *, named: bool) -> Code | None:
    if not piece:
        return None
    code, _, name = re.sub(r"\s[–-]\s", "\0", piece, count=1).partition("\0") if named else (piece, "", "")
    return Code(code.strip(), name.strip(" -–"))


def hs_codes(stated: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the HS codes in a canonical order, and what was stated but is no HS code.

    Ranges of chapters (`50-63`) and of headings of one chapter (`0504-0511`) are written out. Fillers are dropped
    without a word.
    """
    found: set[str] = set()
    odd: list[str] = []
    for text in stated:
        digits = _expanded(text)
        found.update(code for code in digits if code[:2] not in _NO_CHAPTERS)
        if not digits and text.strip():
            odd.append(text)
    return tuple(sorted(found)), tuple(dict.fromkeys(odd))


def ics_codes(stated: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ICS codes in a canonical order, and what was stated but is no ICS code."""
    found: set[str] = set()
    odd: list[str] = []
    for text in stated:
        match = _ICS_CODE.fullmatch(text.strip().rstrip("."))
        if match is None and text.strip():
            odd.append(text)
        elif match is not None and match[1] not in _NO_FIELDS:
            found.add(match[1] + (match[2] or "") + ((match[3] or "").replace(".00", "") if match[2] else ""))
    return tuple(sorted(found)), tuple(dict.fromkeys(odd))


def codes_in_text(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what a text states as HS and as ICS codes (`HS8517`, `HS code: 120991`, `ICS 33.170`), unchecked.

    A text that is nothing but codes (`8543.70.90.00`) is read by their shape.
    """
    bare = text.strip(" .;,\n")
    if _ONLY_CODES.fullmatch(bare):
        pieces = tuple(re.split(r"[\s,;]+", bare))
        if all(re.fullmatch(r"[0-9]{2}\.[0-9]{3}(\.[0-9]{2})?", piece) for piece in pieces):
            return (), pieces
        return tuple(piece for piece in pieces if len(_digits(piece)) > 3), ()  # noqa: PLR2004 - a heading has four
    hs = tuple(piece for match in _HS_IN_TEXT.finditer(text) for piece in _listed(match[1]))
    ics = tuple(piece for match in _ICS_IN_TEXT.finditer(text) for piece in _listed(match[1]))
    return hs, ics


def _listed(text: str) -> list[str]:
    joined = _RANGE.sub(lambda ends: f"{ends[1]}-{ends[2]}", text)
    return [piece.strip(".") for piece in re.split(r"[^0-9.\-]+", joined) if piece.strip(".")]


def _digits(code: str) -> str:
    return re.sub(r"[.\s]", "", code)[:_NATIONAL_DIGITS]


def _expanded(text: str) -> list[str]:
    ends = re.fullmatch(rf"\s*({_LIST_PART})\s*[-–]\s*({_LIST_PART})\s*", text)
    if ends is None:
        digits = _digits(text)
        return [digits] if digits.isascii() and digits.isdecimal() and len(digits) in _HS_LENGTHS else []
    first, last = _digits(ends[1]), _digits(ends[2])
    if len(first) == len(last) and (len(first) == 2 or (len(first) == 4 and first[:2] == last[:2])):  # noqa: PLR2004 - chapters have two digits, headings four
        numbers = range(int(first), min(int(last), int(first) + _LONGEST_RANGE) + 1)
        return [f"{number:0{len(first)}d}" for number in numbers]
    return [code for code in (first, last) if len(code) in _HS_LENGTHS]
