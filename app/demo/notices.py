"""The bundled sample: real notices told by their facts in our own words, with dates that move along with today.

Each file in `sample` holds notices in a compact form: symbols, the day of circulation as working days before the newest,
deadlines as days, codes and official titles. `circulated_on` is the day on which the WTO really circulated it. What is
`composed` fills a sector of which too few real notices are at hand; its number lies above 9000, where no member has got
to, so that nobody takes it for a real one. `api_items` makes of them what ePing's API answers.
"""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from app.domain.symbols import Area, Part, Symbol, parse_symbol
from app.i18n.members import Member, all_members

LANGUAGES: Final = {1: "en", 2: "fr", 3: "es"}
"""ePing's numbers for its languages."""

COMPOSED_FROM: Final = 9001
"""The first number of a composed notice."""

_FILES = ("textiles.json", "footwear.json", "food.json", "other.json")
_FIRST_ID = 140001
_SATURDAY = 5
_PARTS = {
    Part.ADDENDUM: "Addendum",
    Part.CORRIGENDUM: "Corrigendum",
    Part.REVISION: "Revision",
    Part.SUPPLEMENT: "Supplement",
}
# ePing's numbers of the forms on which notices are made, as far as its example shows them.
_FORMATS = {(Area.TBT, False): "10", (Area.TBT, True): "14", (Area.SPS, False): "1", (Area.SPS, True): "17"}

ApiItem = dict[str, Any]
"""One record as ePing answers it: a notice as one notifying member made it."""


class Title(BaseModel):
    """A title in the languages of the WTO that it exists in; an addendum may have none at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: str | None = None
    fr: str | None = None
    es: str | None = None

    def in_language(self, language: str) -> str | None:
        """Return the title in `en`, `fr` or `es`; where there is none, the one that there is."""
        spoken: str | None = getattr(self, language)
        return spoken or self.en or self.es or self.fr


class SampleNotice(BaseModel):
    """One notice of the sample in its compact form.

    `workdays_ago` counts Monday to Friday back from the newest notice. `comment_days`, `adoption_days` and
    `in_force_days` count calendar days from circulation, `deadline_in` from the newest notice.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    symbols: tuple[str, ...] = Field(min_length=1)
    circulated_on: date | None = None
    composed: bool = False
    type: str = ""
    workdays_ago: int = Field(ge=0)
    comment_days: int | None = None
    deadline_in: int | None = None
    adoption_days: int | None = None
    adoption_text: str | None = None
    in_force_days: int | None = None
    in_force_text: str | None = None
    title: Title
    description: str | None = None
    products: str | None = None
    hs: tuple[str, ...] = ()
    ics: tuple[str, ...] = ()
    repeat_ics: bool = False
    objectives: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    local_government: bool = False
    codex: bool = False
    countries_affected: tuple[str, ...] = ()
    specific_regions: str | None = None
    text_links: str | None = None

    def parsed_symbols(self) -> tuple[Symbol, ...]:
        """Return the symbols, read; ValueError for one that is not printed as the WTO prints it."""
        return tuple(_symbol(text) for text in self.symbols)


@cache
def sample_notices() -> tuple[SampleNotice, ...]:
    """Return every notice of the sample in the order of its files."""
    texts = (files("app.demo.sample").joinpath(name).read_text(encoding="utf-8") for name in _FILES)
    return tuple(SampleNotice.model_validate(entry) for text in texts for entry in json.loads(text))


def circulation_day(newest: date, workdays_ago: int) -> date:
    """Return the day that lies so many working days before `newest`; `newest` itself may be a Sunday."""
    day = newest
    for _ in range(workdays_ago):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
    return day


def api_items(notices: Sequence[SampleNotice], newest: date, language: int) -> list[ApiItem]:
    """Return what ePing's API holds of the notices in one language, the newest first, dates moved to end at `newest`.

    A joint notice is one item for each of its members: different ids, one `documentSymbol` with all the symbols.
    """
    made = ((notice, symbol) for notice in notices for symbol in notice.parsed_symbols())
    items = [
        _item(number, notice, symbol, newest, language) for number, (notice, symbol) in enumerate(made, start=_FIRST_ID)
    ]
    return sorted(items, key=lambda item: (item["distributionDate"], int(item["id"])), reverse=True)


# One line for each key of the answer, in the order of ePing's own example: longer than a function should be, but a list.
def _item(number: int, notice: SampleNotice, symbol: Symbol, newest: date, language: int) -> ApiItem:
    member = _members()[symbol.member]
    day = circulation_day(newest, notice.workdays_ago)
    return {
        "id": str(number),
        "area": symbol.area.value,
        "notificationType": notice.type or _type(symbol),
        "distributionDate": _timestamp(day),
        "commentDeadlineDate": _timestamp(_deadline(notice, day, newest)),
        "documentSymbol": " " + ", ".join(notice.symbols),
        "documentSymbolOrdered": " " + ", ".join(map(_ordered, notice.parsed_symbols())),
        "notifyingMember": _member_name(member, language),
        "notifyingMemberCode": member.eping_code,
        "title": notice.title.in_language(LANGUAGES[language]),
        "description": notice.description,
        "productsFreeText": notice.products,
        "hsCodes": _coded("hs", notice.hs),
        "icsCodes": _coded("ics", notice.ics) * (2 if notice.repeat_ics else 1),
        "keywords": _worded("keywords", notice.keywords),
        "spsKeywords": _worded("keywords", notice.keywords) if symbol.area is Area.SPS else [],
        "objectives": _worded("objectives", notice.objectives),
        "hsCodeText": ", ".join(notice.hs),
        "icsCodeText": ", ".join(notice.ics),
        "countriesAffected": _affected(notice, language),
        **_sps_boxes(notice, symbol),
        **_tbt_boxes(notice, symbol),
        **_planned(notice, day),
        "dolLink": _dol_link(notice, symbol),
        "linkToNotification": _notice_link(notice, symbol),
        "notifiedDocumentLink": notice.text_links or "",
        "notificationFormatId": _FORMATS[symbol.area, bool(symbol.suffixes)],
        "version": None,
        "affectedRegionsOrCountries": None,
    }


def _sps_boxes(notice: SampleNotice, symbol: Symbol) -> ApiItem:
    """Return the ticks of the SPS form: all null on a TBT notice and on an addendum."""
    if symbol.area is Area.TBT or symbol.suffixes:
        ticks: ApiItem = dict.fromkeys(_SPS_TICKS)
    else:
        ticks = dict.fromkeys(_SPS_TICKS, False)
        ticks |= {
            "codexAlimentariusCommision": notice.codex,
            "conformStandardYes": notice.codex,
            "conformStandardNA": not notice.codex,
            "allTradingPartners": not (notice.specific_regions or notice.countries_affected),
        }
    return {**ticks, "specificRegionsOrCountries": notice.specific_regions}


def _tbt_boxes(notice: SampleNotice, symbol: Symbol) -> ApiItem:
    """Return the articles of the TBT Agreement that the notice is made under: all null on an SPS notice."""
    if symbol.area is Area.SPS:
        return dict.fromkeys(_TBT_ARTICLES)
    ticked = "technicalRegulationLocalGovernment" if notice.local_government else "technicalRegulation"
    return {article: article == ticked for article in _TBT_ARTICLES}


def _planned(notice: SampleNotice, day: date) -> ApiItem:
    return {
        "proposedAdoptionDate": _timestamp(_after(day, notice.adoption_days)),
        "proposedAdoptionDateText": notice.adoption_text,
        "proposedEntryIntoForceDate": _timestamp(_after(day, notice.in_force_days)),
        "proposedEntryIntoForceDateText": notice.in_force_text,
    }


_SPS_TICKS = (
    "allTradingPartners",
    "codexAlimentariusCommision",
    "worldOrganizationForAnimalHealth",
    "internationalPlantProtectionConvention",
    "notRelevant",
    "conformStandardYes",
    "conformStandardNo",
    "conformStandardNA",
    "tradeFacilitatingMeasure",
)
_TBT_ARTICLES = (
    "technicalRegulation",
    "technicalRegulationUrgent",
    "conformityAssessmentProcedure",
    "conformityAssessmentProcedureUrgent",
    "technicalRegulationLocalGovernment",
    "conformityAssessmentProcedureLocalGovernment",
    "articleOther",
)


def _symbol(text: str) -> Symbol:
    symbol = parse_symbol(text)
    if symbol is None:
        raise ValueError(f"{text!r} is no document symbol")
    return symbol


def _type(symbol: Symbol) -> str:
    part = f"{_PARTS[symbol.suffixes[-1].part]} to Regular Notification" if symbol.suffixes else ""
    return part or "Regular notification"


def _deadline(notice: SampleNotice, day: date, newest: date) -> date | None:
    return _after(newest, notice.deadline_in) or _after(day, notice.comment_days)


def _after(day: date, days: int | None) -> date | None:
    return None if days is None else day + timedelta(days=days)


def _timestamp(day: date | None) -> str | None:
    return None if day is None else f"{day.isoformat()}T00:00:00Z"


def _ordered(symbol: Symbol) -> str:
    """Return the symbol with its numbers padded to eight digits, as ePing sorts them."""
    chain = [f"{suffix.part.value}.{suffix.number:08}" for suffix in symbol.suffixes]
    return "/".join(["G", symbol.area.value, "N", symbol.member, f"{symbol.number:08}", *chain])


def _file_name(symbol: Symbol) -> str:
    short = {Part.ADDENDUM: "A", Part.CORRIGENDUM: "C", Part.REVISION: "R", Part.SUPPLEMENT: "S"}
    chain = "".join(f"{short[suffix.part]}{suffix.number}" for suffix in symbol.suffixes)
    return f"{symbol.member}{symbol.number}{chain}"


def _dol_link(notice: SampleNotice, symbol: Symbol) -> str | None:
    folder = _folder(notice, symbol)
    return None if folder is None else "G\\" + folder.replace("/", "\\") + f"{_file_name(symbol)}.pdf"


def _notice_link(notice: SampleNotice, symbol: Symbol) -> str | None:
    folder = _folder(notice, symbol)
    address = "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/T/G/"
    return None if folder is None else f"{address}{folder}{_file_name(symbol)}.DOCX"


def _folder(notice: SampleNotice, symbol: Symbol) -> str | None:
    """Return where the WTO keeps the document, or None where that is not known, so that no link misleads.

    TBT documents lie in the folder of the year in which the measure was first notified, SPS documents all in one.
    """
    if notice.composed:
        return None
    if symbol.area is Area.SPS:
        return "SPS/N"
    known = notice.circulated_on is not None and not symbol.suffixes
    return f"TBTN{notice.circulated_on:%y}/" if known else None


def _affected(notice: SampleNotice, language: int) -> list[ApiItem]:
    members = [_members()[code] for code in notice.countries_affected]
    return [{"id": int(member.eping_code[1:]), "name": _member_name(member, language)} for member in members]


def _coded(kind: str, codes: Sequence[str]) -> list[ApiItem]:
    known = _codes()[kind]
    numbers = {code: number for number, code in enumerate(known, start=1)}
    return [{"id": numbers[code], "code": code, "name": f"{code} - {known[code]}"} for code in codes]


def _worded(kind: str, words: Sequence[str]) -> list[ApiItem]:
    return [dict(_codes()[kind][word]) for word in words]


def _member_name(member: Member, language: int) -> str:
    if language == 1:
        return member.name_en
    spoken: str = _codes()["members"][member.code][LANGUAGES[language]]
    return spoken


@cache
def _members() -> dict[str, Member]:
    return {member.code: member for member in all_members()}


@cache
def _codes() -> dict[str, dict[str, Any]]:
    text = files("app.demo.sample").joinpath("codes.json").read_text(encoding="utf-8")
    tables: dict[str, dict[str, Any]] = json.loads(text)
    return tables
