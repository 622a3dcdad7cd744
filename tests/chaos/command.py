"""The command: plan the runs, do two at a time, tell of each, remember which are done, write down what came of all."""

import argparse
import random
import sys
import time
from collections.abc import Sequence

from tests import postgres
from tests.chaos import crew, report
from tests.chaos.memory import Memory
from tests.chaos.runs import Result, Run
from tests.chaos.scenarios import FAULTS

RUNS = 1000
MINUTES = 90.0


def main(arguments: Sequence[str]) -> int:
    """Do the runs that were asked for; 1 when one of them did not hold."""
    asked = _parser().parse_args(arguments)
    only = [name for part in asked.only for name in part.split(",")]
    unknown = sorted(set(only) - set(FAULTS))
    if unknown:
        _say(f"no such fault: {', '.join(unknown)}; there are {', '.join(sorted(FAULTS))}")
        return 2
    runs = plan(asked.runs or (1 if only == [report.KILLS] else RUNS), asked.seed, only, asked.database)
    memory = Memory(asked.seed)
    if asked.afresh:
        memory.forget()
    began = time.monotonic()
    _say(f"{len(runs)} runs from seed {asked.seed}, {asked.jobs} at a time")
    results = _done(runs, asked.jobs, memory, began + asked.minutes * 60)
    _tell(results, time.monotonic() - began)
    if len(results) < len(runs):
        _say(f"  {len(runs) - len(results)} runs were not begun: the time was up; the same command goes on with them")
    if only == [report.KILLS]:
        report.write_kills(results)
    elif not only and not asked.database:
        report.write(results, asked.seed)
    return 0 if all(result.sound for result in results) else 1


def plan(count: int, seed: int, only: Sequence[str] = (), database: str | None = None) -> list[Run]:
    """Return `count` runs or a few more: each fault on each of its databases once at least, the rest by weight."""
    cells = [
        (entry, dialect)
        for entry in FAULTS.values()
        for dialect in entry.dialects
        if (entry.id in only if only else entry.weight) and database in (None, dialect)
    ]
    total = sum(max(entry.weight, 1) for entry, _ in cells)
    runs = []
    for entry, dialect in cells:
        share = -(-count * max(entry.weight, 1) // total)
        runs += [Run(entry.id, dialect, seed + number) for number in range(share)]
    random.Random(seed).shuffle(runs)
    return runs


def _done(runs: Sequence[Run], jobs: int, memory: Memory, until: float) -> list[Result]:
    """Do the runs that are not done yet, as far as the time allows; return the results of all that are done."""
    known = memory.known()
    results = [known[run.name] for run in runs if run.name in known]
    waiting = [run for run in runs if run.name not in known]
    if results:
        _say(f"{len(results)} of them were done before (--afresh does them again)")
    began = time.monotonic()
    with postgres.owned():
        for number, (run, result) in enumerate(crew.done(waiting, jobs, until), 1):
            results.append(result)
            memory.keep(run.name, result)
            left = (time.monotonic() - began) / number * (len(waiting) - number)
            _tell_of(run, result, f"{len(results):4}/{len(runs)}, {left / 60:3.0f} min left")
    return results


def _tell_of(run: Run, result: Result, place: str) -> None:
    said = f"told {result.told:4}  copies {result.copies:2}  listed {result.listed:2}  {result.seconds:6.1f} s"
    _say(f"[{place}] {run.name:24} {said}  {'ok' if result.sound else 'FAILED'}")
    if not result.sound:
        for breach in result.breaches[:8]:
            _say(f"    {breach}")
        _say(f"    again: {run.again}")


def _tell(results: Sequence[Result], seconds: float) -> None:
    failed = [result for result in results if not result.sound]
    _say(f"\n{report.sentence(results)}\n{len(failed)} runs did not hold; {seconds / 60:.1f} minutes")
    for result in failed:
        _say(f"  {Run(result.fault, result.dialect, result.seed).again}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python3 dev.py chaos", description=__doc__)
    parser.add_argument("--runs", type=int, help=f"how many, at least; {RUNS} if left out")
    parser.add_argument("--seed", type=int, default=1, help="the first seed; 1 if left out")
    parser.add_argument("--only", action="append", default=[], help="faults by id, as F13 or F13,F30, or kills")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time; 2 if left out")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"begin no run after so many; {MINUTES:.0f}")
    parser.add_argument("--afresh", action="store_true", help="do again what was done before")
    return parser
