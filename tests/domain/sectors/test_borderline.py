"""The cases that are easy to sort wrongly, each with its reason."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.domain.evaluation import read_labelled
from app.domain.notices import Content
from app.domain.sectors import Sorter
from app.domain.sectors.codes import without_codes
from app.domain.taxonomy import LANGUAGES
from tests.domain.sectors.conftest import borderline_cases
from tests.domain.sectors.said import primary

CASES = borderline_cases()
TRAPS = {
    "codex-cod": LANGUAGES,
    "hex-nuts": LANGUAGES,
    "brake-shoe": LANGUAGES,
    "clothing-storage": LANGUAGES,
    "cotton-seed-mrl": LANGUAGES,
    "price-rice": ("en",),
    "coat-oat": ("en",),
    "oat-coat": ("en",),
    "steam-tea": ("en",),
    "furniture-fur": ("en",),
    "horizontal-riz": ("fr",),
    "synthetique-the": ("fr",),
    "porcelaine-porc": ("fr",),
    "carroza-arroz": ("es",),
    "bajo-ajo": ("es",),
    "plana-lana": ("es",),
    "thuc-vat": ("vi",),
    "thuc-pham": ("vi",),
    "duong-bo": ("vi",),
    "hoi-dong": ("vi",),
    "ca-nhan": ("vi",),
}
"""The traps that every sorter of words falls into, and the languages that they exist in."""


NAMED = {f"trap-{trap}-{language}" for trap, languages in TRAPS.items() for language in languages}


def content_of(case: dict[str, Any], sorter: Sorter) -> Content:
    return read_labelled(case, sorter.taxonomy, 1).content


def told(sorter: Sorter, content: Content) -> frozenset[str]:
    """The sectors that are told, parents included."""
    return sorter.taxonomy.with_parents(primary(sorter.classify(content)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_borderline_case_is_told_to_whom_it_concerns_and_to_nobody_it_must_not(
    case: dict[str, Any], sorter: Sorter
) -> None:
    content = content_of(case, sorter)
    labelled = {label.id for label in sorter.classify(content).sectors}
    assert set(case.get("primary", [])) <= told(sorter, content), case["why"]
    assert not set(case.get("must_not", [])) & (told(sorter, content) | labelled), case["why"]


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["id"].startswith("trap-")], ids=lambda case: case["id"]
)
def test_a_trap_is_avoided_by_its_words_alone(case: dict[str, Any], sorter: Sorter) -> None:
    """Without its codes, as the title and as the products."""
    bare = without_codes(content_of(case, sorter))
    for content in (bare, replace(bare, titles=(), products=bare.products or bare.title)):
        assert not set(case.get("must_not", [])) & told(sorter, content), case["why"]


@pytest.mark.parametrize("case", [case for case in CASES if case["id"] in NAMED], ids=lambda case: case["id"])
def test_a_trap_that_everybody_names_is_avoided_in_a_description_that_speaks_alone(
    case: dict[str, Any], sorter: Sorter
) -> None:
    described = Content(description=content_of(case, sorter).title)
    assert not set(case["must_not"]) & told(sorter, described), case["why"]


@pytest.mark.parametrize("name", sorted(NAMED))
def test_a_trap_that_everybody_names_is_a_case_of_its_own_in_each_of_its_languages(name: str) -> None:
    (case,) = (case for case in CASES if case["id"] == name)
    assert name.endswith(f"-{case['language']}")
    assert case["must_not"]


def test_every_borderline_case_names_sectors_of_the_taxonomy_and_its_reason(sorter: Sorter) -> None:
    named = {name for case in CASES for key in ("primary", "related", "must_not") for name in case.get(key, [])}
    assert named <= sorter.taxonomy.by_id.keys()
    assert all(case["why"] for case in CASES)
    assert all(case.get("primary") or case.get("related") or case.get("must_not") for case in CASES)
    assert [one for one, times in Counter(case["id"] for case in CASES).items() if times > 1] == []
