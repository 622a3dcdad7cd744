"""What an annex may say: related at most, and only where the notice leaves room for it."""

import json
from pathlib import Path

import pytest

from app.domain.evaluation import read_labelled
from app.domain.notices import Content
from app.domain.sectors import Role, Sorter
from app.domain.sectors.annexes import CHARACTERS
from tests.domain.sectors.said import notice

SHOES = "Footwear.\nRules for leather shoes, sports shoes and boots."
GOODS = (
    "Footwear, leather shoes, sports shoes, boots. Toys, dolls. Rice, wheat, maize, flour. Passenger cars, motor vehicles, "
    "tyres, motorcycles. Knitted garments, cotton fabric, yarn, clothing. Medicines, medical devices, vaccines. Steel, steel "
    "sheets, aluminium, iron. Refrigerators, washing machines, batteries, lamps. Plywood, furniture, wooden furniture, timber."
)


def added(sorter: Sorter, content: Content, annex: str) -> dict[str, Role]:
    """The labels that an annex adds."""
    own = {label.id for label in sorter.classify(content).sectors}
    return {label.id: label.role for label in sorter.classify(content, annex=annex).sectors if label.id not in own}


def test_what_only_the_annex_names_is_related_and_quoted(sorter: Sorter) -> None:
    found = sorter.classify(notice("Draft order"), annex=SHOES)
    (label,) = found.sectors
    assert (label.id, label.role, label.only_in_annex, found.sure) == ("footwear", Role.RELATED, True, False)
    assert label.confidence < sorter.taxonomy.weights.primary_from
    assert all(SHOES[one.start : one.end] == one.quote for one in label.evidence)
    assert all(one.weight < sorter.taxonomy.weights.body for one in label.evidence)


@pytest.mark.parametrize("annex", ["Rules for footwear.", "Footwear, footwear, footwear, FOOTWEAR.", "shoes and boots"])
def test_a_word_or_two_in_an_annex_say_nothing(sorter: Sorter, annex: str) -> None:
    assert added(sorter, notice("Draft order"), annex) == {}


def test_where_the_notice_says_what_it_is_about_the_annex_does_not_lead_elsewhere(sorter: Sorter) -> None:
    assert added(sorter, notice("Footwear labelling", hs=["6403"]), GOODS.replace("Footwear", "")) == {}


def test_an_annex_that_names_everything_says_nothing(sorter: Sorter) -> None:
    assert added(sorter, notice("Customs tariff order"), GOODS * 3) == {}


def test_the_tick_boxes_of_the_form_are_not_read(sorter: Sorter) -> None:
    boxes = "Objective: [X] footwear, [ ] leather shoes, [  ] sports shoes and boots"
    assert added(sorter, notice("Draft order"), boxes) == {}
    assert added(sorter, notice("Draft order"), f"{boxes}\n{SHOES}") == {"footwear": Role.RELATED}


def test_the_end_of_a_very_long_annex_is_not_read(sorter: Sorter) -> None:
    assert added(sorter, notice("Draft order"), " " * CHARACTERS + SHOES) == {}


def test_an_annex_takes_nothing_from_what_the_notice_says(sorter: Sorter, test_data: Path) -> None:
    lines = (test_data / "notices" / "real_dev.jsonl").read_text("utf-8").splitlines()[::10]
    for number, row in enumerate(lines):
        content = read_labelled(json.loads(row), sorter.taxonomy, number).content
        alone, beside = sorter.classify(content), sorter.classify(content, annex=SHOES + GOODS)
        assert {label for label in beside.sectors if not label.only_in_annex} == set(alone.sectors)
        assert all(label.role is Role.RELATED for label in beside.sectors if label.only_in_annex)
        assert (beside.sure, beside.contradictory, beside.themes) == (alone.sure, alone.contradictory, alone.themes)
