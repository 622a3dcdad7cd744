"""The bulletins: what stands under which field, what is counted by partner, and what the daily list leaves out."""

import ctypes
from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2
from docx import Document
from pypdfium2 import raw

from app.domain.articles import PeriodKind, Subject, read_period
from app.domain.articles.bulletin import Bulletin, by_partner, count_of
from app.domain.notices import NoticeType
from app.domain.sectors import Label, Role
from app.texts.bulletin import documents
from app.texts.bulletin.compose import bulletin_of
from app.texts.bulletin.outline import outline
from app.texts.house_tables import findings_in
from tests.builders import a_content
from tests.texts.real_notices import a_desk, subject_of

MONDAY = date(2026, 3, 2)


def subjects() -> list[Subject]:
    textiles = Label("textiles", Role.PRIMARY, 1.0, ())
    footwear = Label("footwear", Role.PRIMARY, 1.0, ())
    made = [
        subject_of(a_content("G/TBT/N/EU/1", "G/TBT/N/TPKM/1", comment_deadline=date(2026, 3, 5))),
        subject_of(a_content("G/TBT/N/EU/2")),
        subject_of(a_content("G/TBT/N/EU/3", type=NoticeType.EMERGENCY, comment_deadline=None)),
        subject_of(a_content("G/TBT/N/TPKM/4", comment_deadline=date(2026, 3, 1))),
    ]
    labelled = [(textiles,), (textiles, footwear), (footwear,), ()]
    return [replace(one, sectors=sectors) for one, sectors in zip(made, labelled, strict=True)]


def monthly() -> Bulletin:
    return bulletin_of(subjects(), read_period("2026-03", 21), a_desk(MONDAY))


def test_each_notice_is_told_once_under_its_first_sector_and_the_rest_comes_last() -> None:
    fields = [(field.name, [item.ref for item in field.items]) for field in monthly().fields]
    assert fields == [
        ("Dệt may", ["G/TBT/N/EU/1", "G/TBT/N/EU/2"]),
        ("Da giầy", ["G/TBT/N/EU/3"]),
        ("khác", ["G/TBT/N/TPKM/4"]),
    ]


def test_the_table_counts_a_joint_notice_once_under_all_its_members_and_names_what_is_notable() -> None:
    first, second, third = monthly().partners
    assert (first.name, first.number) == ("Liên minh châu Âu (EU)", 2)
    assert first.remarks[0].text == "1 dự thảo, 1 đã ban hành hoặc có hiệu lực."
    assert [one.text.partition(",")[0] for one in first.remarks[1:]] == [
        "Đáng chú ý có: số G/TBT/N/EU/3",
        "Số G/TBT/N/EU/2",
    ]
    assert (second.name, second.number) == ("Liên minh châu Âu (EU) và Đài Loan (Trung Quốc)", 1)
    assert (third.name, third.number) == ("Đài Loan (Trung Quốc)", 1)


def test_days_left_say_on_which_day_they_were_counted() -> None:
    assert "Số ngày còn lại để góp ý tính đến ngày 02/03/2026." in documents.html(monthly())


def test_goods_without_a_name_are_not_called_by_the_symbol_a_second_time() -> None:
    (item,) = [item for field in monthly().fields for item in field.items if item.ref == "G/TBT/N/TPKM/4"]
    assert item.sentences[0].text.count("G/TBT/N/TPKM/4") == 1


def test_the_pdf_is_set_in_the_houses_font() -> None:
    pdf = pypdfium2.PdfDocument(documents.pdf(monthly()))
    assert "Libertinus" not in repr(fonts_of(pdf))
    assert all("BeVietnamPro" in name for name in fonts_of(pdf))


def fonts_of(pdf: pypdfium2.PdfDocument) -> set[str]:
    """Return the names of the fonts of the first page's characters."""
    page = pdf[0].get_textpage()
    names = set()
    for at in range(page.count_chars()):
        buffer, flags = ctypes.create_string_buffer(100), ctypes.c_int()
        if raw.FPDFText_GetFontInfo(page.raw, at, buffer, 100, flags):
            names.add(buffer.value.decode())
    return names


def test_counts_and_groups_are_of_all_notices() -> None:
    counts = count_of(subjects())
    assert counts.drafts + counts.final + counts.other == len(subjects())
    assert sum(map(len, by_partner(subjects()).values())) == len(subjects())


def test_the_daily_list_holds_what_is_open_by_days_left() -> None:
    bulletin = bulletin_of(subjects(), read_period("2026-03-02", 21), a_desk(MONDAY))
    assert bulletin.period.kind is PeriodKind.DAY
    assert [(item.ref, item.days_left) for item in bulletin.fields[0].items] == [
        ("G/TBT/N/EU/1", 3),
        ("G/TBT/N/EU/2", 60),
    ]
    assert bulletin.partners == ()
    assert "còn 3 ngày" in documents.html(bulletin)
    last_day = bulletin_of(subjects(), read_period("2026-03-05", 21), a_desk(date(2026, 3, 5)))
    assert "hôm nay là hạn cuối" in documents.html(last_day)


def test_what_viet_nam_alone_notified_is_in_no_bulletin() -> None:
    own = subject_of(a_content("G/TBT/N/VNM/5"))
    joint = subject_of(a_content("G/TBT/N/VNM/6", "G/TBT/N/THA/6", members=("VNM", "THA")))
    for name, month in (("2026-03", True), ("2026-W10", True), ("2026-03-02", False)):
        bulletin = bulletin_of([own, joint], read_period(name, 21), a_desk(MONDAY))
        assert [item.ref for field in bulletin.fields for item in field.items] == ["G/TBT/N/VNM/6"]
        assert [one.number for one in bulletin.partners] == [1] * month
        assert "G/TBT/N/VNM/5" not in documents.html(bulletin)


def test_an_empty_period_says_so() -> None:
    bulletin = bulletin_of([], read_period("2026-W10", 21), a_desk(MONDAY))
    assert bulletin.title.text == "Bảng tổng hợp cảnh báo TBT/SPS tuần 10/2026"
    assert "Không có thông báo nào trong kỳ." in documents.html(bulletin)
    assert "Không có thông báo nào trong kỳ." in "\n".join(
        one.text for one in Document(BytesIO(documents.docx(bulletin))).paragraphs
    )


def test_every_sentence_has_its_source_and_no_fault() -> None:
    sentences = monthly().sentences()
    assert all(one.fields for _, one in sentences)
    assert findings_in(sentences, MONDAY) == ()


def test_html_word_and_pdf_say_the_same() -> None:
    said = outline(monthly())
    page = documents.html(monthly())
    word = Document(BytesIO(documents.docx(monthly())))
    table = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    paragraphs = "\n".join(one.text for one in word.paragraphs)
    pdf = pypdfium2.PdfDocument(documents.pdf(monthly()))
    printed = " ".join(" ".join(page.get_textpage().get_text_range() for page in pdf).split())
    assert said["title"] == "Bản tin cảnh báo TBT/SPS tháng 03/2026"
    for field in said["fields"]:
        for item in field["items"]:
            assert item["ref"] in page
            assert item["text"] in paragraphs
            assert item["ref"] in printed
    for row in said["rows"]:
        assert row[1] in page
        assert row[1] in table
        assert row[1] in printed


def test_the_same_bulletin_makes_the_same_bytes() -> None:
    assert documents.pdf(monthly()) == documents.pdf(monthly())
    assert documents.docx(monthly()) == documents.docx(monthly())
