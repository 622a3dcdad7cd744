"""An addendum reads as its parent does where it says nothing itself, and every process reads alike."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace

from app.domain.evaluation import read_labelled
from app.domain.facets import FacetReader
from app.domain.notices import Content
from app.domain.sectors import Sorter, field_text
from app.sources.facet_tables import bundled_facet_tables
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.sectors.conftest import borderline_cases, labelled_rows
from tests.house import ROOT


def own_contents(sorter: Sorter) -> list[Content]:
    rows = [*labelled_rows(), *borderline_cases()]
    return [read_labelled(row, sorter.taxonomy, line).content for line, row in enumerate(rows, start=1)]


def test_what_an_addendum_inherits_is_quoted_from_its_parent(sorter: Sorter) -> None:
    addendum = Content(symbols=("G/TBT/N/ECU/10/Add.1",))
    for content in own_contents(sorter):
        parent = replace(content, symbols=("G/TBT/N/ECU/10",))
        found = sorter.classify(addendum, parent)
        assert set(found.facets) == set(sorter.classify(parent).facets)
        for label in (label for labels in found.facets.values() for label in labels):
            for one in label.evidence:
                assert one.inherited_from == "G/TBT/N/ECU/10"
                assert field_text(parent, one.field)[one.start : one.end] == one.quote


def test_no_process_reads_otherwise_than_another() -> None:
    """Sets have another order in each process (Python salts the hashes of texts); answers have not."""
    command = [sys.executable, "-m", "tests.domain.facets.test_sameness"]
    digests = set()
    for seed in ("0", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert len(digests.pop()) == 64


def digest_of(sorter: Sorter, contents: Iterable[Content]) -> str:
    return hashlib.sha256(repr([sorter.classify(content).facets for content in contents]).encode()).hexdigest()


if __name__ == "__main__":
    reading = Sorter(bundled_taxonomy(), facets=FacetReader(bundled_facet_tables()))
    print(digest_of(reading, own_contents(reading)))  # noqa: T201 - to the process that asked
