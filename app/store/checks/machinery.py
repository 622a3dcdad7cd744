"""Whether the machinery runs: the worker and its jobs, the relay, the sources, what somebody stopped."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import BRAKE, Check, Finding
from app.domain.deliveries import DeliveryState
from app.domain.reconciliation import (
    ALL_REFUSED,
    FEWEST_REFUSED,
    JOB,
    NOTHING_TAKEN,
    SILENT_WORKING_DAYS,
    SOURCE,
    WORKER,
)
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import today_in_vietnam
from app.store.tables import attempts, audit_heads, deliveries, heartbeats, holds, pulls, records, sources, stops

_DELIVER = "deliver"
_STOPPED = or_(exists(select(holds.c.name)), exists().where(stops.c.kind == deliveries.c.kind))
_DUE = and_(deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN]), ~_STOPPED)


async def worker(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Say whether a worker that once ran has stopped: not one of its jobs finished in the last minutes."""
    newest = (
        await connection.execute(select(func.max(heartbeats.c.beat_at, type_=heartbeats.c.beat_at.type)))
    ).scalar_one()
    if newest is None or now - newest <= WORKER:
        return []
    return [Finding(Check.WORKER_STOPPED, "worker", note=f"{newest:%Y-%m-%d %H:%M} UTC")]


async def jobs(connection: AsyncConnection, now: datetime, names: Collection[str]) -> list[Finding]:
    """Find the jobs of these names that did not finish for long, and those that failed each time for long.

    That the relay cannot be used is said of the relay, not of the job that delivers.
    """
    found = []
    rows = await connection.execute(
        select(heartbeats).where(heartbeats.c.job.in_(list(names))).order_by(heartbeats.c.job)
    )
    for row in rows:
        patience = max(2 * timedelta(seconds=row.period_seconds), JOB)
        if now - row.beat_at > patience:
            found.append(Finding(Check.JOB_LATE, row.job, note=f"{row.beat_at:%Y-%m-%d %H:%M} UTC"))
        elif row.failing_since is not None and now - row.failing_since > patience and row.job != _DELIVER:
            found.append(Finding(Check.JOB_FAILING, row.job, note=row.fault or ""))
    return found


async def relay(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Say why the relay counts as blocked: it takes nothing that is due, cannot be used, or refuses whatever it is offered."""
    due = (
        await connection.execute(
            select(func.count(), func.min(deliveries.c.due_at, type_=deliveries.c.due_at.type)).where(
                _DUE, deliveries.c.due_at <= now
            )
        )
    ).one()
    pulse = (await connection.execute(select(heartbeats).where(heartbeats.c.job == _DELIVER))).one_or_none()
    down_since = pulse.failing_since if pulse is not None and now - pulse.beat_at <= WORKER else None
    if due[0] and down_since is not None and now - down_since >= WORKER:
        return [Finding(Check.RELAY_DOWN, "relay", due[0], pulse.fault if pulse is not None else "")]
    if due[0] and now - due[1] >= NOTHING_TAKEN and not await _taken_since(connection, now - NOTHING_TAKEN):
        return [Finding(Check.RELAY_DOWN, "relay", due[0], f"{due[1]:%Y-%m-%d %H:%M} UTC")]
    return await _all_refused(connection, now)


async def sources_failing(connection: AsyncConnection, now: datetime, names: Sequence[str]) -> list[Finding]:
    """Find the sources that did not answer soundly for a day; from the first question on where none ever did."""
    first = select(func.min(pulls.c.started_at)).where(pulls.c.source == sources.c.name).scalar_subquery()
    heard = func.coalesce(sources.c.last_success_at, first, type_=sources.c.last_success_at.type)
    rows = await connection.execute(
        select(sources.c.name, sources.c.last_fault)
        .where(sources.c.name.in_(list(names)), heard <= now - SOURCE)
        .order_by(sources.c.name)
    )
    return [Finding(Check.SOURCE_FAILING, row.name, note=row.last_fault or "") for row in rows]


async def silent_sources(
    connection: AsyncConnection, now: datetime, names: Sequence[str], calendar: WorkingCalendar
) -> list[Finding]:
    """Find the sources that brought no new record for working days on end, though they answer (MO-05)."""
    today = today_in_vietnam(now)
    newest = func.max(records.c.first_seen_at, type_=records.c.first_seen_at.type)
    rows = await connection.execute(
        select(records.c.source, newest.label("newest"))
        .where(records.c.source.in_(list(names)))
        .group_by(records.c.source)
        .order_by(records.c.source)
    )
    return [
        Finding(Check.SOURCE_SILENT, row.source, note=f"{today_in_vietnam(row.newest):%Y-%m-%d}")
        for row in rows
        if calendar.working_days_between(today_in_vietnam(row.newest), today) >= SILENT_WORKING_DAYS
    ]


async def holds_standing(connection: AsyncConnection) -> list[Finding]:
    """Find what keeps all mail in the outbox: the emergency brake, and what people set."""
    rows = await connection.execute(select(holds).order_by(holds.c.held_at, holds.c.name))
    return [
        Finding(Check.BRAKE_PULLED if row.name == BRAKE else Check.HOLD_STANDING, row.name, note=row.because)
        for row in rows
    ]


async def audit_broken(connection: AsyncConnection) -> list[Finding]:
    """Say how the last verification found the chain of the audit broken, if it did."""
    newest = select(func.max(audit_heads.c.id)).scalar_subquery()
    fault = (
        await connection.execute(select(audit_heads.c.fault).where(audit_heads.c.id == newest))
    ).scalar_one_or_none()
    return [] if fault is None else [Finding(Check.AUDIT_BROKEN, "audit", note=fault)]


async def _taken_since(connection: AsyncConnection, moment: datetime) -> bool:
    taken = exists().where(attempts.c.started_at >= moment, attempts.c.outcome == DeliveryState.ACCEPTED)
    return bool((await connection.execute(select(taken))).scalar_one())


async def _all_refused(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Say whether everything that was offered for half an hour was turned away."""
    recent = (attempts.c.started_at >= now - ALL_REFUSED, attempts.c.ended_at.is_not(None))
    tries = (await connection.execute(select(func.count()).where(*recent))).scalar_one()
    if tries < FEWEST_REFUSED or await _taken_since(connection, now - ALL_REFUSED):
        return []
    last = select(attempts.c.reply).where(*recent).order_by(attempts.c.started_at.desc()).limit(1)
    return [Finding(Check.RELAY_DOWN, "relay", tries, (await connection.execute(last)).scalar_one() or "")]
