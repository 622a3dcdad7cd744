"""A seeded run of every fault on each database; `python3 dev.py chaos` does a thousand."""

import pytest

from tests.chaos.runs import Fault, Run, perform
from tests.chaos.scenarios import FAULTS

pytestmark = [pytest.mark.sockets, pytest.mark.usefixtures("_quiet")]

CELLS = [
    pytest.param(entry, dialect, id=f"{entry.id}-{dialect}")
    for entry in FAULTS.values()
    if entry.weight
    for dialect in entry.dialects
]


@pytest.mark.parametrize(("entry", "dialect"), CELLS)
def test_nobody_is_lost_and_nobody_is_told_twice_without_need(entry: Fault, dialect: str) -> None:
    result = perform(Run(entry.id, dialect, seed=1))
    assert result.sound, result
    assert (result.lost, result.happened > 0) == (0, True)
