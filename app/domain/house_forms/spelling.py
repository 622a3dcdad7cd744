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
    "Đài Loan": "Đài Loan (Trung Quốc)",
    "Hồng Kông": "Hồng Kông (Trung Quốc)",
    "Hồng Công": "Hồng Kông (Trung Quốc)",
    "Ma Cao": "Ma Cao (Trung Quốc)",
    "Macao": "Ma Cao (Trung Quốc)",
}
_TERRITORY = re.compile(
    rf"(?<!{_LETTER})(Đài Loan|Hồng Kông|Hồng Công|Ma Cao|Macao)(?:\s*[-–—,]\s*Trung Quốc| \(Trung Quốc\)|, Trung Quốc)?(?!{_LETTER})"
)
_AMERICA = re.compile(
    rf"(?<!{_LETTER})(?:nước )?(?<!châu )(?<!Châu )(?<!Nam )(?<!Bắc )(?<!Trung )(?<!La-tinh )Mỹ(?!{_LETTER}|-| phẩm| thuật| nghệ| Tho| La)"
)
_MARKED = {"o": "áàảãạéèẻẽẹ", "u": "ýỳỷỹỵ"}
# Mark on the last letter of an open syllable: hoá, thuỷ; after q it belongs there: quý.
_LATE_MARK = re.compile(rf"(?<!{_LETTER})([^\W\d_qQ]{{0,3}})([oOuU])([áàảãạéèẻẽẹýỳỷỹỵÁÀẢÃẠÉÈẺẼẸÝỲỶỸỴ])(?!{_LETTER})")
# After q Vietnamese writes y: quý, quỹ; an unmarked `qui` is French or Latin too and stands in the table by its phrases.
_MARKED_I = re.compile(rf"(?<!{_LETTER})(qu)([íìỉĩị])(?!{_LETTER})", re.IGNORECASE)
_LINKS = re.compile(r"https?://\S+", re.IGNORECASE)


def check_spelling(text: Text, tables: HouseTables) -> Iterator[Finding]:
    """Find what is not written in the house form; the proposal keeps capitals as they stand."""
    links = [found.span() for found in _LINKS.finditer(text.text)]
    found = [
        *_territories(text),
        *_america(text),
        *_late_marks(text),
        *_marked_i(text),
        *_listed(text, tables.spellings, Rule.SPELLING),
    ]
    found += _listed(text, tables.terms, Rule.GLOSSARY)
    yield from (one for one in found if not any(start <= one.start < end for start, end in links))


def respelled(text: str, tables: HouseTables) -> str:
    """Return a name in the house spelling; terms of the glossary stay, for a name is not ours to translate."""
    found = check_spelling(Text(field="", text=text, today=date.min), tables)
    return corrected(text, tuple(one for one in found if one.rule is Rule.SPELLING))


def _territories(text: Text) -> Iterator[Finding]:
    for found in _TERRITORY.finditer(text.text):
        proposal = _TERRITORIES[found[1]]
        if found[0] != proposal:
            yield Finding(text.field, found.start(), Rule.SPELLING, found[0], proposal)


def _america(text: Text) -> Iterator[Finding]:
    for found in _AMERICA.finditer(text.text):
        yield Finding(text.field, found.start(), Rule.SPELLING, found[0], "Hoa Kỳ")


def _late_marks(text: Text) -> Iterator[Finding]:
    for found in _LATE_MARK.finditer(text.text):
        head, first, last = found.groups()
        if last.lower() in _MARKED[first.lower()]:
            letter, mark = tuple(unicodedata.normalize("NFD", last))
            proposal = head + unicodedata.normalize("NFC", first + mark) + letter
            yield Finding(text.field, found.start(), Rule.SPELLING, found[0], proposal)


def _marked_i(text: Text) -> Iterator[Finding]:
    for found in _MARKED_I.finditer(text.text):
        letter, mark = tuple(unicodedata.normalize("NFD", found[2]))
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
    if len(found) == len(proposal):
        return "".join(new.upper() if old.isupper() else new for old, new in zip(found, proposal, strict=True))
    return proposal[:1].upper() + proposal[1:] if found[:1].isupper() else proposal


@lru_cache(maxsize=4)
def _pattern(forms: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!{_LETTER})(?:{'|'.join(map(re.escape, forms))})(?!{_LETTER})", re.IGNORECASE)
