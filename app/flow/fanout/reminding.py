"""Remind of comment deadlines: written once per working day by the ledger, gathered into digests or mails of their own."""

import uuid
from datetime import datetime, time
from itertools import groupby
from operator import attrgetter
from typing import Any

import structlog

from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.digests import closes_at
from app.domain.reminders import last_deadline, stages_of
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import VIETNAM
from app.store import ledger, outbox, reminders
from app.store.database import Database
from app.texts.mail import MOST_REMINDERS

_log = structlog.get_logger(__name__)

_JOB = "reminders"
_SUBSCRIBERS = 1000
_MIDNIGHT = time(0)


async def write_reminders(
    database: Database, at: time, calendar: WorkingCalendar, as_of: datetime | None = None
) -> int:
    """Write who is reminded of which deadline, once on each working day in Viet Nam from `at`; return how many.

    Days that were missed are made good while the deadline is ahead. Whoever was told of the measure only after a stage
    had begun is not reminded of that stage: the alert has just said the days left.
    """
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        now = as_of or await database.now(connection)
        local = now.astimezone(VIETNAM)
        today = local.date()
        if not calendar.is_working_day(today) or local.time() < at:
            return 0
        if not await ledger.tick(connection, _JOB, today.isoformat(), _JOB, now):
            return 0
        await reminders.take_back_lapsed(connection, today)
        last = last_deadline(today, calendar)
        if calendar.known_until is None or last > calendar.known_until:
            _log.warning("holidays_not_known", after=calendar.known_until, needed_until=last)
        stages = stages_of(await reminders.open_deadlines(connection, today, last), today, calendar)
        rows = {day: (stage.working_days, closes_at(stage.begun, _MIDNIGHT, VIETNAM)) for day, stage in stages.items()}
        return await reminders.write(connection, rows, today, now)


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
            carried = []
            for subscriber, mine in groupby(ready, key=attrgetter("subscriber_id")):
                carried += _messages(subscriber, list(mine), mail_domain, now)
            numbers = await outbox.add_deliveries(connection, [row for row, _ in carried])
            await reminders.assign(
                connection, [(one, numbers[row["key"]]) for row, reminded in carried for one in reminded]
            )
            total += len(carried)


def _messages(
    subscriber: int, reminded: list[Any], mail_domain: str, now: datetime
) -> list[tuple[dict[str, Any], list[Any]]]:
    """Return the messages that remind one subscriber, each with the reminders in it.

    What was taken back may be said again, so that no reminder names its message for good: the ledger says each once.
    """
    parts = [reminded[start : start + MOST_REMINDERS] for start in range(0, len(reminded), MOST_REMINDERS)]
    made = []
    for number, part in enumerate(parts, start=1):
        name = uuid.uuid4()
        row = {
            "key": f"{DeliveryKind.REMINDER}:{subscriber}:{name}",
            "kind": DeliveryKind.REMINDER,
            "priority": PRIORITY[DeliveryKind.REMINDER],
            "subscriber_id": subscriber,
            "part": number,
            "parts": len(parts),
            "message_id": f"{name}@{mail_domain}",
            "state": DeliveryState.PENDING,
            "due_at": now,
            "created_at": now,
        }
        made.append((row, part))
    return made
