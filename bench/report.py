"""How measurements are printed: one line each, figures first."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class Stopwatch:
    """Seconds that a block took; `seconds` is right once the block has ended."""

    seconds: float = 0.0


@contextmanager
def measured() -> Iterator[Stopwatch]:
    """Measure a block by the wall clock."""
    watch = Stopwatch()
    began = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - began


def heading(title: str) -> None:
    """Begin a group of lines."""
    print(f"\n{title}", flush=True)  # noqa: T201 - a benchmark prints


def line(what: str, count: int, unit: str, seconds: float) -> None:
    """Print a rate: how many units a second, over how many."""
    said = f"  {what:<58} {count / seconds:>12,.0f} {unit}/s   ({count:,} in {seconds:.2f} s)"
    print(said, flush=True)  # noqa: T201 - a benchmark prints


def ratio(what: str, ours: float, ceiling: float) -> None:
    """Print how much longer our way takes than the bare one."""
    print(f"  {what:<58} {ours / ceiling:>12.1f} ×", flush=True)  # noqa: T201 - a benchmark prints


def percentiles(what: str, seconds: Sequence[float]) -> None:
    """Print the median, the 95th and the 99th percentile of times, in milliseconds."""
    ordered = sorted(seconds)
    middle, slow, slowest = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.95, 0.99))
    said = f"  {what:<58} p50 {middle:>7.1f} ms   p95 {slow:>7.1f} ms   p99 {slowest:>7.1f} ms   ({len(ordered)} asked)"
    print(said, flush=True)  # noqa: T201 - a benchmark prints


def said(what: str, figure: str) -> None:
    """Print a figure that is no rate."""
    print(f"  {what:<58} {figure:>15}", flush=True)  # noqa: T201 - a benchmark prints
