"""One run: a fault, a database, a seed; what came of it; and the line that runs it again."""

import asyncio
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.engines import POSTGRESQL, SQLITE, breakable, fresh
from tests.chaos.oracle import Verdict
from tests.chaos.world import World

BOTH = (SQLITE, POSTGRESQL)
Scenario = Callable[[World], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """A row of the fault matrix: its id, what is broken, where, and how to break it.

    `weight` is its share of the runs, 0 where it runs only when it is named; `apart` asks for a PostgreSQL of its own;
    `longest` are the seconds after which a run counts as stuck.
    """

    id: str
    what: str
    scenario: Callable[..., Awaitable[None]]
    dialects: Sequence[str] = BOTH
    weight: int = 4
    apart: bool = False
    longest: float = 300.0
    world: type[World] = World


FAULTS: dict[str, Fault] = {}


def fault(number: str, what: str, **options: Any) -> Callable[[Callable[..., Awaitable[None]]], Any]:
    """Enter a scenario under its id in the matrix."""

    def enter(scenario: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        assert number not in FAULTS, f"{number} is entered twice"
        FAULTS[number] = Fault(number, what, scenario, **options)
        return scenario

    return enter


@dataclass(frozen=True)
class Run:
    """Which fault, on which database, with which seed."""

    fault: str
    dialect: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.fault}/{self.dialect}/{self.seed}"

    @property
    def again(self) -> str:
        """The line that repeats it."""
        return f"python3 dev.py chaos --only {self.fault} --database {self.dialect} --seed {self.seed} --runs 1"


@dataclass
class Result:
    """What came of a run."""

    fault: str
    dialect: str
    seed: int
    seconds: float = 0.0
    happened: int = 0
    told: int = 0
    lost: int = 0
    copies: int = 0
    unclear: int = 0
    listed: int = 0
    breaches: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.breaches

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def perform(run: Run) -> Result:
    """Do one run from beginning to end; a scenario that fails is a breach, never an exception."""
    began = time.monotonic()
    result = Result(run.fault, run.dialect, run.seed)
    with tempfile.TemporaryDirectory(prefix="keng-chaos-") as folder:
        try:
            asyncio.run(asyncio.wait_for(_perform(run, Path(folder), result), FAULTS[run.fault].longest))
        except Exception as error:  # noqa: BLE001 - whatever it is, the run did not hold
            where = traceback.format_exc().strip().splitlines()
            result.breaches.append(f"{type(error).__name__}: {error} ({' | '.join(where[-6:])})")
    result.seconds = round(time.monotonic() - began, 2)
    return result


async def _perform(run: Run, folder: Path, result: Result) -> None:
    entry = FAULTS[run.fault]
    if entry.apart and run.dialect == POSTGRESQL:
        with breakable() as (url, server):
            await _in_world(entry, url, run.name, folder, server, result)
    else:
        with fresh(run.dialect, folder) as url:
            await _in_world(entry, url, run.name, folder, None, result)


async def _in_world(entry: Fault, url: str, seed: str, folder: Path, server: Path | None, result: Result) -> None:
    world = entry.world(url, seed)
    world.folder, world.server = folder, server
    try:
        await world.peer.start()
        await entry.scenario(world)
        await world.until_idle()
        verdict = await world.verdict()
    finally:
        await world.close()
    _write_down(world, verdict, result)


def _write_down(world: World, verdict: Verdict, result: Result) -> None:
    result.happened, result.told, result.lost = world.happened, verdict.told, verdict.lost
    result.copies, result.listed = verdict.copies, verdict.listed
    result.unclear = sum(world.evidence.unclear.values())
    result.breaches += verdict.breaches
    if not world.happened:
        result.breaches.append("the fault never happened")
