"""Seal the audit into its chain, and verify that nobody changed it since (MO-08)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from app.domain.audit import ACCEPT, BEGIN, Break, Fault, Head, Walk
from app.domain.errors import conflict, invalid
from app.domain.privacy import AUDIT_KEPT
from app.store import audit
from app.store.database import Connection, Database

_log = structlog.get_logger(__name__)

BATCH = 500
"""Rows at a time: while they are hashed nobody else writes or is answered; between two batches everybody is."""

_CUT_AT_LEAST = AUDIT_KEPT - timedelta(days=1)
"""How old a row is, at the least, that was destroyed for its age: a day less than it is kept, for clocks that differ."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: how many rows are sound, the last of them, and the first break if there is one.

    `accepted` is how many breaks were passed over because somebody explained them; `too_early` are heads of the caller
    that lie before the beginning, which nothing can be said about.
    """

    rows: int
    head: Head
    broken: Break | None
    accepted: int = 0
    too_early: Sequence[Head] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What a walk goes by: where the chain begins, the heads it must lead through, and the breaks it passes over."""

    begin: Head | None
    noted: Sequence[Head]
    accepted: Sequence[Break]
    forged: bool
    """Whether it was cut beyond a head that is too young for the rows after it to have been old."""


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
    """Seal what is not, then walk the whole chain, through every head noted here or by the caller.

    What came of it is noted, for the alarm to stand or to end, unless the caller brought heads, which may be mistyped. A
    walk that a cut for age overtook begins anew.
    """
    await seal(database, batch, everything=True)
    while True:
        async with database.reading() as connection:
            known = await _known(connection, noted, await database.now(connection))
        begin = known.begin or BEGIN
        too_early = [one for one in noted if one.number < begin.number]
        found = replace(await _walked(database, known, batch), too_early=too_early)
        async with database.writing() as connection:
            if found.broken is not None and await audit.beginning(connection) != known.begin:
                continue
            if not noted:
                fault = None if found.broken is None else f"{found.broken.fault} at {found.broken.number}"
                await audit.note_head(connection, found.head, fault, await database.now(connection))
        _tell(found)
        return found


async def accept(database: Database, number: int, because: str, actor: str) -> Verified:
    """Write down the explanation of the first break, which is passed over from then on; return what is found then.

    A cut end counts from here: heads that were noted before are not asked for any more. AppError: invalid without a
    reason, conflict when the first break is not at this number.
    """
    if not because.strip():
        raise invalid("no-reason", "this needs its reason, for the record", field="because")
    broken = (await verify(database)).broken
    if broken is None or broken.number != number:
        first = "there is none" if broken is None else f"the first is at {broken.number}"
        raise conflict("no-such-break", f"{number}: the audit is not broken here; {first}")
    async with database.writing() as connection:
        details = {**audit.explanation(broken), "because": because}
        await audit.write_audit(connection, actor, ACCEPT, "audit", details, await database.now(connection))
    return await verify(database)


async def _known(connection: Connection, noted: Sequence[Head], now: datetime) -> _Known:
    explained = await audit.accepted_breaks(connection)
    ends = [(one.what.number, one.at) for one in explained if one.what.fault is Fault.END_GONE]
    rows = [
        row
        for row in await audit.noted_heads(connection)
        if not any(row.number >= number and row.at <= at for number, at in ends)
    ]
    begin = await audit.beginning(connection)
    forged = begin is not None and any(row.number < begin.number and row.at > now - _CUT_AT_LEAST for row in rows)
    heads = [Head(row.number, row.hash) for row in rows]
    return _Known(begin, [*heads, *noted], [one.what for one in explained], forged)


async def _walked(database: Database, known: _Known, batch: int) -> Verified:
    """Walk the chain page by page; no connection is held between two pages."""
    begin, passed = known.begin or BEGIN, len(known.accepted)
    walk = Walk(begin, known.noted, known.accepted)
    gone = Break(begin.number, None, Fault.BEGINNING_GONE, begin)
    if begin != BEGIN and gone.stands not in {one.stands for one in known.accepted}:
        async with database.reading() as connection:
            explained = await audit.was_cut_at(connection, begin) and not known.forged
        if not explained or any(one.number == begin.number and one.hash != begin.hash for one in known.noted):
            return Verified(0, BEGIN, gone, passed)
    rows = 0
    while True:
        async with database.reading() as connection:
            page = await audit.page(connection, walk.head.number, batch)
        for one, entry in page:
            broken = walk.step(one, entry)
            if broken is not None:
                return Verified(rows, walk.head, broken, passed)
            rows += 1
        if not page:
            return Verified(rows, walk.head, walk.end(), passed)


def _tell(found: Verified) -> None:
    if found.broken is None:
        _log.info("audit_verified", rows=found.rows, head=str(found.head), accepted=found.accepted)
    else:
        broken = found.broken
        _log.error(
            "audit_broken", fault=broken.fault.value, number=broken.number, row=broken.audit_id, head=str(found.head)
        )
