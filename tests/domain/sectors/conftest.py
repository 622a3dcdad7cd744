"""What the tests of sorting share: the bundled taxonomy, its sorter, and notices made of a few words."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain.sectors import Sorter
from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_file import bundled_taxonomy

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return bundled_taxonomy()


@pytest.fixture(scope="session")
def sorter(taxonomy: Taxonomy) -> Sorter:
    return Sorter(taxonomy)


def borderline_cases() -> list[dict[str, Any]]:
    """The cases that are easy to sort wrongly."""
    return list(yaml.safe_load((HERE / "borderline.yaml").read_text("utf-8"))["cases"])


def labelled_rows() -> list[dict[str, Any]]:
    """Notices in four languages with the sectors that a reader gave them."""
    return [json.loads(line) for line in (HERE / "labelled.jsonl").read_text("utf-8").splitlines()]
