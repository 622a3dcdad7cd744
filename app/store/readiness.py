"""What says whether the machinery runs: the schema, the heartbeats of jobs, each source's last sound answer."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import case, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.store import alarms, holds
from app.store.database import Database
from app.store.migrations import missing_revisions
from app.store.tables import deliveries, heartbeats, pulls, sources

_log = structlog.get_logger(__name__)


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


@dataclass(frozen=True, slots=True)
class Queue:
    """How many deliveries of a kind are in a state, and of how many an attempt ended unclearly, so that two copies may exist.

    `due_since` is when the oldest that waits was due.
    """

    kind: str
    state: str
    deliveries: int
    ambiguous: int
    due_since: datetime | None


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that the last look still found, since when, and how many findings it stands for."""

    name: str
    raised_at: datetime
    findings: int


@dataclass(frozen=True, slots=True)
class State:
    """What a database that answers says of the machinery at `now`; nothing where its schema is behind."""

    now: datetime
    current: bool
    heartbeats: tuple[Heartbeat, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    queues: tuple[Queue, ...] = ()
    holds: tuple[str, ...] = ()
    alarms: tuple[StandingAlarm, ...] = ()


async def state(database: Database) -> State | None:
    """Return what the database says; None when it does not answer."""
    try:
        behind = await asyncio.to_thread(missing_revisions, database.url.render_as_string(hide_password=False))
        async with database.reading() as connection:
            now = await database.now(connection)
            if behind:
                return State(now, current=False)
            return State(
                now,
                current=True,
                heartbeats=await _heartbeats(connection),
                hearings=await _hearings(connection),
                queues=await _queues(connection),
                holds=tuple(hold.name for hold in await holds.standing(connection)),
                alarms=await _alarms(connection),
            )
    except (SQLAlchemyError, OSError) as error:
        _log.warning("database does not answer", exc_info=error)
        return None


async def _heartbeats(connection: AsyncConnection) -> tuple[Heartbeat, ...]:
    rows = await connection.execute(select(heartbeats).order_by(heartbeats.c.job))
    return tuple(Heartbeat(row.job, row.beat_at, timedelta(seconds=row.period_seconds)) for row in rows)


async def _queues(connection: AsyncConnection) -> tuple[Queue, ...]:
    waiting = deliveries.c.state.in_([DeliveryState.PENDING, DeliveryState.DEFERRED])
    due_since = func.min(case((waiting, deliveries.c.due_at)), type_=deliveries.c.due_at.type)
    ambiguous = func.sum(case((deliveries.c.ambiguous > 0, 1), else_=0))
    by_state = select(deliveries.c.kind, deliveries.c.state, func.count(), ambiguous, due_since)
    rows = await connection.execute(by_state.group_by(deliveries.c.kind, deliveries.c.state))
    return tuple(Queue(*row) for row in rows)


async def _alarms(connection: AsyncConnection) -> tuple[StandingAlarm, ...]:
    return tuple(StandingAlarm(row.name, row.raised_at, row.total) for row in await alarms.standing(connection))


async def _hearings(connection: AsyncConnection) -> tuple[Hearing, ...]:
    first = select(func.min(pulls.c.started_at)).where(pulls.c.source == sources.c.name).scalar_subquery()
    rows = await connection.execute(
        select(sources.c.name, sources.c.last_success_at, first.label("first_asked_at")).order_by(sources.c.name)
    )
    return tuple(Hearing(row.name, row.last_success_at, row.first_asked_at) for row in rows)
