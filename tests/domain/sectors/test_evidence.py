"""Evidence can be checked: what is quoted stands where it is said to stand, and asking again gives the same."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.evaluation import read_labelled
from app.domain.facets import FacetReader, importance_of
from app.domain.notices import Content
from app.domain.sectors import Classification, Facet, Sorter, field_text
from app.domain.taxonomy import Taxonomy
from app.sources.facet_tables import bundled_facet_tables
from tests.domain.sectors.conftest import borderline_cases, labelled_rows


@pytest.fixture(scope="module")
def reading(taxonomy: Taxonomy) -> Sorter:
    """A sorter that reads every facet."""
    return Sorter(taxonomy, facets=FacetReader(bundled_facet_tables()))


def assert_reproducible(content: Content, found: Classification) -> None:
    facets = [(facet, label) for facet, labels in found.facets.items() for label in labels]
    importance = importance_of(content, found, None)
    for label in (*found.sectors, *found.themes, importance, *(label for _, label in facets)):
        assert label.evidence, label
        for one in label.evidence:
            assert field_text(content, one.field)[one.start : one.end] == one.quote
            assert one.quote.strip() == one.quote != ""
            assert one.rule.startswith((f"{label.id}/", "origin-labelling/")) or label.id == "food"
            assert 0 < one.weight <= 1


def test_evidence_reproduces_on_all_real_notices(test_data: Path, reading: Sorter) -> None:
    lines = (test_data / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > 1000
    seen: set[Facet] = set()
    for number, line in enumerate(lines, start=1):
        content = read_labelled(json.loads(line), reading.taxonomy, number).content
        found = reading.classify(content)
        seen.update(found.facets)
        assert_reproducible(content, found)
        assert reading.classify(content) == found
    assert seen >= {Facet.MEASURE_TYPE, Facet.STANDARD, Facet.SUBSTANCE, Facet.AFFECTED}


def test_evidence_reproduces_on_our_own_notices(reading: Sorter) -> None:
    for number, row in enumerate([*labelled_rows(), *borderline_cases()], start=1):
        content = read_labelled(row, reading.taxonomy, number).content
        found = reading.classify(content)
        assert_reproducible(content, found)
        assert reading.classify(content) == found


def test_facets_change_nothing_about_sectors_and_themes(reading: Sorter, sorter: Sorter) -> None:
    for number, row in enumerate(labelled_rows(), start=1):
        content = read_labelled(row, sorter.taxonomy, number).content
        assert replace(reading.classify(content), facets={}) == sorter.classify(content)


def test_two_sorters_of_one_taxonomy_agree(sorter: Sorter) -> None:
    other = Sorter(sorter.taxonomy)
    for number, row in enumerate(labelled_rows(), start=1):
        content = read_labelled(row, sorter.taxonomy, number).content
        assert sorter.classify(content) == other.classify(content)


def test_labels_are_ranked_primary_first_and_surest_first(sorter: Sorter) -> None:
    for number, row in enumerate(labelled_rows(), start=1):
        labels = sorter.classify(read_labelled(row, sorter.taxonomy, number).content).sectors
        order = [(label.role.value != "primary", -label.confidence) for label in labels]
        assert order == sorted(order)
        assert len({label.id for label in labels}) == len(labels)
        assert all(0 < label.confidence <= 1 for label in labels)
