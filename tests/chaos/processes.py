"""F30 to F33: processes that are killed, stopped, told to end, starved of memory, or started once too often."""

import asyncio
import os
import resource
import signal
from collections import Counter
from functools import partial
from pathlib import Path

from tests.chaos import oracle
from tests.chaos.engines import SQLITE
from tests.chaos.runs import fault
from tests.chaos.town import LEASE, FaultPoints, Town
from tests.stories.commands import Running

PULLING = ("fetched", "page_kept", "sorted")
TELLING = ("released", "event_matched", "fanned_out", "messages_made", "gathered")
SENDING = ("claimed", "rendered", "handing_over", "data_allowed", "dot_sent", "answered", "recorded")
GATHERING = ("messages_made", "digests_made")
OFTEN = frozenset({"data_allowed", "dot_sent", "answered"})
"""Points that are passed once for every message."""

IN_DOUBT = frozenset({"handing_over", "data_allowed", "dot_sent", "answered", "recorded"})
"""Points after the intent is written: only a process that ends there may leave a copy."""


async def struck(town: Town, command: tuple[str, ...], point: str) -> None:
    """Start a command, and kill it where it reaches a point."""
    points = FaultPoints(town.folder, point)
    victim = town.keng.start(*command, prepare=points.prepare)
    assert await points.reached(town.lots.randint(1, 3) if point in OFTEN else 1), f"{point}: {victim.err}"
    assert await town.killed(victim)
    points.close()
    assert point in IN_DOUBT or not town.evidence.unclear, "nothing is in doubt before the intent is written"
    town.happened += 1


async def _blindly(town: Town, command: tuple[str, ...]) -> None:
    """Start a command, and kill it at any moment."""
    victim = town.keng.start(*command)
    await asyncio.sleep(town.lots.uniform(0.001, 0.5))
    town.happened += await town.killed(victim)


@fault("F30", "SIGKILL at every step, and at any moment", world=Town, weight=16)
async def _kill(town: Town) -> None:
    stage = town.lots.choice(["pull", "tell", "send", "send", "send", "digest", "blind"])
    await town.settle(daily=1 if stage == "digest" else None)
    if stage == "pull":
        await struck(town, ("pull", "eping"), town.lots.choice(PULLING))
        return
    await town.keng("pull", "eping")
    if stage == "tell":
        await struck(town, ("deliver", "--once"), town.lots.choice(TELLING))
    elif stage == "send":
        await struck(town, ("deliver", "--once"), town.lots.choice(SENDING))
    elif stage == "digest":
        await town.keng("deliver", "--once")
        await struck(town, ("digest", "close", "--as-of", town.tomorrow), town.lots.choice(GATHERING))
    else:
        while not town.happened:
            await _blindly(town, ("deliver", "--once"))


@fault("F31", "SIGSTOP for twice the lease, then SIGCONT", world=Town, weight=1)
async def _stopped(town: Town) -> None:
    await town.settle(daily=0)
    await town.keng("pull", "eping")
    points = FaultPoints(town.folder, town.lots.choice(SENDING))
    sleeper = town.keng.start("deliver", "--once", prepare=points.prepare)
    assert await points.reached(1), sleeper.err
    sleeper.send(signal.SIGSTOP)
    points.go_on()
    await town.note_doubts()
    await asyncio.sleep(LEASE * 2)
    heir = await town.keng.start("deliver", "--once").ended()
    # On SQLite a process that was stopped inside a transaction keeps the file locked: others say so and end.
    assert heir.code == 0 or (town.dialect == SQLITE and "database is locked" in heir.err), heir.err
    sleeper.send(signal.SIGCONT)
    points.let_go()
    await sleeper.ended()  # as it may: the relay or the database has let go of it meanwhile
    points.close()
    town.happened = 1
    # Only what was open at the stop, and once: whatever the sleeper begins after it woke is fenced.
    assert set(town.evidence.unclear.values()) <= {1}


@fault("F32", "SIGTERM again and again, rolling restarts, no memory left", world=Town, weight=1)
async def _told_to_end(town: Town) -> None:
    await town.settle(people=8, daily=0)
    await town.keng("pull", "eping")
    town.peer.pause = 0.02
    if town.lots.random() < 0.3:
        starving = town.keng.start("deliver", "--once", prepare=partial(_starve, town.lots.randint(0, 24) << 20))
        town.happened += (await starving.ended()).code != 0
        await town.note_doubts()
    for _ in range(3):
        running = [town.keng.start("deliver") for _ in range(town.lots.randint(1, 2))]
        await asyncio.sleep(town.lots.uniform(0.3, 0.9))
        for _ in range(town.lots.randint(1, 4)):
            town.happened += sum(_told(one) for one in running)
            await asyncio.sleep(town.lots.uniform(0, 0.05))
        codes = {(await one.ended()).code for one in running}
        assert codes <= {0, -signal.SIGTERM, 128 + signal.SIGTERM}, codes
    town.peer.pause = 0
    assert oracle.open_hand_overs(town.url) <= set(town.evidence.unclear), "what was in hand was finished"


def _told(running: Running) -> bool:
    alive = running.alive
    if alive:
        running.send(signal.SIGTERM)
    return alive


def _starve(octets: int) -> None:
    """Leave this process so much memory beyond what it has."""
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (taken + octets, taken + octets))


@fault("F33", "several schedulers and senders at the same time", world=Town, weight=1)
async def _too_many(town: Town) -> None:
    town.lease_seconds = 15  # nobody dies here, and a slow machine must not look like it
    await town.settle(people=8, daily=2)
    closing = ("digest", "close", "--as-of", town.tomorrow)
    for words in (
        [("pull", "eping")] * 2,
        [("deliver", "--once"), closing] * 2,
    ):
        running = [town.keng.start(*some) for some in words]
        for one in running:
            done = await one.ended()
            assert done.code == 0, done.err
        town.happened += len(running)
    made = oracle.query(town.url, "SELECT subscriber_id, local_date FROM digests")
    assert all(count == 1 for count in Counter(map(tuple, made)).values()), "each digest once"
