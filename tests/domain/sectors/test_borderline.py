"""The cases that are easy to sort wrongly, each with its reason."""

from typing import Any

import pytest

from app.domain.evaluation import read_labelled
from app.domain.sectors import Sorter
from tests.domain.sectors.conftest import borderline_cases
from tests.domain.sectors.said import primary


@pytest.mark.parametrize("case", borderline_cases(), ids=lambda case: case["id"])
def test_a_borderline_case_is_told_to_whom_it_concerns_and_to_nobody_it_must_not(
    case: dict[str, Any], sorter: Sorter
) -> None:
    found = sorter.classify(read_labelled(case, sorter.taxonomy, 1).content)
    assert set(case.get("primary", [])) <= primary(found), case["why"]
    assert not set(case.get("must_not", [])) & {label.id for label in found.sectors}, case["why"]


def test_every_borderline_case_names_sectors_of_the_taxonomy(sorter: Sorter) -> None:
    named = {
        name for case in borderline_cases() for key in ("primary", "related", "must_not") for name in case.get(key, [])
    }
    assert named <= sorter.taxonomy.by_id.keys()
