"""What a text of the ministry is written about, read inside the transaction that asks."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain import boxes
from app.domain.articles import Period, PeriodKind, Subject, Vietnamese
from app.domain.boxes import vietnamese_of
from app.domain.errors import conflict, missing
from app.domain.notices import Content
from app.domain.release import Waiting
from app.domain.symbols import Area
from app.store import catalogue, translations
from app.store.catalogue import CataloguedNotice
from app.store.filters import Filters
from app.store.tables import notices

_BATCH = 500


async def one(connection: AsyncConnection, name: str, vietnamese: Vietnamese | None = None) -> Subject:
    """Return the notice of that ref or symbol with its thread and the Vietnamese that people wrote for its boxes.

    `vietnamese` counts before what is stored. AppError: missing where there is no such notice, conflict where staff withdrew it.
    """
    found = await catalogue.notice_in_thread(connection, name)
    notice = _standing(None if found is None else found[0], name)
    known = () if found is None else tuple(one.content for one in found[1].notices)
    written = (await translations.standing(connection, [notice.id])).get(notice.id, {})
    return _subject(notice, known, (vietnamese or Vietnamese()).over(vietnamese_of(written, notice.content)))


async def unseen_writers(connection: AsyncConnection, name: str, besides: Collection[str]) -> frozenset[int]:
    """Return whose unconfirmed words in the boxes of a notice a text takes that has words of its own for `besides`."""
    notice = _standing(await catalogue.notice(connection, name), name)
    written = (await translations.standing(connection, [notice.id])).get(notice.id, {})
    return boxes.unseen_writers(written, notice.content, besides)


async def of_period(
    connection: AsyncConnection, period: Period, *, area: Area | None = None, sectors: tuple[str, ...] = ()
) -> list[Subject]:
    """Return the notices circulated in a period, oldest first; for a single day those that take comments on it.

    `sectors` are primary labels, children written out. What staff withdrew is left out.
    """
    filters = Filters(area=area, sectors=sectors, first=period.first, last=period.last)
    if period.kind is PeriodKind.DAY:
        filters = Filters(area=area, sectors=sectors, open=True, open_on=period.first)
    found: list[CataloguedNotice] = []
    after = None
    while True:
        page, after = await catalogue.newest(connection, filters, after, _BATCH)
        found += page
        if after is None:
            break
    written = await translations.standing(connection, [one.id for one in found])
    return [
        _subject(one, (one.content,), vietnamese_of(written.get(one.id, {}), one.content))
        for one in reversed(found)
        if one.withdrawn_at is None
    ]


async def doubts(connection: AsyncConnection, name: str) -> Sequence[Waiting]:
    """Return what is uncertain about a notice; nothing once a person corrected its labels or released it."""
    notice = _standing(await catalogue.notice(connection, name), name)
    if notice.reviewed:
        return ()
    orphan = (await connection.execute(select(notices.c.orphan).where(notices.c.id == notice.id))).scalar_one()
    found = (
        (not notice.sectors, Waiting.UNLABELLED),
        (bool(notice.sectors) and not notice.sure, Waiting.UNSURE),
        (notice.contradictory, Waiting.CONTRADICTORY),
        (orphan, Waiting.ORPHAN),
    )
    return [doubt for holds, doubt in found if holds]


def _standing(notice: CataloguedNotice | None, name: str) -> CataloguedNotice:
    if notice is None:
        raise missing("notice-missing", f"{name}: there is no such notice")
    if notice.withdrawn_at is not None:
        raise conflict("notice-withdrawn", f"{notice.ref} was withdrawn: {notice.withdrawn_because}")
    return notice


def _subject(notice: CataloguedNotice, thread: tuple[Content, ...], vietnamese: Vietnamese) -> Subject:
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
        vietnamese=vietnamese,
    )
