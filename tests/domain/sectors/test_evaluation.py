"""Labelled files and the scores that come of them."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import AppError
from app.domain.evaluation import Score, evaluate, read_labelled
from app.domain.sectors import Sorter
from app.domain.symbols import Area
from app.texts.sorting_report import sorting_report


def test_a_row_is_read_in_the_shape_of_a_notice(sorter: Sorter) -> None:
    row = {
        "id": "n1",
        "symbols": ["G/SPS/N/X/1"],
        "area": "SPS",
        "language": "es",
        "title": "Calzado",
        "products": "Calzado",
        "description": "Texto",
        "hs_codes": ["64"],
        "ics_codes": ["61.060"],
        "keywords": ["Labelling"],
        "objectives": ["Food safety (SPS)"],
        "gold_sectors": ["leather", "coffee_tea_cocoa", "agri_plant"],
    }
    notice = read_labelled(row, sorter.taxonomy, 1)
    assert notice.gold == {"footwear", "coffee-tea", "food"}
    assert notice.ignored == ("agri_plant",)
    assert notice.content.titles == (("es", "Calzado"),)
    assert (notice.content.hs, notice.content.ics, notice.content.area) == (("64",), ("61.060",), Area.SPS)


def test_a_row_is_read_in_the_shape_of_a_borderline_case(sorter: Sorter) -> None:
    row = {
        "text": "Brake shoes",
        "hs": ["8708"],
        "expected_primary": ["vehicles"],
        "expected_related": [],
        "must_not": ["footwear_leather"],
    }
    notice = read_labelled(row, sorter.taxonomy, 7)
    assert notice.id == "line 7"
    assert notice.gold == {"vehicles"}
    assert notice.must_not == {"footwear"}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"title": 5}, "title"),
        ({"title": "half of \ud83d"}, "title"),
        ({"id": {}}, "id"),
        ({"split": ["test"]}, "split"),
        ({"symbols": "G/TBT/N/EU/1"}, "symbols"),
        ({"hs_codes": "64"}, "hs_codes"),
        ({"gold_sectors": [1]}, "gold_sectors"),
    ],
)
def test_a_row_that_is_not_as_it_should_is_refused_by_line_and_field(
    row: dict[str, Any], field: str, sorter: Sorter
) -> None:
    with pytest.raises(AppError, match="line 3") as refusal:
        read_labelled(row, sorter.taxonomy, 3)
    assert refusal.value.field == field


def test_scores_of_what_does_not_occur_spoil_nothing() -> None:
    nothing = Score(right=0, missed=0, wrong=0)
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.support) == (1.0, 1.0, 1.0, 0)
    assert Score(right=0, missed=2, wrong=0).f1 == 0
    assert Score(right=3, missed=1, wrong=1).to_json() == {
        "precision": 0.75,
        "recall": 0.75,
        "f1": 0.75,
        "support": 4,
    }


def test_misses_and_false_alarms_are_counted_with_children_as_their_parents(sorter: Sorter) -> None:
    rows = [
        {"id": "a", "language": "en", "title": "Roasted coffee", "gold_sectors": ["food"]},
        {"id": "b", "language": "fr", "title": "Chaussures", "gold_sectors": []},
        {"id": "c", "language": "en", "title": "Order No. 5", "hs_codes": ["61"], "gold_sectors": ["textiles"]},
    ]
    notices = [read_labelled(row, sorter.taxonomy, line) for line, row in enumerate(rows, start=1)]
    report = evaluate(notices, sorter, ("textiles", "footwear", "food"))
    assert report.with_codes.sectors["food"] == Score(right=1, missed=0, wrong=0)
    assert report.with_codes.sectors["footwear"] == Score(right=0, missed=0, wrong=1)
    assert report.with_codes.sectors["textiles"] == Score(right=1, missed=0, wrong=0)
    assert report.without_codes.sectors["textiles"] == Score(right=0, missed=1, wrong=0)
    assert report.with_codes.together == Score(right=2, missed=0, wrong=1)
    assert report.with_codes.languages["fr"]["footwear"].wrong == 1
    judged = {one.id: one for one in report.without_codes.judged}
    assert judged["c"].missed == ("textiles",)
    assert [label.id for label in judged["b"].wrong] == ["footwear"]
    assert judged["b"].wrong[0].evidence[0].quote == "Chaussures"


def test_the_report_has_the_promised_shape_and_is_the_same_again(sorter: Sorter) -> None:
    rows = [{"id": "a", "title": "Leather footwear", "gold_sectors": ["footwear"], "must_not": ["vehicles"]}]
    notices = [read_labelled(row, sorter.taxonomy, 1) for row in rows]
    printed = evaluate(notices, sorter).to_json()
    assert printed == evaluate(notices, sorter).to_json()
    assert printed["sectors"]["footwear"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert printed["rows"][0]["id"] == "a"
    assert printed["rows"][0]["gold"] == ["footwear"]
    assert printed["rows"][0]["predicted"][0].keys() == {"id", "role", "confidence"}
    assert printed["without_codes"]["together"]["support"] == 1


def test_a_forbidden_label_is_named_even_as_a_copy(sorter: Sorter) -> None:
    row = {"text": "Shoe polish", "expected_primary": ["chemicals"], "must_not": ["footwear"]}
    report = evaluate([read_labelled(row, sorter.taxonomy, 1)], sorter)
    assert [label.id for label in report.with_codes.judged[0].forbidden] == ["footwear"]


def test_a_child_that_is_told_gives_the_label_of_its_forbidden_parent(sorter: Sorter) -> None:
    row = {"text": "Roasted coffee beans", "expected_primary": [], "must_not": ["food"]}
    (judged,) = evaluate([read_labelled(row, sorter.taxonomy, 1)], sorter).with_codes.judged
    assert [label.id for label in judged.forbidden] == ["coffee-tea"]


def test_what_was_missed_says_where_it_was_heard_as_a_copy(sorter: Sorter) -> None:
    row = {"title": "Limits of solvents in shoe polish", "gold_sectors": ["footwear"]}
    (judged,) = evaluate([read_labelled(row, sorter.taxonomy, 1)], sorter, ["footwear"]).with_codes.judged
    assert judged.missed == ("footwear",)
    assert [(label.id, label.role.value) for label in judged.heard] == [("footwear", "related")]


def test_rows_are_counted_by_split_and_language_and_scored_by_split(sorter: Sorter) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "language": "en", "split": "train", "title": "Leather shoes", "gold_sectors": ["footwear"]},
        {"id": "b", "language": "fr", "split": "test", "title": "Autre chose", "gold_sectors": ["footwear"]},
        {"id": "c", "language": "fr", "title": "Chaussures"},
    ]
    report = evaluate((read_labelled(row, sorter.taxonomy, 1) for row in rows), sorter, ["footwear", "footwear"])
    assert report.rows == {("train", "en"): 1, ("test", "fr"): 1, ("", "fr"): 1}
    assert report.sectors == ("footwear",)
    assert report.unjudged == 1
    splits = report.with_codes.splits
    assert {split: scores["footwear"].recall for split, scores in splits.items()} == {"train": 1.0, "test": 0.0}
    assert report.with_codes.together == Score(right=1, missed=1, wrong=1)


def test_labels_that_are_none_of_ours_are_counted_and_not_judged(sorter: Sorter) -> None:
    rows = [
        {"title": "Wheat", "gold_sectors": ["agri_plant", "food"]},
        {"title": "Order", "gold_sectors": ["agri_plant"]},
    ]
    report = evaluate([read_labelled(row, sorter.taxonomy, 1) for row in rows], sorter, ["food"])
    assert report.ignored == {"agri_plant": 2}
    assert report.with_codes.sectors["food"] == Score(right=1, missed=0, wrong=0)


_FIELDS = ["id", "symbol", "symbols", "language", "split", "area", "title", "text", "description", "products",
           "hs_codes", "ics_codes", "objectives", "keywords", "gold_sectors", "expected_primary", "must_not"]  # fmt: skip
_TEXTS = st.text(st.characters(codec=None)) | st.sampled_from(["footwear", "Leather shoes", "6403", "TBT", "\ud83d"])
_VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXTS | st.lists(_TEXTS | st.integers(), max_size=3)
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(_FIELDS), _VALUES | st.dictionaries(_TEXTS, _TEXTS, max_size=1)))
def test_whatever_stands_in_a_row_it_is_judged_and_printed_or_refused_by_line_and_field(
    sorter: Sorter, row: dict[str, Any]
) -> None:
    report = refused = None
    try:
        report = evaluate([read_labelled(row, sorter.taxonomy, 9)], sorter)
    except AppError as error:
        refused = error
    if report is not None:
        json.dumps(report.to_json(), ensure_ascii=False).encode()
        sorting_report(report, digest="").encode()
    elif refused is not None:
        assert refused.field in row
        assert refused.message.startswith(f"line 9: {refused.field} is ")
