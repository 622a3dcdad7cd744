"""Quiet hours: hours in which a subscriber is not written to, unless it is an emergency."""

from app.domain.errors import missing
from app.domain.quiet_hours import QuietHours
from app.store import audit, quiet_hours
from app.store.database import Database


async def set_quiet_hours(database: Database, subscriber_id: int, hours: QuietHours | None, actor: str) -> None:
    """Set a subscriber's own quiet hours, in Viet Nam's time; it holds for all that is not yet handed over.

    None leaves them to the operator, `NEVER` has the subscriber written to at any hour. AppError (missing) for an unknown
    subscriber.
    """
    async with database.writing() as connection:
        before = await quiet_hours.hours_of(connection, subscriber_id)
        if not await quiet_hours.set_hours(connection, subscriber_id, hours):
            raise missing("subscriber", f"no subscriber has the number {subscriber_id}")
        now = await database.now(connection)
        await quiet_hours.let_go(connection, subscriber_id, now)
        details = {"old": _said(before), "new": _said(hours)}
        await audit.write_audit(connection, actor, "set_quiet_hours", f"subscriber:{subscriber_id}", details, now)


def _said(hours: QuietHours | None) -> str | None:
    return None if hours is None else str(hours)
