"""What a translation must have kept of its original: symbols, links, dates, numbers and their units.

These can be compared whatever the languages are. A slip is a hint for the person who reads both, not a verdict: words
that stand for numbers excuse, and a number that can be read in two ways counts in both.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from app.domain.house_forms.symbols import PRINTED_SYMBOL
from app.domain.symbols import repair_symbol

Reading = tuple[object, ...]


class Trait(StrEnum):
    """What sort of thing is compared."""

    SYMBOL = "symbol"
    LINK = "link"
    DATE = "date"
    QUANTITY = "quantity"
    NUMBER = "number"


class Fate(StrEnum):
    """What became of it."""

    LOST = "lost"
    INVENTED = "invented"


@dataclass(frozen=True, slots=True)
class Slip:
    """Something of the original that the translation lacks, or the other way round; `printed` as it stands there."""

    fate: Fate
    trait: Trait
    printed: str


@dataclass(frozen=True, slots=True)
class _Mention:
    """One thing that a text mentions, and all that it may mean."""

    trait: Trait
    printed: str
    readings: frozenset[Reading]


@dataclass(frozen=True, slots=True)
class _Reader:
    """How one sort of thing is found, and what it may mean; `read` is told whether the day stands first in figures."""

    trait: Trait
    pattern: re.Pattern[str]
    read: Callable[[re.Match[str], bool], Iterable[Reading]]


def slips(original: str, vietnamese: str) -> tuple[Slip, ...]:
    """Return what a Vietnamese text lost of its original and what it has that the original has not, each once.

    The original may be English, French or Spanish. A date in figures may be read either way round there; in Vietnamese
    the day stands first.
    """
    asked, given = _mentions(original, day_first=False), _mentions(vietnamese, day_first=True)
    said = _all(given) | _spelt(vietnamese, _VIETNAMESE_WORDS)
    known = _all(asked) | _spelt(original, _WORDS)
    lost = (Slip(Fate.LOST, one.trait, one.printed) for one in asked if not one.readings & said)
    invented = (Slip(Fate.INVENTED, one.trait, one.printed) for one in given if not _bare(one) & known)
    return tuple(dict.fromkeys([*lost, *invented]))


def _all(mentions: Iterable[_Mention]) -> frozenset[Reading]:
    """Return all that mentions may mean; a quantity answers for its bare number too."""
    return frozenset(reading for one in mentions for reading in (*one.readings, *_bare(one)))


def _bare(mention: _Mention) -> frozenset[Reading]:
    """Return what a mention must answer to: a quantity its number alone, for the other side may spell the unit out."""
    if mention.trait is not Trait.QUANTITY:
        return mention.readings
    return frozenset(("number", value) for _, value, _ in mention.readings)


def _mentions(text: str, *, day_first: bool) -> list[_Mention]:
    """Return what a text mentions; what was read as one thing is not read again as another."""
    found: list[_Mention] = []
    for reader in _READERS:
        text, taken = _taken(text, reader, day_first=day_first)
        found += taken
    return found


def _taken(text: str, reader: _Reader, *, day_first: bool) -> tuple[str, list[_Mention]]:
    """Return a text with blanks in the place of what a reader could read, and that."""
    mentions: list[_Mention] = []
    rest, end = [], 0
    for found in reader.pattern.finditer(text):
        if readings := frozenset(reader.read(found, day_first)):
            mentions.append(_Mention(reader.trait, _BEFORE_A_DATE.sub("", found[0].strip(), count=1), readings))
            rest += [text[end : found.start()], " " * len(found[0])]
            end = found.end()
    return "".join([*rest, text[end:]]), mentions


_BEFORE_A_DATE = re.compile(r"^ngày\s+", re.IGNORECASE)
_WORDS: Final = {
    word: value
    for value, words in {
        2: "two deux dos",
        3: "three trois tres",
        4: "four quatre cuatro",
        5: "five cinq cinco",
        6: "six seis",
        7: "seven sept siete",
        8: "eight huit ocho",
        9: "nine neuf nueve",
        10: "ten dix diez",
        11: "eleven onze once",
        12: "twelve douze doce",
        15: "fifteen quinze quince",
        20: "twenty vingt veinte",
        30: "thirty trente treinta",
        60: "sixty soixante sesenta",
        90: "ninety noventa",
        100: "hundred cent cien",
    }.items()
    for word in words.split()
}
_VIETNAMESE_WORDS: Final = {"hai": 2, "ba": 3, "bốn": 4, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9, "mười": 10}
"""Without `một`, which is an article too, and `năm`, which is a year too."""
_WORD = re.compile(r"[^\W\d_]+")


def _spelt(text: str, words: Mapping[str, int]) -> frozenset[Reading]:
    """Return the numbers that a text has as words; they excuse, but nobody has to answer for them."""
    found = {words[word] for word in map(str.casefold, _WORD.findall(text)) if word in words}
    return frozenset(("number", Decimal(value)) for value in found)


_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            "january jan janvier enero",
            "february feb février fevrier febrero",
            "march mar mars marzo",
            "april apr avril abril",
            "may mai mayo",
            "june jun juin junio",
            "july jul juillet julio",
            "august aug août aout agosto",
            "september sept sep septembre septiembre setiembre",
            "october oct octobre octubre",
            "november nov novembre noviembre",
            "december dec décembre decembre diciembre",
        ),
        start=1,
    )
    for name in names.split()
}
_VIETNAMESE_MONTHS: Final = {
    "giêng": 1,
    "một": 1,
    "hai": 2,
    "ba": 3,
    "tư": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
    "mười một": 11,
    "mười hai": 12,
    "mười": 10,
}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_VIETNAMESE_MONTH = rf"tháng\s+(?P<month>\d{{1,2}}|{'|'.join(_VIETNAMESE_MONTHS)})\b"
_DAY = r"(?<![\d.,/-])(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_OF = r"\s+(?:of\s+|del?\s+)?"
_DATES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_DAY}{_OF}{_MONTH},?{_OF}{_YEAR}",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}",
        rf"(?:\bngày\s+)?{_DAY}\s+{_VIETNAMESE_MONTH}(?:\s*[,/]\s*|\s+năm\s+|\s+){_YEAR}",
        r"(?<![\d./-])(?P<year>(?:19|20)\d\d)-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?![\d-])",
        rf"(?:\bngày\s+)?(?<![\d./-])(?P<day>\d{{1,2}})(?P<sign>[/.-])(?P<month>\d{{1,2}})(?P=sign){_YEAR}",
        rf"\b{_MONTH},?{_OF}{_YEAR}",
        rf"\b{_VIETNAMESE_MONTH}(?:\s*[,/]\s*|\s+năm\s+|\s+){_YEAR}",
        rf"(?<![\d./-])(?P<month>0?[1-9]|1[0-2])/{_YEAR}",
        rf"{_DAY}{_OF}{_MONTH}(?!\w)",
        rf"\b{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d.,/]*\d)",
        rf"\bngày\s+(?P<day>\d{{1,2}})\s+{_VIETNAMESE_MONTH}",
        r"\bngày\s+(?P<day>\d{1,2})/(?P<month>\d{1,2})(?![/\d])",
    )
)
"""Whole dates first, then those that lack the day or the year."""
_ANY_YEAR: Final = 2000
"""A leap year, for dates that name none."""


def _read_date(found: re.Match[str], day_first: bool) -> Iterator[Reading]:  # noqa: FBT001 - every reader is told it
    parts = found.groupdict()
    month = _month(parts["month"])
    if "day" not in parts:
        if 1 <= month <= 12:  # noqa: PLR2004 - the months of a year
            yield "month", int(parts["year"]), month
        return
    day = int(parts["day"])
    turned = [(month, day)] if "sign" in parts and not day_first else []
    for one, other in [(day, month), *turned]:
        if _exists(int(parts.get("year") or _ANY_YEAR), other, one):
            yield "date", parts.get("year"), other, one


def _month(printed: str) -> int:
    name = " ".join(printed.casefold().split())
    return int(name) if name.isdecimal() else _MONTHS.get(name) or _VIETNAMESE_MONTHS[name]


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


_UNITS: Final = {
    form: unit
    for unit, forms in {
        "%": "% percent per\u00a0cent phần\u00a0trăm",
        "°C": "°C ºC độ\u00a0C",
        "°F": "°F ºF độ\u00a0F",
        "kg": "kg kilograms kilogram kilogrammes kilogramme kilôgam kilogam ki-lô-gam",
        "g": "g grams gram grammes gramme gam",
        "mg": "mg milligrams milligram miligam",
        "ug": "µg μg ug mcg micrograms microgram",
        "ng": "ng",
        "l": "l L litres litre liters liter lít",
        "ml": "ml mL millilitres milliliters mililít",
        "km": "km kilometres kilometre kilometers",
        "m": "m metres metre meters meter mét",
        "cm": "cm centimetres centimetre centimeters",
        "mm": "mm millimetres millimetre millimeters",
        "um": "µm μm um",
        "m2": "m² m2",
        "cm2": "cm² cm2",
        "m3": "m³ m3",
        "cm3": "cm³ cm3",
    }.items()
    for form in (one.replace("\u00a0", " ") for one in forms.split(" "))
} | {one: one for one in re.findall(r"\w+", "ppm ppb Bq V mV kV W mW kW MW kWh Hz kHz MHz GHz dB Pa kPa MPa bar h mol")}
"""Units as texts print them; words of both languages, so that grams are not taken for kilograms."""
_UNIT = "|".join(re.escape(one) for one in sorted(_UNITS, key=len, reverse=True))
_AMOUNT = r"\d+(?:[.,\u00a0\u202f\u2009]\d+)*"
_GROUPED = re.compile(r"\d{1,3}(?:[\u00a0\u202f\u2009]\d{3})+(?:[.,]\d+)?")
_WITH_POINT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_WITH_COMMA = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")
_SHORTEST_CODE: Final = 4
"""Digits of a code that may begin with a nought, such as the heading 0402."""


def _read_quantity(found: re.Match[str], _day_first: bool) -> Iterator[Reading]:  # noqa: FBT001 - as every reader
    unit = "/".join(_UNITS[one] for one in found["unit"].split("/"))
    for value in _amounts(found["amount"]):
        yield "quantity", value, unit


def _read_number(found: re.Match[str], _day_first: bool) -> Iterator[Reading]:  # noqa: FBT001 - as every reader
    for value in _amounts(found[0]):
        yield "number", value


def _amounts(printed: str) -> Iterator[object]:
    """Yield what figures may mean with the point before the fraction, and with the comma; a code means itself."""
    if printed.isdecimal() and printed.startswith("0") and len(printed) >= _SHORTEST_CODE:
        yield printed
        return
    if _GROUPED.fullmatch(printed):
        printed = re.sub(r"[\u00a0\u202f\u2009]", "", printed)
    point, comma = _WITH_POINT.fullmatch(printed), _WITH_COMMA.fullmatch(printed)
    if point:
        yield Decimal(printed.replace(",", ""))
    if comma:
        yield Decimal(printed.replace(".", "").replace(",", "."))
    if not point and not comma:
        yield printed


def _read_symbol(found: re.Match[str], _day_first: bool) -> Iterator[Reading]:  # noqa: FBT001 - as every reader
    symbol = repair_symbol(found[0])
    yield "symbol", found[0].casefold() if symbol is None else str(symbol)


def _read_link(found: re.Match[str], _day_first: bool) -> Iterator[Reading]:  # noqa: FBT001 - as every reader
    yield "link", found[0]


_READERS: Final = (
    _Reader(Trait.LINK, re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:)\]]", re.IGNORECASE), _read_link),
    _Reader(Trait.SYMBOL, PRINTED_SYMBOL, _read_symbol),
    *(_Reader(Trait.DATE, pattern, _read_date) for pattern in _DATES),
    _Reader(
        Trait.QUANTITY,
        re.compile(rf"(?P<amount>{_AMOUNT})\s?(?P<unit>(?:{_UNIT})(?:/(?:{_UNIT}))*)(?![\w/])"),
        _read_quantity,
    ),
    _Reader(Trait.NUMBER, re.compile(_AMOUNT), _read_number),
)
"""In the order in which a text is read: what holds numbers comes before numbers."""
