"""Sources and the visits to them: each one a row, with the raw bytes it brought."""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.visits import Complaint, Payload, Window
from app.store.tables import payloads, pull_payloads, pulls, quarantine, sources
from app.store.writes import insert_missing


async def source(connection: AsyncConnection, name: str) -> RowMapping:
    """Return what is remembered of a source; a source never visited gets its row."""
    await insert_missing(connection, sources, [{"name": name}])
    return (await connection.execute(select(sources).where(sources.c.name == name))).mappings().one()


async def save_source(connection: AsyncConnection, name: str, **values: Any) -> None:
    """Write what is to be remembered of a source."""
    await connection.execute(update(sources).where(sources.c.name == name).values(**values))


async def begin_pull(
    connection: AsyncConnection, name: str, window: Window | None, now: datetime, until: datetime
) -> int:
    """Open the row of one visit, under a lease, and return its id."""
    statement = (
        pulls.insert()
        .values(
            source=name,
            window_first=window.first if window else None,
            window_last=window.last if window else None,
            started_at=now,
            leased_until=until,
            result="running",
            remarks=[],
        )
        .returning(pulls.c.id)
    )
    return int((await connection.execute(statement)).scalar_one())


async def renew_pull(connection: AsyncConnection, pull_id: int, until: datetime) -> None:
    """Prolong the lease on a visit under way."""
    await connection.execute(update(pulls).where(pulls.c.id == pull_id).values(leased_until=until))


async def finish_pull(connection: AsyncConnection, pull_id: int, **values: Any) -> None:
    """Write how a visit ended."""
    await connection.execute(update(pulls).where(pulls.c.id == pull_id).values(**values))


async def break_off_pull(connection: AsyncConnection, pull_id: int, reason: str, **values: Any) -> None:
    """Write that a visit was broken off, unless its end is known already."""
    running = (pulls.c.id == pull_id, pulls.c.result == "running")
    await connection.execute(update(pulls).where(*running).values(result="broken_off", reason=reason, **values))


async def keep_payload(
    connection: AsyncConnection, pull_id: int, position: int, payload: Payload, now: datetime
) -> None:
    """Keep the raw bytes of one page of a visit."""
    await keep_body(connection, payload, now)
    await insert_missing(
        connection, pull_payloads, [{"pull_id": pull_id, "position": position, "payload_hash": payload.hash}]
    )


async def keep_body(connection: AsyncConnection, payload: Payload, now: datetime) -> None:
    """Keep raw bytes under their hash, once however often they come."""
    known = select(func.count()).select_from(payloads).where(payloads.c.hash == payload.hash)
    if not (await connection.execute(known)).scalar_one():
        row = {
            "hash": payload.hash,
            "media_type": payload.media_type,
            "size": len(payload.body),
            "body": await asyncio.to_thread(zlib.compress, payload.body),
            "stored_at": now,
        }
        await insert_missing(connection, payloads, [row])


async def keep_complaints(
    connection: AsyncConnection,
    name: str,
    pull_id: int,
    payload_hash: str,
    complaints: Sequence[Complaint],
    now: datetime,
) -> None:
    """Put the records that could not be taken into quarantine, once however often they come."""
    rows = [
        {
            "source": name,
            "payload_hash": payload_hash,
            "position": complaint.position,
            "field": complaint.field,
            "reason": complaint.reason,
            "excerpt": complaint.excerpt,
            "pull_id": pull_id,
            "noticed_at": now,
        }
        for complaint in complaints
    ]
    await insert_missing(connection, quarantine, rows)


async def abandoned_pulls(connection: AsyncConnection, before: datetime, now: datetime) -> int:
    """Mark visits as broken off whose lease is over, or that began before a moment and had none; return how many."""
    silent = or_(pulls.c.leased_until < now, and_(pulls.c.leased_until.is_(None), pulls.c.started_at < before))
    result = await connection.execute(
        update(pulls)
        .where(pulls.c.result == "running", silent)
        .values(result="broken_off", reason="the process ended during the visit", finished_at=now)
    )
    return result.rowcount


async def states(connection: AsyncConnection) -> Sequence[Any]:
    """Return every source with what is remembered of it."""
    return (await connection.execute(select(sources).order_by(sources.c.name))).all()
