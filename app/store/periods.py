"""What a digest's period was checked for: read from the visits when its window closes, then kept for all its mails."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.coverage import SOUND_RESULTS, Coverage, Heard, Visit
from app.domain.visits import Window
from app.store.tables import digest_periods, notices, pulls, records, sources
from app.store.writes import insert_missing

Key = tuple[str, date]
"""The frequency of a digest, and the day in Viet Nam on which its window closes."""


@dataclass(frozen=True, slots=True)
class KeptPeriod:
    """What is known of a period: what it was checked for, and the first and last day off of the break after it."""

    coverage: Coverage | None = None
    days_off: tuple[date, date] | None = None


async def sound_visits(connection: AsyncConnection, names: Sequence[str], since: datetime) -> list[Visit]:
    """Return the sound visits to these sources that began after a moment, the oldest first."""
    statement = (
        select(
            pulls.c.source,
            pulls.c.window_first,
            pulls.c.window_last,
            pulls.c.started_at,
            pulls.c.finished_at,
            pulls.c.result,
        )
        .where(pulls.c.source.in_(names), pulls.c.started_at >= since, pulls.c.result.in_(SOUND_RESULTS))
        .order_by(pulls.c.started_at, pulls.c.id)
    )
    return [
        Visit(
            source=row.source,
            window=None if row.window_first is None else Window(row.window_first, row.window_last),
            began_at=row.started_at,
            ended_at=row.finished_at,
            result=row.result,
        )
        for row in await connection.execute(statement)
    ]


async def asked_since(connection: AsyncConnection, names: Sequence[str]) -> dict[str, datetime]:
    """Return when each of these sources was first visited; those that never were are missing."""
    first = func.min(pulls.c.started_at, type_=pulls.c.started_at.type)
    visited = pulls.c.source.in_(names), pulls.c.window_first.is_not(None)
    rows = await connection.execute(select(pulls.c.source, first).where(*visited).group_by(pulls.c.source))
    return {row[0]: row[1] for row in rows}


async def heard(connection: AsyncConnection, names: Sequence[str]) -> list[Heard]:
    """Return when each of these sources last answered soundly, in the order of the names."""
    statement = select(sources.c.name, sources.c.last_success_at).where(sources.c.name.in_(names))
    found = {row.name: row.last_success_at for row in await connection.execute(statement)}
    return [Heard(name, found.get(name)) for name in names]


async def newest_records(connection: AsyncConnection, names: Sequence[str]) -> dict[str, datetime]:
    """Return when the newest record of each of these sources first came; those without any are missing."""
    newest = func.max(records.c.first_seen_at, type_=records.c.first_seen_at.type)
    rows = await connection.execute(
        select(records.c.source, newest).where(records.c.source.in_(names)).group_by(records.c.source)
    )
    return {row[0]: row[1] for row in rows}


async def notices_stored(connection: AsyncConnection, since: datetime, until: datetime) -> int:
    """Return how many notices were stored from one moment, included, to another, excluded."""
    between = notices.c.stored_at >= since, notices.c.stored_at < until
    return int((await connection.execute(select(func.count()).select_from(notices).where(*between))).scalar_one())


async def keep(
    connection: AsyncConnection, key: Key, coverage: Coverage | None, days_off: Sequence[date], now: datetime
) -> None:
    """Keep what is known of a period, once: what was written first stands."""
    row = {
        "frequency": key[0],
        "local_date": key[1],
        "coverage": None if coverage is None else coverage.to_json(),
        "break_first": days_off[0] if days_off else None,
        "break_last": days_off[-1] if days_off else None,
        "written_at": now,
    }
    await insert_missing(connection, digest_periods, [row])


async def kept(connection: AsyncConnection, keys: Iterable[Key]) -> dict[Key, KeptPeriod]:
    """Return what is known of periods; those that nothing was kept of are missing."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    named = tuple_(digest_periods.c.frequency, digest_periods.c.local_date)
    return {
        (row.frequency, row.local_date): KeptPeriod(
            coverage=None if row.coverage is None else Coverage.from_json(row.coverage),
            days_off=None if row.break_first is None else (row.break_first, row.break_last),
        )
        for row in await connection.execute(select(digest_periods).where(named.in_(wanted)))
    }
