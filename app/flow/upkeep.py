"""Keep processes in step, and find what stood still."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from app.domain.preview import DAYS
from app.i18n.dates import today_in_vietnam
from app.store import deliveries, ledger, replays, visits
from app.store.database import Database

_log = structlog.get_logger(__name__)

_LONGEST_VISIT = timedelta(hours=6)
_MATCHES_KEPT = timedelta(days=DAYS)
"""What a replay matched is kept as long as the past that the next one looks at, and while it is open."""


async def hold(database: Database, name: str, owner: str, lease: timedelta) -> bool:
    """Take or keep a lease by the database's clock; False while somebody else holds it."""
    async with database.writing() as connection:
        now = await database.now(connection)
        return await ledger.hold(connection, name, owner, now, now + lease)


async def let_go(database: Database, name: str, owner: str) -> None:
    """Give up a lease."""
    async with database.writing() as connection:
        await ledger.let_go(connection, name, owner, await database.now(connection))


async def claim_slot(database: Database, job: str, seconds: int, owner: str) -> bool:
    """Claim the present slot of a job that runs every so many seconds; False when it was claimed before."""
    async with database.writing() as connection:
        now = await database.now(connection)
        return await ledger.tick(connection, job, _slot(now, seconds), owner, now)


async def beat(database: Database, job: str, seconds: int, fault: str | None) -> None:
    """Write that a job ran and how it failed, if it did (MO-04)."""
    async with database.writing() as connection:
        await ledger.beat(connection, job, seconds, await database.now(connection), fault)


async def expect(database: Database, jobs: Mapping[str, int]) -> None:
    """Await jobs by name, each with its period in seconds, from now on: one that never ends must be late too (MO-04)."""
    async with database.writing() as connection:
        await ledger.expect(connection, jobs, await database.now(connection))


async def sweep(database: Database) -> None:
    """Close the books on visits and hand-overs whose process is gone; forget what no replay can tell any more."""
    async with database.writing() as connection:
        now = await database.now(connection)
        broken_off = await visits.abandoned_pulls(connection, now - _LONGEST_VISIT, now)
        lost = await deliveries.recover(connection, now)
        await replays.forget_closed(connection, now - _MATCHES_KEPT, today_in_vietnam(now))
    if broken_off or lost:
        _log.warning("swept", pulls=broken_off, hand_overs=lost)


def _slot(now: datetime, seconds: int) -> str:
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, now.tzinfo).isoformat()
