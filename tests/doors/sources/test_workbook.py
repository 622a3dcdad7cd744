import warnings
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from app.domain.errors import AppError, Kind
from app.domain.notices import Content, NoticeType, Record
from app.domain.visits import FaultKind, Page
from app.sources.workbook import read_workbook

TODAY = date(2026, 6, 30)
HEADERS = ["Document symbol", "Notifying Member", "Title", "Distribution date"]
ROW = ["G/TBT/N/USA/2211", "United States of America", "Auxiliary fuel tanks", datetime(2026, 6, 11)]  # noqa: DTZ001 - a cell has no zone

Rows = Sequence[Sequence[object]]


def written(path: Path, rows: Rows, headers: Sequence[object] = HEADERS) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (headers, *rows):
        sheet.append(list(row))
    book.save(path / "notices.xlsx")
    return path / "notices.xlsx"


def repacked(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Replace or add parts of a workbook."""
    with ZipFile(BytesIO(path.read_bytes())) as old, ZipFile(path, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return path


def read(path: Path) -> list[Page]:
    return list(read_workbook(path, today=TODAY))


def records(pages: Sequence[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


def content_of(path: Path, headers: Sequence[object], row: Sequence[object]) -> Content:
    (page,) = read(written(path, [[*ROW, *row]], [*HEADERS, *headers]))
    assert page.complaints == ()
    return page.records[0].content


def refusal(path: Path) -> AppError:
    with pytest.raises(AppError) as refused:
        read_workbook(path, today=TODAY)
    assert refused.value.kind is Kind.INVALID
    assert path.name in refused.value.message
    return refused.value


def connected(found: Sequence[Record]) -> int:
    """Count the notices: records that share a symbol, if only through others, are one."""
    groups: list[set[str]] = []
    for record in found:
        touching = [group for group in groups if group & set(record.content.symbols)]
        groups = [group for group in groups if group not in touching]
        groups.append(set(record.content.symbols).union(*touching))
    return len(groups)


def test_the_real_search_export_is_read_whole(test_data: Path) -> None:
    pages = read(test_data / "notices" / "eping_export_2025-06.xlsx")
    found = records(pages)
    assert (len(found), connected(found)) == (229, 181)
    assert [(page.complaints, page.fault, page.remarks) for page in pages] == [((), None, ())]
    assert sum(record.content.comment_deadline is not None for record in found) == 181
    assert sum(record.content.emergency for record in found) == 12
    assert all(record.content.title and record.content.members and record.content.area for record in found)
    assert not any(record.content.flags for record in found)
    assert not any("_x00" in record.content.title + record.content.description for record in found)
    tanks = next(record for record in found if record.content.symbols == ("G/TBT/N/USA/2211",))
    assert tanks.key == "G/TBT/N/USA/2211|USA"
    assert tanks.content == Content(
        symbols=("G/TBT/N/USA/2211",),
        area=tanks.content.area,
        members=("USA",),
        titles=(("en", "Parts and Accessories Necessary for Safe Operation; Auxiliary Fuel Tanks"),),
        description=tanks.content.description,
        products="Motor vehicle auxiliary fuel tanks; (ICS code(s): 23.020.20); (ICS code(s): 43.060.40); (ICS code(s): 43.080)",
        ics=("23.020.20", "43.060.40", "43.080"),
        objectives=(
            "Cost saving and productivity enhancement (TBT)",
            "Prevention of deceptive practices and consumer protection (TBT)",
        ),
        distributed_on=date(2025, 6, 11),
        comment_deadline=date(2025, 7, 29),
        notice_link="https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/t/G/TBTN25/USA2211.DOCX",
        text_links=("https://members.wto.org/crnattachments/2025/TBT/USA/25_03868_00_e.pdf",),
    )


def test_the_file_itself_goes_with_the_first_page(tmp_path: Path) -> None:
    path = written(tmp_path, [[f"G/TBT/N/USA/{number}", *ROW[1:]] for number in range(1, 2_502)])
    pages = read(path)
    assert [len(page.records) for page in pages] == [1_000, 1_000, 501]
    assert pages[0].payload is not None
    assert pages[0].payload.body == path.read_bytes()
    assert [page.payload for page in pages[1:]] == [None, None]
    assert {record.payload_hash for record in records(pages)} == {pages[0].payload.hash}


def test_columns_are_found_by_name_in_any_order_and_spacing(tmp_path: Path) -> None:
    headers = [
        "TITLE",
        " distribution  DATE",
        None,
        "Proposed adoption  date",
        "Proposed entry  into  force date",
        "notifying\nmember",
        "Document Symbol ",
        "Something new",
    ]
    row = ["A title", "11/06/2026", None, "01/07/2026", "upon signature", "Viet Nam", "G/SPS/N/VNM/1", "?"]
    (page,) = read(written(tmp_path, [row], headers))
    content = page.records[0].content
    assert (content.symbols, content.members, content.title) == (("G/SPS/N/VNM/1",), ("VNM",), "A title")
    assert (content.distributed_on, content.adoption_on) == (date(2026, 6, 11), date(2026, 7, 1))
    assert (content.in_force_on, content.in_force_text) == (None, "upon signature")


def test_the_header_may_stand_below_other_rows(tmp_path: Path) -> None:
    (page,) = read(written(tmp_path, [HEADERS, ROW], ["Notifications of June"]))
    assert page.records[0].position == "row 3"


@pytest.mark.parametrize("missing", HEADERS)
def test_a_missing_column_is_named(tmp_path: Path, missing: str) -> None:
    kept = [index for index, name in enumerate(HEADERS) if name != missing]
    path = written(tmp_path, [[ROW[index] for index in kept]], [HEADERS[index] for index in kept])
    refused = refusal(path)
    assert refused.field == missing
    assert f"no column {missing}" in refused.message


def test_a_complaint_names_row_and_column(tmp_path: Path) -> None:
    (page,) = read(written(tmp_path, [ROW, [], ["see annex", *ROW[1:]], [None, *ROW[1:]]]))
    assert [(complaint.position, complaint.field, complaint.excerpt) for complaint in page.complaints] == [
        ("row 4", "Document symbol", "see annex"),
        ("row 5", "Document symbol", ""),
    ]
    assert len(page.records) == 1


def test_hyperlink_formulas_are_read_and_others_are_text(tmp_path: Path) -> None:
    shown = '=HYPERLINK("https://www.epingalert.org/en/Search?viewData= G/TBT/N/BDI/1"," G/TBT/N/BDI/1, G/TBT/N/KEN/2")'
    link = '=HYPERLINK("https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/t/G/TBTN25/BDI1.DOCX", "text")'
    row = [shown, "Burundi", '=cmd|"/c calc"!A1', ROW[3], None, link]
    headers = [*HEADERS, "Link to notification(EN)", "Link to notification(FR)"]
    (page,) = read(written(tmp_path, [row], headers))
    content = page.records[0].content
    assert content.symbols == ("G/TBT/N/BDI/1", "G/TBT/N/KEN/2")
    assert content.title == '=cmd|"/c calc"!A1'
    assert content.notice_link == "https://docs.wto.org/imrd/directdoc.asp?DDFDocuments/t/G/TBTN25/BDI1.DOCX"


@pytest.mark.parametrize(
    "cell",
    [datetime(2026, 8, 10), date(2026, 8, 10), "10/08/2026", "2026-08-10", 46244, "46244"],  # noqa: DTZ001 - a cell has no zone
)
def test_dates_may_be_dates_text_or_serial_numbers(tmp_path: Path, cell: object) -> None:
    content = content_of(tmp_path, ["Final date for comments"], [cell])
    assert content.comment_deadline == date(2026, 8, 10)


@pytest.mark.parametrize("cell", ["31/02/2026", "10/08/26", "1900-01-01", 3, "10/08/2077"])
def test_f64_a_date_that_cannot_be_is_flagged_and_kept_in_words(tmp_path: Path, cell: object) -> None:
    content = content_of(tmp_path, ["Final date for comments"], [cell])
    assert content.comment_deadline is None
    assert content.comment_deadline_text
    assert [flag.field for flag in content.flags] == ["comment_deadline"]


def test_f64_a_distribution_date_that_cannot_be_does_not_lose_the_row(tmp_path: Path) -> None:
    (page,) = read(written(tmp_path, [[*ROW[:3], "31/06/2026"], ["G/TBT/N/USA/1", *ROW[1:3], "soon"]]))
    assert [record.content.distributed_on for record in page.records] == [None, None]
    assert [[flag.detail for flag in record.content.flags] for record in page.records] == [["31/06/2026"], ["soon"]]


def test_boxes_with_several_values_are_lists(tmp_path: Path) -> None:
    content = content_of(
        tmp_path,
        [
            "HS code(s)",
            "ICS code(s)",
            "Objectives",
            "Keywords",
            "Specific regions or countries likely to be affected",
            "Notification type",
            "Products covered",
        ],
        [
            "8517 - Telephone sets; other; 842490 - Parts",
            "97.030 - Appliances; 97.030 - Appliances",
            "Consumer information, labelling (TBT); Other (TBT)",
            "Human health; Human health",
            "Brazil, Rio Grande do Sul",
            "Emergency notifications (SPS)",
            "Telephone sets; other (HS code(s): 8517)",
        ],
    )
    assert (content.hs, content.ics) == (("842490", "8517"), ("97.030",))
    assert content.objectives == ("Consumer information, labelling (TBT)", "Other (TBT)")
    assert (content.keywords, content.regions) == (("Human health",), ("Brazil", "Rio Grande do Sul"))
    assert (content.type, content.products) == (NoticeType.EMERGENCY, "(HS code(s): 8517)")


def test_a_row_that_comes_twice_is_taken_once_and_remarked(tmp_path: Path) -> None:
    (page,) = read(written(tmp_path, [ROW, ROW]))
    assert (len(page.records), page.remarks) == (1, ("row 3 repeats row 2.",))


def test_a_wrong_statement_of_the_sheets_size_loses_no_row(tmp_path: Path) -> None:
    path = written(tmp_path, [ROW, ["G/TBT/N/USA/1", *ROW[1:]]])
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").replace(b'ref="A1:D3"', b'ref="A1:A1"')
    assert b'ref="A1:A1"' in sheet
    assert len(records(read(repacked(path, {"xl/worksheets/sheet1.xml": sheet})))) == 2


def test_an_impossible_serial_number_in_a_date_cell_warns_nobody(tmp_path: Path) -> None:
    path = written(tmp_path, [ROW])
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").replace(b"<v>46184</v>", b"<v>99999999999</v>")
    assert b"99999999999" in sheet
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = records(read(repacked(path, {"xl/worksheets/sheet1.xml": sheet})))
    assert found[0].content.distributed_on is None
    assert [flag.field for flag in found[0].content.flags] == ["distributed_on"]


def test_a_file_that_is_missing_empty_or_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notices.xlsx"
    assert refusal(path).code == "file-unreadable"
    path.write_bytes(b"")
    assert refusal(path).code == "file-empty"
    path.write_bytes(b"<html>Sign in</html>")
    assert refusal(path).code == "workbook-unreadable"
    with ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "no workbook")
    assert refusal(path).code == "workbook-unreadable"
    written(tmp_path, [])
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path).code == "workbook-unreadable"


def test_f58_a_workbook_that_unpacks_to_too_much_is_refused_unread(tmp_path: Path) -> None:
    path = repacked(written(tmp_path, [ROW]), {"xl/sharedStrings.xml": b" " * 50_000_000})
    assert refusal(path).code == "workbook-too-large"
    path = repacked(written(tmp_path, [ROW]), {"xl/media/image.bin": b" " * 70_000_000})
    assert refusal(path).code == "workbook-too-large"
    path = repacked(written(tmp_path, [ROW]), {f"xl/media/{number}": b"" for number in range(1_001)})
    assert refusal(path).code == "workbook-too-large"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_f59_entities_in_a_workbook_are_refused(tmp_path: Path, part: str) -> None:
    (tmp_path / "secret.txt").write_text("G/TBT/N/XXE/1", encoding="utf-8")
    path = written(tmp_path, [ROW])
    with ZipFile(path) as book:
        text = book.read(part)
    doctype = f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{tmp_path}/secret.txt">]>'.encode()
    begin = text.index(b"?>") + 2 if text.startswith(b"<?xml") else 0
    refused = refusal(repacked(path, {part: text[:begin] + doctype + text[begin:]}))
    assert refused.code == "workbook-unreadable"


def test_a_workbook_that_breaks_off_keeps_what_was_read_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, [[f"G/TBT/N/USA/{number}", *ROW[1:]] for number in range(1, 1_502)])
    with ZipFile(path) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    pages = read(repacked(path, {"xl/worksheets/sheet1.xml": sheet[: len(sheet) * 9 // 10]}))
    assert len(pages[0].records) == 1_000
    assert pages[-1].fault is not None
    assert pages[-1].fault.kind is FaultKind.UNSOUND
    assert "damaged" in pages[-1].fault.reason
