"""Seal the audit into its chain, and verify that nobody changed it since (MO-08)."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from app.domain.audit import BEGIN, Break, Fault, Head, Walk
from app.store import audit
from app.store.database import Database

_log = structlog.get_logger(__name__)

BATCH = 5000
"""Rows of one transaction at most, so that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: how many rows are kept, the last sound one, and the first break if there is one."""

    rows: int
    head: Head
    broken: Break | None


async def seal(database: Database, batch: int = BATCH, *, everything: bool = False) -> Head:
    """Seal all rows that are not, in the order in which they were begun; return the head. Safe to repeat.

    The head is put into the log, where who changes the database does not reach it.
    """
    total, count, head = 0, batch, BEGIN
    while count == batch:
        async with database.writing() as connection:
            head, count = await audit.seal(connection, batch, everything=everything)
        total += count
    if total:
        _log.info("audit_sealed", rows=total, head=str(head))
    return head


async def verify(database: Database, noted: Sequence[Head] = (), batch: int = BATCH) -> Verified:
    """Seal what is not, then walk the whole chain, through every head noted here or by the caller; note what came of it.

    A walk that a cut for age overtook begins anew.
    """
    await seal(database, batch, everything=True)
    while True:
        async with database.reading() as connection:
            begun = await audit.beginning(connection)
            heads = [*await audit.noted_heads(connection), *noted]
        found = await _walked(database, begun, heads, batch)
        async with database.writing() as connection:
            if found.broken is not None and await audit.beginning(connection) != begun:
                continue
            fault = None if found.broken is None else f"{found.broken.fault} at {found.broken.number}"
            await audit.note_head(connection, audit.VERIFIED, found.head, fault, await database.now(connection))
        _tell(found)
        return found


async def _walked(database: Database, begun: Head | None, noted: Sequence[Head], batch: int) -> Verified:
    """Walk the chain page by page; no connection is held between two pages."""
    begin = begun or BEGIN
    walk = Walk(begin, noted)
    async with database.reading() as connection:
        if begin != BEGIN and not await audit.was_cut_at(connection, begin):
            return Verified(0, BEGIN, Break(begin.number, None, Fault.BEGINNING_GONE))
    rows = 0
    while True:
        async with database.reading() as connection:
            page = await audit.page(connection, walk.head.number, batch)
        for one, entry in page:
            broken = walk.step(one, entry)
            if broken is not None:
                return Verified(rows, walk.head, broken)
            rows += 1
        if len(page) < batch:
            return Verified(rows, walk.head, walk.end())


def _tell(found: Verified) -> None:
    if found.broken is None:
        _log.info("audit_verified", rows=found.rows, head=str(found.head))
    else:
        broken = found.broken
        _log.error(
            "audit_broken", fault=broken.fault.value, number=broken.number, row=broken.audit_id, head=str(found.head)
        )
