"""Remind of comment deadlines: written once per working day by the ledger, gathered into digests or mails of their own."""

import uuid
from datetime import date, datetime, time
from typing import Any

import structlog

from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.digests import closes_at
from app.domain.reminders import last_deadline, stages_of
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import VIETNAM
from app.store import ledger, outbox, reminders
from app.store.database import Connection, Database
from app.texts.mail import MOST_REMINDERS

_log = structlog.get_logger(__name__)

_JOB = "reminders"
_WRITTEN_AT_ONCE = 2000
"""Subscribers whose reminders are written in one transaction: on SQLite nobody else writes meanwhile."""
_SUBSCRIBERS = 1000
_MIDNIGHT = time(0)


async def write_reminders(
    database: Database, at: time, calendar: WorkingCalendar, as_of: datetime | None = None
) -> int:
    """Write who is reminded of which deadline, once on each working day in Viet Nam from `at`; return how many.

    Days that were missed are made good while the deadline is ahead. Whoever was told of the measure only after a stage
    had begun is not reminded of that stage: the alert has just said the days left. A day counts as done with its last
    batch of subscribers.
    """
    async with database.reading() as connection:
        now = as_of or await database.now(connection)
        local = now.astimezone(VIETNAM)
        today, done = local.date(), await ledger.ticked(connection, _JOB, local.date().isoformat())
    if done or local.time() < at or not calendar.is_working_day(today):
        return 0
    total, after = 0, 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            if after == 0:
                await reminders.take_back_lapsed(connection, today)
            upto = await reminders.last_subscriber(connection, after, _WRITTEN_AT_ONCE)
            if upto is None:
                await ledger.tick(connection, _JOB, today.isoformat(), _JOB, now)
                return total
            stages = await _stages(connection, today, calendar)
            total += await reminders.write(connection, stages, today, (after, upto), now)
        after = upto


async def _stages(connection: Connection, today: date, calendar: WorkingCalendar) -> dict[date, tuple[int, datetime]]:
    """Return the stage of each deadline that is in one, and the moment at which it began."""
    last = last_deadline(today, calendar)
    if calendar.known_until is None or last > calendar.known_until:
        _log.warning("holidays_not_known", after=calendar.known_until, needed_until=last)
    found = stages_of(await reminders.open_deadlines(connection, today, last), today, calendar)
    return {day: (stage.working_days, closes_at(stage.begun, _MIDNIGHT, VIETNAM)) for day, stage in found.items()}


async def gather_reminders(database: Database, mail_domain: str) -> int:
    """Put one mail into the outbox for each subscriber whose reminders no digest carries; return how many were made.

    It comes after the digests of the day are closed.
    """
    total = 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            ready = await reminders.ready(connection, _SUBSCRIBERS)
            if not ready:
                return total
            now = await database.now(connection)
            rows = [
                _row(subscriber, mail_domain, now) for subscriber, lines in ready.items() if lines <= MOST_REMINDERS
            ]
            numbers = await outbox.add_deliveries(connection, rows)
            carriers = {row["subscriber_id"]: numbers[row["key"]] for row in rows}
            await reminders.carry(connection, carriers, MOST_REMINDERS)
            total += len(rows)
            for subscriber, lines in ready.items():
                if lines > MOST_REMINDERS:
                    total += await _gather_many(connection, subscriber, mail_domain, now)


async def _gather_many(connection: Connection, subscriber: int, mail_domain: str, now: datetime) -> int:
    """Put what is too much for one mail into several; return how many."""
    reminded = await reminders.uncarried(connection, subscriber)
    parts = [reminded[start : start + MOST_REMINDERS] for start in range(0, len(reminded), MOST_REMINDERS)]
    rows = [
        _row(subscriber, mail_domain, now) | {"part": number, "parts": len(parts)}
        for number in range(1, len(parts) + 1)
    ]
    numbers = await outbox.add_deliveries(connection, rows)
    pairs = zip(parts, rows, strict=True)
    await reminders.assign(connection, [(one, numbers[row["key"]]) for part, row in pairs for one in part])
    return len(parts)


def _row(subscriber: int, mail_domain: str, now: datetime) -> dict[str, Any]:
    """Return one message of the outbox.

    What was taken back may be said again, so that no reminder names its message for good: the ledger says each once.
    """
    name = uuid.uuid4()
    return {
        "key": f"{DeliveryKind.REMINDER}:{subscriber}:{name}",
        "kind": DeliveryKind.REMINDER,
        "priority": PRIORITY[DeliveryKind.REMINDER],
        "subscriber_id": subscriber,
        "part": 1,
        "parts": 1,
        "message_id": f"{name}@{mail_domain}",
        "state": DeliveryState.PENDING,
        "due_at": now,
        "created_at": now,
    }
