"""What people decide about notices: let one go out, correct its sorting, withdraw its alert."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.domain.errors import AppError, conflict, invalid, missing
from app.domain.sectors import Facet
from app.store import audit, events, ledger, notices, outbox, reviews, taxonomies, withdrawing
from app.store.database import Connection, Database
from app.store.notices import StoredNotice

_ROLES: Mapping[Facet, Sequence[str]] = {
    Facet.SECTOR: ("primary", "related", "none"),
    Facet.THEME: ("primary", "none"),
    Facet.IMPORTANCE: ("primary",),
}


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
    database: Database,
    ref: str,
    changes: Mapping[str, str],
    because: str,
    actor: str,
    known: Collection[str],
    *,
    facet: Facet = Facet.SECTOR,
) -> None:
    """Set a person's word on labels of a notice (`primary`, `related` or `none`); it outlives every later sorting.

    The notice is sorted anew, what waits of it is judged again, and what was told is matched again: those newly concerned
    are told, those no longer concerned and not yet told are not. The same is done with the notices that it lends its goods to.
    `known` are the ids of the taxonomy in force, or the values of importance, of which the one named takes the place of any
    other. Only taking a label away needs a reason.
    """
    _check(facet, changes, because, known)
    async with database.writing() as connection:
        now = await database.now(connection)
        await _correct(connection, await _notice(connection, ref), changes, (facet, because, actor), now)


async def replace_sectors(
    database: Database, ref: str, sector: str, because: str, actor: str, known: Collection[str]
) -> None:
    """Let one sector take the place of every other, as `correct` does, with the reason that taking away needs.

    It is one act because an alert goes out as soon as a person gave a sector, and would name the wrong ones too.
    """
    _check(Facet.SECTOR, {sector: "primary"}, because, known)
    if not because.strip():
        raise _no_reason()
    async with database.writing() as connection:
        now = await database.now(connection)
        notice = await _notice(connection, ref)
        standing = (await taxonomies.labels_of(connection, [notice.id]))[notice.id][Facet.SECTOR]
        changes = {one.id: "none" for one in standing} | {sector: "primary"}
        await _correct(connection, notice, changes, (Facet.SECTOR, because, actor), now)


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
        count = await withdrawing.withdraw(connection, notice, because, actor, now)
        await audit.write_audit(connection, actor, "withdraw", notice.ref, {"because": because, "told": count}, now)
        return count


async def _correct(
    connection: Connection,
    notice: StoredNotice,
    changes: Mapping[str, str],
    said: tuple[Facet, str, str],
    now: datetime,
) -> None:
    facet, because, actor = said
    word = {"because": because, "actor": actor, "created_at": now}
    borrowers = await taxonomies.correct(connection, notice.id, facet, changes, word)
    await events.judge_again(connection, [notice.id, *borrowers])
    await outbox.fan_out_again(connection, [notice.id, *borrowers])
    details: dict[str, Any] = {"facet": facet, "labels": dict(changes), "because": because}
    if borrowers:
        details["also"] = list(borrowers.values())
    await audit.write_audit(connection, actor, "correct", notice.ref, details, now)


def _check(facet: Facet, changes: Mapping[str, str], because: str, known: Collection[str]) -> None:
    if not because.strip() and "none" in changes.values():
        raise _no_reason()
    for label, role in changes.items():
        if label not in known:
            listed = ", ".join(sorted(known))
            raise invalid(f"unknown-{facet}", f"{label}: no such {facet}; known are {listed}", field=facet)
        if role not in _ROLES[facet]:
            raise invalid("unknown-role", f"{role}: must be one of {', '.join(_ROLES[facet])}", field=facet)


def _no_reason() -> AppError:
    return invalid("no-reason", "taking a label away needs its reason", field="because")


async def _notice(connection: Connection, ref: str) -> StoredNotice:
    await notices.serialise_intake(connection)
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        raise missing("no-such-notice", f"{ref}: no such notice")
    return (await notices.load(connection, [number]))[number]
