"""Files of labelled notices: read line by line, and refused by line and field."""

from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.sources import labelled_file
from app.sources.labelled_file import LabelledFile
from app.sources.taxonomy_file import bundled_taxonomy


def labelled(folder: Path, body: bytes) -> LabelledFile:
    path = folder / "notices.jsonl"
    path.write_bytes(body)
    return LabelledFile(path, bundled_taxonomy())


def test_every_line_is_read_but_the_empty_ones(tmp_path: Path) -> None:
    file = labelled(
        tmp_path, b'\xef\xbb\xbf{"id": 7, "title": "Shoes"}\r\n\r\n  \n{"title": "Ph\xe1\xbb\x9f", "id": "b"}'
    )
    assert [(one.id, one.line, one.content.title) for one in file] == [("7", 1, "Shoes"), ("b", 4, "Phở")]


def test_a_file_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    file = labelled(tmp_path, b'{"id": "a"}\n')
    assert [len(list(file)), len(list(file))] == [1, 1]
    assert file.digest == "888fdab87774c8b9f130385b88254a725d20a191672236cd1fa17fd2d5cfd2f5"


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b'{"id": "a"', "FILE", "is not JSON"),
        (b'["id"]', "FILE", "not a JSON object"),
        (b'{"id": "\xff"}', "FILE", "byte 9 is not UTF-8"),
        (b'{"n": ' + b"9" * 5000 + b"}", "FILE", "holds what no notice holds"),
        (b"[" * 100_000, "FILE", "holds what no notice holds"),
        (b'{"title": 5}', "title", "title is not a text"),
        (b'{"hs": "61"}', "hs", "hs is not a list of texts"),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_none_is_passed_over(
    line: bytes, field: str, reason: str, tmp_path: Path
) -> None:
    file = labelled(tmp_path, b'{"id": "good"}\n\n' + line + b'\n{"id": "good too"}\n')
    with pytest.raises(AppError, match=f"^line 3: .*{reason}") as refusal:
        list(file)
    assert refusal.value.field == field


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelled_file, "_LINE_BYTES", 100)
    with pytest.raises(AppError, match="line 1: is longer than 100 bytes"):
        list(labelled(tmp_path, b'{"title": "' + b"a" * 1000))


def test_rows_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    """The first row is there although a later one is bad: nothing waits for the end of the file."""
    rows = iter(labelled(tmp_path, b'{"id": "first"}\nnonsense\n'))
    assert next(rows).id == "first"
    with pytest.raises(AppError, match="line 2"):
        next(rows)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"^gone.jsonl cannot be read"):
        list(LabelledFile(tmp_path / "gone.jsonl", bundled_taxonomy()))
