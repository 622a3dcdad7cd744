"""What is known of an intent to hand a message over after its commit was broken off."""

from collections.abc import Sequence

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.store.deliveries import Claimed
from app.store.tables import deliveries


async def handed_over(connection: AsyncConnection, claims: Sequence[Claimed]) -> set[int]:
    """Return the claims whose intent to be handed over stands already, under the same fence and attempt."""
    mine = tuple_(deliveries.c.id, deliveries.c.fence, deliveries.c.attempts)
    standing = select(deliveries.c.id).where(
        mine.in_([(one.id, one.fence, one.attempts + 1) for one in claims]),
        deliveries.c.state == DeliveryState.HANDING_OVER,
    )
    return set((await connection.execute(standing)).scalars())
