"""The deadlines that messages name, in reminders and before a break: taken out of what is not handed over when they lapse."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import breaks, reminders
from app.store.tables import break_deadlines
from app.store.tables import reminders as reminded
from app.store.writes import chunks


async def take_back_of_measures(connection: AsyncConnection, measure_ids: Sequence[int], today: date) -> None:
    """Take back what measures moved or withdrew."""
    for piece in chunks(measure_ids):
        await reminders.take_back(connection, today, reminded.c.measure_id.in_(piece))
        await breaks.take_back(connection, today, break_deadlines.c.measure_id.in_(piece))


async def take_back_of_messages(connection: AsyncConnection, delivery_ids: Sequence[int], today: date) -> None:
    """Take back what messages name that lapsed, whatever the cause: also while a hand-over of theirs was under way."""
    for piece in chunks(delivery_ids):
        await reminders.take_back(connection, today, reminded.c.delivery_id.in_(piece))
        await breaks.take_back(connection, today, break_deadlines.c.delivery_id.in_(piece))
