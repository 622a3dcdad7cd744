"""What people decide about notices: let one go out, correct its sorting, withdraw its alert."""

from collections.abc import Collection
from datetime import datetime

from app.domain.errors import conflict, invalid, missing
from app.domain.events import Audience, EventKind
from app.i18n.dates import today_in_vietnam
from app.store import audit, deadlines, events, ledger, notices, outbox, reviews, skipping, taxonomies
from app.store.database import Connection, Database
from app.store.notices import StoredNotice
from app.store.tables import items

ROLES = ("primary", "related", "none")


async def release(database: Database, ref: str, actor: str) -> int:
    """Let what waits of a notice go out, or what was kept silent; return how many events that were.

    AppError: missing when no notice bears the ref; conflict when there is nothing left to let out, and for whoever wrote
    any of what was entered by hand: that takes two people.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        notice = await _notice(connection, ref)
        found = await reviews.releasable(connection, notice.id)
        if not found:
            raise conflict(
                "nothing-to-release", f"{notice.ref}: everything that can be told of it was released already"
            )
        if actor in await notices.writers_of(connection, notice.id):
            raise conflict("own-warning", f"{notice.ref}: who entered or changed it does not release it")
        await reviews.unsilence(connection, found)
        await events.release(connection, found, actor, now)
        await audit.write_audit(connection, actor, "release", notice.ref, {"events": found}, now)
        return len(found)


async def correct(
    database: Database, ref: str, changes: dict[str, str], because: str, actor: str, sectors: Collection[str]
) -> None:
    """Set a person's word on sectors of a notice (`primary`, `related` or `none`); it outlives every later sorting.

    The notice is sorted anew, what waits of it is judged again, and what was told is matched again: those newly concerned
    are told, those no longer concerned and not yet told are not. `sectors` are the ids of the taxonomy in force.
    """
    _check(changes, because, sectors)
    async with database.writing() as connection:
        now = await database.now(connection)
        notice = await _notice(connection, ref)
        for sector, role in changes.items():
            row = {"notice_id": notice.id, "sector": sector, "role": role, "because": because, "actor": actor}
            await taxonomies.correct(connection, row | {"created_at": now})
        await events.judge_again(connection, [notice.id])
        await outbox.fan_out_again(connection, notice.id)
        await audit.write_audit(connection, actor, "correct", notice.ref, {"sectors": changes, "because": because}, now)


async def withdraw(database: Database, ref: str, because: str, actor: str) -> int:
    """Withdraw the alert of a notice: who was told hears of it once, who was not yet is not told. Return how many hear.

    AppError: missing when no notice bears the ref, conflict when its alert was withdrawn already.
    """
    if not because.strip():
        raise invalid("no-reason", "a withdrawal needs its reason", field="because")
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")  # what is gathered meanwhile would be overlooked
        now = await database.now(connection)
        notice = await _notice(connection, ref)
        if not await reviews.mark_withdrawn(connection, notice.id, because, now):
            raise conflict("withdrawn-already", f"{notice.ref}: its alert was withdrawn already")
        told = await events.of_notice(connection, notice.id)
        await skipping.skip_items(connection, items.c.event_id.in_(told), "withdrawn")
        await deadlines.take_back_of_measures(connection, [notice.measure_id], today_in_vietnam(now))
        count = await _announce(connection, notice, because, actor, now)
        await audit.write_audit(connection, actor, "withdraw", notice.ref, {"because": because, "told": count}, now)
        return count


async def _announce(connection: Connection, notice: StoredNotice, because: str, actor: str, now: datetime) -> int:
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


def _check(changes: dict[str, str], because: str, sectors: Collection[str]) -> None:
    if not because.strip():
        raise invalid("no-reason", "a correction needs its reason", field="because")
    for sector, role in changes.items():
        if sector not in sectors:
            raise invalid(
                "unknown-sector", f"{sector}: no such sector; known are {', '.join(sorted(sectors))}", field="sector"
            )
        if role not in ROLES:
            raise invalid("unknown-role", f"{role}: must be one of {', '.join(ROLES)}", field="sector")


async def _notice(connection: Connection, ref: str) -> StoredNotice:
    await notices.serialise_intake(connection)
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        raise missing("no-such-notice", f"{ref}: no such notice")
    return (await notices.load(connection, [number]))[number]
