"""Quiet hours of subscribers, and mail that waits until they are over."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import EMERGENCY_PRIORITY, WITHOUT_ITEMS, DeliveryKind, DeliveryState
from app.domain.quiet_hours import QuietHours
from app.store.tables import deliveries, items, subscribers
from app.store.writes import chunks


async def set_hours(connection: AsyncConnection, subscriber_id: int, hours: QuietHours | None) -> bool:
    """Set the quiet hours of a subscriber, or with None leave them to the operator; False for an unknown subscriber."""
    values = {"quiet_from": hours and hours.start, "quiet_until": hours and hours.end}
    result = await connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(values))
    return bool(result.rowcount)


async def hours_of(connection: AsyncConnection, subscriber_id: int) -> QuietHours | None:
    """Return the quiet hours that a subscriber set; None where the operator's count."""
    statement = select(subscribers.c.quiet_from, subscribers.c.quiet_until).where(subscribers.c.id == subscriber_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None or row.quiet_from is None else QuietHours(row.quiet_from, row.quiet_until)


async def let_go(connection: AsyncConnection, subscriber_id: int, now: datetime) -> None:
    """Make the mail due that waits for the end of a subscriber's quiet hours; `postpone` lets it wait anew where it must."""
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.subscriber_id == subscriber_id,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.attempts == 0,
            deliveries.c.kind.not_in(WITHOUT_ITEMS),
            deliveries.c.due_at > now,
        )
        .values(due_at=now)
    )


async def postpone(connection: AsyncConnection, operators: QuietHours | None, now: datetime, zone: tzinfo) -> int:
    """Let mail that is due in its reader's quiet hours wait until they are over; return how much.

    Confirmations and mails with an emergency never wait, nor does the repeat of a mail that may have arrived. A statement
    for each pair of hours in use, however many readers share it.
    """
    moved = 0
    for hours, readers in await _in_use(connection, operators):
        over_at = hours.over_at(now, zone)
        if over_at is not None:
            moved += await _put_off(connection, readers, now, over_at)
    return moved


async def waiting(
    connection: AsyncConnection, subscriber_ids: Sequence[int], now: datetime
) -> dict[int, tuple[int, int]]:
    """Return by subscriber the instant mail that waits for its hour and is not yet made: its id, and how many items it has.

    The mails are held until the transaction ends: whoever would claim one meanwhile finds all that is put into it.
    """
    found: dict[int, tuple[int, int]] = {}
    for piece in chunks(subscriber_ids):
        held = (
            select(deliveries.c.id, deliveries.c.subscriber_id)
            .where(
                deliveries.c.subscriber_id.in_(piece),
                deliveries.c.kind == DeliveryKind.INSTANT,
                deliveries.c.state == DeliveryState.PENDING,
                deliveries.c.attempts == 0,
                deliveries.c.message_hash.is_(None),
                deliveries.c.due_at > now,
            )
            .order_by(deliveries.c.id)
            .with_for_update(skip_locked=True)
        )
        readers = {row.id: row.subscriber_id for row in await connection.execute(held)}
        if readers:
            count = select(items.c.delivery_id, func.count()).where(items.c.delivery_id.in_(readers))
            rows = await connection.execute(count.group_by(items.c.delivery_id).order_by(items.c.delivery_id))
            found |= {readers[number]: (number, told) for number, told in rows}
    return found


async def _in_use(connection: AsyncConnection, operators: QuietHours | None) -> list[tuple[QuietHours, Any]]:
    """Return the quiet hours in use, each with a condition for the subscribers that have them."""
    own = select(subscribers.c.quiet_from, subscribers.c.quiet_until).where(subscribers.c.quiet_from.is_not(None))
    found: list[tuple[QuietHours, Any]] = [] if operators is None else [(operators, subscribers.c.quiet_from.is_(None))]
    for row in await connection.execute(own.distinct()):
        mine = and_(subscribers.c.quiet_from == row.quiet_from, subscribers.c.quiet_until == row.quiet_until)
        found.append((QuietHours(row.quiet_from, row.quiet_until), mine))
    return found


async def _put_off(connection: AsyncConnection, readers: Any, now: datetime, over_at: datetime) -> int:
    result = await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.DEFERRED)),
            deliveries.c.due_at <= now,
            deliveries.c.priority > EMERGENCY_PRIORITY,
            deliveries.c.kind.not_in(WITHOUT_ITEMS),
            deliveries.c.subscriber_id.in_(select(subscribers.c.id).where(readers)),
        )
        .values(due_at=over_at)
    )
    return result.rowcount
