"""What the bearer of a manage link changes: pause, resume, how often, in which language, and a stop taken back.

Everything holds at once for what is not handed over (EM-05). Each intention is idempotent and stands in the audit log.
"""

from datetime import date, datetime, timedelta
from typing import Any

from app.domain.errors import missing
from app.domain.pauses import OnResume, resumes_at
from app.domain.subscriptions import Frequency, Language
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store import audit, pausing, subscriptions
from app.store.database import Connection, Database

UNDO_WITHIN = timedelta(days=7)
"""How long a reader may take a stop back without confirming anew: the link proved the mailbox."""

_BATCH = 500


async def pause(
    database: Database, subscriber_id: int, subscription_id: int | None, until: date | None, then: OnResume
) -> int:
    """Tell nothing more by one subscription, or by all, until a day or until it is resumed; return how many rest.

    AppError (invalid) when the day is not after today, or more than a year away.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        end = resumes_at(until, today_in_vietnam(now), VIETNAM)
        await subscriptions.hold(connection, subscriber_id)
        count = await pausing.pause(connection, subscriber_id, subscription_id, now, end, then)
        details = {"paused": count, "until": until.isoformat() if until else None, "then": then}
        await _audit(connection, subscriber_id, "pause", subscription_id, details, now)
        return count


async def resume(database: Database, subscriber_id: int, subscription_id: int | None, then: OnResume) -> int:
    """Let one paused subscription, or all, be told again; return how many.

    With `OnResume.OPEN` what was released meanwhile and still takes comments comes in one mail.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold(connection, subscriber_id)
        paused = await pausing.paused_of(connection, subscriber_id, subscription_id)
        if paused:
            await pausing.resume(connection, paused, then, now)
            details = {"resumed": len(paused), "then": then}
            await _audit(connection, subscriber_id, "resume", subscription_id, details, now)
        return len(paused)


async def resume_due(database: Database) -> int:
    """Resume every subscription whose pause is over; return how many."""
    total = 0
    for then in OnResume:
        while True:
            async with database.writing() as connection:
                now = await database.now(connection)
                over = await pausing.due(connection, then, now, _BATCH)
                await pausing.resume(connection, over, then, now)
            total += len(over)
            if not over:
                break
    return total


async def set_frequency(database: Database, subscriber_id: int, subscription_id: int, frequency: Frequency) -> None:
    """Change how often a subscription is told, also for what waits. AppError (missing) when it is not theirs."""
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold(connection, subscriber_id)
        before = await pausing.frequency_of(connection, subscription_id)
        if not await pausing.change_frequency(connection, subscriber_id, subscription_id, frequency, now):
            raise missing("subscription-missing", "the bearer has no such subscription")
        details = {"old": before, "new": frequency}
        await _audit(connection, subscriber_id, "set_frequency", subscription_id, details, now)


async def set_language(database: Database, subscriber_id: int, language: Language) -> None:
    """Change the language that a subscriber is written to in, also in what waits."""
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold(connection, subscriber_id)
        before = await pausing.language_of(connection, subscriber_id)
        await pausing.change_language(connection, subscriber_id, language)
        await _audit(connection, subscriber_id, "set_language", None, {"old": before, "new": language}, now)


async def take_back(database: Database, subscriber_id: int, subscription_id: int | None) -> int:
    """Take back the stop of one subscription, or all that the last stop ended; return how many stand again.

    It holds for a week, needs no confirmation and mails nothing. Consent is written down anew.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold(connection, subscriber_id)
        stopped = await subscriptions.stopped_since(connection, subscriber_id, now - UNDO_WITHIN)
        if subscription_id is None:
            chosen = [row.id for row in stopped if row.ended_at == stopped[0].ended_at]
        else:
            chosen = [row.id for row in stopped if row.id == subscription_id]
        if chosen:
            await subscriptions.restore(connection, chosen, now)
            await _audit(connection, subscriber_id, "take_back_stop", subscription_id, {"restored": len(chosen)}, now)
        return len(chosen)


async def _audit(
    connection: Connection,
    subscriber_id: int,
    verb: str,
    subscription_id: int | None,
    details: dict[str, Any],
    now: datetime,
) -> None:
    subject = f"subscription:{subscription_id or 'all'}"
    await audit.write_audit(connection, f"subscriber:{subscriber_id}", verb, subject, details, now)
