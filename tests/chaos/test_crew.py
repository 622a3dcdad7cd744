"""A process that dies in a run takes no other run with it."""

import os
import time

from tests.chaos import crew
from tests.chaos.runs import Result, Run

RUNS = [Run("F01", "sqlite", seed) for seed in range(4)]
DEADLY = 2


def perform(run: Run) -> Result:
    """A run that ends its process where the seed says so."""
    if run.seed == DEADLY:
        os._exit(1)
    return Result(run.fault, run.dialect, run.seed, told=run.seed)


def test_a_run_whose_process_dies_did_not_hold_and_all_others_are_done() -> None:
    results = dict(crew.done(RUNS, 2, time.monotonic() + 300, perform))
    assert set(results) == set(RUNS)
    assert [run.seed for run, result in results.items() if not result.sound] == [DEADLY]
    assert results[RUNS[3]].told == 3


def test_nothing_is_begun_when_the_time_is_up() -> None:
    assert not list(crew.done(RUNS, 1, time.monotonic(), perform))
