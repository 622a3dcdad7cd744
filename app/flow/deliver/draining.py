"""Drain the outbox: claim under a lease, render, hand over under a fence, write down how it ended.

No transaction is open while a server is slow. The intent to hand over is committed before DATA; a crash after it leaves
a row that says so, and the same bytes go once more.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from app.domain.bounces import statuses_in, weigh
from app.domain.deliveries import TO_ANOTHER_ADDRESS, DeliveryState, Envelope, HostDown, Outcome, Settlement, settle
from app.domain.quiet_hours import QuietHours
from app.faultpoints import faultpoint
from app.flow.deliver.grouping import GroupCommit
from app.flow.deliver.rendering import Stationery, render
from app.i18n.dates import VIETNAM
from app.store import brake, deliveries, intents, quiet_hours, unknowns, verdicts
from app.store.database import Connection, Database, DatabaseFault
from app.store.deliveries import Claimed
from app.store.verdicts import Bounce

_log = structlog.get_logger(__name__)

Written = TypeVar("Written")

GRACE = timedelta(seconds=25)
"""What is being handed over when the end is asked for may take so long: with all else the end takes under 30 s (DL-09)."""

_BATCH = 100
_TRIES = 5
_FIRST_PAUSE = 0.25


class Mailer(Protocol):
    """What hands messages to a relay."""

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        """Hand one message over; `before_data` is awaited just before DATA and forbids it by answering False."""

    async def close(self) -> None:
        """Close every connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What draining needs: the mailer, the stationery, where bounces of each delivery go to, who this worker is.

    With a `relay_log` a message of unknown fate goes again only after that was asked (DL-05), else at once.
    `quiet` are the hours in which the operator has nobody written to who set none of their own. More hand-overs in 24
    hours than `brake` pull the emergency brake (DL-13); 0 means that there is none.
    """

    mailer: Mailer
    stationery: Stationery
    bounce_address: Callable[[int], str]
    owner: str
    lease: timedelta
    relay_log: bool = False
    quiet: QuietHours | None = None
    brake: int = 0


@dataclass(frozen=True, slots=True)
class Ending:
    """How a drain is told to end: once `stop` is set nothing more is claimed, and hand-overs under way have `grace`."""

    stop: asyncio.Event = field(default_factory=asyncio.Event)
    grace: timedelta = GRACE


@dataclass(slots=True)
class Drained:
    """What came of a drain: messages by the state they ended in, and why the relay could not be used, if so.

    A hand-over that was broken off counts as `handing_over`. `delays` holds the seconds from the making of each accepted
    message to now.
    """

    ended: dict[DeliveryState, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    host_down: str | None = None

    @property
    def accepted(self) -> int:
        """Messages that the relay took."""
        return self.ended.get(DeliveryState.ACCEPTED, 0)

    @property
    def total(self) -> int:
        """Messages that came to an end, whichever."""
        return sum(self.ended.values())

    def count(self, state: DeliveryState) -> None:
        """Count one message by the state it ended in."""
        self.ended[state] = self.ended.get(state, 0) + 1

    def add(self, other: "Drained") -> None:
        """Take in what a later drain came to."""
        for state, count in other.ended.items():
            self.ended[state] = self.ended.get(state, 0) + count
        self.host_down = other.host_down


async def drain(
    database: Database, outgoing: Outgoing, ending: Ending | None = None, drained: Drained | None = None
) -> Drained:
    """Send what is due until nothing is, the relay is down, or the end is asked for; at most a batch is held at a time.

    Each message is counted in `drained` as it ends, so that others see the progress; the same is returned.
    A hand-over that outlasts the grace is broken off. Nobody knows whether the relay took it: its row stays
    `handing_over`, and is `unknown` as soon as its lease is over (DL-06).
    """
    drained, ending = drained or Drained(), ending or Ending()
    while drained.host_down is None and not ending.stop.is_set():
        async with database.writing() as connection:
            now = await database.now(connection)
            await deliveries.recover(connection, now)
            if outgoing.relay_log:
                await unknowns.wait_for_log(connection, now)
            await quiet_hours.postpone(connection, outgoing.quiet, now, VIETNAM)
            most = await brake.room(connection, outgoing.brake, now, _BATCH)
            claimed = (
                await deliveries.claim(connection, outgoing.owner, now, now + outgoing.lease, most) if most else []
            )
        if not claimed:
            break
        faultpoint("claimed")
        await _send_batch(database, outgoing, claimed, drained, ending)
    return drained


async def waiting_now(database: Database) -> tuple[int, int]:
    """Return how many messages are due now, and how many a living worker holds."""
    async with database.reading() as connection:
        return await deliveries.unfinished(connection, await database.now(connection))


class _Books:
    """The books of one batch: intents and ends, each committed in groups; `open` are the intents without an end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.open: set[int] = set()
        self.intents = GroupCommit(self._write_intents)
        self.ends = GroupCommit(self._write_ends)

    async def close(self) -> None:
        """Wait until all that was entered is committed, also what nobody waits for any more."""
        await self.intents.finish()
        await self.ends.finish()

    async def _write_intents(self, entered: Sequence[tuple[Claimed, str]]) -> list[bool]:
        async def write(tried: int) -> set[int]:
            async with self._database.writing() as connection:
                # After a commit that nobody heard the end of, the intents may stand already.
                standing = await intents.handed_over(connection, [one for one, _ in entered]) if tried else set()
                now = await self._database.now(connection)
                return standing | await deliveries.hand_over(connection, entered, now)

        allowed = await _insisting(write)
        self.open |= allowed
        faultpoint("handing_over")
        return [one.id in allowed for one, _ in entered]

    async def _write_ends(self, ends: Sequence[tuple[Claimed, Outcome]]) -> list[Settlement | None]:
        """Commit how attempts ended; None for an attempt whose fence was overtaken."""

        async def write(_tried: int) -> tuple[list[tuple[Claimed, Settlement]], set[int]]:
            async with self._database.writing() as connection:
                now = await self._database.now(connection)
                settled = [(one, _settled(one, outcome, now)) for one, outcome in ends]
                written = await deliveries.record(connection, settled, now)
                await _conclude([pair for pair in settled if pair[0].id in written], connection, now)
            return settled, written

        settled, written = await _insisting(write)
        faultpoint("recorded")
        self.open -= {one.id for one, _ in ends}
        return [settlement if one.id in written else None for one, settlement in settled]


async def _send_batch(
    database: Database, outgoing: Outgoing, claimed: Sequence[Claimed], drained: Drained, ending: Ending
) -> None:
    books = _Books(database)
    async with _kept_lease(database, outgoing, [one.id for one in claimed]):
        rendered = await render(database, claimed, outgoing.stationery)
        ready = rendered.ready
        for state in rendered.set_aside:
            drained.count(state)
        faultpoint("rendered")

        async def send(one: Claimed) -> None:
            if one.id in ready and drained.host_down is None and not ending.stop.is_set():
                await _send(database, outgoing, books, one, ready[one.id], drained)

        ends = await _ended([asyncio.create_task(send(one)) for one in claimed], ending)
        await books.close()
    faults = [end for end in ends if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError)]
    if faults:
        raise faults[0]
    for number in books.open:
        drained.count(DeliveryState.HANDING_OVER)
        _log.warning("hand_over_broken_off", delivery=number)
    async with database.writing() as connection:
        await deliveries.give_back(connection, outgoing.owner)


async def _ended(sending: Sequence[asyncio.Task[None]], ending: Ending) -> list[BaseException | None]:
    """Wait for hand-overs; those that are still under way when the grace is over are broken off."""

    async def break_off() -> None:
        await ending.stop.wait()
        await asyncio.sleep(ending.grace.total_seconds())
        for task in sending:
            task.cancel()

    breaking = asyncio.create_task(break_off())
    try:
        return await asyncio.gather(*sending, return_exceptions=True)
    finally:
        breaking.cancel()


async def _send(
    database: Database,
    outgoing: Outgoing,
    books: _Books,
    one: Claimed,
    message: tuple[str, bytes],
    drained: Drained,
) -> None:
    message_hash, body = message
    envelope = Envelope(
        delivery_id=one.id,
        sender=outgoing.bounce_address(one.id),
        recipient=one.recipient,
        message_id=one.message_id,
        body=body,
    )
    outcome = await outgoing.mailer.send(envelope, lambda: books.intents.add((one, message_hash)))
    faultpoint("answered")
    if isinstance(outcome, HostDown):
        drained.host_down = outcome.reason
        _log.error("relay_down" if outcome.alarm else "relay_unreachable", reason=outcome.reason)
    elif outcome is None:
        async with database.writing() as connection:
            if await deliveries.set_aside(connection, one, DeliveryState.SKIPPED, "no longer wanted"):
                drained.count(DeliveryState.SKIPPED)
    else:
        settlement = await books.ends.add((one, outcome))
        if settlement is not None:
            drained.count(settlement.state)
        if settlement is not None and settlement.accepted_at is not None:
            drained.delays.append((settlement.accepted_at - one.created_at).total_seconds())


async def _insisting(write: Callable[[int], Awaitable[Written]]) -> Written:
    """Write, and again after a fault of the database: five tries at most, the pauses growing and spread (F36).

    Without it a lock that somebody held for a moment would turn an accepted message into one that goes twice. `write` is
    told how often it was tried before.
    """
    for tried in range(_TRIES - 1):
        try:
            return await write(tried)
        except DatabaseFault as fault:
            _log.warning("database_fault", tried=tried + 1, reason=type(fault.orig).__name__)
            pause = _FIRST_PAUSE * 2.0**tried
            await asyncio.sleep(pause * (1 + random.random()) / 2)  # noqa: S311 - spreads tries, protects nothing
    return await write(_TRIES - 1)


async def _conclude(settled: Sequence[tuple[Claimed, Settlement]], connection: Connection, now: datetime) -> None:
    """Let refusals count as bounces; what became of a mail to another address says nothing of the subscriber."""
    for one, settlement in settled:
        if settlement.state is DeliveryState.REJECTED and one.kind not in TO_ANOTHER_ADDRESS:
            said = settlement.reply or ""
            bounce = Bounce(one.id, one.subscriber_id, weigh(statuses_in(said), said), "relay", said)
            await verdicts.conclude(connection, bounce, now)


def _settled(one: Claimed, outcome: Outcome, now: datetime) -> Settlement:
    return settle(
        outcome,
        now=now,
        attempts=one.attempts + 1,
        ambiguous=one.ambiguous,
        first_due=one.created_at,
        jitter=random.random(),  # noqa: S311 - spreads retries, protects nothing
    )


@asynccontextmanager
async def _kept_lease(database: Database, outgoing: Outgoing, numbers: Sequence[int]) -> AsyncIterator[None]:
    """Renew the lease on a batch at a third of its length, for as long as the block takes (DL-06)."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(outgoing.lease / timedelta(seconds=3))
            with suppress(DatabaseFault):  # it may be back when the next renewal is due
                async with database.writing() as connection:
                    now = await database.now(connection)
                    await deliveries.renew(connection, outgoing.owner, numbers, now + outgoing.lease)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)
