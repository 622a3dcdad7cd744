"""Sort what is not sorted as it is now."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Protocol

from app.domain.intake import fingerprint
from app.domain.notices import Content
from app.domain.sectors import Classification
from app.faultpoints import faultpoint
from app.i18n.dates import today_in_vietnam
from app.store import events, notices, taxonomies
from app.store.database import Database

_BATCH = 500


class Sorter(Protocol):
    """What gives notices their sectors."""

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        """Return the labels of a content, with what its parent lends to it and what its attachments say."""


async def sort_waiting(database: Database, sorter: Sorter) -> int:
    """Sort every notice that waits for it, batch by batch; return how many were sorted.

    What waits for staff of a notice that says the same as before, and is only sorted by other rules, goes out by these
    while it is open for comments: nobody is told of what is over because the taxonomy changed.
    """
    total = 0
    while True:
        async with database.reading() as connection:
            waiting = await taxonomies.unsorted(connection, _BATCH)
        if not waiting:
            return total
        total += await _sort(database, sorter, waiting)


async def sort_at_once(database: Database, sorter: Sorter, ref: str) -> None:
    """Sort one notice that somebody corrected just now, if it waits for it, so that they see what came of it."""
    async with database.reading() as connection:
        number = await notices.notice_id_of(connection, ref)
        waiting = [] if number is None else await taxonomies.unsorted(connection, 1, number)
    if waiting:
        await _sort(database, sorter, waiting)


async def _sort(database: Database, sorter: Sorter, waiting: Sequence[taxonomies.Unsorted]) -> int:
    batch = await asyncio.to_thread(lambda: [_sorted(one, sorter) for one in waiting])
    async with database.writing() as connection:
        now = await database.now(connection)
        written = await taxonomies.save(connection, batch, now)
        afresh = {one.notice.id for one in batch if one.notice.sorted_from != one.input_hash}
        await events.judge_again(connection, [number for number in written if number in afresh])
        other_rules = [number for number in written if number not in afresh]
        await events.judge_again(connection, other_rules, open_on=today_in_vietnam(now))
    faultpoint("sorted")
    return len(written)


def _sorted(notice: taxonomies.Unsorted, sorter: Sorter) -> taxonomies.Sorted:
    read = fingerprint(notice.content) + (fingerprint(notice.parent) if notice.parent else "") + notice.annex.hash
    return taxonomies.Sorted(
        notice=notice,
        input_hash=hashlib.sha256(read.encode()).hexdigest(),
        classification=sorter.classify(notice.content, notice.parent, notice.annex.text),
    )
