"""The command plans what it was asked for, remembers what is done, and writes what it counted."""

from pathlib import Path

import pytest

from tests.chaos import command, report
from tests.chaos.memory import Memory
from tests.chaos.runs import Result, Run
from tests.chaos.scenarios import FAULTS

KEPT = ["Before.", "Between.", "After."]
PLACES = """Before.

<!-- chaos: written by python3 dev.py chaos -->
forgotten
<!-- chaos: end -->

Between.

<!-- kills: written by python3 dev.py chaos -->
<!-- kills: end -->
After.
"""


def test_a_thousand_runs_meet_every_fault_on_each_of_its_databases() -> None:
    runs = command.plan(1000, seed=1)
    assert 1000 <= len(runs) == len(set(runs)) < 1200
    cells = {(one.id, dialect) for one in FAULTS.values() if one.weight for dialect in one.dialects}
    assert {(run.fault, run.dialect) for run in runs} == cells
    assert runs == command.plan(1000, seed=1) != command.plan(1000, seed=2)


def test_every_id_of_the_matrix_has_a_scenario() -> None:
    unused = {"F26", "F27", "F28", "F29"}
    assert {f"F{number:02}" for number in range(1, 45)} - unused == {name[:3] for name in FAULTS if name[0] == "F"}


def test_the_line_that_is_printed_repeats_exactly_one_run() -> None:
    run = Run("F13", "sqlite", 17)
    words = run.again.split()[3:]
    asked = command._parser().parse_args(words)  # noqa: SLF001 - what the command itself reads with
    assert command.plan(asked.runs, asked.seed, asked.only, asked.database) == [run]


def test_a_command_that_was_broken_off_goes_on_and_repeats_only_what_did_not_hold(tmp_path: Path) -> None:
    memory = Memory(1, tmp_path)
    assert memory.known() == {}
    good, bad = Result("F01", "sqlite", 1, told=3), Result("F02", "sqlite", 1, breaches=["lost"])
    memory.keep("good", good)
    memory.keep("bad", bad)
    assert Memory(1, tmp_path).known() == {"good": good}
    memory.forget()
    assert Memory(1, tmp_path).known() == {}


def test_the_tables_are_written_between_their_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PLACES, "utf-8")
    results = [Result("F13", "sqlite", seed, happened=2, told=5, copies=1, unclear=1) for seed in (1, 2)]
    for _ in range(2):
        report.write(results, 1, page)
        report.write_kills([Result("kills", "postgresql", 1, 300.0, 12, 5000, 0, 20, 30, 1)], page)
    text = page.read_text("utf-8")
    assert "forgotten" not in text
    assert text.count("| F13 | the line drops after the command DATA | sqlite | 2 | 4 | 10 | 0 | 2 | 0 |") == 1
    assert text.count("| postgresql | 5000 | 12 | 30 | 20 | 0 | 1 | 300 |") == 1
    assert [line for line in text.splitlines() if line in KEPT] == KEPT


def test_an_unknown_fault_is_named_and_nothing_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--only", "F99"]) == 2
    assert "no such fault: F99" in capsys.readouterr().out
