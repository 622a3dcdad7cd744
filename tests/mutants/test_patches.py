"""Every patch fits, and names tests that are there; `python3 dev.py mutants` runs them."""

from pathlib import Path

import pytest

from tests.house import ROOT
from tests.mutants import mutants
from tests.mutants.mutants import MUTANTS, Mutant

WANTED = {
    "commit_after_data",
    "cursor_moved_early",
    "fence_removed",
    "unique_key_dropped",
    "unknown_becomes_pending",
}


def test_the_faults_that_must_never_come_back_are_among_them() -> None:
    assert set(MUTANTS) >= WANTED


@pytest.mark.parametrize("mutant", MUTANTS.values(), ids=list(MUTANTS))
def test_a_patch_fits_and_names_tests_that_are_there(mutant: Mutant, tmp_path: Path) -> None:
    mutants.copy_to(tmp_path)
    mutants.apply(mutant, tmp_path)
    assert mutant.tests, "it says which tests must notice"
    for test in mutant.tests:
        file, _, name = test.partition("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text("utf-8"), test
