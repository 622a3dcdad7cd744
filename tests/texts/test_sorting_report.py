"""The report of an evaluation: everything that went otherwise with its evidence, nothing of the test split's rows."""

import random
from typing import Any

import pytest

from app.domain.evaluation import Report, evaluate, read_labelled
from app.domain.sectors import Sorter
from app.sources.taxonomy_file import bundled_taxonomy
from app.texts.sorting_report import differing, sorting_report

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "language": "en",
        "split": "train",
        "title": "Order | No. *5*",
        "hs": ["61"],
        "gold_sectors": ["textiles"],
    },
    {"id": "b", "language": "vi", "split": "tune", "title": "Giày <b>da</b>", "gold_sectors": []},
    {"id": "c", "language": "fr", "split": "test", "title": "Un secret bien gardé", "gold_sectors": ["food"]},
    {"id": "d", "language": "es", "title": "Calzado", "gold_sectors": ["calzado"], "must_not": ["footwear"]},
]


@pytest.fixture(scope="module")
def sorter() -> Sorter:
    return Sorter(bundled_taxonomy())


@pytest.fixture(scope="module")
def report(sorter: Sorter) -> Report:
    notices = [read_labelled(row, sorter.taxonomy, line) for line, row in enumerate(ROWS, start=1)]
    return evaluate(notices, sorter, ["textiles", "footwear", "food"])


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}")[2].partition("\n## ")[0]


def test_figures_stand_for_each_sector_language_and_split_with_codes_and_without(report: Report) -> None:
    text = sorting_report(report, digest="abc")
    coded, bare = section(text, "With codes\n"), section(text, "Without codes\n")
    assert "| textiles | 1.0000 | 1.0000 | 1.0000 | 1 | 0 | 0 |" in coded
    assert "| textiles | 1.0000 | 0.0000 | 0.0000 | 1 | 1 | 0 |" in bare
    assert "| en | textiles | 1.0000 | 1.0000 | 1.0000 | 1 | 0 | 0 |" in coded
    assert "| test | food | 1.0000 | 0.0000 | 0.0000 | 1 | 1 | 0 |" in coded
    assert "| vi | 0 | 0 | 0 | 1 |" in section(text, "Rows")
    assert "| language | no split | test | train | tune |" in section(text, "Rows")


def test_the_head_names_the_rules_the_file_and_what_was_not_judged(report: Report) -> None:
    head = sorting_report(report, digest="abc").partition("\n## ")[0]
    assert f"- taxonomy: version {report.taxonomy_version}" in head
    assert "- file: SHA-256 abc" in head
    assert "- rows: 4" in head
    assert "none of ours, left out: calzado (1)" in head
    assert "must not be given, with codes: 1" in head


def test_every_miss_and_false_alarm_stands_with_its_evidence(report: Report) -> None:
    text = sorting_report(report, digest="abc")
    coded = section(text, "With codes: rows")
    assert "### b (vi, tune, line 2)" in coded
    assert "- false alarm: footwear (primary" in coded
    assert "  - title “Giày” by footwear/strong/vi/giày" in coded
    assert "- must not be: footwear (primary" in coded
    bare = section(text, "Without codes: rows")
    assert "### a (en, train, line 1)" in bare
    assert "- missed: textiles" in bare


def test_rows_of_the_test_split_are_counted_and_shown_only_when_asked_for(report: Report) -> None:
    kept = sorting_report(report, digest="abc")
    assert "secret" not in kept
    assert "### c" not in kept
    assert "1 of them are of the split test and are not shown." in kept
    assert differing(report.with_codes, show_test=False)[1] == 1
    shown = sorting_report(report, digest="abc", show_test=True)
    assert "### c (fr, test, line 3)\n\nUn secret bien gardé\n\n- gold: food" in shown
    assert "not shown" not in shown


def test_no_text_of_a_notice_is_taken_for_markup(report: Report) -> None:
    text = sorting_report(report, digest="abc")
    assert "Order \\| No. \\*5\\*" in text
    assert "Giày \\<b\\>da\\</b\\>" in text


def test_the_same_rows_give_the_same_text(report: Report, sorter: Sorter) -> None:
    again = evaluate((read_labelled(row, sorter.taxonomy, line) for line, row in enumerate(ROWS, start=1)), sorter,
                     ["textiles", "footwear", "food"])  # fmt: skip
    assert sorting_report(again, digest="abc") == sorting_report(report, digest="abc")


def test_rows_are_listed_by_id_whatever_their_order(report: Report, sorter: Sorter) -> None:
    mixed = random.Random(5).sample(list(enumerate(ROWS, start=1)), len(ROWS))
    other = evaluate([read_labelled(row, sorter.taxonomy, line) for line, row in mixed], sorter, report.sectors)
    assert sorting_report(other, digest="abc") == sorting_report(report, digest="abc")
