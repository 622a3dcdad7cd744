"""How a notice is named in a text of the ministry: who, what kind of document, about which goods, and by which fields."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.articles import Comments, Shape, Subject, Unit, language_of_words
from app.domain.measures import MeasureState
from app.domain.sectors import Facet
from app.domain.symbols import parse_symbol
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import short_date
from app.i18n.members import member_name
from app.i18n.products import HsLine, hs_lines
from app.i18n.sentences import sentence
from app.i18n.terms import language_name, source_name
from app.texts.cleaning import one_line
from app.texts.links import Links
from app.texts.wording import LabelName, inside_sentence, joined, label_name, main_sectors

LANGUAGE = "vi"
LONGEST_GOODS = 70
MOST_GOODS = 2
_RANGE = "–"
_OTHER = " khác"
"""The end of the names of headings for the rest, which say nothing away from the headings before them."""
CORE = ("textiles", "footwear")
"""The ministry's own sectors, which are named before others."""
_REST = "other-consumer"
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_CODES = re.compile(
    r"\(\s*(?:HS codes?|ICS codes?|Código|Code)(?:\(s\))?[^():]*:[^()]*\)|\(\s*(?:HS|ICS)(?: codes?)?\s*:?\s*[\d.,;\s–-]+\)",
    re.IGNORECASE,
)
DRAFTS = {Shape.DRAFT, Shape.DEADLINE}
_LASTING = {Shape.FINAL, Shape.EMERGENCY}
_LASTING_STATES = {MeasureState.ADOPTED, MeasureState.IN_FORCE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every text of one day has in common: who writes it, on which day, what sectors are called, where pages are."""

    unit: Unit
    today: date
    calendar: WorkingCalendar
    names: Mapping[str, LabelName]
    links: Links


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words for a place in a sentence, and the fields that they are from."""

    text: str
    fields: tuple[str, ...]


def members_of(subject: Subject) -> Phrase:
    """Name the notifying members; a warning from elsewhere is its source's."""
    codes = member_codes(subject)
    if not codes:
        return Phrase(one_line(source_name(subject.source, LANGUAGE)), ("source",))
    return Phrase(enumerated([one_line(member_name(one, LANGUAGE)) for one in codes]), ("members", "symbols"))


def enumerated(names: Sequence[str]) -> str:
    """Return names as a sentence counts them up: `Burundi, Kenya và Uganda`."""
    head, last = ", ".join(names[:-1]), names[-1]
    return sentence("list.last", head=head, last=last) if head else last


def member_codes(subject: Subject) -> tuple[str, ...]:
    """Return the notifying members in the order of their symbols; a joint notice often names one of them only."""
    parsed = map(parse_symbol, subject.content.symbols)
    return tuple(dict.fromkeys([*(one.member for one in parsed if one is not None), *subject.content.members]))


def kind_of(subject: Subject) -> Phrase:
    """Name the kind of measure that was read out of the notice; without one, or with several, the agreement is named."""
    read = subject.facets.get(Facet.MEASURE_TYPE, ())
    if len(read) == 1:
        return Phrase(sentence(f"kind.{read[0].id}"), ("measure_type",))
    area = subject.content.area
    return Phrase(sentence(f"kind.{area}" if area else "kind.other"), ("area",))


def document_of(subject: Subject) -> Phrase:
    """Name the document inside a sentence: `dự thảo quy chuẩn kỹ thuật`."""
    kind = kind_of(subject)
    pattern = "document.draft" if subject.shape in DRAFTS else "document.final"
    return Phrase(sentence(pattern, kind=kind.text), (*kind.fields, "type"))


def abouts(subject: Subject, desk: Desk) -> tuple[Phrase, ...]:
    """Name the goods, the most telling way first, and the symbol for want of a better name."""
    symbols = Phrase(sentence("about.symbol", symbols=symbols_of(subject)), ("symbols",))
    return (*_goods(subject, desk), symbols)


def _goods(subject: Subject, desk: Desk) -> tuple[Phrase, ...]:
    """Name the goods by a person's words, names of few HS headings, sectors, else the chapters of the HS."""
    found = (_by_person(subject), _by_hs(subject, whole=False), _by_sector(subject, desk), _by_hs(subject, whole=True))
    return tuple(one for one in found if one is not None)


def symbols_of(subject: Subject) -> str:
    """Return every symbol, or the ref of a warning that has none."""
    return ", ".join(map(one_line, subject.content.symbols)) or one_line(subject.ref)


def did(subject: Subject, desk: Desk, *, symbols_told: bool = False) -> Phrase:
    """Say inside a sentence what the member did: `đưa ra dự thảo quy chuẩn kỹ thuật đối với giày dép`.

    With `symbols_told` the sentence names the symbols itself, so that goods without a name are not called by them again.
    """
    about = next(iter(_goods(subject, desk) if symbols_told else abouts(subject, desk)), Phrase("", ()))
    if subject.shape in {Shape.EMERGENCY, Shape.WARNING}:
        return Phrase(sentence(f"did.{subject.shape}", about=about.text).strip(), ("type", *about.fields))
    kind = kind_of(subject)
    text = sentence(f"did.{subject.shape}", kind=kind.text, about=about.text).strip()
    return Phrase(text, ("type", *kind.fields, *about.fields))


def what(subject: Subject, desk: Desk, *, symbols_told: bool = False) -> Phrase:
    """Say what a notice that neither drafts nor decides is about: `về quy định an toàn thực phẩm đối với gạo`."""
    about = next(iter(_goods(subject, desk) if symbols_told else abouts(subject, desk)), Phrase("", ()))
    kind = kind_of(subject)
    text = sentence("opening.what", kind=kind.text, about=about.text).strip()
    return Phrase(text, (*kind.fields, *about.fields))


def sector_names(subject: Subject, desk: Desk) -> tuple[str, ...]:
    """Return the names of the primary sectors as they stand inside a sentence."""
    return tuple(inside_sentence(label_name(one, desk.names)) for one in sector_ids(subject, desk))


def day(value: date) -> str:
    """Return 21/11/2026."""
    return short_date(value, LANGUAGE)


def original_language(subject: Subject) -> str:
    """Return the code of the language that the title stands in."""
    code, title = subject.content.titles[0] if subject.content.titles else ("en", "")
    return language_of_words(title, code)


def original_name(subject: Subject, words: str = "") -> str:
    """Return the Vietnamese name of the language of words of a notice, of its title if none are given."""
    return language_name(language_of_words(words, original_language(subject)), LANGUAGE)


def is_open(subject: Subject, desk: Desk) -> bool:
    """Say whether comments are taken on the day of the text."""
    return subject.comments(desk.today) is Comments.OPEN


def is_settled(subject: Subject, planned: date, today: date) -> bool:
    """Say whether a planned day of adoption or force is a fact by today: a draft whose day has passed is still a draft."""
    on = subject.content.distributed_on
    settled = subject.shape in _LASTING or subject.state in _LASTING_STATES or (on is not None and planned <= on)
    return settled and planned <= today


def goods_lines(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return the goods by HS code, each code with its name in Vietnamese, else its chapter's, else an empty name."""
    return tuple((one.printed, _goods_name(one)) for one in hs_lines(subject.content.hs, LANGUAGE))


def _goods_name(line: HsLine) -> str:
    if not line.chapter:
        return line.name
    return sentence("goods.chapter", chapter=line.chapter, name=inside_sentence(line.name)) if line.name else ""


def goods_in_words(subject: Subject) -> str:
    """Return the products box on one line without the codes in it, which are told by name elsewhere."""
    words = _CODES.sub("", one_line(subject.content.products))
    parts = [part.strip() for part in words.split(";")]
    return "; ".join(part for part in parts if any(map(str.isalnum, part)))


def _by_person(subject: Subject) -> Phrase | None:
    words = one_line(subject.vietnamese.products)
    if not words or len(words) > LONGEST_GOODS:
        return None
    return Phrase(sentence("about.hs", goods=inside_sentence(words).rstrip(".")), ("vietnamese.products",))


def _by_hs(subject: Subject, *, whole: bool) -> Phrase | None:
    """Name the goods by code; a range goes by the name of its whole section, which says too much for a title.

    With `whole` a code without a name of its own may go by that of its chapter, which says more than is meant.
    """
    lines = hs_lines(subject.content.hs, LANGUAGE)
    names = list(dict.fromkeys(inside_sentence(one.name).removesuffix(_OTHER) for one in lines))
    goods = joined(names)
    if (
        any(_RANGE in one.printed for one in lines)
        or not all(names)
        or (not whole and any(one.chapter for one in lines))
    ):
        return None
    fits = 0 < len(names) <= MOST_GOODS and len(goods) <= LONGEST_GOODS
    return Phrase(sentence("about.hs", goods=goods), ("hs",)) if fits else None


def _by_sector(subject: Subject, desk: Desk) -> Phrase | None:
    names = [_short(label_name(one, desk.names)) for one in sector_ids(subject, desk) if one != _REST]
    if not names:
        return None
    pattern = "about.sector" if len(names) <= MOST_GOODS else "about.sector_more"
    return Phrase(sentence(pattern, goods=joined(names[:MOST_GOODS])), ("sectors",))


def sector_ids(subject: Subject, desk: Desk) -> list[str]:
    """Return the primary sectors, the ministry's core ones first; the rest of everything only where it is alone."""
    ids = main_sectors(subject.sectors, desk.names)
    named = [one for one in ids if one != _REST] or list(ids)
    return sorted(named, key=lambda one: one not in CORE)


def _short(name: str) -> str:
    return _BRACKETS.sub("", inside_sentence(name))
