"""The gold set is what its page says: large enough, reasoned, parted by id for good, with traps of every kind."""

from collections import Counter

import pytest

from app.domain.taxonomy import LANGUAGES, Taxonomy
from tests.domain.sectors.conftest import labelled_rows
from tests.domain.sectors.gold_set import FOLDER, gold_rows, split_of, trap_categories

CORE = ("textiles", "footwear", "food")


def test_there_are_enough_rows() -> None:
    assert len(gold_rows()) >= 200


def test_no_id_is_used_twice() -> None:
    used = Counter(row["id"] for row in [*gold_rows(), *labelled_rows()])
    assert [row for row, times in used.items() if times > 1] == []


def test_the_split_follows_from_the_id() -> None:
    wrong = {row["id"]: split_of(row["id"]) for row in gold_rows() if row["split"] != split_of(row["id"])}
    assert wrong == {}, "the splits that these must have"


def test_the_split_of_an_id_is_frozen() -> None:
    """Written down once: another way of parting would let rows of the test split be learnt from."""
    frozen = {"a0001": "test", "a0002": "tune", "b0001": "tune", "own001": "train", "vải": "train"}
    assert {row: split_of(row) for row in frozen} == frozen


def test_half_of_the_ids_train_a_quarter_tunes_and_a_quarter_tests() -> None:
    shares = Counter(split_of(f"row {number}") for number in range(4000))
    assert {split: round(count / 1000) for split, count in shares.items()} == {"train": 2, "tune": 1, "test": 1}


@pytest.mark.parametrize("split", ["train", "tune", "test"])
def test_every_split_has_all_languages_and_all_core_sectors(split: str) -> None:
    rows = gold_rows(split)
    assert {row["language"] for row in rows} == set(LANGUAGES)
    assert {sector for row in rows for sector in row["gold_sectors"]} >= set(CORE)


def test_every_row_has_a_reason_one_of_four_languages_and_something_to_read() -> None:
    for row in gold_rows():
        assert len(row["reason"]) >= 4, row["id"]
        assert row["language"] in LANGUAGES, row["id"]
        assert row["origin"] in {"real", "written"}, row["id"]
        assert any(row.get(box) for box in ("title", "description", "products", "hs_codes", "ics_codes")), row["id"]


def test_a_file_holds_one_language() -> None:
    assert {path.stem for path in FOLDER.glob("*.jsonl")} == set(LANGUAGES)
    for language in LANGUAGES:
        text = (FOLDER / f"{language}.jsonl").read_text("utf-8")
        assert text.count(f'"language": "{language}"') == len(text.splitlines())


def test_labels_are_ids_of_the_taxonomy(taxonomy: Taxonomy) -> None:
    assert {sector for row in gold_rows() for sector in row["gold_sectors"]} <= taxonomy.by_id.keys()


def test_traps_are_of_the_kinds_that_the_page_names_and_each_kind_is_met() -> None:
    met = {row["trap"] for row in gold_rows() if row["trap"]}
    assert met == trap_categories()
    assert sum(bool(row["trap"]) for row in gold_rows()) >= 100
