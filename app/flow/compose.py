"""What a text of the ministry is written about: one notice in its thread, or the notices of a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.articles import Period, PeriodKind, Subject, Vietnamese
from app.domain.boxes import vietnamese_of
from app.domain.errors import conflict, missing
from app.domain.notices import Content
from app.domain.symbols import Area
from app.i18n.dates import today_in_vietnam
from app.store import catalogue, translations
from app.store.catalogue import CataloguedNotice
from app.store.database import Database
from app.store.filters import Filters

_BATCH = 500


@dataclass(frozen=True, slots=True)
class OfADay:
    """What was found, and the day in Viet Nam on which it stands so."""

    subjects: Sequence[Subject]
    today: date


async def one_notice(
    database: Database, name: str, vietnamese: Vietnamese | None = None, as_of: date | None = None
) -> OfADay:
    """Return the notice of that ref or symbol with its thread and the Vietnamese that people wrote for its boxes.

    `vietnamese` counts before what is stored; `as_of` is the day of the text, today if left out.

    AppError: missing where there is no such notice, conflict where staff withdrew it.
    """
    async with database.reading() as connection:
        now = await database.now(connection)
        notice = await catalogue.notice(connection, name)
        if notice is None:
            raise missing("notice-missing", f"{name}: there is no such notice")
        if notice.withdrawn_at is not None:
            raise conflict("notice-withdrawn", f"{notice.ref} was withdrawn: {notice.withdrawn_because}")
        thread = await catalogue.thread(connection, notice.measure_ref)
        written = (await translations.standing(connection, [notice.id])).get(notice.id, {})
    said = (vietnamese or Vietnamese()).over(vietnamese_of(written, notice.content))
    known = () if thread is None else tuple(one.content for one in thread.notices)
    return OfADay([_subject(notice, known, said)], as_of or today_in_vietnam(now))


async def of_period(
    database: Database,
    period: Period,
    *,
    area: Area | None = None,
    sectors: tuple[str, ...] = (),
    as_of: date | None = None,
) -> OfADay:
    """Return the notices circulated in a period, oldest first; for a single day those that take comments on it.

    `sectors` are primary labels, children written out. What staff withdrew is left out.
    """
    filters = Filters(area=area, sectors=sectors, first=period.first, last=period.last)
    if period.kind is PeriodKind.DAY:
        filters = Filters(area=area, sectors=sectors, open=True, open_on=period.first)
    found: list[CataloguedNotice] = []
    after = None
    async with database.reading() as connection:
        now = await database.now(connection)
        while True:
            page, after = await catalogue.newest(connection, filters, after, _BATCH)
            found += page
            if after is None:
                break
        written = await translations.standing(connection, [one.id for one in found])
    told = [
        _subject(one, (one.content,), vietnamese_of(written.get(one.id, {}), one.content))
        for one in reversed(found)
        if one.withdrawn_at is None
    ]
    day = period.first if period.kind is PeriodKind.DAY else None
    return OfADay(told, as_of or day or today_in_vietnam(now))


def _subject(notice: CataloguedNotice, thread: tuple[Content, ...], vietnamese: Vietnamese | None = None) -> Subject:
    return Subject(
        ref=notice.ref,
        source=notice.source,
        content=notice.content,
        state=notice.measure_state,
        sectors=notice.sectors,
        themes=notice.themes,
        facets=notice.facets,
        reviewed=notice.reviewed,
        inherited_from=notice.inherits_from or "",
        thread=thread,
        vietnamese=vietnamese or Vietnamese(),
    )
