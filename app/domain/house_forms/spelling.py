"""House forms: names of territories, spellings and terms that the ministry writes in one way."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

from app.domain.house_forms.findings import Finding, HouseTables, Rule, Text, corrected

_LETTER = r"[^\W\d_]"
# Names that hold a form of ours and are whole in themselves.
_TERRITORIES = {
    "đài loan": "Đài Loan (Trung Quốc)",
    "taiwan": "Đài Loan (Trung Quốc)",
    "hồng kông": "Hồng Kông (Trung Quốc)",
    "hồng công": "Hồng Kông (Trung Quốc)",
    "hong kong": "Hồng Kông (Trung Quốc)",
    "hongkong": "Hồng Kông (Trung Quốc)",
    "ma cao": "Ma Cao (Trung Quốc)",
    "macao": "Ma Cao (Trung Quốc)",
    "macau": "Ma Cao (Trung Quốc)",
}
_TERRITORY = re.compile(
    rf"(?<!{_LETTER})(Đài Loan|Hồng[ -]Kông|Hồng[ -]Công|Hong ?Kong|Taiwan|Ma[ -]Cao|Maca[ou])"
    rf"(?:\s*[-–—,]\s*Trung Quốc|\s?\((?:Trung Quốc|TQ|China)\)|,? Trung Quốc)?(?!{_LETTER})",
    re.IGNORECASE,
)
_NAME_GOES_ON = re.compile(r" [A-Z][a-z]")
"""`Taiwan Food and Drug Administration` keeps its name."""
_AMERICA = re.compile(
    rf"(?<!{_LETTER})(?:nước )?(?<!châu )(?<!Châu )(?<!CHÂU )(?<!Nam )(?<!Bắc )(?<!Trung )(?<!La-tinh )(?:M[ỹĩ]|MỸ|MĨ)"
    rf"(?!{_LETTER}|-| (?i:phẩm|thuật|nghệ|viện))"
)
_AUSTRALIA = re.compile(rf"(?<!{_LETTER})(?:nước )?Úc(?!{_LETTER}|-)")
_MARKED = {"o": "áàảãạéèẻẽẹ", "u": "ýỳỷỹỵ"}
# Mark on the last letter of an open syllable: hoá, thuỷ; after q it belongs there: quý.
_LATE_MARK = re.compile(rf"(?<!{_LETTER})([^\W\d_qQ]{{0,3}})([oOuU])([áàảãạéèẻẽẹýỳỷỹỵÁÀẢÃẠÉÈẺẼẸÝỲỶỸỴ])(?!{_LETTER})")
# After q Vietnamese writes y: quý, quỹ; an unmarked `qui` is French or Latin too and stands in the table by its phrases.
_MARKED_I = re.compile(rf"(?<!{_LETTER})(qu)([íìỉĩị])(?!{_LETTER})", re.IGNORECASE)
# In a line with letters that French and Latin do not have, an unmarked `qui` is a Vietnamese one.
_UNMARKED_I = re.compile(rf"(?<!{_LETTER})(qu)(i)(?!{_LETTER})", re.IGNORECASE)
_VIETNAMESE_LINE = re.compile(r"[^\n]*[\u1ea0-\u1ef9ăđơưĂĐƠƯ][^\n]*")
_LINKS = re.compile(r"https?://\S+", re.IGNORECASE)


def check_spelling(text: Text, tables: HouseTables) -> Iterator[Finding]:
    """Find what is not written in the house form; the proposal keeps capitals as they stand."""
    links = [found.span() for found in _LINKS.finditer(text.text)]
    found = [
        *_territories(text),
        *_named(text, _AMERICA, "Hoa Kỳ"),
        *_named(text, _AUSTRALIA, "Australia"),
        *_late_marks(text),
        *_marked_i(text),
        *_listed(text, tables.spellings, Rule.SPELLING),
    ]
    found += _listed(text, tables.terms, Rule.GLOSSARY)
    yield from (
        one for one in found if not any(start <= one.start < end for start, end in links) and not _in(one, found)
    )


def _in(one: Finding, found: list[Finding]) -> bool:
    """Whether a longer finding has the same place, whose proposal holds this one's."""
    return any(other.start <= one.start and one.end <= other.end and other.found != one.found for other in found)


def respelled(text: str, tables: HouseTables) -> str:
    """Return a name in the house spelling; terms of the glossary stay, for a name is not ours to translate."""
    found = check_spelling(Text(field="", text=text, today=date.min), tables)
    return corrected(text, tuple(one for one in found if one.rule is Rule.SPELLING))


def _territories(text: Text) -> Iterator[Finding]:
    for found in _TERRITORY.finditer(text.text):
        proposal = _TERRITORIES[found[1].casefold().replace("-", " ")]
        proposal = proposal.upper() if found[1].isupper() else proposal
        whole = not found[1].islower() and not (found[1].isascii() and _NAME_GOES_ON.match(text.text, found.end()))
        if found[0] != proposal and whole:
            yield Finding(text.field, found.start(), Rule.SPELLING, found[0], proposal)


def _named(text: Text, pattern: re.Pattern[str], name: str) -> Iterator[Finding]:
    for found in pattern.finditer(text.text):
        if not _is_of_a_name(text.text[found.end() : found.end() + 3]):
            proposal = name.upper() if found[0].isupper() else name
            yield Finding(text.field, found.start(), Rule.SPELLING, found[0], proposal)


def _is_of_a_name(behind: str) -> bool:
    """Whether a capitalised word stands behind: Mỹ Tho, Mỹ Hảo."""
    return behind[:1] == " " and behind[1:2].isupper() and behind[2:].islower()


def _late_marks(text: Text) -> Iterator[Finding]:
    for found in _LATE_MARK.finditer(text.text):
        head, first, last = found.groups()
        if last.lower() in _MARKED[first.lower()]:
            letter, mark = tuple(unicodedata.normalize("NFD", last))
            proposal = head + unicodedata.normalize("NFC", first + mark) + letter
            yield Finding(text.field, found.start(), Rule.SPELLING, found[0], proposal)


def _marked_i(text: Text) -> Iterator[Finding]:
    lines = [line.span() for line in _VIETNAMESE_LINE.finditer(text.text)]
    plain = [one for line in lines for one in _UNMARKED_I.finditer(text.text, *line)]
    for found in (*_MARKED_I.finditer(text.text), *plain):
        apart = unicodedata.normalize("NFD", found[2])
        letter, mark = apart[0], apart[1:]
        y = unicodedata.normalize("NFC", ("Y" if letter.isupper() else "y") + mark)
        yield Finding(text.field, found.start(), Rule.SPELLING, found[0], found[1] + y)


def _listed(text: Text, forms: Mapping[str, str], rule: Rule) -> Iterator[Finding]:
    if not forms:
        return
    for found in _pattern(tuple(sorted(forms, key=len, reverse=True))).finditer(text.text):
        proposal = forms[unicodedata.normalize("NFC", found[0]).casefold()]
        proposal = _capitals_of(found[0], proposal)
        if found[0] != proposal:
            yield Finding(text.field, found.start(), rule, found[0], proposal)


def _capitals_of(found: str, proposal: str) -> str:
    """Keep capitals as they stand: all of them, those at the same places (`Da - Giày`), or the first."""
    if found.isupper():
        return proposal.upper()
    if found.casefold() == proposal.casefold():
        return proposal
    if len(found) == len(proposal):
        return "".join(new.upper() if old.isupper() else new for old, new in zip(found, proposal, strict=True))
    return proposal[:1].upper() + proposal[1:] if found[:1].isupper() else proposal


@lru_cache(maxsize=4)
def _pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!{_LETTER})(?:{'|'.join(map(re.escape, forms))})(?!{_LETTER})", re.IGNORECASE)
