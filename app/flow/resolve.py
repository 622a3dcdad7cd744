"""Ask the relay's log for the fate of messages that nobody knows, and whether it knows messages that we do not."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from app.domain.unknowns import Evidence, LogPlace, LogReading, LogUnreadable, Queued, Resolution, resolve
from app.store import holds, unknowns
from app.store.database import Connection, Database
from app.store.unknowns import LogState, Unclear

_log = structlog.get_logger(__name__)

HOLD = "relay_log"
"""The hold that stands while the relay's log knows messages of ours that the database does not (DL-12)."""


class RelayLog(Protocol):
    """The relay's log, read on from a place."""

    def read(self, place: LogPlace | None) -> LogReading | LogUnreadable:
        """Read some of what follows on a place; None is where the log begins for us."""


@dataclass(frozen=True, slots=True)
class Journal:
    """The relay's log, and which of the messages in it can only be deliveries of this installation."""

    log: RelayLog
    is_ours: Callable[[Queued], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What came of asking: messages by what became of them, and why the log could not be read, if so."""

    accepted: int
    others: Counter[Resolution]
    unreadable: str | None = None


async def resolve_unknowns(database: Database, journal: Journal) -> Resolved:
    """Read on in the relay's log to its end, then settle what it tells of and judge what it does not (DL-05)."""
    unreadable = await _read_on(database, journal)
    async with database.writing() as connection:
        now = await database.now(connection)
        accepted = await unknowns.accept_sighted(connection)
        await unknowns.forget_sightings(connection, now)
        waiting = await unknowns.unclear(connection)
        others = await _judge(connection, waiting, now, readable=unreadable is None) if waiting else Counter()
    if unreadable is not None:
        _log.error("relay_log_unreadable", reason=unreadable)
    if accepted or others:
        _log.info("unknown_resolved", accepted=accepted, **{name.value: count for name, count in others.items()})
    return Resolved(accepted=accepted, others=others, unreadable=unreadable)


async def _read_on(database: Database, journal: Journal) -> str | None:
    """Read the log to its end, piece by piece; return why it cannot be read, if so.

    What we do not know counts only where reading goes on from a known place: a new database beside an old log knows
    nothing of it, and rightly so.
    """
    async with database.reading() as connection:
        state = await unknowns.log_state(connection)
    follows = state is not None
    while True:
        reading = await asyncio.to_thread(journal.log.read, state.place if state else None)
        if isinstance(reading, LogUnreadable):
            return reading.reason
        follows = follows and reading.whole
        async with database.writing() as connection:
            now = await database.now(connection)
            await _keep(connection, reading, state, now)
            if follows:
                await _hold(connection, [one for one in reading.queued if journal.is_ours(one)], now)
            state = await unknowns.log_state(connection)
        if not reading.more:
            return None


async def _keep(connection: Connection, reading: LogReading, before: LogState | None, now: datetime) -> None:
    """Write how far the log was read, and what it tells of messages whose end is open."""
    known = await unknowns.known_states(connection, [one.message_id for one in reading.queued])
    telling = [one for one in reading.queued if one.message_id in known and unknowns.is_open(known[one.message_id])]
    await unknowns.keep_sightings(connection, telling, now)
    await unknowns.save_reading(connection, before, reading, now, heard=bool(known))


async def _hold(connection: Connection, ours: Sequence[Queued], now: datetime) -> None:
    """Hold all mail when the relay took deliveries that the database does not know and that were not told before."""
    message_ids = [one.message_id for one in ours]
    known = (await unknowns.known_states(connection, message_ids)).keys()
    told = await unknowns.kept_sightings(connection, message_ids)
    new = [one for one in ours if one.message_id not in known | told]
    if new:
        await unknowns.keep_sightings(connection, new, now)
        because = f"the relay took {len(new)} messages that this database does not know, the last as {new[-1].queue_id}"
        await holds.hold_by_itself(connection, HOLD, because, now)
        _log.error("relay_knows_more", messages=len(new), queue_id=new[-1].queue_id, logged=new[-1].logged)


async def _judge(
    connection: Connection, waiting: Sequence[Unclear], now: datetime, *, readable: bool
) -> Counter[Resolution]:
    """Settle the messages that the log has not spoken of."""
    state = await unknowns.log_state(connection) if readable else None
    if state is not None and await unknowns.is_deaf(connection, state, now):
        _log.error("relay_log_silent", since=state.heard_at.isoformat())
        state = None
    judged: dict[Resolution, list[int]] = {}
    for one in waiting:
        judged.setdefault(_resolution(one, state, now), []).append(one.id)
    await unknowns.repeat(connection, judged.get(Resolution.REPEAT, []), now)
    reason = "the relay's log does not tell whether it was taken"
    await unknowns.leave_to_people(connection, judged.get(Resolution.NEEDS_HUMAN, []), reason)
    return Counter({resolution: len(numbers) for resolution, numbers in judged.items()})


def _resolution(one: Unclear, state: LogState | None, now: datetime) -> Resolution:
    """Judge a message that was not seen in a log in this state; None where the log tells nothing."""
    if state is None or state.whole_since > one.begun:
        return resolve(Evidence.UNREADABLE, now - one.since, ambiguous=one.ambiguous)
    # A relay that stands still is silent about what lies in its queue.
    silent_since = max(one.since, state.started_at or one.since) if state.running else now
    return resolve(Evidence.ABSENT, now - silent_since, ambiguous=one.ambiguous)
