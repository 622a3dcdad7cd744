"""Who was told nothing for a week, and has nothing coming either."""

from datetime import date, datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import ENDED, RESTING, WITHOUT_ITEMS, DeliveryKind, DeliveryState
from app.domain.subscriptions import Frequency
from app.store.asking import AWAKE
from app.store.fences import FREED
from app.store.suppressions import suppressed
from app.store.tables import deliveries, digests, items, subscribers, subscriptions

_OVER = (*ENDED, DeliveryState.NEEDS_HUMAN)
_NO_ALERT = (*WITHOUT_ITEMS, DeliveryKind.PROOF)


async def told_nothing(connection: AsyncConnection, since: datetime, after: int, limit: int) -> list[int]:
    """Return the next subscribers, by their ids, whom nothing was told or is to be told since a moment.

    They confirmed a living subscription before it. Nothing may have matched what they ask since: `none for you` must also
    be true of what was refused by their server or still waits. A mail about earlier notices that was accepted since, or
    that may still come, counts as told.
    """
    subscribed = exists().where(
        subscriptions.c.subscriber_id == subscribers.c.id, AWAKE, subscriptions.c.confirmed_at <= since
    )
    matched = exists().where(
        items.c.subscriber_id == subscribers.c.id, items.c.created_at >= since, items.c.skipped.is_(None)
    )
    told = exists().where(
        deliveries.c.subscriber_id == subscribers.c.id,
        deliveries.c.kind.not_in(_NO_ALERT),
        or_(deliveries.c.accepted_at >= since, deliveries.c.state.not_in(_OVER)),
    )
    statement = (
        select(subscribers.c.id)
        .where(subscribers.c.id > after, ~suppressed(subscribers.c.id), subscribed, ~matched, ~told)
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def supersede(connection: AsyncConnection, before: date) -> None:
    """Take the proofs of weeks before a day that were not handed over out of the outbox: a newer one is made."""
    earlier = select(digests.c.id).where(digests.c.frequency == Frequency.WEEKLY, digests.c.local_date < before)
    await connection.execute(
        update(deliveries)
        .where(
            deliveries.c.kind == DeliveryKind.PROOF,
            deliveries.c.state.in_(RESTING),
            deliveries.c.attempts == 0,
            deliveries.c.digest_id.in_(earlier),
        )
        .values(state=DeliveryState.SUPERSEDED, reason="a newer week", **FREED)
    )
