from pathlib import Path

import pytest

from app.domain.exports import ExportLine
from app.domain.visits import Complaint
from app.sources import exports_file
from app.sources.exports_file import read_exports


def written(folder: Path, text: str | bytes) -> Path:
    file = folder / "exports.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def test_a_table_is_read_whatever_the_order_of_its_columns_and_however_members_are_named(tmp_path: Path) -> None:
    file = written(tmp_path, "\ufeffYear;Value;HS;Member;note\n2025;1200.5;64.03;USA;a\n\n2025;7;09;Nhật Bản;b\n")
    assert list(read_exports(file)) == [ExportLine("USA", "6403", 2025, 1200), ExportLine("JPN", "09", 2025, 7)]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("Narnia,64,2025,1", "member"),
        ("USA,6,2025,1", "hs"),
        ("USA,302,2025,1", "hs"),
        ("USA,30289,2025,1", "hs"),
        ("USA,64039900,2025,1", "hs"),
        ("USA,６４,2025,1", "hs"),
        ("USA,64,25,1", "year"),
        ('USA,64,2025,"1,000"', "value"),
        ("USA,64,2025,-1", "value"),
        ("USA,64,2025,1e9", "value"),
        ("USA,64,2025", "line"),
        ("USA,61,2025,5", "line"),
        ('USA,64,2025,"1"x', "line"),
    ],
)
def test_what_cannot_be_read_is_named_by_line_and_field(tmp_path: Path, line: str, field: str) -> None:
    file = written(tmp_path, f"member,hs,year,value\nUSA,61,2025,5\n{line}\n")
    first, complaint = read_exports(file)
    assert first == ExportLine("USA", "61", 2025, 5)
    assert isinstance(complaint, Complaint)
    assert (complaint.position, complaint.field) == ("line 3", field)


@pytest.mark.parametrize(
    ("body", "field"),
    [("", "member"), ("member,hs,value\n", "year"), (b"member,hs,year,value\nC\xf4te,1,2,3\n", "file")],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(tmp_path: Path, body: str | bytes, field: str) -> None:
    (complaint,) = read_exports(written(tmp_path, body))
    assert isinstance(complaint, Complaint)
    assert complaint.field == field


def test_a_table_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports_file, "MOST_LINES", 2)
    found = list(read_exports(written(tmp_path, "member,hs,year,value\nUSA,61,2025,5\nUSA,62,2025,5\nUSA,63,2025,5\n")))
    assert found[0] == ExportLine("USA", "61", 2025, 5)
    assert isinstance(found[1], Complaint)
    assert len(found) == 2
