"""From the raw fields of one source record to the content of a notice: the rules that all sources share.

A door (API, workbook, file) only says where its fields are; what they mean is decided here once, so that the same
notice read through two doors amounts to the same content. Doubts become flags, never losses (F64).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from app.domain.notices import Content, Flag, NoticeType, type_of
from app.domain.symbols import Symbol, SymbolReading, read_symbols
from app.domain.visits import Complaint
from app.i18n.members import member_of_code, member_of_eping_code, member_of_name
from app.sources.calendar_dates import DateReading, read_date
from app.sources.clean import Cleaned, clean_line, clean_text
from app.sources.codes import MOST_CODES, Code, codes_in_text, hs_codes, ics_codes
from app.sources.links import official_document, read_links, safe_link
from app.sources.products import names_of, without_nomenclature

_SYMBOL_BOX_CHARACTERS = 4_000
_LINK_BOX_CHARACTERS = 100_000
_NAME_CHARACTERS = 300
_MOST_NAMES = 300
_EXCERPT_CHARACTERS = 200
_LONGEST_COMMENT_PERIOD = timedelta(days=3 * 366)
_LONGEST_TRANSITION = timedelta(days=30 * 366)
_MOST_FLAGS = 100
_ALL_PARTNERS = "all trading partners"
_TYPE_WORDS = {
    "addend": NoticeType.ADDENDUM,
    "corrigend": NoticeType.CORRIGENDUM,
    "revision": NoticeType.REVISION,
    "supplement": NoticeType.SUPPLEMENT,
}
_EMERGENCY_WORDS = ("emergency", "urgent", "urgence", "urgencia")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The raw fields of one record as its source has them; dates may be text, dates or serial numbers.

    `member_code` is ePing's own code (`C840`) for the one member of `members`, which are names or symbol codes.
    `warning` says that the record is not a WTO notification and has no symbol. `own_words` says that the products box
    is already free of the nomenclature (our own export).
    """

    symbols: str = ""
    area: str = ""
    type: str = ""
    member_code: str = ""
    members: Sequence[str] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    products: str = ""
    hs: Sequence[Code] = ()
    ics: Sequence[Code] = ()
    objectives: Sequence[str] = ()
    keywords: Sequence[str] = ()
    regions: Sequence[str] = ()
    all_partners: bool | None = None
    articles: Sequence[str] = ()
    international_standards: Sequence[str] = ()
    conforms_to_standard: bool | None = None
    facilitates_trade: bool | None = None
    distributed: object = None
    deadline: object = None
    adoption: object = None
    adoption_text: str = ""
    in_force: object = None
    in_force_text: str = ""
    notice_link: str = ""
    official_path: str = ""
    text_links: str = ""
    warning: bool = False
    own_words: bool = False


def today_anywhere() -> date:
    """Return the latest date that any place on earth has now; what lies after it is in the future for everybody."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


def excerpt_of(raw: str) -> str:
    """Return the beginning of a raw field as one clean line, for a complaint."""
    return clean_line(raw[: 4 * _EXCERPT_CHARACTERS], _EXCERPT_CHARACTERS).text


def listed_names(text: str) -> list[str]:
    """Split a list of names at commas, semicolons and lines, but not inside a member's name (`Korea, Republic of`)."""
    names: list[str] = []
    for piece in filter(None, (part.strip() for part in re.split(r"[,;\n]", text))):
        joined = f"{names[-1]}, {piece}" if names else ""
        if joined and member_of_name(joined) is not None:
            names[-1] = joined
        else:
            names.append(piece)
    return names


def content_of(draft: Draft, *, today: date, position: str, symbol_field: str) -> Content | Complaint:
    """Return what a record says, or the complaint that no symbol can be read in it.

    `today` is the latest date that any place has now: a later distribution date is flagged. `symbol_field` is the
    source's own name for the symbol box.
    """
    reading = read_symbols(draft.symbols[:_SYMBOL_BOX_CHARACTERS])
    if not reading.symbols and not draft.warning:
        reason = "No document symbol could be read." if draft.symbols.strip() else "There is no document symbol."
        return Complaint(position=position, field=symbol_field, reason=reason, excerpt=excerpt_of(draft.symbols))
    return _Reading(draft, reading, today).content()


def _clean_name(raw: str) -> str:
    return _known_name(raw[: 4 * _NAME_CHARACTERS])


@lru_cache(maxsize=4_096)
def _known_name(raw: str) -> str:
    """Clean a name of the few that come again and again."""
    return clean_line(raw, _NAME_CHARACTERS).text


class _Reading:
    """One record while it is read: what every rule finds out, and the flags gathered on the way."""

    def __init__(self, draft: Draft, symbols: SymbolReading, today: date) -> None:
        self._draft = draft
        self._symbols = symbols
        self._today = today
        self._flags: list[Flag] = []

    def content(self) -> Content:
        draft, first = self._draft, next(iter(self._symbols.symbols), None)
        self._flag_symbols()
        distributed = self._distribution()
        deadline = self._date("comment_deadline", draft.deadline, distributed, _LONGEST_COMMENT_PERIOD)
        adoption = self._date("adoption_on", draft.adoption, distributed, _LONGEST_TRANSITION)
        in_force = self._date("in_force_on", draft.in_force, distributed, _LONGEST_TRANSITION)
        products = self._text("products", clean_text(draft.products))
        hs, ics = self._codes(products)
        regions, all_partners = self._regions()
        return Content(
            symbols=tuple(map(str, self._symbols.symbols)),
            area=first.area if first else None,
            type=self._type(first),
            emergency=self._is_emergency,
            members=self._members(first),
            titles=self._titles(),
            description=self._text("description", clean_text(draft.description)),
            products=self._own_products(products),
            hs=hs,
            ics=ics,
            objectives=self._names("objectives", draft.objectives),
            keywords=self._names("keywords", draft.keywords),
            regions=regions,
            all_partners=all_partners,
            articles=self._names("articles", draft.articles),
            international_standards=self._names("international_standards", draft.international_standards),
            conforms_to_standard=draft.conforms_to_standard,
            facilitates_trade=draft.facilitates_trade,
            distributed_on=distributed,
            comment_deadline=deadline.day,
            comment_deadline_text=deadline.text,
            adoption_on=adoption.day,
            adoption_text=self._words_of_date("adoption_text", adoption, draft.adoption_text),
            in_force_on=in_force.day,
            in_force_text=self._words_of_date("in_force_text", in_force, draft.in_force_text),
            notice_link=self._notice_link(),
            text_links=self._text_links(),
            flags=tuple(dict.fromkeys(self._flags))[:_MOST_FLAGS],
        )

    def _flag(self, name: str, code: str, detail: str) -> None:
        self._flags.append(Flag(name, code, excerpt_of(detail)))

    def _text(self, name: str, cleaned: Cleaned) -> str:
        for problem in cleaned.problems:
            self._flag(name, problem, cleaned.text[:_EXCERPT_CHARACTERS])
        return cleaned.text

    def _flag_symbols(self) -> None:
        for printed in self._symbols.repaired:
            self._flag("symbols", "symbol_repaired", printed)
        for printed in self._symbols.unreadable:
            self._flag("symbols", "symbol_unreadable", printed)
        areas = {symbol.area.value for symbol in self._symbols.symbols}
        stated = self._draft.area.strip().upper()
        if len(areas) > 1 or (areas and stated and stated not in areas):
            self._flag("area", "area_contradicts_symbol", f"{stated} {' '.join(sorted(areas))}")

    @property
    def _is_emergency(self) -> bool:
        return any(word in self._draft.type.casefold() for word in _EMERGENCY_WORDS)

    def _type(self, first: Symbol | None) -> NoticeType:
        """Return the type that the symbol names; words that say otherwise are flagged, the symbol is what counts."""
        words = self._draft.type.casefold()
        stated = next((kind for word, kind in _TYPE_WORDS.items() if word in words), None)
        if first is not None and stated is not None and stated is not type_of(first):
            self._flag("type", "type_contradicts_symbol", f"{self._draft.type} {first}")
        return type_of(first, emergency=self._is_emergency)

    def _members(self, first: Symbol | None) -> tuple[str, ...]:
        by_code = member_of_eping_code(self._draft.member_code) if self._draft.member_code else None
        codes = [by_code] if by_code else [self._member(stated) for stated in self._draft.members]
        known = tuple(dict.fromkeys(filter(None, codes)))
        return known or ((first.member,) if first else ())

    def _member(self, stated: str) -> str | None:
        name = _clean_name(stated)
        code = member_of_name(name) or member_of_code(name)
        if code is None and name:
            self._flag("members", "unknown_member", name)
        return code

    def _titles(self) -> tuple[tuple[str, str], ...]:
        cleaned = ((language, clean_line(raw)) for language, raw in self._draft.titles.items())
        titles = [(language, self._text("title", title)) for language, title in cleaned]
        return tuple((language, title) for language, title in titles if title)

    def _own_products(self, products: str) -> str:
        if self._draft.own_words:
            return products
        return without_nomenclature(products, names_of((*self._draft.hs, *self._draft.ics)))

    def _codes(self, products: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the codes of the boxes and those that the products box alone states."""
        hs_text, ics_text = codes_in_text(products)
        hs, odd_hs = hs_codes(code.code for code in self._draft.hs)
        ics, odd_ics = ics_codes(code.code for code in self._draft.ics)
        for name, odd in (("hs", odd_hs), ("ics", odd_ics)):
            if odd:
                self._flag(name, "odd_code", ", ".join(odd[:20]))
        return (
            self._cut_codes("hs", {*hs, *hs_codes(hs_text)[0]}),
            self._cut_codes("ics", {*ics, *ics_codes(ics_text)[0]}),
        )

    def _cut_codes(self, name: str, codes: set[str]) -> tuple[str, ...]:
        if len(codes) > MOST_CODES:
            self._flag(name, "too_many", str(len(codes)))
        return tuple(sorted(codes)[:MOST_CODES])

    def _names(self, name: str, raw: Sequence[str]) -> tuple[str, ...]:
        names = dict.fromkeys(filter(None, map(_clean_name, raw[: 2 * _MOST_NAMES])))
        if len(names) > _MOST_NAMES or len(raw) > 2 * _MOST_NAMES:
            self._flag(name, "too_many", str(len(raw)))
        return tuple(sorted(names)[:_MOST_NAMES])

    def _regions(self) -> tuple[tuple[str, ...], bool | None]:
        names = self._names("regions", self._draft.regions)
        regions = tuple(name for name in names if name.casefold() != _ALL_PARTNERS)
        return regions, True if len(regions) < len(names) else self._draft.all_partners

    def _distribution(self) -> date | None:
        reading = read_date(self._draft.distributed)
        problem = reading.problem or ("unreadable_date" if reading.text else "")
        if reading.day is not None and reading.day > self._today:
            problem = "future_date"
        if problem:
            self._flag("distributed_on", problem, reading.text or str(reading.day))
            return None
        return reading.day

    def _date(self, name: str, value: object, distributed: date | None, longest: timedelta) -> DateReading:
        """Read a date that follows the distribution; one that cannot be is kept as words and flagged."""
        reading = read_date(value)
        problem = reading.problem
        if reading.day is not None and distributed is not None:
            if reading.day > distributed + longest:
                problem = "unlikely_date"
            elif name == "comment_deadline" and reading.day < distributed:
                problem = "before_distribution"
        text = clean_line(reading.text, _NAME_CHARACTERS).text
        if problem:
            text = text or str(reading.day)
            self._flag(name, problem, text)
            return DateReading(text=text, problem=problem)
        return DateReading(day=reading.day, text=text)

    def _words_of_date(self, name: str, reading: DateReading, words: str) -> str:
        """Return the member's words about a date, after what stood in the date's own box when that was no date."""
        cleaned = self._text(name, clean_line(words))
        return "; ".join(dict.fromkeys(filter(None, (reading.text, cleaned))))

    def _notice_link(self) -> str:
        stated = self._draft.notice_link.strip()
        link = safe_link(stated.replace("&amp;", "&")) if stated else None
        if stated and link is None:
            self._flag("notice_link", "dropped_link", stated)
        path = self._draft.official_path.strip()
        official = official_document(path) if path else None
        if path and official is None:
            self._flag("notice_link", "dropped_link", path)
        return link or official or ""

    def _text_links(self) -> tuple[str, ...]:
        found = read_links(self._draft.text_links[:_LINK_BOX_CHARACTERS].replace("&amp;", "&"))
        for dropped in found.dropped:
            self._flag("text_links", "dropped_link", dropped)
        return found.links
