"""What says whether the machinery runs: the heartbeats of its jobs and the age of each source's last sound answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import heartbeats, pulls, sources


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When a job last finished, and how often it should."""

    job: str
    beat_at: datetime
    period: timedelta

    def is_fresh(self, now: datetime) -> bool:
        """Say whether the job finished within twice its period (MO-04)."""
        return now - self.beat_at <= 2 * self.period


@dataclass(frozen=True, slots=True)
class Hearing:
    """When a source last answered soundly, and when it was first asked; None for never."""

    source: str
    last_success_at: datetime | None
    first_asked_at: datetime | None

    def is_silent(self, now: datetime, after: timedelta) -> bool:
        """Say whether nothing sound was heard for so long; the first question counts where no answer came at all."""
        since = self.last_success_at or self.first_asked_at
        return since is not None and now - since > after


async def jobs(connection: AsyncConnection) -> list[Heartbeat]:
    """Return the heartbeat of every job that ever ran."""
    rows = await connection.execute(select(heartbeats).order_by(heartbeats.c.job))
    return [Heartbeat(row.job, row.beat_at, timedelta(seconds=row.period_seconds)) for row in rows]


async def hearings(connection: AsyncConnection) -> list[Hearing]:
    """Return what was heard of every source that was ever visited."""
    first = select(func.min(pulls.c.started_at)).where(pulls.c.source == sources.c.name).scalar_subquery()
    rows = await connection.execute(
        select(sources.c.name, sources.c.last_success_at, first.label("first_asked_at")).order_by(sources.c.name)
    )
    return [Hearing(row.name, row.last_success_at, row.first_asked_at) for row in rows]
