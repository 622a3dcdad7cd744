import csv
import io
import json
from datetime import date
from pathlib import Path

import pytest

from app.domain.errors import AppError, Kind
from app.domain.notices import NoticeType, Record
from app.domain.visits import Page
from app.sources.records_file import read_csv, read_jsonl

TODAY = date(2026, 6, 30)
COLUMNS = [
    "ref",
    "symbols",
    "area",
    "type",
    "member",
    "title",
    "title_fr",
    "title_es",
    "description",
    "products",
    "hs",
    "ics",
    "objectives",
    "keywords",
    "distributed_on",
    "comment_deadline",
    "adoption_on",
    "in_force_on",
    "links",
    "source",
]
NOTICE = {
    "ref": "G/TBT/N/BDI/1",
    "symbols": ["G/TBT/N/BDI/1", "G/TBT/N/KEN/2"],
    "area": "TBT",
    "type": "regular",
    "member": {"code": "BDI", "name_en": "Burundi", "name_vi": "Burundi"},
    "members": [{"code": "BDI"}, {"code": "KEN"}],
    "title": "Fortified flour; specification",
    "title_fr": "Farine enrichie",
    "title_vi": "Bột bổ sung vi chất",
    "description": "Requirements, sampling and test methods.",
    "products": "Rooted cuttings (HS code(s): 060290)",
    "hs": ["060290", "1101"],
    "ics": ["67.060"],
    "objectives": ["Consumer information, labelling (TBT)"],
    "keywords": [],
    "distributed_on": "2026-06-02",
    "comment_deadline": "2026-08-01",
    "days_left": 32,
    "adoption_on": None,
    "in_force_on": None,
    "links": {"notice": "https://docs.wto.org/x.docx", "text": ["https://members.wto.org/a.pdf"]},
    "source": "eping",
}


def jsonl(path: Path, *rows: object) -> Path:
    (path / "notices.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path / "notices.jsonl"


def csv_file(path: Path, text: str | bytes) -> Path:
    (path / "notices.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path / "notices.csv"


def one(pages: list[Page]) -> Record:
    (page,) = pages
    assert page.complaints == ()
    (record,) = page.records
    return record


def read_one(path: Path, **changes: object) -> Record:
    return one(list(read_jsonl(jsonl(path, NOTICE | changes), today=TODAY)))


def test_a_notice_as_the_api_gives_it_is_read_back(tmp_path: Path) -> None:
    record = read_one(tmp_path)
    content = record.content
    assert (record.source, record.key, record.language) == ("file", "G/TBT/N/BDI/1,G/TBT/N/KEN/2|BDI,KEN", "en")
    assert content.symbols == ("G/TBT/N/BDI/1", "G/TBT/N/KEN/2")
    assert content.members == ("BDI", "KEN")
    assert content.titles == (("en", "Fortified flour; specification"), ("fr", "Farine enrichie"))
    assert (content.hs, content.ics) == (("060290", "1101"), ("67.060",))
    assert content.objectives == ("Consumer information, labelling (TBT)",)
    assert (content.distributed_on, content.comment_deadline) == (date(2026, 6, 2), date(2026, 8, 1))
    assert content.notice_link == "https://docs.wto.org/x.docx"
    assert content.text_links == ("https://members.wto.org/a.pdf",)
    assert content.flags == ()


def test_our_own_export_is_not_searched_for_nomenclature_again(tmp_path: Path) -> None:
    assert read_one(tmp_path).content.products == "Rooted cuttings (HS code(s): 060290)"


def test_the_same_notice_in_csv_is_the_same_notice(tmp_path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore")
    writer.writeheader()
    flat = NOTICE | {
        "symbols": "G/TBT/N/BDI/1, G/TBT/N/KEN/2",
        "member": "BDI; KEN",
        "hs": "060290; 1101",
        "ics": "67.060",
        "objectives": "Consumer information, labelling (TBT)",
        "keywords": "",
        "links": "https://members.wto.org/a.pdf",
    }
    writer.writerow(flat)
    content = one(list(read_csv(csv_file(tmp_path, text.getvalue()), today=TODAY))).content
    from_json = read_one(tmp_path, links={"text": ["https://members.wto.org/a.pdf"]}).content
    assert content == from_json


@pytest.mark.parametrize("begin", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("delimiter", [b",", b";"])
def test_csv_may_have_a_byte_order_mark_semicolons_and_quoted_lines(
    tmp_path: Path, begin: bytes, delimiter: bytes
) -> None:
    text = begin + b'symbol,title,description\r\nG/TBT/N/USA/1,"Widgets, ""safe"" ones","line one\r\nline two"\r\n\r\n'
    quoted = text.replace(b"USA/1,", b"USA/1" + delimiter).replace(b'ones",', b'ones"' + delimiter)
    path = csv_file(tmp_path, quoted.replace(b"symbol,title,", delimiter.join([b"symbol", b"title", b""])))
    content = one(list(read_csv(path, today=TODAY))).content
    assert (content.title, content.description) == ('Widgets, "safe" ones', "line one\nline two")


def test_lone_errors_name_their_row_and_field(tmp_path: Path) -> None:
    rows = [
        "symbol,title,id",
        "G/TBT/N/USA/1,Fine,1",
        ",No symbol and no id,",
        "G/TBT/N/USA/2,Too,many,fields",
        "see annex,Odd symbol,",
        "G/TBT/N/USA/3,Fine again,3",
    ]
    text = "\n".join(rows).encode() + b"\nG/TBT/N/USA/4,Hie\xe4p h\xf6i,4\n"
    (page,) = read_csv(csv_file(tmp_path, text), today=TODAY)
    assert [record.position for record in page.records] == ["row 2", "row 6"]
    assert [(complaint.position, complaint.field) for complaint in page.complaints] == [
        ("row 3", "symbols"),
        ("row 4", "row"),
        ("row 5", "symbols"),
        ("row 7", "title"),
    ]


def test_lone_errors_in_json_lines_name_their_row_and_field(tmp_path: Path) -> None:
    lines = [
        json.dumps({"symbol": "G/TBT/N/USA/1", "title": "Fine"}).encode(),
        b'{"symbol": "G/TBT/N/USA/2", "title"',
        b'["no", "object"]',
        b'{"symbol": "G/TBT/N/USA/3", "title": {"en": "nested"}}',
        b'{"symbol": "G/TBT/N/USA/4", "title": "x", "keywords": [["nested"]]}',
        b'{"symbol": "G/TBT/N/USA/5", "title": "Hie\xe4p"}',
        b"",
        b"[" * 100_000,
    ]
    path = tmp_path / "notices.jsonl"
    path.write_bytes(b"\n".join(lines))
    (page,) = read_jsonl(path, today=TODAY)
    assert len(page.records) == 1
    assert [(complaint.position, complaint.field) for complaint in page.complaints] == [
        ("row 2", "row"),
        ("row 3", "row"),
        ("row 4", "title"),
        ("row 5", "keywords"),
        ("row 6", "row"),
        ("row 8", "row"),
    ]


@pytest.mark.parametrize("text", ["", "name,colour\nrose,red\n", "symbol\nG/TBT/N/USA/1\n", '"open'])
def test_a_file_without_the_columns_needed_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(AppError) as refused:
        list(read_csv(csv_file(tmp_path, text), today=TODAY))
    assert refused.value.kind is Kind.INVALID
    assert "notices.csv" in refused.value.message


def test_a_row_without_a_symbol_is_a_warning_named_by_its_source_and_id(tmp_path: Path) -> None:
    row = {"ref": "rasff/2026.1234", "title": "Salmonella in pepper", "source": "rasff", "distributed_on": "2026-06-02"}
    record = one(list(read_jsonl(jsonl(tmp_path, row), today=TODAY)))
    assert (record.source, record.key, record.content.type) == ("rasff", "2026.1234", NoticeType.WARNING)
    record = one(list(read_jsonl(jsonl(tmp_path, {"id": "n0268", "title": "x", "source": "github: a/b"}), today=TODAY)))
    assert (record.source, record.key) == ("file", "n0268")


def test_f64_dates_that_cannot_be_are_flagged(tmp_path: Path) -> None:
    content = read_one(tmp_path, comment_deadline="31/02/2026", in_force_on="upon signature").content
    assert (content.comment_deadline, content.comment_deadline_text) == (None, "31/02/2026")
    assert (content.in_force_on, content.in_force_text) == (None, "upon signature")
    assert [(flag.field, flag.code) for flag in content.flags] == [("comment_deadline", "impossible_date")]


def test_the_language_of_a_row_is_that_of_its_record_and_title(tmp_path: Path) -> None:
    record = read_one(tmp_path, language="es", title="Harina enriquecida", title_es="Harina enriquecida")
    assert (record.language, record.content.titles[0]) == ("es", ("es", "Harina enriquecida"))


def test_many_rows_become_several_pages(tmp_path: Path) -> None:
    rows = [{"symbol": f"G/TBT/N/USA/{number}", "title": "x"} for number in range(1, 1_502)]
    pages = list(read_jsonl(jsonl(tmp_path, *rows), today=TODAY))
    assert [len(page.records) for page in pages] == [1_000, 501]
    assert [page.payload is not None for page in pages] == [True, False]


def test_the_real_set_is_read_whole(test_data: Path) -> None:
    path = test_data / "notices" / "real_dev.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    pages = list(read_jsonl(path, today=date(2026, 11, 21)))
    found = [record for page in pages for record in page.records]
    assert len(found) == len(rows) == 1_009
    assert all(page.complaints == () and page.fault is None for page in pages)
    assert [record.key for record in found if record.content.type is NoticeType.WARNING] == ["n0268", "n0269", "n0271"]
    for row, record in zip(rows, found, strict=True):
        assert list(record.content.symbols) == row.get("symbols", [])
        assert len(record.content.members) == len(row["members"])
        assert record.language == row["language"]
    codes = {flag.code for record in found for flag in record.content.flags}
    assert codes <= {"unreadable_date", "before_distribution", "too_long", "odd_code"}
