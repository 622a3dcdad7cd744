"""The order in which the taxonomy says things does not matter."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.evaluation import read_labelled
from app.domain.sectors import Sorter
from app.domain.taxonomy import CodeRules, Mute, Sector, Taxonomy
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.sectors.conftest import borderline_cases, labelled_rows

_Item = TypeVar("_Item")


@settings(max_examples=8, deadline=None)
@given(st.integers())
def test_a_shuffled_taxonomy_sorts_the_same(seed: int) -> None:
    taxonomy = bundled_taxonomy()
    straight, shuffled = Sorter(taxonomy), Sorter(_shuffled(taxonomy, random.Random(seed)))
    for number, row in enumerate([*borderline_cases(), *labelled_rows()[::4]], start=1):
        content = read_labelled(row, taxonomy, number).content
        assert straight.classify(content) == shuffled.classify(content)


def _shuffled(taxonomy: Taxonomy, chance: random.Random) -> Taxonomy:
    def mixed(items: Sequence[_Item]) -> tuple[_Item, ...]:
        return tuple(chance.sample(items, len(items)))

    def codes(rules: CodeRules) -> CodeRules:
        return CodeRules(mixed(rules.primary), mixed(rules.related), mixed(rules.never))

    def sector(one: Sector) -> Sector:
        strong, related, weak = mixed(one.strong), mixed(one.related), mixed(one.weak)
        hs, ics, form = codes(one.hs), codes(one.ics), mixed(one.form)
        return replace(one, strong=strong, related=related, weak=weak, hs=hs, ics=ics, form=form)

    def mute(one: Mute) -> Mute:
        return replace(one, mutes=mixed(one.mutes), when=mixed(one.when), unless=mixed(one.unless))

    return replace(
        taxonomy,
        sectors=mixed([sector(one) for one in taxonomy.sectors]),
        themes=mixed(taxonomy.themes),
        mutes=mixed([mute(one) for one in taxonomy.mutes]),
        decoys=mixed(taxonomy.decoys),
        spellings=mixed(taxonomy.spellings),
    )
