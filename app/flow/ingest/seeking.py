"""Ask a source for the parents of orphans: an addendum without its base notice cannot be sorted, nor well understood.

What is found this way is old: it is kept and told to nobody. The orphan then borrows from it and is told as new.
"""

from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from app.domain.events import Telling
from app.domain.symbols import Symbol, parse_symbol
from app.domain.visits import Page
from app.flow.ingest.keeping import Kept, Policy, keep
from app.i18n.dates import today_in_vietnam
from app.store import notices, visits
from app.store.database import Database

MOST_IN_ONE_VISIT = 20

_RECENT = timedelta(days=30)
_AGAIN_AFTER = timedelta(days=7)


@runtime_checkable
class Seeker(Protocol):
    """A source that can be asked for one document."""

    async def look_up(self, symbol: Symbol) -> Page:
        """Return what the source holds of the measure that a symbol belongs to."""


async def seek_parents(
    database: Database, name: str, seeker: Seeker, pull_id: int, pages: int
) -> tuple[Kept, list[str]]:
    """Ask for the parents of recent orphans, each once a week; return what was kept and remarks for the operator.

    `pull_id` is the visit that this belongs to, `pages` how many of its pages are kept already. The first answer that is
    not sound ends it: whatever ails the source, the next visit will meet it.
    """
    async with database.reading() as connection:
        now = await database.now(connection)
        since = today_in_vietnam(now) - _RECENT
        wanted = await notices.orphans(connection, name, since, now - _AGAIN_AFTER, MOST_IN_ONE_VISIT)
    kept = Kept()
    for number, ref in wanted.items():
        symbol = parse_symbol(ref)
        page = await seeker.look_up(symbol.base) if symbol else Page()
        if page.fault is not None:
            return kept, [f"parent of {ref}: {page.fault.reason}"]
        pages += 1
        kept = kept.plus(await _take(database, number, page, pull_id, pages))
    return kept, []


async def _take(database: Database, number: int, page: Page, pull_id: int, position: int) -> Kept:
    async with database.writing() as connection:
        now = await database.now(connection)
        if page.payload is not None:
            await visits.keep_payload(connection, pull_id, position, page.payload, now)
        await notices.mark_sought(connection, [number], now)
        return await keep(connection, page.records, _silently(now), now, pull_id)


def _silently(now: datetime) -> Policy:
    today = today_in_vietnam(now)
    return Policy(Telling.NONE, today, today)
