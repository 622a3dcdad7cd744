"""Consent: what nobody is mailed without, from what it was given to when it was withdrawn (PV-01)."""

from datetime import datetime

from sqlalchemy import and_, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import consents, subscriptions

ALERTS = "alerts"
_STANDING = and_(consents.c.purpose == ALERTS, consents.c.withdrawn_at.is_(None))

AGREED = exists().where(consents.c.subscription_id == subscriptions.c.id, _STANDING).correlate(subscriptions)
"""Whether the consent that a subscription rests on is on record and stands."""


async def withdraw_ended(connection: AsyncConnection, subscriber_id: int, because: str, now: datetime) -> None:
    """Write the withdrawal of every consent of a subscriber whose subscription has ended."""
    ended = select(subscriptions.c.id).where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.ended_at.is_not(None)
    )
    await connection.execute(
        update(consents)
        .where(consents.c.subscription_id.in_(ended), consents.c.withdrawn_at.is_(None))
        .values(withdrawn_at=now, withdrawn_because=because)
    )
