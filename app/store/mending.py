"""What people put right by hand: a message that only they can settle, and readers whom an incident passed over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.store.tables import attempts, deliveries, events, items, notices


async def delivery(connection: AsyncConnection, delivery_id: int) -> Any | None:
    """Return a message with its state and the number of its unclear attempts, held until the transaction ends."""
    statement = select(deliveries).where(deliveries.c.id == delivery_id).with_for_update()
    return (await connection.execute(statement)).one_or_none()


async def settle(
    connection: AsyncConnection, delivery_id: int, state: DeliveryState, reason: str, due_at: datetime
) -> None:
    """Write what a person decided about a message that waits for one; what is sent again is due at `due_at`."""
    again = state is not DeliveryState.SKIPPED
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.id == delivery_id, deliveries.c.state == DeliveryState.NEEDS_HUMAN)
        .values(
            state=state,
            reason=reason,
            due_at=due_at if again else deliveries.c.due_at,
            fence=deliveries.c.fence + 1,
            unclear_since=None,
        )
    )


async def let_go_of_gone(connection: AsyncConnection, notice_id: int) -> int:
    """Free the items of a notice that name a message which is not there, or is another reader's; return how many.

    What is left of the attempts of such messages is forgotten: SQLite gives the number of a lost row to a new one.
    """
    mine = items.c.event_id.in_(select(events.c.id).where(events.c.notice_id == notice_id))
    gone = ~exists().where(deliveries.c.id == items.c.delivery_id, deliveries.c.subscriber_id == items.c.subscriber_id)
    await connection.execute(delete(attempts).where(~exists().where(deliveries.c.id == attempts.c.delivery_id)))
    result = await connection.execute(
        update(items).where(mine, items.c.delivery_id.is_not(None), gone).values(delivery_id=None)
    )
    return result.rowcount


async def is_withdrawn(connection: AsyncConnection, notice_id: int) -> bool:
    """Say whether staff withdrew the alert of a notice."""
    withdrawn = select(notices.c.withdrawn_at).where(notices.c.id == notice_id)
    return (await connection.execute(withdrawn)).scalar_one() is not None


async def released_since(connection: AsyncConnection, since: datetime) -> Sequence[str]:
    """Return the refs of the notices with an alert that was released since then and stands."""
    statement = (
        select(notices.c.ref)
        .join(events, events.c.notice_id == notices.c.id)
        .where(events.c.released_at >= since, events.c.silence.is_(None), notices.c.withdrawn_at.is_(None))
        .group_by(notices.c.ref)
        .order_by(func.min(events.c.id))
    )
    return list((await connection.execute(statement)).scalars())
