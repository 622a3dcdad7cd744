"""`keng classify --evaluate`: how well a labelled file is sorted, told on the terminal, to machines and in a report."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.stories.commands import Keng
from tests.surfaces.conftest import on_sqlite_only

pytestmark = [pytest.mark.sockets, on_sqlite_only]

ROWS: list[dict[str, Any]] = [
    {"id": "a", "language": "en", "split": "train", "title": "Order", "hs_codes": ["61"], "gold_sectors": ["textiles"]},
    {"id": "b", "language": "vi", "split": "tune", "title": "Giày da", "gold_sectors": []},
    {"id": "c", "language": "fr", "split": "test", "title": "Un secret", "gold_sectors": ["leather"]},
    {"id": "d", "language": "es", "split": "test", "title": "Calzado", "gold_sectors": ["leather"]},
]


@pytest.fixture
def file(keng: Keng) -> Path:
    return written(keng.folder / "labelled.jsonl", ROWS)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The path, with the rows in its file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


async def test_a_report_has_its_promised_shape_and_is_the_same_again_anywhere(keng: Keng, file: Path) -> None:
    words = ("classify", str(file), "--evaluate", "--sectors", "textiles,footwear,leather")
    told = (await keng(*words, "--json", "--report", "one")).value
    assert list(told["sectors"]) == ["textiles", "footwear"]
    assert told["sectors"]["footwear"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert [row["id"] for row in told["rows"]] == ["a", "b", "c", "d"]
    assert told["rows"][3]["gold"] == ["footwear"]
    assert told["rows"][3]["predicted"][0].keys() == {"id", "role", "confidence"}

    elsewhere = keng.folder / "elsewhere" / "deep"
    written(elsewhere / "another-name.jsonl", ROWS)
    await keng("classify", "another-name.jsonl", *words[2:], "--report", "two", folder=elsewhere)
    for name in ("report.json", "report.md"):
        first, second = (keng.folder / "one" / name).read_bytes(), (elsewhere / "two" / name).read_bytes()
        assert first == second
        assert str(keng.folder).encode() not in first
    assert json.loads((keng.folder / "one" / "report.json").read_text("utf-8")) == told


async def test_the_rows_of_the_test_split_are_figures_unless_asked_for(keng: Keng, file: Path) -> None:
    words = ("classify", str(file), "--evaluate", "--sectors", "footwear", "--report", "found")
    page = keng.folder / "found" / "report.md"
    told = (await keng(*words)).out
    assert "fr: footwear" in told
    assert "test: footwear" in told
    assert "  b: wrong footwear (title “Giày da” by footwear/strong/vi/giày da" in told
    assert "  c: missed" not in told
    assert "1 more of the split test differ; --show-test shows them" in told
    assert "secret" not in page.read_text("utf-8")

    assert "  c: missed footwear" in (await keng(*words, "--show-test")).out
    assert "Un secret" in page.read_text("utf-8")


async def test_a_split_can_be_looked_at_alone(keng: Keng, file: Path) -> None:
    told = (await keng("classify", str(file), "--evaluate", "--split", "tune", "--json")).value
    assert [row["id"] for row in told["rows"]] == ["b"]
    labels = (await keng("classify", str(file), "--split", "test")).out
    assert [line.split()[0] for line in labels.splitlines()] == ["c", "d"]
    refused = await keng("classify", str(file), "--evaluate", "--split", "tset", exits=2)
    assert "--split: no row of the file is of the split tset" in refused.err


async def test_what_cannot_be_read_is_named_by_line_and_field_and_no_report_is_written(keng: Keng, file: Path) -> None:
    written(file, [{"id": "a", "title": "Shoes"}, {"id": "b", "title": ["Shoes"]}])
    refused = await keng("classify", str(file), "--evaluate", "--report", "found", exits=2)
    assert refused.err.strip() == "keng: title: line 2: title is not a text"
    assert refused.out == ""
    assert list((keng.folder / "found").iterdir()) == []

    (keng.folder / "taken").write_text("", "utf-8")
    refused = await keng("classify", str(file), "--evaluate", "--report", "taken/below", exits=2)
    assert "--report: taken/below cannot be made" in refused.err
    refused = await keng("classify", str(file), "--report", "found", exits=2)
    assert "--report: a report needs --evaluate" in refused.err
