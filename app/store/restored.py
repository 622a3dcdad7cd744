"""What a restored database would send: counted, set aside where it may have been sent already, or struck out."""

from datetime import date

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import AMBIGUOUS_AT_MOST, DeliveryState
from app.store.fences import FREED
from app.store.skipping import skip_items
from app.store.tables import (
    account_links,
    account_mails,
    accounts,
    deliveries,
    events,
    items,
    notices,
    openid_requests,
    sessions,
)

STRUCK_OUT = "told before the loss"
"""Why an item is not told that staff struck out after a restore."""

_DOUBTFUL = (DeliveryState.HANDING_OVER, DeliveryState.UNKNOWN)
_WAITING = (DeliveryState.PENDING, DeliveryState.LEASED, DeliveryState.DEFERRED)


async def set_doubtful_aside(connection: AsyncConnection, reason: str) -> int:
    """Let messages that were on the way, or of unclear end, wait for a person; return how many.

    How often they were repeated after the moment of the backup is not known, and a third copy must not be sent.
    """
    result = await connection.execute(
        update(deliveries)
        .where(deliveries.c.state.in_(_DOUBTFUL))
        .values(state=DeliveryState.NEEDS_HUMAN, reason=reason, ambiguous=AMBIGUOUS_AT_MOST, **FREED)
    )
    return result.rowcount


async def shut(connection: AsyncConnection) -> None:
    """Destroy every session and link of the staff, and the mails with such links that did not go out yet.

    They stood open at the backup; whoever was shut out since must not come back by them.
    """
    await connection.execute(delete(account_links))
    await connection.execute(delete(sessions))
    await connection.execute(delete(openid_requests))
    underway = (DeliveryState.PENDING, DeliveryState.HANDING_OVER)
    await connection.execute(delete(account_mails).where(account_mails.c.state.in_(underway)))


async def may_sign_in(connection: AsyncConnection) -> int:
    """Return how many accounts are not disabled."""
    statement = select(func.count()).where(accounts.c.disabled_at.is_(None))
    return int((await connection.execute(statement)).scalar_one())


async def waiting(connection: AsyncConnection) -> int:
    """Return how many messages wait to be sent."""
    statement = select(func.count()).where(deliveries.c.state.in_(_WAITING))
    return int((await connection.execute(statement)).scalar_one())


async def strike_out(connection: AsyncConnection, until: date) -> None:
    """Take every notice that was circulated on or before a day out of what is not handed over yet."""
    old = select(events.c.id).join(notices, notices.c.id == events.c.notice_id).where(notices.c.distributed_on <= until)
    await skip_items(connection, items.c.event_id.in_(old), STRUCK_OUT)
