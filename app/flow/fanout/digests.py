"""Close digest windows: one digest for each subscriber and day, of everything that they were not told yet."""

from datetime import date, datetime, time

from app.domain.deliveries import DeliveryKind
from app.domain.digests import due_days
from app.domain.subscriptions import Frequency
from app.faultpoints import faultpoint
from app.flow.fanout.gathering import put_in_outbox
from app.i18n.dates import VIETNAM
from app.store import ledger, outbox
from app.store.database import Database

_SUBSCRIBERS = 1000


async def close_digests(database: Database, at: time, mail_domain: str, as_of: datetime | None = None) -> int:
    """Close every window that is due by now, or by `as_of`; return how many digests were made.

    Missed windows of the last seven days are made good in one digest, that of the newest (DL-10).
    """
    made = 0
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        async with database.reading() as connection:
            now = as_of or await database.now(connection)
            closed = await outbox.closed_days(connection, frequency)
        open_days = [day for day in due_days(frequency, now, at, VIETNAM) if day not in closed]
        if open_days:
            # An installation that never closed a window has missed none.
            late = len(open_days) - 1 if closed else 0
            made += await _close(database, frequency, open_days, late, mail_domain)
    return made


async def _close(database: Database, frequency: Frequency, days: list[date], late: int, mail_domain: str) -> int:
    """Make the digests in batches of subscribers, and mark the windows as closed with the last batch."""
    made, after = 0, 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            if days[-1] in await outbox.closed_days(connection, frequency):
                return made
            now = await database.now(connection)
            ready = await outbox.ready_for_digest(connection, frequency, after, _SUBSCRIBERS)
            if not ready:
                rows = [
                    {
                        "frequency": frequency,
                        "local_date": day,
                        "closed_at": now,
                        "digests": made if day == days[-1] else 0,
                    }
                    for day in days
                ]
                await outbox.close_days(connection, rows)
                return made
            subscribers = sorted({subscriber for subscriber, _ in ready})
            digests = await outbox.add_digests(
                connection,
                [
                    {"subscriber_id": subscriber, "frequency": frequency, "local_date": days[-1], "late": late}
                    for subscriber in subscribers
                ],
            )
            await put_in_outbox(connection, DeliveryKind.DIGEST, ready, mail_domain, now, digest_of=digests)
            made, after = made + len(subscribers), subscribers[-1]
        faultpoint("digests_made")
