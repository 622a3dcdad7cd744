"""What came of it: which notice was told to whom, which was not and why, read off what was stored and what arrived."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.bootstrap import Installation
from app.demo.catcher import CaughtMail
from app.domain.alerts import days_left
from app.i18n.dates import today_in_vietnam
from app.store import catalogue, reviews, totals
from app.store.catalogue import CataloguedNotice
from app.store.filters import Filters

_MOST = 1000
_SYMBOLS_LINE = re.compile(r"^Mã thông báo: ([^,\s]+)", re.MULTILINE)


class Fate(StrEnum):
    """What became of a notice."""

    MAILED = "mailed"
    EARLIER = "earlier"
    UNMATCHED = "unmatched"
    UNLABELLED = "unlabelled"
    UNSURE = "unsure"
    ORPHAN = "orphan"
    CONTRADICTORY = "contradictory"
    WEEKLY = "weekly"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The state of the demo. `notices` stand with the newest first; `fates` and `told` name them by ref."""

    notices: Sequence[CataloguedNotice]
    by_sector: Mapping[str, int]
    fates: Mapping[Fate, Sequence[str]]
    told: Mapping[str, Sequence[str]]
    today: date

    def nearest(self, most: int) -> list[tuple[CataloguedNotice, int]]:
        """Return the mailed notices that still take comments, with the days left, the nearest deadline first.

        Of each measure only the newest notice counts: it may have moved the deadline of those before it.
        """
        mailed = set(self.fates.get(Fate.MAILED, ()))
        newest: dict[str, CataloguedNotice] = {}
        for notice in self.notices:
            if notice.ref in mailed:
                newest.setdefault(notice.measure_ref, notice)
        counted = [(notice, days_left(notice.content.comment_deadline, self.today)) for notice in newest.values()]
        return sorted(
            ((notice, left) for notice, left in counted if left is not None and left >= 0),
            key=lambda one: (one[1], one[0].ref),
        )[:most]


async def summarise(installation: Installation, mails: Iterable[CaughtMail]) -> Summary:
    """Read what is stored and what arrived."""
    database = installation.database
    told = alerts_of(mails)
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        stored, _ = await catalogue.newest(connection, Filters(), None, _MOST)
        by_sector = (await totals.counts(connection, today)).by_sector
        queue = {row.ref: row.waiting for row in await reviews.waiting(connection, _MOST)}
        unmatched = {row.ref for row in await reviews.unmatched(connection, _MOST)}
        happened, _ = await catalogue.log(connection, 0, _MOST)
    weekly = {event.ref for event in happened if event.material is False}
    mailed = {ref for refs in told.values() for ref in refs}
    fates: dict[Fate, list[str]] = {}
    for notice in stored:
        fate = fate_of(notice, mailed, queue, unmatched, weekly)
        fates.setdefault(fate, []).append(notice.ref)
    return Summary(notices=stored, by_sector=by_sector, fates=fates, told=told, today=today)


def fate_of(
    notice: CataloguedNotice,
    mailed: Collection[str],
    queue: Mapping[str, str],
    unmatched: Collection[str],
    weekly: Collection[str],
) -> Fate:
    """Return what became of one notice: mailed, waiting for staff or the weekly digest, asked for by nobody, or silent."""
    if notice.ref in mailed:
        return Fate.MAILED
    if notice.ref in queue:
        return Fate(queue[notice.ref])
    if notice.ref in unmatched:
        return Fate.UNMATCHED
    if notice.ref in weekly:
        return Fate.WEEKLY
    return Fate.EARLIER if notice.released_at is None else Fate.SILENT


def alerts_of(mails: Iterable[CaughtMail]) -> dict[str, list[str]]:
    """Return the refs of the alerts that each address received, as its mails name them, in order."""
    told: dict[str, list[str]] = {}
    for mail in mails:
        refs = _SYMBOLS_LINE.findall(mail.part("plain") or "")
        for recipient in mail.recipients:
            told.setdefault(recipient, []).extend(refs)
    return told
