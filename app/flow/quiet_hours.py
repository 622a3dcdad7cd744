"""Quiet hours: hours in which a subscriber is not written to, unless it is an emergency."""

from app.domain.errors import missing
from app.domain.quiet_hours import QuietHours
from app.store import quiet_hours
from app.store.database import Database


async def set_quiet_hours(database: Database, subscriber_id: int, hours: QuietHours | None) -> None:
    """Set a subscriber's own quiet hours, in Viet Nam's time; it holds for all that is not yet handed over.

    None leaves them to the operator, `NEVER` has the subscriber written to at any hour. AppError (missing) for an unknown
    subscriber.
    """
    async with database.writing() as connection:
        if not await quiet_hours.set_hours(connection, subscriber_id, hours):
            raise missing("subscriber", f"no subscriber has the number {subscriber_id}")
        await quiet_hours.let_go(connection, subscriber_id, await database.now(connection))
