"""Taking back the alert of a notice, the one way for every surface: who was told hears of it once."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.errors import conflict
from app.domain.events import Audience, EventKind
from app.i18n.dates import today_in_vietnam
from app.store import deadlines, events, letters, reviews, skipping
from app.store.notices import StoredNotice
from app.store.tables import items


async def withdraw(connection: AsyncConnection, notice: StoredNotice, because: str, actor: str, now: datetime) -> int:
    """Withdraw a notice's alert; return how many hear of it. Who was not told yet is not told.

    The caller holds the turn `telling`. AppError: conflict when it was withdrawn already.
    """
    if not await reviews.mark_withdrawn(connection, notice.id, because, now):
        raise conflict("withdrawn-already", f"{notice.ref}: its alert was withdrawn already")
    told = await events.of_notice(connection, notice.id)
    await skipping.skip_items(connection, items.c.event_id.in_(told), "withdrawn")
    await letters.call_off(connection, notice.id, "withdrawn")
    await deadlines.take_back_of_measures(connection, [notice.measure_id], today_in_vietnam(now))
    return await _announce(connection, notice, because, actor, now)


async def _announce(connection: AsyncConnection, notice: StoredNotice, because: str, actor: str, now: datetime) -> int:
    """Log the withdrawal as an event that is released and fanned out at once: its readers are known by name."""
    key = f"withdrawn:{notice.id}"
    row = {
        "key": key,
        "measure_id": notice.measure_id,
        "notice_id": notice.id,
        "version": notice.version,
        "kind": EventKind.WITHDRAWN,
        "changes": [],
        "because": because,
        "happened_on": today_in_vietnam(now),
        "created_at": now,
        "judged_at": now,
        "released_at": now,
        "released_by": actor,
        "audience": Audience.UPDATES,
        "fanned_out_at": now,
    }
    await events.add(connection, [row])
    number = await events.number_of(connection, key)
    count = await reviews.tell_the_told(connection, number, notice.id, now)
    await events.set_matched(connection, number, count)
    return count
