"""Real notices of the shared data as the desk sees them: read by the importer, sorted by the sorter, in their threads."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from app import bootstrap
from app.domain.articles import Subject, Unit, Vietnamese
from app.domain.measures import lender, measure_of, thread_order, with_loan
from app.domain.notices import Content, first_symbol
from app.settings import given_settings
from app.sources.records_file import read_jsonl
from app.texts.article.naming import Desk
from app.texts.links import Links

TODAY = date(2025, 7, 14)
"""The day of the texts on notices that were circulated by then."""
UNIT = Unit(
    name="Cục Đổi mới sáng tạo, Chuyển đổi xanh và Khuyến công",
    parent="Bộ Công Thương",
    place="Hà Nội",
    address="54 Hai Bà Trưng, Hà Nội",
    email="tbt@keng.example",
)
DRAFTS = (
    *("G/TBT/N/USA/2211", "G/TBT/N/USA/2208", "G/TBT/N/TZA/1344", "G/SPS/N/CHN/1325", "G/SPS/N/UKR/244"),
    *("G/SPS/N/EU/860", "G/SPS/N/DOM/74", "G/SPS/N/GBR/95"),
)
SPANISH = ("G/TBT/N/CHL/731", "G/SPS/N/NIC/131", "G/SPS/N/CHL/796/Rev.1", "G/SPS/N/CHL/830", "G/SPS/N/COL/420")
JOINT = ("G/TBT/N/BDI/608", "G/TBT/N/BDI/609", "G/TBT/N/BDI/600", "G/TBT/N/BDI/248/Add.1")
EMERGENCIES = ("G/SPS/N/THA/790", "G/SPS/N/RUS/319", "G/SPS/N/MAR/118")
FOLLOW_UPS = (
    *("G/SPS/N/JPN/1345/Add.1", "G/TBT/N/TPKM/541/Add.1", "G/SPS/N/ARE/295/Add.1", "G/TBT/N/USA/1958/Rev.1"),
    *("G/SPS/N/BRA/2175/Add.2/Corr.1", "G/TBT/N/BRA/366/Add.1/Corr.1", "G/TBT/N/COL/255/Add.2"),
)
PASSED = ("G/SPS/N/USA/3516", "G/TBT/N/USA/552/Rev.3/Add.5")
NO_DEADLINE = ("G/SPS/N/USA/3517", "G/SPS/N/USA/3518")
SYMBOLS = (*DRAFTS, *SPANISH, *JOINT, *EMERGENCIES, *FOLLOW_UPS, *PASSED, *NO_DEADLINE)


def a_desk(today: date = TODAY, unit: Unit = UNIT) -> Desk:
    """The desk on a day, with the bundled names and calendar."""
    names = bootstrap.label_names(bootstrap.open_taxonomy(), "vi")
    calendar = bootstrap.open_calendar(given_settings())
    return Desk(unit=unit, today=today, calendar=calendar, names=names, links=Links("https://keng.example.vn"))


def day_of(subject: Subject) -> date:
    """The day on which a text on a notice is written: never before the notice was circulated."""
    on = subject.content.distributed_on
    return TODAY if on is None else max(TODAY, on + timedelta(days=4))


def subject_of(content: Content, thread: Iterable[Content] = ()) -> Subject:
    """What the desk knows of a notice in its thread."""
    others = [one for one in thread if one.symbols != content.symbols]
    whole = tuple(sorted([content, *others], key=thread_order))
    lent = lender(content, {name: one for one in whole for name in one.symbols})
    read = bootstrap.open_sorter().classify(content, lent)
    return Subject(
        ref=content.symbols[0] if content.symbols else "staff/1",
        source="eping",
        content=with_loan(content, lent),
        state=measure_of(whole).state,
        sectors=read.sectors,
        themes=read.themes,
        facets=read.facets,
        inherited_from=", ".join(lent.symbols) if lent else "",
        thread=whole,
    )


def with_vietnamese(subject: Subject, written: Vietnamese) -> Subject:
    """The same notice with what a person wrote."""
    return replace(subject, vietnamese=written)


@cache
def real_subjects(folder: Path) -> dict[str, Subject]:
    """The thirty notices by symbol, each in its thread as far as the file holds it."""
    return {symbol: real_subject(folder, symbol) for symbol in SYMBOLS}


@cache
def real_subject(folder: Path, symbol: str) -> Subject:
    """One notice of the shared data in its thread."""
    contents = real_contents(folder)
    by_symbol = {one.symbols[0]: one for one in reversed(contents) if first_symbol(one)}
    return subject_of(by_symbol[symbol], [one for one in contents if _base(symbol) in map(_base, one.symbols)])


@cache
def real_contents(folder: Path) -> tuple[Content, ...]:
    """The notices of the shared data in the languages of the WTO."""
    pages = read_jsonl(folder / "notices" / "real_dev.jsonl", today=date(2026, 11, 1))
    return tuple(one.content for page in pages for one in page.records if one.language != "ko")


def _base(symbol: str) -> str:
    return symbol.partition("/Add")[0].partition("/Rev")[0].partition("/Corr")[0]
