"""Evidence can be checked: what is quoted stands where it is said to stand, and asking again gives the same."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.evaluation import read_labelled
from app.domain.facets import FacetReader, importance_of
from app.domain.notices import Content
from app.domain.sectors import Classification, Evidence, Facet, Label, Sorter, field_text
from app.domain.sectors.codes import without_codes
from app.domain.taxonomy import Taxonomy, forms_of, spellings_of
from app.domain.text import phrase_form
from app.sources.facet_tables import bundled_facet_tables
from tests.domain.sectors.conftest import borderline_cases, labelled_rows
from tests.domain.sectors.gold_set import gold_rows
from tests.house import ROOT

IN_THE_FILE = ("strong", "related", "weak", "phrases")
HASH_SEEDS = ("0", "4711")


@pytest.fixture(scope="module")
def reading(taxonomy: Taxonomy) -> Sorter:
    """A sorter that reads every facet."""
    return Sorter(taxonomy, facets=FacetReader(bundled_facet_tables()))


def own_contents(sorter: Sorter) -> list[Content]:
    """Every notice of our own, as it is and without its codes."""
    rows: list[dict[str, Any]] = [*labelled_rows(), *gold_rows(), *borderline_cases()]
    contents = [read_labelled(row, sorter.taxonomy, line).content for line, row in enumerate(rows, start=1)]
    return [*contents, *map(without_codes, contents)]


def real_contents(folder: Path, sorter: Sorter) -> list[Content]:
    """Every notice of the real development set."""
    lines = (folder / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > 1000
    return [read_labelled(json.loads(line), sorter.taxonomy, 1).content for line in lines]


def labels_of(found: Classification) -> list[Label]:
    return [*found.sectors, *found.themes, *(label for labels in found.facets.values() for label in labels)]


def assert_reproducible(content: Content, found: Classification, parent: Content | None = None) -> None:
    for label in (*labels_of(found), importance_of(content, found, None)):
        assert label.evidence, label
        for one in label.evidence:
            said_in = parent if one.inherited_from else content
            assert said_in is not None
            assert 0 <= one.start < one.end
            assert field_text(said_in, one.field)[one.start : one.end] == one.quote
            assert one.quote.strip() == one.quote
            assert 0 < one.weight <= 1


def assert_said_by_its_rule(label: Label, one: Evidence, taxonomy: Taxonomy) -> None:
    """The rule is the label's own or a child's, and its phrase is one that stands in the quotation's place."""
    target, kind, *rest = one.rule.split("/", 3)
    assert target in taxonomy.with_children([label.id])
    if kind in IN_THE_FILE:
        language, pattern = rest
        forms = {
            phrase_form(spelling)
            for form in forms_of(pattern)
            for spelling in spellings_of(form, language, taxonomy.other_spellings)
        }
        assert phrase_form(one.quote) in forms, one
    else:
        assert kind in {"hs", "ics", "form"}


def digest_of(sorter: Sorter, contents: Iterable[Content]) -> str:
    """What all answers together come to, in every detail and in their order."""
    return hashlib.sha256(repr([sorter.classify(content) for content in contents]).encode()).hexdigest()


def test_evidence_reproduces_on_all_real_notices_and_sorting_twice_is_identical(
    test_data: Path, reading: Sorter
) -> None:
    contents = real_contents(test_data, reading)
    evidence = 0
    seen: set[Facet] = set()
    for content in contents:
        found = reading.classify(content)
        assert_reproducible(content, found)
        assert reading.classify(content) == found
        evidence += sum(len(label.evidence) for label in labels_of(found))
        seen.update(found.facets)
    assert evidence > 3 * len(contents), "there was enough to be checked"
    assert seen >= {Facet.MEASURE_TYPE, Facet.STANDARD, Facet.SUBSTANCE, Facet.AFFECTED}


def test_evidence_reproduces_on_our_own_notices(reading: Sorter) -> None:
    for content in own_contents(reading):
        assert_reproducible(content, reading.classify(content))


def test_facets_change_nothing_about_sectors_and_themes(reading: Sorter, sorter: Sorter) -> None:
    for content in own_contents(sorter)[::3]:
        assert replace(reading.classify(content), facets={}) == sorter.classify(content)


def test_the_rule_that_is_named_is_what_found_the_quotation(sorter: Sorter) -> None:
    for content in own_contents(sorter):
        found = sorter.classify(content)
        for label in (*found.sectors, *found.themes):
            for one in label.evidence:
                assert_said_by_its_rule(label, one, sorter.taxonomy)


def test_what_an_addendum_inherits_is_quoted_from_its_parent(sorter: Sorter) -> None:
    addendum = Content(symbols=("G/TBT/N/ECU/10/Add.1",))
    inherited = 0
    for content in own_contents(sorter)[::3]:
        parent = replace(content, symbols=("G/TBT/N/ECU/10",))
        found = sorter.classify(addendum, parent)
        assert_reproducible(addendum, found, parent)
        inherited += len(found.sectors)
    assert inherited > 100


def test_two_sorters_of_one_taxonomy_agree(sorter: Sorter) -> None:
    contents = own_contents(sorter)
    assert digest_of(sorter, contents) == digest_of(Sorter(sorter.taxonomy), contents)


def test_it_does_not_matter_what_was_sorted_before(sorter: Sorter) -> None:
    contents = own_contents(sorter)[:400]
    onwards = [sorter.classify(content) for content in contents]
    backwards = [sorter.classify(content) for content in reversed(contents)]
    assert onwards == backwards[::-1]


@pytest.mark.parametrize("real", [False, True], ids=["our own notices", "real notices"])
def test_no_process_sorts_otherwise_than_another(real: bool, request: pytest.FixtureRequest) -> None:
    """Sets have another order in each process (Python salts the hashes of texts); answers have not."""
    folder = str(request.getfixturevalue("test_data")) if real else ""
    digests = {digest_of_a_process(seed, folder) for seed in HASH_SEEDS}
    assert len(digests) == 1


def digest_of_a_process(hash_seed: str, folder: str) -> str:
    command = [sys.executable, "-m", "tests.domain.sectors.test_evidence", folder]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert len(done.stdout.strip()) == 64
    return done.stdout.strip()


def test_labels_are_ranked_primary_first_and_surest_first(sorter: Sorter) -> None:
    for content in own_contents(sorter):
        labels = sorter.classify(content).sectors
        order = [(label.role.value != "primary", -label.confidence) for label in labels]
        assert order == sorted(order)
        assert len({label.id for label in labels}) == len(labels)
        assert all(0 < label.confidence <= 1 for label in labels)


def main(folder: str) -> None:
    """Print the digest of all answers in this process."""
    from app.sources.taxonomy_file import bundled_taxonomy  # noqa: PLC0415 - only the process of its own needs it

    sorter = Sorter(bundled_taxonomy())
    print(digest_of(sorter, real_contents(Path(folder), sorter) if folder else own_contents(sorter)[::2]))  # noqa: T201 - to the process that asked


if __name__ == "__main__":
    main(sys.argv[1])
