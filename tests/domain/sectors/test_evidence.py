"""Evidence can be checked: what is quoted stands where it is said to stand, and asking again gives the same."""

import json
from pathlib import Path

from app.domain.evaluation import read_labelled
from app.domain.notices import Content
from app.domain.sectors import Classification, Sorter, field_text
from tests.domain.sectors.conftest import borderline_cases, labelled_rows


def assert_reproducible(content: Content, found: Classification) -> None:
    for label in (*found.sectors, *found.themes):
        assert label.evidence, label
        for one in label.evidence:
            assert field_text(content, one.field)[one.start : one.end] == one.quote
            assert one.quote.strip() == one.quote != ""
            assert one.rule.startswith(f"{label.id}/") or label.id == "food"
            assert 0 < one.weight <= 1


def test_evidence_reproduces_on_all_real_notices(test_data: Path, sorter: Sorter) -> None:
    lines = (test_data / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > 1000
    for number, line in enumerate(lines, start=1):
        content = read_labelled(json.loads(line), sorter.taxonomy, number).content
        found = sorter.classify(content)
        assert_reproducible(content, found)
        assert sorter.classify(content) == found


def test_evidence_reproduces_on_our_own_notices(sorter: Sorter) -> None:
    for number, row in enumerate([*labelled_rows(), *borderline_cases()], start=1):
        content = read_labelled(row, sorter.taxonomy, number).content
        assert_reproducible(content, sorter.classify(content))


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
