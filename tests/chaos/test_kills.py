"""The programs that a user starts, killed while they send, with fewer people than `dev.py chaos --only kills`."""

import pytest

from tests.chaos import kills
from tests.chaos.engines import POSTGRESQL, SQLITE
from tests.chaos.runs import Run, perform

pytestmark = [pytest.mark.sockets, pytest.mark.usefixtures("_quiet")]


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_everybody_is_told_and_only_open_hand_overs_come_twice(dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills.Street, "people", 200)
    monkeypatch.setattr(kills, "MOST_KILLS", 2)
    result = perform(Run("kills", dialect, seed=1))
    assert result.sound, result
    assert (result.happened > 0, result.told + result.listed >= 200) == (True, True)
    assert result.copies <= result.unclear
