"""What was once found stays found: the floor under each sector's recall on the frozen test split, and that it holds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.sectors import Sorter
from app.domain.taxonomy import CodeRules, Taxonomy
from tests.domain.sectors.floor import FILE, Found, fallen, measured, raise_floor, read_floor
from tests.domain.sectors.gold_set import gold_rows


def without(taxonomy: Taxonomy, name: str) -> Taxonomy:
    """The taxonomy with a sector and its children forgotten: their codes, their words and their boxes."""
    family = taxonomy.with_children([name])
    nothing: dict[str, Any] = {
        "hs": CodeRules(),
        "ics": CodeRules(),
        "strong": (),
        "related": (),
        "weak": (),
        "form": (),
    }
    sectors = tuple(replace(one, **nothing) if one.id in family else one for one in taxonomy.sectors)
    return replace(taxonomy, sectors=sectors)


def test_no_sector_is_found_less_often_than_it_was(sorter: Sorter) -> None:
    falls = fallen(measured(sorter, gold_rows("test")), read_floor())
    assert not falls, "\n".join(falls)


@pytest.mark.parametrize("sector", ["textiles", "footwear", "food"])
def test_a_sorter_that_forgot_a_sector_falls_below_the_floor_of_it_and_of_no_other(
    sector: str, taxonomy: Taxonomy
) -> None:
    falls = fallen(measured(Sorter(without(taxonomy, sector)), gold_rows("test")), read_floor())
    assert falls
    assert {fall.partition(":")[0] for fall in falls} == {sector}
    assert any("recall fell with codes" in fall for fall in falls)
    assert any("recall fell without codes" in fall for fall in falls)


def test_a_fall_of_one_label_is_noticed_in_either_reading() -> None:
    floor = {"food": Found(20, 19, 18)}
    assert fallen({"food": Found(20, 19, 18)}, floor) == []
    assert fallen({"food": Found(20, 20, 20)}, floor) == []
    assert fallen({"food": Found(20, 18, 18)}, floor) == [
        "food: recall fell with codes, 18 of 20 are found where 19 of 20 were"
    ]
    assert fallen({"food": Found(20, 19, 17)}, floor) == [
        "food: recall fell without codes, 17 of 20 are found where 18 of 20 were"
    ]


def test_a_changed_split_needs_a_new_floor() -> None:
    floor = {"food": Found(20, 19, 18)}
    assert "food is labelled 22 times where the floor says 20" in fallen({"food": Found(22, 22, 22)}, floor)[0]
    assert "food is labelled 0 times" in fallen({}, floor)[0]
    assert fallen({"food": Found(20, 19, 18), "paper": Found(1, 1, 1)}, floor) == [
        "paper has no floor; run: python3 dev.py floor"
    ]


def test_the_floor_is_raised_and_never_lowered_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "floor.json"
    assert raise_floor({"food": Found(20, 18, 18)}, file) == ["the floor is written: 1 sectors"]
    raise_floor({"food": Found(20, 20, 19)}, file)
    assert read_floor(file) == {"food": Found(20, 20, 19)}

    before = file.read_bytes()
    said = raise_floor({"food": Found(20, 19, 20)}, file)
    assert said[0] == "food: recall fell with codes, 19 of 20 are found where 20 of 20 were"
    assert said[-1].startswith("the floor stays")
    assert file.read_bytes() == before

    raise_floor({"food": Found(20, 19, 20)}, file, because="two labels were wrong")
    assert read_floor(file) == {"food": Found(20, 19, 20)}
    assert json.loads(file.read_text("utf-8"))["lowered"] == [{"what": said[0], "because": "two labels were wrong"}]
    raise_floor({"food": Found(20, 20, 20)}, file)
    assert len(json.loads(file.read_text("utf-8"))["lowered"]) == 1, "a reason once given is kept"


def test_more_rows_may_raise_the_floor_but_a_smaller_share_is_a_fall(tmp_path: Path) -> None:
    file = tmp_path / "floor.json"
    raise_floor({"food": Found(20, 19, 19)}, file)
    assert "recall fell" in raise_floor({"food": Found(40, 37, 38)}, file)[0]
    raise_floor({"food": Found(40, 38, 39)}, file)
    assert read_floor(file) == {"food": Found(40, 38, 39)}


def test_the_floor_is_written_as_the_command_writes_it(tmp_path: Path) -> None:
    """The recalls in the file are those of its counts: nobody typed them."""
    copy = tmp_path / "floor.json"
    written = json.loads(FILE.read_text("utf-8"))
    raise_floor(read_floor(), copy)
    assert json.loads(copy.read_text("utf-8"))["sectors"] == written["sectors"]
