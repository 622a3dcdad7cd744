"""From the records of the sources to the fan-out: what stood still on the way."""

import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import Check, Finding
from app.domain.reconciliation import STAGE, symbols_in
from app.domain.sectors import Facet, Role
from app.domain.sectors.labels import ANNEX
from app.store.tables import (
    corrections,
    events,
    labels,
    notice_symbols,
    notices,
    payloads,
    pull_payloads,
    pulls,
    quarantine,
    records,
)
from app.store.writes import chunks

_LENDERS = notices.alias("lenders")
MOST = 50
"""Findings of one kind that are listed; fifty say as much as fifty thousand."""


async def records_without_notice(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find what a source said that no notice came of: records, and documents named in the bytes of its last sound visit.

    A document whose record is in quarantine is listed there.
    """
    orphaned = (
        select(records.c.source, records.c.key)
        .outerjoin(notices, notices.c.id == records.c.notice_id)
        .where(notices.c.id.is_(None))
        .limit(MOST)
    )
    found = [
        Finding(Check.RECORD_WITHOUT_NOTICE, row.key, note=row.source) for row in await connection.execute(orphaned)
    ]
    named: dict[str, str] = {}
    for row in await connection.execute(_last_pages(since)):
        named |= dict.fromkeys(symbols_in(zlib.decompress(row.body)), row.source)
    kept = await _kept(connection, named)
    lost = sorted(named.keys() - kept)[:MOST]
    return found + [Finding(Check.RECORD_WITHOUT_NOTICE, symbol, note=named[symbol]) for symbol in lost]


async def notices_without_event(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find notices that were taken in and of which nothing is said to have happened."""
    logged = exists().where(events.c.notice_id == notices.c.id)
    return await _notices(connection, Check.NOTICE_WITHOUT_EVENT, notices.c.stored_at >= since, ~logged)


async def never_sorted(connection: AsyncConnection, since: datetime, now: datetime) -> list[Finding]:
    """Find notices that have no sorting at all, long after they came."""
    long_here = notices.c.stored_at.between(since, now - STAGE)
    return await _notices(connection, Check.NEVER_SORTED, long_here, notices.c.classification_id.is_(None))


async def not_judged(connection: AsyncConnection, since: datetime, now: datetime) -> list[Finding]:
    """Find events of sorted notices that are neither released nor silent, and that wait for nobody."""
    return await _events(
        connection,
        Check.NOT_JUDGED,
        events.c.created_at.between(since, now - STAGE),
        events.c.released_at.is_(None),
        events.c.silence.is_(None),
        events.c.waiting.is_(None),
        notices.c.sorted_at <= now - STAGE,
    )


async def wrongly_held(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find events that wait for a person for a reason that is not so, judged by the notice as it is sorted now."""
    given = and_(labels.c.notice_id == notices.c.id, labels.c.facet == Facet.SECTOR)
    primary = exists().where(given, labels.c.role == Role.PRIMARY)
    untrue = or_(
        and_(events.c.waiting == "orphan", ~notices.c.orphan),
        and_(events.c.waiting == "contradictory", ~notices.c.contradictory),
        and_(events.c.waiting == "unsure", notices.c.sure, primary),
        and_(events.c.waiting == "unlabelled", exists().where(given)),
    )
    rows = await connection.execute(
        select(events.c.waiting, notices.c.id, notices.c.ref)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(
            events.c.created_at >= since,
            events.c.released_at.is_(None),
            events.c.silence.is_(None),
            events.c.judged_at >= notices.c.sorted_at,
            untrue,
        )
        .order_by(events.c.id)
        .limit(MOST)
    )
    waiting = rows.all()
    labelled = await _labelled_outside_annexes(connection, [row.id for row in waiting if row.waiting == "unlabelled"])
    return [
        Finding(Check.WRONGLY_HELD, row.ref, note=row.waiting)
        for row in waiting
        if row.waiting != "unlabelled" or row.id in labelled
    ]


async def not_fanned_out(connection: AsyncConnection, since: datetime, now: datetime) -> list[Finding]:
    """Find released events that nobody was looked up for. A notice that staff corrected just now is matched anew.

    So is one that takes the correction over from the document that lends goods to it.
    """
    lender = select(_LENDERS.c.id).where(_LENDERS.c.ref == notices.c.inherits_from).scalar_subquery()
    spoken_of = or_(corrections.c.notice_id == notices.c.id, corrections.c.notice_id == lender)
    corrected = exists().where(spoken_of, corrections.c.created_at > now - STAGE).correlate(notices)
    return await _events(
        connection,
        Check.NOT_FANNED_OUT,
        events.c.released_at.between(since, now - STAGE),
        events.c.silence.is_(None),
        events.c.fanned_out_at.is_(None),
        ~corrected,
    )


def _last_pages(since: datetime) -> Select[Any]:
    """Select the bytes that each source sent on its last sound visit which brought pages."""
    last = (
        select(func.max(pulls.c.id))
        .where(pulls.c.result == "sound", pulls.c.pages > 0, pulls.c.started_at >= since)
        .group_by(pulls.c.source)
    )
    whole = ~exists().where(quarantine.c.payload_hash == payloads.c.hash)
    return (
        select(pulls.c.source, payloads.c.body)
        .join(pull_payloads, pull_payloads.c.pull_id == pulls.c.id)
        .join(payloads, payloads.c.hash == pull_payloads.c.payload_hash)
        .where(pulls.c.id.in_(last), whole)
    )


async def _kept(connection: AsyncConnection, symbols: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for piece in chunks(sorted(symbols)):
        statement = select(notice_symbols.c.symbol).where(notice_symbols.c.symbol.in_(piece))
        found |= set((await connection.execute(statement)).scalars())
    return found


async def _labelled_outside_annexes(connection: AsyncConnection, notice_ids: list[int]) -> set[int]:
    """Return the notices with a sector that more than their attachments speak for; only that lets an alert out."""
    found: set[int] = set()
    for piece in chunks(notice_ids):
        statement = select(labels.c.notice_id, labels.c.evidence).where(
            labels.c.notice_id.in_(piece), labels.c.facet == Facet.SECTOR
        )
        for row in await connection.execute(statement):
            fields = [one["field"] for one in row.evidence]
            if not fields or any(field != ANNEX for field in fields):
                found.add(row.notice_id)
    return found


async def _notices(connection: AsyncConnection, check: Check, *conditions: Any) -> list[Finding]:
    rows = await connection.execute(select(notices.c.ref).where(*conditions).order_by(notices.c.id).limit(MOST))
    return [Finding(check, ref) for ref in rows.scalars()]


async def _events(connection: AsyncConnection, check: Check, *conditions: Any) -> list[Finding]:
    rows = await connection.execute(
        select(notices.c.ref, events.c.kind)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(*conditions)
        .order_by(events.c.id)
        .limit(MOST)
    )
    return [Finding(check, row.ref, note=row.kind) for row in rows]
