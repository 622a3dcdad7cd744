"""How the installation fares, for a page: every list by an index, counted only where few rows can be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import ENDED, DeliveryState
from app.store.tables import (
    attempts,
    deliveries,
    feedback,
    heartbeats,
    pulls,
    quarantine,
    sources,
    subscribers,
    suppressions,
)

_OPEN = tuple(state for state in DeliveryState if state not in ENDED)


async def sources_known(connection: AsyncConnection, since: datetime) -> Sequence[Any]:
    """Return every source with what is remembered of it, `asked_at` first, and `refused` records since a moment."""
    first = select(func.min(pulls.c.started_at, type_=pulls.c.started_at.type)).where(pulls.c.source == sources.c.name)
    refused = select(func.count()).where(quarantine.c.source == sources.c.name, quarantine.c.noticed_at >= since)
    statement = select(
        sources.c.name,
        sources.c.last_visit_at,
        sources.c.last_success_at,
        sources.c.reached,
        sources.c.failures,
        sources.c.resume_at,
        sources.c.last_fault,
        first.scalar_subquery().label("asked_at"),
        refused.scalar_subquery().label("refused"),
    )
    return (await connection.execute(statement.order_by(sources.c.name))).all()


async def visits(connection: AsyncConnection, source: str, before: int | None, limit: int) -> Sequence[Any]:
    """Return the visits to a source, or to all where it is empty, the newest first, below a number."""
    statement = select(pulls).order_by(pulls.c.id.desc()).limit(limit)
    if source:
        statement = statement.where(pulls.c.source == source)
    if before is not None:
        statement = statement.where(pulls.c.id < before)
    return (await connection.execute(statement)).all()


async def outbox(connection: AsyncConnection) -> Sequence[Any]:
    """Return what did not come to its end, by state: how many deliveries, since when the oldest exists and is due."""
    statement = (
        select(
            deliveries.c.state,
            func.count().label("messages"),
            func.min(deliveries.c.created_at, type_=deliveries.c.created_at.type).label("oldest"),
            func.min(deliveries.c.due_at, type_=deliveries.c.due_at.type).label("due_at"),
        )
        .where(deliveries.c.state.in_(_OPEN))
        .group_by(deliveries.c.state)
    )
    return (await connection.execute(statement)).all()


async def handed_over(connection: AsyncConnection, since: datetime) -> int:
    """Return how often a message was handed over since a moment."""
    statement = select(func.count()).select_from(attempts).where(attempts.c.started_at > since)
    return int((await connection.execute(statement)).scalar_one())


async def came_back(connection: AsyncConnection, since: datetime) -> dict[str, int]:
    """Return what came back since a moment, by verdict."""
    statement = (
        select(feedback.c.verdict, func.count()).where(feedback.c.received_at >= since).group_by(feedback.c.verdict)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def undecided(connection: AsyncConnection, before: int | None, limit: int) -> Sequence[Any]:
    """Return the messages that only a person can settle, the newest first, below a number; addresses are in clear."""
    mine = deliveries.c.state == DeliveryState.NEEDS_HUMAN
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.kind,
            deliveries.c.reason,
            deliveries.c.reply,
            deliveries.c.ambiguous,
            deliveries.c.created_at,
            func.coalesce(deliveries.c.recipient, subscribers.c.address).label("address"),
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .where(mine if before is None else and_(mine, deliveries.c.id < before))
        .order_by(deliveries.c.id.desc())
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def suppressed(connection: AsyncConnection, before: int | None, limit: int) -> Sequence[Any]:
    """Return the suppressions that stand, the newest first, below a number; addresses are in clear."""
    living = suppressions.c.ended_at.is_(None)
    statement = (
        select(suppressions, subscribers.c.address)
        .join(subscribers, subscribers.c.id == suppressions.c.subscriber_id)
        .where(living if before is None else and_(living, suppressions.c.id < before))
        .order_by(suppressions.c.id.desc())
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def count_suppressed(connection: AsyncConnection) -> int:
    """Return how many addresses are not written to."""
    statement = select(func.count()).select_from(suppressions).where(suppressions.c.ended_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def pulses(connection: AsyncConnection) -> Sequence[Any]:
    """Return every job with its last run, its period and its fault."""
    return (await connection.execute(select(heartbeats).order_by(heartbeats.c.job))).all()
