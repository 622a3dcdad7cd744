"""Keep reminders on, or switch them off."""

from app.domain.errors import missing
from app.i18n.dates import today_in_vietnam
from app.store import audit, reminders
from app.store.database import Database


async def switch(database: Database, subscriber_id: int, *, on: bool) -> None:
    """Set whether a subscriber is reminded of comment deadlines; off holds for all that is not handed over yet.

    AppError (missing) when there is no such subscriber.
    """
    async with database.writing() as connection:
        before = await reminders.wanted(connection, subscriber_id)
        if before is None or not await reminders.set_wanted(connection, subscriber_id, wanted=on):
            raise missing("no-such-subscriber", f"{subscriber_id}: no such subscriber")
        now = await database.now(connection)
        await reminders.take_back_of_subscriber(connection, subscriber_id, today_in_vietnam(now))
        subject, details = f"subscriber:{subscriber_id}", {"old": before, "new": on}
        await audit.write_audit(connection, subject, "switch_reminders", subject, details, now)
