"""How well our own labelled notices are sorted: written while the rules were, so they guard and prove nothing."""

import pytest

from app.domain.evaluation import Reading, evaluate, read_labelled
from app.domain.sectors import Sorter
from tests.domain.sectors.conftest import labelled_rows

CORE = ("textiles", "footwear", "food")


@pytest.fixture(scope="module")
def readings(sorter: Sorter) -> dict[str, Reading]:
    notices = [read_labelled(row, sorter.taxonomy, line) for line, row in enumerate(labelled_rows(), start=1)]
    report = evaluate(notices, sorter, CORE)
    return {"with": report.with_codes, "without": report.without_codes}


@pytest.mark.parametrize(("codes", "recall", "precision"), [("with", 0.97, 0.93), ("without", 0.95, 0.93)])
def test_the_core_sectors_are_found_and_little_else(
    codes: str, recall: float, precision: float, readings: dict[str, Reading]
) -> None:
    for sector in CORE:
        score = readings[codes].sectors[sector]
        assert score.support > 40
        assert score.recall >= recall, sector
        assert score.precision >= precision, sector


@pytest.mark.parametrize("language", ["en", "fr", "es", "vi"])
def test_no_language_is_left_behind(language: str, readings: dict[str, Reading]) -> None:
    for reading in readings.values():
        for sector in CORE:
            assert reading.languages[language][sector].recall >= 0.9
