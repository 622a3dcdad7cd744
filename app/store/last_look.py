"""The last look at messages, in the transaction that begins their hand-over: what they say must still hold (EM-05)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind
from app.i18n.dates import today_in_vietnam
from app.store import deadlines, lateness

_NAMING_DEADLINES = (DeliveryKind.DIGEST, DeliveryKind.REMINDER)


async def look_again(connection: AsyncConnection, kinds: Sequence[tuple[int, DeliveryKind]], now: datetime) -> None:
    """Let rendered messages, (delivery, kind), be made anew that name a lapsed deadline or do not say that they come late.

    Their fence is raised with it: the hand-over that asked may not go on. The messages must be held. What may have
    arrived keeps its bytes.
    """
    naming = [number for number, kind in kinds if kind in _NAMING_DEADLINES]
    await deadlines.take_back_of_messages(connection, naming, today_in_vietnam(now))
    at_once = [number for number, kind in kinds if kind is DeliveryKind.INSTANT]
    if at_once:
        await lateness.mark_late(connection, at_once, now)
