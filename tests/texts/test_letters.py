"""The letter to an association: whom it speaks to, what it asks and until when, and the form that goes with it."""

from datetime import date
from io import BytesIO

import pytest
from docx import Document

from app.domain.articles import Letter, without_source
from app.domain.notices import Content
from app.texts.letter import address, letter_of
from app.texts.letter_docx import comment_form_docx, letter_docx
from tests.builders import a_content
from tests.texts.real_notices import UNIT, a_desk, subject_of

MONDAY = date(2026, 3, 2)
VITAS = "Hiệp hội Dệt may Việt Nam"


def letter_on(content: Content, today: date = MONDAY) -> Letter:
    return letter_of(subject_of(content), a_desk(today), VITAS)


def words(document: bytes) -> str:
    read = Document(BytesIO(document))
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in read.paragraphs), *cells])


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        (VITAS, "Quý Hiệp hội"),
        ("Hội Dệt May Thêu Đan TP. Hồ Chí Minh", "Quý Hội"),
        ("Liên đoàn Thương mại và Công nghiệp Việt Nam", "Quý Liên đoàn"),
        ("Sở Công Thương Hà Nội", "Quý Cơ quan"),
        ("Viện Nghiên cứu Da - Giầy", "Quý Viện"),
        ("CÔNG TY TNHH Dệt may", "Quý Công ty"),
        ("Hội đồng Dừa", "Quý Hội đồng"),
        ("Thương vụ Việt Nam tại Nhật Bản", "Quý Thương vụ"),
    ],
)
def test_each_organisation_is_spoken_to_as_what_it_is(name: str, spoken: str) -> None:
    assert address(name) == spoken


def test_only_an_association_is_asked_to_tell_its_members() -> None:
    content = a_content("G/TBT/N/EU/922")
    told = {
        name: letter_of(subject_of(content), a_desk(MONDAY), name).request[0].text
        for name in (VITAS, "Sở Công Thương Hà Nội")
    }
    assert "phổ biến nội dung trên tới hội viên và" in told[VITAS]
    assert "phổ biến nội dung trên tới các tổ chức, doanh nghiệp liên quan và" in told["Sở Công Thương Hà Nội"]


def test_a_letter_on_a_deadline_that_moved_is_about_a_draft_still() -> None:
    addendum = a_content("G/TBT/N/EU/922/Add.1", keywords=("Modification of final date for comments",))
    assert letter_on(addendum).subject.text.startswith("V/v góp ý dự thảo ")


def test_a_letter_on_a_void_notice_says_which_one_was_taken_back() -> None:
    void = a_content(
        "G/TBT/N/BRA/366/Add.1/Corr.1", description="Should be considered null and void.", comment_deadline=None
    )
    assert next(one.text for one in letter_on(void).points) == "Thông báo được rút lại: mã G/TBT/N/BRA/366/Add.1."


def test_the_letter_asks_for_comments_before_the_internal_deadline() -> None:
    letter = letter_on(a_content("G/TBT/N/EU/922"))
    assert letter.subject.text.startswith("V/v góp ý dự thảo ")
    assert "trước ngày 15/04/2026 về Cục Đổi mới sáng tạo" in letter.request[0].text
    assert "Hạn góp ý của WTO: ngày 01/05/2026." in [one.text for one in letter.points]
    assert not letter.urgent
    assert without_source(letter.sentences()) == []


def test_a_short_time_makes_the_letter_urgent() -> None:
    letter = letter_on(a_content("G/TBT/N/EU/922", comment_deadline=date(2026, 3, 6)))
    assert letter.urgent
    assert "phổ biến gấp" in letter.request[0].text
    assert "GẤP" in words(letter_docx(letter, UNIT))
    last_day = letter_on(a_content("G/TBT/N/EU/922"), today=date(2026, 5, 1))
    assert "ngay trong ngày 01/05/2026" in last_day.request[0].text


def test_when_comments_are_over_the_letter_informs_and_has_no_form() -> None:
    for content, today in (
        (a_content("G/TBT/N/EU/922"), date(2026, 5, 2)),
        (a_content("G/TBT/N/EU/922", comment_deadline=None), MONDAY),
    ):
        letter = letter_on(content, today)
        assert letter.subject.text.startswith("V/v phổ biến ")
        assert letter.request[0].kit == "letter.inform"
        assert letter.form == ()


def test_the_word_file_has_what_official_papers_have_and_leaves_number_and_day_to_the_register() -> None:
    text = words(letter_docx(letter_on(a_content("G/TBT/N/EU/922")), UNIT))
    for wanted in (
        "BỘ CÔNG THƯƠNG",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        f"Kính gửi: {VITAS}",
        "Trân trọng./.",
        "Nơi nhận:",
        "năm 2026",
    ):
        assert wanted in text
    assert "02/03/2026" in text  # the day of the notice
    assert "ngày 2 tháng 3" not in text


def test_the_form_asks_for_clause_draft_difficulty_proposal_and_grounds() -> None:
    text = words(comment_form_docx(letter_on(a_content("G/TBT/N/EU/922"))))
    for wanted in ("Điều khoản", "Nội dung dự thảo", "Khó khăn", "Đề xuất", "Căn cứ", "G/TBT/N/EU/922", VITAS):
        assert wanted in text
