"""The processes that do the runs. One that hangs or dies takes no result of another with it, and is replaced."""

import logging
import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import structlog

from tests.chaos.runs import Result, Run, perform
from tests.chaos.scenarios import FAULTS

Perform = Callable[[Run], Result]

_GRACE = 60.0
"""Seconds that a run which is over its time has to clear up."""

_HUNG = 70


def perform_in_time(run: Run) -> Result:
    """Do a run; where not even its time-out ends it, end this process."""
    watch = threading.Timer(FAULTS[run.fault].longest + _GRACE, os._exit, [_HUNG])
    watch.daemon = True
    watch.start()
    try:
        return perform(run)
    finally:
        watch.cancel()


def quiet() -> None:
    """Let the flows of this process log nothing: every run is full of faults."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)


def done(
    runs: Sequence[Run], jobs: int, until: float, perform_one: Perform = perform_in_time
) -> Iterator[tuple[Run, Result]]:
    """Yield each run with its result as it ends; none is begun after `until`, a moment of the monotonic clock.

    What was under way when a process died is done again, one at a time: whose process dies once more did not hold.
    """
    waiting, suspects = deque(runs), deque[Run]()
    while (waiting or suspects) and time.monotonic() < until:
        alone, lost = bool(suspects), list[Run]()
        yield from _shift(suspects if alone else waiting, 1 if alone else jobs, until, perform_one, lost)
        if alone:
            for run in lost:
                yield run, Result(run.fault, run.dialect, run.seed, breaches=["its process hung or died, twice"])
        else:
            suspects.extend(lost)


def _shift(
    waiting: deque[Run], jobs: int, until: float, perform_one: Perform, lost: list[Run]
) -> Iterator[tuple[Run, Result]]:
    """Do what waits until a process dies; `lost` is what was under way then."""
    pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=quiet)
    under_way: dict[Future[Result], Run] = {}
    try:
        while under_way or (waiting and not lost and time.monotonic() < until):
            while waiting and not lost and len(under_way) < jobs and time.monotonic() < until:
                run = waiting.popleft()
                try:
                    under_way[pool.submit(perform_one, run)] = run
                except BrokenProcessPool:
                    lost.append(run)
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                run = under_way.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(run)
                else:
                    yield run, result
    finally:
        pool.shutdown(cancel_futures=True)
