"""The emergency brake: how many more messages may be handed over before somebody should look."""

from datetime import datetime

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import BRAKE
from app.domain.brakes import COUNTED_OVER
from app.domain.deliveries import CLAIMABLE, DeliveryState
from app.store.holds import hold_by_itself
from app.store.tables import attempts, deliveries, lifted_holds


async def room(connection: AsyncConnection, limit: int, now: datetime, wanted: int) -> int:
    """Return how many messages may be claimed, at most `wanted`; without room for what is due, pull the brake.

    Hand-overs of the last 24 hours count, and what workers hold already; those before the brake was last lifted do
    not. A limit of 0 means that there is no brake. Workers that claim at the same instant overshoot by what they claim.
    """
    if not limit:
        return wanted
    lifted = (await connection.execute(select(lifted_holds.c.lifted_at).where(lifted_holds.c.name == BRAKE))).scalar()
    since = max(now - COUNTED_OVER, lifted or now - COUNTED_OVER)
    tried = select(func.count()).where(attempts.c.started_at > since).scalar_subquery()
    held = select(func.count()).where(deliveries.c.state == DeliveryState.LEASED).scalar_subquery()
    handed_over, claimed = (await connection.execute(select(tried, held))).one()
    left = int(limit - handed_over - claimed)
    if left <= 0 and handed_over >= limit and await _is_due(connection, now):
        reason = f"{handed_over} mails were handed over in 24 hours, as many as KENG_BRAKE_MAILS allows"
        await hold_by_itself(connection, BRAKE, reason, now)
    return min(wanted, max(left, 0))


async def _is_due(connection: AsyncConnection, now: datetime) -> bool:
    due = exists().where(deliveries.c.state.in_(CLAIMABLE), deliveries.c.due_at <= now)
    return bool((await connection.execute(select(due))).scalar_one())
