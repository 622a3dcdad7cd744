"""Alerts that come late: handed over for the first time two days or more after their release (DL-12)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.brakes import LATE_AFTER
from app.domain.deliveries import DeliveryKind
from app.store.skipping import make_anew
from app.store.tables import deliveries, events, items, messages
from app.store.writes import chunks


async def late_alerts(connection: AsyncConnection, delivery_ids: Sequence[int], now: datetime) -> dict[int, Any]:
    """Return by instant message the first release of an alert in it that comes late; those in time are missing.

    Rows with `released_at`, and `listed_at`: when the last of them was put on the list of what its reader is to be told.
    """
    statement = _late(now, deliveries.c.id.in_(list(delivery_ids)))
    return {row.id: row for row in await connection.execute(statement)}


async def mark_late(connection: AsyncConnection, delivery_ids: Sequence[int], now: datetime) -> None:
    """Let instant messages be rendered again that became late since they were rendered and were never handed over."""
    untried = and_(deliveries.c.id.in_(list(delivery_ids)), deliveries.c.attempts == 0)
    statement = _late(now, untried).join(messages, messages.c.hash == deliveries.c.message_hash)
    statement = statement.add_columns(messages.c.created_at.label("rendered_at")).group_by(messages.c.created_at)
    outdated = [row.id for row in await connection.execute(statement) if row.rendered_at - row.released_at < LATE_AFTER]
    for piece in chunks(outdated):
        await make_anew(connection, deliveries.c.id.in_(piece))


def _late(now: datetime, condition: Any) -> Any:
    released_at, listed_at = events.c.released_at, items.c.created_at
    return (
        select(
            deliveries.c.id,
            func.min(released_at, type_=released_at.type).label("released_at"),
            func.max(listed_at, type_=listed_at.type).label("listed_at"),
        )
        .join(items, and_(items.c.delivery_id == deliveries.c.id, items.c.skipped.is_(None)))
        .join(events, events.c.id == items.c.event_id)
        .where(condition, deliveries.c.kind == DeliveryKind.INSTANT, released_at <= now - LATE_AFTER)
        .group_by(deliveries.c.id)
    )
