"""The tables in docs/reliability.md, written by the command and by nobody else."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.runs import FAULTS, Result

KILLS = "kills"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


def sentence(results: Sequence[Result]) -> str:
    """Return the sum of all runs in words."""
    return (
        f"{len(results)} runs, {sum(one.happened for one in results)} faults, "
        f"{sum(one.told for one in results)} alerts told: {sum(one.lost for one in results)} lost, "
        f"{sum(one.copies for one in results)} second copies after {sum(one.unclear for one in results)} hand-overs "
        f"whose end nobody could know, {sum(one.listed for one in results)} listed for a person."
    )


def write(results: Sequence[Result], seed: int, page: Path = PAGE) -> None:
    """Write the table of all faults."""
    cells: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in results:
        cells[result.fault, result.dialect].append(result)
    failed = sum(not result.sound for result in results)
    rows = [
        "| fault | what happens | database | runs | faults | told | lost | copies | listed | seconds |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(_row(fault, dialect, some) for (fault, dialect), some in sorted(cells.items())),
    ]
    when = f"{datetime.now(UTC):%Y-%m-%d}, seed {seed}"
    told = f"{when}: {sentence(results)} {failed} runs did not hold."
    _replace(page, "chaos", [told, "", *rows])


def write_kills(results: Sequence[Result], page: Path = PAGE) -> None:
    """Write what came of killing processes that send to many people."""
    rows = [
        "| database | told | kills | open at a kill | second copies | lost | listed | seconds |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {one.dialect} | {one.told} | {one.happened} | {one.unclear} | {one.copies} | {one.lost} | {one.listed} "
            f"| {one.seconds:.0f} |"
            for one in sorted(results, key=lambda one: (one.dialect, one.seed))
        ),
    ]
    _replace(page, KILLS, [f"{datetime.now(UTC):%Y-%m-%d}:", "", *rows])


def _row(fault: str, dialect: str, some: Sequence[Result]) -> str:
    sums = [
        len(some),
        *(sum(getattr(one, name) for one in some) for name in ("happened", "told", "lost", "copies", "listed")),
        round(sum(one.seconds for one in some)),
    ]
    return f"| {fault} | {FAULTS[fault].what} | {dialect} | {' | '.join(map(str, sums))} |"


def _replace(page: Path, name: str, lines: Iterable[str]) -> None:
    """Put lines between the two marks of this name."""
    begin, end = f"<!-- {name}: written by python3 dev.py chaos -->", f"<!-- {name}: end -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    assert found, f"{page} has no place for {name}"
    after = rest.partition(end)[2]
    page.write_text("\n".join([before + begin, "", *lines, "", end]) + after, "utf-8")
