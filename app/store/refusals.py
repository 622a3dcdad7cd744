"""Messages that the relay refused for good: what is not sent is listed with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.addresses import mask_address, mask_addresses
from app.domain.deliveries import DeliveryState
from app.store.tables import attempts, deliveries, events, items, notices, subscribers
from app.store.writes import chunks


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message that never goes again: the alerts in it, if any, the masked address, and why and when it was refused."""

    id: int
    kind: str
    refs: tuple[str, ...]
    address: str
    reason: str
    reply: str
    refused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How many messages of a kind were refused for one reason."""

    kind: str
    reason: str
    messages: int


async def listed(connection: AsyncConnection, since: datetime, limit: int) -> list[Refusal]:
    """Return the messages that were refused for good since a moment, the newest first."""
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.kind,
            func.coalesce(deliveries.c.recipient, subscribers.c.address).label("address"),
            deliveries.c.reason,
            deliveries.c.reply,
            attempts.c.ended_at,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .join(attempts, _last_attempt())
        .where(*_refused_since(since))
        .order_by(attempts.c.ended_at.desc(), deliveries.c.id.desc())
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    refs = await _refs(connection, [row.id for row in rows])
    return [
        Refusal(
            id=row.id,
            kind=row.kind,
            refs=tuple(refs.get(row.id, [])),
            address=mask_address(row.address),
            reason=row.reason or "",
            reply=mask_addresses(row.reply or ""),
            refused_at=row.ended_at,
        )
        for row in rows
    ]


async def counted(connection: AsyncConnection, since: datetime) -> list[Refused]:
    """Return how many messages were refused for good since a moment, by kind and reason, the most first."""
    reason, messages = func.coalesce(deliveries.c.reason, ""), func.count()
    statement = (
        select(deliveries.c.kind, reason.label("because"), messages.label("messages"))
        .join(attempts, _last_attempt())
        .where(*_refused_since(since))
        .group_by(deliveries.c.kind, reason)
        .order_by(messages.desc(), deliveries.c.kind, reason)
    )
    rows = await connection.execute(statement)
    return [Refused(kind=row.kind, reason=row.because, messages=row.messages) for row in rows]


async def _refs(connection: AsyncConnection, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Return the notices that messages tell of, by message."""
    found: dict[int, list[str]] = {}
    for piece in chunks(numbers):
        statement = (
            select(items.c.delivery_id, notices.c.ref)
            .join(events, events.c.id == items.c.event_id)
            .join(notices, notices.c.id == events.c.notice_id)
            .where(items.c.delivery_id.in_(piece))
            .distinct()
            .order_by(items.c.delivery_id, notices.c.ref)
        )
        for row in await connection.execute(statement):
            found.setdefault(row.delivery_id, []).append(row.ref)
    return found


def _last_attempt() -> Any:
    return and_(attempts.c.delivery_id == deliveries.c.id, attempts.c.number == deliveries.c.attempts)


def _refused_since(since: datetime) -> tuple[Any, ...]:
    return deliveries.c.state == DeliveryState.REJECTED, attempts.c.ended_at >= since
