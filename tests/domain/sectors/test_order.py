"""The order in which the taxonomy says things does not matter."""

import random
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.evaluation import read_labelled
from app.domain.sectors import Sorter
from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.sectors.conftest import borderline_cases, labelled_rows
from tests.domain.sectors.gold_set import gold_rows

ROWS: list[dict[str, Any]] = [*borderline_cases(), *labelled_rows()[::4], *gold_rows()[::4]]


@settings(max_examples=8, deadline=None)
@given(st.integers())
def test_a_shuffled_taxonomy_sorts_the_same(seed: int) -> None:
    taxonomy = bundled_taxonomy()
    other = shuffled(taxonomy, random.Random(seed))
    straight, mixed = Sorter(taxonomy), Sorter(other)
    for line, row in enumerate(ROWS, start=1):
        content = read_labelled(row, taxonomy, line).content
        assert straight.classify(content) == mixed.classify(content), row["id"]


@settings(max_examples=8, deadline=None)
@given(st.integers())
def test_shuffling_moves_every_list_and_loses_nothing(seed: int) -> None:
    taxonomy = bundled_taxonomy()
    other = shuffled(taxonomy, random.Random(seed))
    for field in fields(Taxonomy):
        before, after = getattr(taxonomy, field.name), getattr(other, field.name)
        if isinstance(before, tuple) and len(before) > 10:
            assert before != after, field.name
        assert leaves(before) == leaves(after), field.name


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same value with all lists in it in another order, however deep; what is a group of texts stays one."""
    if isinstance(value, tuple):
        items = [item if is_group(item) else shuffled(item, chance) for item in value]
        return tuple(chance.sample(items, len(items)))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: shuffled(getattr(value, field.name), chance) for field in fields(value)})
    return value


def is_group(item: Any) -> bool:
    """Whether an item of a list is a tuple whose places have meanings: a language with the two spellings of a word."""
    return isinstance(item, tuple)


def leaves(value: Any) -> list[str]:
    """Everything that stands in a value, in an order of its own."""
    if isinstance(value, tuple):
        return sorted(leaf for item in value for leaf in leaves(item))
    if is_dataclass(value) and not isinstance(value, type):
        return sorted(leaf for field in fields(value) for leaf in leaves(getattr(value, field.name)))
    return [repr(value)]
