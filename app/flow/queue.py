"""What staff do with many notices of the queue at once: give them to somebody, let them out, set them aside.

Each is one transaction over the whole selection. What cannot be done with a notice is said of that notice, and undoes
nothing of the others; each notice that is changed has its own row in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import invalid
from app.domain.queue import Holder, LeftBecause, may_release_together
from app.store import assignments, audit, events, ledger, notices, queue, reviews
from app.store.database import Database

MOST = 200
"""Notices that one act may concern."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The refs with which something was done, and those left as they were, each with the reason; in the order asked."""

    done: tuple[str, ...]
    left: tuple[tuple[str, LeftBecause], ...]


async def assign(database: Database, refs: Sequence[str], holder: Holder | None, actor: str) -> Outcome:
    """Put notices into somebody's hands, or with None into nobody's; whoever had them before has them no longer.

    AppError: invalid without a notice, and for a unit of the ministry or a colleague that is not here.
    """
    wanted = _selection(refs)
    async with database.writing() as connection:
        await ledger.in_turn(connection, "assigning")
        now = await database.now(connection)
        columns = None if holder is None else await assignments.columns_of(connection, holder)
        if holder is not None and columns is None:
            raise invalid("no-such-holder", "no unit of the ministry or colleague of this name", field="holder")
        known = await queue.named(connection, wanted)
        before = await assignments.holders(connection, [row.id for row in known.values()])
        left = {ref: LeftBecause.SAME_HOLDER for ref, row in known.items() if before.get(row.id) == holder}
        done = [ref for ref in wanted if ref in known and ref not in left]
        numbers = [known[ref].id for ref in done]
        await assignments.take(connection, numbers, now)
        if columns is not None:
            await assignments.give(connection, numbers, columns, actor, now)
        said = {ref: {"from": _name(before.get(known[ref].id)), "to": _name(holder)} for ref in done}
        await audit.write_each(connection, actor, "assign", said, now)
    return _outcome(wanted, done, left)


async def release(database: Database, refs: Sequence[str], actor: str) -> Outcome:
    """Let what waits of notices go out. What was kept silent stays so: to recall that is an act on one notice.

    Who entered or changed a notice by hand does not let it out (four eyes). AppError: invalid without a notice.
    """
    wanted = _selection(refs)
    async with database.writing() as connection:
        await notices.serialise_intake(connection)
        now = await database.now(connection)
        known = await queue.named(connection, wanted)
        numbers = [row.id for row in known.values()]
        pending = await reviews.pending(connection, numbers)
        own = await notices.written_by(connection, numbers, actor)
        own |= {row.id for row in known.values() if not may_release_together(row.entered_by, actor)}
        left = {ref: why for ref, row in known.items() if (why := _held_back(row, pending, own)) is not None}
        done = [ref for ref in wanted if ref in known and ref not in left]
        await events.release(connection, [one for ref in done for one in pending[known[ref].id]], actor, now)
        said = {ref: {"events": pending[known[ref].id]} for ref in done}
        await audit.write_each(connection, actor, "release", said, now)
    return _outcome(wanted, done, left)


async def set_aside(database: Database, refs: Sequence[str], because: str, actor: str) -> Outcome:
    """Take notices out of the queue: nobody is told of what waits, and what needs no more than a look has had it.

    Something new of a notice brings it back, and `release` lets out what was set aside. AppError: invalid without a notice
    or a reason.
    """
    wanted = _selection(refs)
    if not because.strip():
        raise invalid("no-reason", "what is set aside needs a reason", field="because")
    async with database.writing() as connection:
        await notices.serialise_intake(connection)
        now = await database.now(connection)
        known = await queue.named(connection, wanted)
        numbers = [row.id for row in known.values()]
        standing = await reviews.set_aside(connection, numbers, because.strip(), actor, now)
        left = {ref: LeftBecause.NOTHING_WAITS for ref, row in known.items() if row.id not in standing}
        done = [ref for ref in wanted if ref in known and ref not in left]
        said = {ref: {"because": because.strip()} for ref in done}
        await audit.write_each(connection, actor, "set_aside", said, now)
    return _outcome(wanted, done, left)


def _selection(refs: Sequence[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(refs))
    if not wanted:
        raise invalid("nothing-chosen", "choose at least one notice", field="notice")
    if len(wanted) > MOST:
        raise invalid("too-many-chosen", f"at most {MOST} notices at once", field="notice")
    return wanted


def _held_back(row: Any, pending: dict[int, list[int]], own: set[int]) -> LeftBecause | None:
    if row.withdrawn_at is not None:
        return LeftBecause.WITHDRAWN
    if row.id not in pending:
        return LeftBecause.NOTHING_WAITS
    return LeftBecause.OWN_ENTRY if row.id in own else None


def _name(holder: Holder | None) -> str:
    if holder is None:
        return ""
    return f"unit:{holder.unit}" if holder.unit else f"account:{holder.account}"


def _outcome(wanted: Sequence[str], done: Sequence[str], left: dict[str, LeftBecause]) -> Outcome:
    everything = {ref: LeftBecause.UNKNOWN for ref in wanted if ref not in done} | left
    return Outcome(tuple(done), tuple((ref, everything[ref]) for ref in wanted if ref in everything))
