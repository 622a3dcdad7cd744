"""F40 to F44: clocks that jump, days that end, logs nobody reads, people who stop in the middle, poisoned rows."""

import asyncio
import contextlib
import fcntl
import os
from collections import Counter
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from sqlalchemy import update
from sqlalchemy.engine import make_url

from app.flow import subscribe
from app.store.tables import deliveries
from tests.chaos import oracle
from tests.chaos.engines import POSTGRESQL
from tests.chaos.runs import fault
from tests.chaos.town import Town
from tests.chaos.world import World
from tests.peers.smtp_peer import Command, Delay, Step
from tests.stories.commands import until

_LINES = 2
"""Connections of the worker whose leases a jumping clock ends."""


@fault("F40", "the clock jumps: an hour on, an hour back, 400 days on, while rows are leased")
async def _clock_jumps(world: World) -> None:
    await world.begin(people=8)
    await world.publish()
    await world.office.process()
    world.peer.pause = 0.02
    first = asyncio.create_task(world.send(1, connections=_LINES))
    async with asyncio.timeout(30):
        await world.peer.until(lambda: len(world.peer.mails) > 0)
    world.clock.advance(
        **world.lots.choice([{"hours": 1}, {"hours": -1}, {"days": 400}, {"minutes": 5}, {"minutes": -5}])
    )
    world.happened = 1
    await world.send(1)
    await first
    world.peer.pause = 0
    # Whose lease a jump ended while a line waited for its answer or its commit, is in doubt: no more than two a line.
    doubted = oracle.query(world.url, "SELECT count(*) FROM deliveries WHERE ambiguous > 0")
    world.evidence.unclear[""] += min(doubted[0][0], 2 * _LINES)


_SHIFT = """
CREATE SCHEMA shifted;
CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql
    AS $$ SELECT pg_catalog.clock_timestamp() + interval '{}' $$;
"""


@fault(
    "F40-apart",
    "the clocks of the database and of the application are 5 minutes, an hour or 400 days apart",
    dialects=(POSTGRESQL,),
    world=Town,
    weight=2,
)
async def _clocks_apart(town: Town) -> None:
    """The application's clock is the machine's. Whoever judged a lease by it would take what another has in hand."""
    town.lease_seconds = 15
    await town.settle(people=8, daily=0)
    await town.keng("pull", "eping")
    name = sql.Identifier(make_url(town.url).database or "")
    distance = town.lots.choice(["5 minutes", "5 minutes", "-5 minutes", "-5 minutes", "1 hour", "-1 hour", "400 days"])
    with psycopg.connect(f"postgresql://{town.url.partition('://')[2]}", autocommit=True) as session:
        session.execute(_SHIFT.format(distance).encode())
        session.execute(sql.SQL("ALTER DATABASE {} SET search_path = shifted, pg_catalog, public").format(name))
    shown = oracle.query(town.url, "SELECT abs(extract(epoch FROM clock_timestamp() - now())) > 200")
    assert shown[0][0], "the clocks are apart"
    town.peer.pause = 0.02
    running = [town.keng.start("deliver", "--once") for _ in range(3)]
    assert {(await one.ended()).code for one in running} == {0}
    town.peer.pause = 0
    assert not oracle.open_hand_overs(town.url), "nothing was taken from one who is alive"
    town.happened = 1


_EDGES = (
    datetime(2026, 3, 31, 16, 59, 59, 900_000, tzinfo=UTC),
    datetime(2028, 2, 28, 16, 59, 59, 900_000, tzinfo=UTC),
    datetime(2028, 2, 29, 16, 59, 59, 900_000, tzinfo=UTC),
    datetime(2026, 12, 31, 16, 59, 59, 900_000, tzinfo=UTC),
    datetime(2026, 5, 4, 1, 29, 59, 900_000, tzinfo=UTC),
)
"""Just before midnight in Viet Nam, or before the digests close: month's end, leap day, year's end, a Monday morning."""


@fault("F41", "days, months and years end; nobody is there over midnight")
async def _day_ends(world: World) -> None:
    world.clock.offset += world.lots.choice(_EDGES) - world.clock()
    await world.begin(daily=3)
    for _ in range(world.lots.randint(2, 4)):
        await world.publish(1)
        await world.office.process()
        await asyncio.gather(*(world.office.close_digests() for _ in range(3)))
        await world.send(1)
        world.clock.advance(**world.lots.choice([{"seconds": 1}, {"hours": 9}, {"days": 1}, {"days": 3}]))
        world.happened += 1

    async def once_a_day() -> None:
        made = oracle.query(world.url, "SELECT subscriber_id, frequency, local_date FROM digests")
        assert all(count == 1 for count in Counter(map(tuple, made)).values()), "one digest for each local day"

    world.checks.append(once_a_day)


@fault("F42", "nobody reads the log, and its pipe is full", world=Town, weight=1)
async def _log_blocked(town: Town) -> None:
    await town.settle(daily=0)
    worker = town.keng.start("worker", prepare=_fill_the_log)
    await until(lambda: bool(found := oracle.states(town.url)) and not set(found) - oracle.OVER)
    done = await worker.told_to_stop(within=30)
    assert done.code == 0, done.code
    assert not done.err, "not a line came through"
    town.happened = 1


def _fill_the_log() -> None:
    """Let stderr be a pipe that is full and that nobody reads."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ))
    os.set_blocking(writing, True)
    os.dup2(writing, 2)
    os.set_inheritable(reading, True)


@fault("F43", "people stop while their mail is on its way")
async def _stopping(world: World) -> None:
    await world.begin(people=8)
    await world.publish(2)
    await world.office.process()
    waiting = sorted({row.address for row in oracle.read_rows(world.url)})
    certain, racing = waiting[0], frozenset(world.lots.sample(waiting[1:], k=min(2, len(waiting) - 1)))
    world.evidence.stopped, world.evidence.free = frozenset({certain}), racing
    reached = asyncio.Event()

    def at_rcpt(command: Command) -> Step | None:
        if certain not in command.argument:
            return None
        reached.set()
        return Delay(0.3, "250 2.1.5 Ok")

    world.peer.plan["RCPT"] = at_rcpt
    world.peer.pause = 0.01
    sending = asyncio.create_task(world.send(1))

    async def race(address: str) -> None:
        await asyncio.sleep(world.lots.uniform(0, 0.2))
        await _stop(world, address)

    races = [asyncio.create_task(race(address)) for address in racing]
    async with asyncio.timeout(30):
        await reached.wait()
    await _stop(world, certain)
    world.happened = 1
    await asyncio.gather(sending, *races)


async def _stop(world: World, address: str) -> None:
    number = oracle.query(world.url, f"SELECT id FROM subscribers WHERE identity = '{address}'")[0][0]  # noqa: S608 - an address of our own
    await subscribe.stop(world.database, number, None)


@fault("F44", "one row is poisoned")
async def _poison(world: World) -> None:
    await world.begin(people=20, daily=0)
    await world.publish()
    await world.office.process()
    rows = oracle.query(world.url, "SELECT id FROM deliveries")
    number = world.lots.choice(sorted(row[0] for row in rows))
    async with world.database.writing() as connection:
        await connection.execute(
            update(deliveries).where(deliveries.c.id == number).values(message_id=f"not\r\nan id {number}")
        )
    await world.send()
    world.happened = oracle.states(world.url)["needs_human"]
    assert world.happened == 1, "it is shown to staff, and holds nobody up"
    assert oracle.states(world.url)["accepted"] == len(rows) - 1
