"""WTO document symbols: read, repaired, ordered, printed.

Grammar (G/TBT and G/SPS series): `G/(TBT|SPS)/N/<MEMBER>/<number>` followed by any chain of `/Add.k`, `/Corr.k`,
`/Rev.k`, `/Suppl.k`. A joint notice carries one symbol for each notifying member.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

OWN_MEMBER = "VNM"
"""Viet Nam in a symbol: the only member whose measures do not stand in the way of Viet Nam's exports."""


class Area(StrEnum):
    """The agreement under which a notice was made."""

    TBT = "TBT"
    SPS = "SPS"


class Part(StrEnum):
    """What a link of a symbol's chain adds to the document before it."""

    ADDENDUM = "Add"
    CORRIGENDUM = "Corr"
    REVISION = "Rev"
    SUPPLEMENT = "Suppl"


@dataclass(frozen=True, slots=True, order=True)
class Suffix:
    """One link of the chain, such as `Add.2`."""

    part: Part
    number: int

    def __str__(self) -> str:
        return f"{self.part.value}.{self.number}"


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """One document symbol. Symbols sort by area, member, number and place in the chain."""

    area: Area
    member: str
    number: int
    suffixes: tuple[Suffix, ...] = ()

    def __str__(self) -> str:
        return "/".join(["G", self.area.value, "N", self.member, str(self.number), *map(str, self.suffixes)])

    @property
    def base(self) -> Self:
        """The symbol of the notice that began the measure."""
        return type(self)(self.area, self.member, self.number)

    @property
    def parent(self) -> Self | None:
        """The document that this one adds to, or None for a base notice."""
        if not self.suffixes:
            return None
        return type(self)(self.area, self.member, self.number, self.suffixes[:-1])

    @property
    def ancestors(self) -> tuple[Self, ...]:
        """Every document that this one stands on, nearest first, the base notice last."""
        return tuple(
            type(self)(self.area, self.member, self.number, self.suffixes[:length])
            for length in range(len(self.suffixes) - 1, -1, -1)
        )


@dataclass(frozen=True, slots=True)
class SymbolReading:
    """What was found in a symbol box: symbols in order, what had to be mended, what could not be read."""

    symbols: tuple[Symbol, ...]
    repaired: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


_STRICT = re.compile(r"G/(TBT|SPS)/N/([A-Z]{2,4})/([1-9]\d*)((?:/(?:Add|Corr|Rev|Suppl)\.[1-9]\d*)*)")
_LENIENT = re.compile(
    r"G/?(TBT|SPS)/(?:N/?)?([A-Z]{2,4})/0*([1-9]\d{0,7})((?:/?(?:ADD|CORR|COR|REV|SUPPL|SUPP)\.?0*[1-9]\d{0,7})*)"
)
_SUFFIX = re.compile(r"(ADD|CORR?|REV|SUPPL?)\.?0*([1-9]\d{0,7})")
_SEPARATORS = re.compile(r"[,;\r\n|]+|\band\b|\bet\b|\by\b", re.IGNORECASE)
_JOINED = re.compile(r"(?<=\d)\s+(?=G\s*/\s*(?:TBT|SPS))|(?<=\d)-(?=G\s*/\s*(?:TBT|SPS))", re.IGNORECASE)

# Codes that people print for a member although its symbols carry another (seen in published alerts).
_MISPRINTED_MEMBERS = {
    "PHI": "PHL",
    "TWN": "TPKM",
    "TPE": "TPKM",
    "VIE": "VNM",
    "UAE": "ARE",
    "KSA": "SAU",
    "UK": "GBR",
    "US": "USA",
    "GER": "DEU",
}
_PARTS = {
    "ADD": Part.ADDENDUM,
    "COR": Part.CORRIGENDUM,
    "CORR": Part.CORRIGENDUM,
    "REV": Part.REVISION,
    "SUPP": Part.SUPPLEMENT,
    "SUPPL": Part.SUPPLEMENT,
}


def parse_symbol(text: str) -> Symbol | None:
    """Read one symbol exactly as the WTO prints it; None when it is anything else."""
    match = _STRICT.fullmatch(text)
    if match is None or match[2] in _MISPRINTED_MEMBERS:
        return None
    return _symbol(match, match[4].upper())


def repair_symbol(text: str) -> Symbol | None:
    """Read one symbol, mending what people and forms get wrong; None when no symbol can be made of it.

    Mended: blanks around slashes, case, a missing `/N`, zero padding, `Add1` or `Add. 1` for `Add.1`, and member codes
    that are commonly misprinted (`PHI` for `PHL`).
    """
    squeezed = re.sub(r"[\s\u00a0\u200b\ufeff]+", "", text).upper().replace("\\", "/").rstrip(".*")
    match = _LENIENT.fullmatch(squeezed)
    return None if match is None else _symbol(match, match[4])


def read_symbols(text: str) -> SymbolReading:
    """Read a symbol box, which may hold several symbols joined by commas, semicolons, lines or "and".

    Order is kept and repeats are dropped, so that the first symbol stays the first as notified.
    """
    symbols: dict[Symbol, None] = {}
    repaired: list[str] = []
    unreadable: list[str] = []
    for piece in _SEPARATORS.split(_JOINED.sub(",", text)):
        printed = piece.strip(" \t\u00a0\u200b\ufeff")
        if not printed:
            continue
        symbol = parse_symbol(printed)
        if symbol is None:
            symbol = repair_symbol(printed)
            (unreadable if symbol is None else repaired).append(printed)
        if symbol is not None:
            symbols[symbol] = None
    return SymbolReading(tuple(symbols), tuple(repaired), tuple(unreadable))


def base_symbols(symbols: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Return the sorted, distinct symbols of the notices that began the measures concerned."""
    return tuple(sorted({symbol.base for symbol in symbols}))


def _symbol(match: re.Match[str], chain: str) -> Symbol:
    member = match[2]
    suffixes = tuple(Suffix(_PARTS[part], int(number)) for part, number in _SUFFIX.findall(chain))
    return Symbol(Area(match[1]), _MISPRINTED_MEMBERS.get(member, member), int(match[3]), suffixes)
