"""What keeps several processes in step: one clock at a time, each slot of the calendar once, a pulse for each job."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import heartbeats, leases, ticks
from app.store.writes import insert_missing, upsert


async def in_turn(connection: AsyncConnection, stage: str) -> None:
    """Let one transaction at a time do a stage; on SQLite every writing transaction waits its turn already."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"keng.{stage}"))))


async def hold(connection: AsyncConnection, name: str, owner: str, now: datetime, until: datetime) -> bool:
    """Take or prolong a lease; False while somebody else holds it."""
    await insert_missing(connection, leases, [{"name": name, "owner": owner, "until": until, "fence": 1}])
    free = or_(leases.c.owner == owner, leases.c.until < now)
    result = await connection.execute(
        update(leases).where(leases.c.name == name, free).values(owner=owner, until=until, fence=leases.c.fence + 1)
    )
    return bool(result.rowcount)


async def let_go(connection: AsyncConnection, name: str, owner: str, now: datetime) -> None:
    """Give up a lease, so that the next may take it at once."""
    await connection.execute(update(leases).where(leases.c.name == name, leases.c.owner == owner).values(until=now))


async def drop(connection: AsyncConnection, name: str, owner: str) -> None:
    """Give up a lease that nobody takes again under the same name, and forget it."""
    await connection.execute(delete(leases).where(leases.c.name == name, leases.c.owner == owner))


async def ticked(connection: AsyncConnection, job: str, slot: str) -> bool:
    """Say whether a slot of a job's calendar was claimed."""
    known = select(ticks.c.slot).where(ticks.c.job == job, ticks.c.slot == slot)
    return (await connection.execute(known)).first() is not None


async def tick(connection: AsyncConnection, job: str, slot: str, owner: str, now: datetime) -> bool:
    """Claim one slot of a job's calendar; False when it was claimed before."""
    if await ticked(connection, job, slot):
        return False
    await insert_missing(connection, ticks, [{"job": job, "slot": slot, "owner": owner, "started_at": now}])
    mine = select(ticks.c.owner).where(ticks.c.job == job, ticks.c.slot == slot)
    return bool((await connection.execute(mine)).scalar_one() == owner)


async def expect(connection: AsyncConnection, jobs: Mapping[str, int], now: datetime) -> None:
    """Begin the pulse of jobs, each with its period in seconds, that have none yet."""
    rows = [{"job": job, "beat_at": now, "period_seconds": seconds} for job, seconds in jobs.items()]
    await insert_missing(connection, heartbeats, rows)


async def beat(connection: AsyncConnection, job: str, period_seconds: int, now: datetime, fault: str | None) -> None:
    """Write that a job ran, and how it failed if it did."""
    before = select(heartbeats.c.failing_since).where(heartbeats.c.job == job)
    since = None if fault is None else (await connection.execute(before)).scalar_one_or_none() or now
    row: dict[str, Any] = {"beat_at": now, "period_seconds": period_seconds, "fault": fault, "failing_since": since}
    await upsert(connection, heartbeats, [{"job": job} | row], key=["job"], change=list(row))
