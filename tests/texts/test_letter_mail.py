"""The mail that carries a letter: its anchor, both parts, its Word files under their Vietnamese names."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from docx import Document

from app.domain.articles import Unit
from app.domain.errors import AppError
from app.domain.letters import LARGEST, LetterBody, ReadyLetter
from app.texts.letter_mail import WORD, LetterMail, compose_letter_mail
from app.texts.letterhead import Letterhead
from app.texts.mail import MOST_HTML_BYTES
from app.texts.wire import Attachment, mixed_message
from tests.letters import SYMBOL, VITAS_NAME, a_ready_letter
from tests.texts import samples
from tests.texts.reading import Page, Wire, decode_words, read_wire, words_of

SENT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
HEAD = Letterhead(
    sender=samples.SENDER,
    base_url="https://keng.example",
    list_id="alerts.keng.example",
    mail_domain="keng.example",
    names=samples.NAMES,
)


def a_letter_mail(ready: ReadyLetter | None = None, **changed: Any) -> LetterMail:
    made = ready or a_ready_letter()
    values: dict[str, Any] = {
        "recipient": "vanphong@hiephoi.example",
        "language": "vi",
        "message_id": "7b1f2c3d-0000-4000-8000-000000000005@keng.example",
        "dated": SENT,
        "ref": made.ref,
        "body": made.body,
        "letter": made.letter,
        "form": made.form,
    }
    return LetterMail(**(values | changed))


def composed(ready: ReadyLetter | None = None, **changed: Any) -> Wire:
    return read_wire(compose_letter_mail(a_letter_mail(ready, **changed), HEAD))


def file_name(disposition: str) -> str:
    """Put the pieces of a file name together as RFC 2231 says; none may miss."""
    pieces = re.findall(r"filename\*(?:(\d+)\*)?=([^;\s]+)", disposition)
    numbers = [""] if len(pieces) == 1 else [str(number) for number in range(len(pieces))]
    assert [number for number, _ in pieces] == numbers
    charset, _, rest = "".join(piece for _, piece in pieces).partition("''")
    return unquote_to_bytes(rest).decode(charset)


def test_the_letter_and_its_form_are_attached_as_word_files_under_their_vietnamese_names() -> None:
    wire = composed()
    assert [file_name(headers["Content-Disposition"]) for headers, _ in wire.files] == [
        "Công văn G-TBT-N-USA-2211.docx",
        "Phiếu góp ý G-TBT-N-USA-2211.docx",
    ]
    assert {headers["Content-Type"] for headers, _ in wire.files} == {WORD}
    letter, form = (Document(BytesIO(content)) for _, content in wire.files)
    assert f"Kính gửi: {VITAS_NAME}" in [one.text for one in letter.paragraphs]
    assert "PHIẾU GÓP Ý" in [one.text for one in form.paragraphs]


def test_the_anchor_is_the_days_left_to_answer_and_beside_it_the_deadline_of_the_wto() -> None:
    wire = composed()
    assert "CÒN 44 NGÀY ĐỂ TRẢ LỜI\nHạn trả lời: 15/04/2026\nHạn góp ý của WTO: 01/05/2026 (còn 60 ngày)" in (
        wire.text.replace("\r\n", "\n")
    )
    subject = decode_words(wire.one("Subject"))
    assert subject.startswith("[Kẻng] Công văn: V/v góp ý dự thảo ")
    assert subject.endswith(" – hạn trả lời 15/04/2026 (G/TBT/N/USA/2211)")
    later = composed(dated=SENT + timedelta(days=10))
    assert "CÒN 34 NGÀY ĐỂ TRẢ LỜI" in later.text


def test_an_urgent_letter_says_so_in_words() -> None:
    wire = composed(a_ready_letter(content={"comment_deadline": date(2026, 3, 6)}))
    assert "[GẤP]" in decode_words(wire.one("Subject"))
    assert "[GẤP] CÒN 3 NGÀY ĐỂ TRẢ LỜI" in wire.text
    last_day = composed(a_ready_letter(today=date(2026, 5, 1)), dated=SENT + timedelta(days=60))
    assert "[GẤP] TRẢ LỜI NGAY HÔM NAY" in last_day.text


def test_a_letter_that_arrives_after_its_day_asks_for_nothing_that_cannot_be_done() -> None:
    wire = composed(dated=SENT + timedelta(days=50))
    assert "ĐÃ QUÁ HẠN TRẢ LỜI" in wire.text
    assert "Hạn góp ý của WTO: 01/05/2026 (còn 10 ngày)" in wire.text


def test_a_letter_that_only_informs_has_one_file_and_no_way_to_answer() -> None:
    wire = composed(a_ready_letter(content={"comment_deadline": None}))
    assert len(wire.files) == 1
    assert "KHÔNG NÊU HẠN GÓP Ý" in wire.text
    assert "Cách trả lời" not in wire.text
    assert "hạn trả lời" not in decode_words(wire.one("Subject"))


def test_answers_go_to_the_office_that_wrote_and_it_is_no_list() -> None:
    wire = composed()
    assert decode_words(wire.one("Reply-To")) == (
        "Cục Đổi mới sáng tạo, Chuyển đổi xanh và Khuyến công <tbt@keng.example>"
    )
    names = {name.casefold() for name, _ in wire.headers}
    assert not {"list-unsubscribe", "list-id", "precedence", "feedback-id"} & names
    assert wire.one("Auto-Submitted") == "auto-generated"
    assert "Điền phiếu góp ý và gửi về tbt@keng.example" in wire.text
    silent = composed(a_ready_letter(unit=Unit(name="Cục", parent="Bộ", place="Hà Nội")))
    assert silent.all("Reply-To") == []
    assert "Điền phiếu góp ý và gửi về đơn vị gửi công văn." in silent.text


def test_both_parts_say_the_same_and_the_page_is_whole() -> None:
    for language in ("vi", "en"):
        wire = composed(language=language)
        shown = Page(wire.html)
        missing = words_of(wire.text) - words_of(shown.text) - {"https", "keng.example"}
        assert {word for word in missing if not word.startswith("keng.example/")} == set()
        assert len(wire.html.encode()) <= MOST_HTML_BYTES
        assert shown.links == [
            f"https://keng.example{'' if language == 'vi' else '/en'}/notices/{SYMBOL}",
        ]


def test_in_english_only_the_words_of_the_letter_stay_vietnamese() -> None:
    wire = composed(language="en")
    assert "44 DAYS LEFT TO REPLY\r\nReply due: 15 April 2026" in wire.text
    assert '<h1 class="ink"' in wire.html
    assert 'lang="vi">V/v góp ý' in wire.html
    assert "Fill in the comment form" in wire.text


def test_a_long_letter_is_cut_and_points_to_its_file() -> None:
    body = replace(a_ready_letter().body, points=tuple(f"{number} " + "&ỡ" * 900 for number in range(40)))
    wire = composed(body=body)
    assert len(wire.html.encode()) <= MOST_HTML_BYTES
    assert "Xem tiếp trong công văn đính kèm." in wire.text


def test_nothing_in_a_letter_becomes_a_header_a_tag_or_a_path() -> None:
    evil = 'x\r\nBcc: a@b.example\r\n\r\n<script>alert(1)</script>"; filename=evil.exe'
    body = replace(a_ready_letter().body, subject=evil, symbols=f"../..\\{evil}", points=(evil,), addressee=evil)
    wire = composed(body=body)
    assert wire.all("Bcc") == []
    assert "script" not in Page(wire.html).tags
    for headers, _ in wire.files:
        assert set(headers) == {"Content-Type", "Content-Disposition", "Content-Transfer-Encoding"}
        assert not re.search(r'[/\\:*?"<>|\r\n]', file_name(headers["Content-Disposition"]))


def test_the_same_letter_is_the_same_bytes() -> None:
    assert compose_letter_mail(a_letter_mail(), HEAD) == compose_letter_mail(a_letter_mail(), HEAD)


def test_any_bytes_survive_as_an_attachment() -> None:
    content = bytes(range(256)) * 3 + b"\r\n.\r\n--=_\n.\n"
    message = mixed_message(["Subject: x"], "a", "b", [Attachment("x" * 300, WORD, content)], message_id="1@x")
    (headers, read) = read_wire(message).files[0]
    assert read == content
    assert len(file_name(headers["Content-Disposition"])) <= 200


def test_what_no_mail_can_carry_is_refused_by_the_name_of_its_field() -> None:
    made = a_ready_letter()
    wrong: dict[str, dict[str, Any]] = {
        "letter": {"letter": b"PK\x03\x04" + bytes(LARGEST)},
        "form": {"form": b"%PDF-1.7"},
        "version": {"version": 0},
        "subject": {"body": replace(made.body, subject=" ")},
    }
    for field, changed in wrong.items():
        with pytest.raises(AppError) as refused:
            replace(made, **changed)
        assert refused.value.field == field
    with pytest.raises(AppError, match="at most 7,000,000 fit into a mail"):
        replace(made, letter=b"PK\x03\x04" + bytes(LARGEST))
    largest = replace(made, letter=b"PK\x03\x04" + bytes(LARGEST - 4), form=None)
    assert len(compose_letter_mail(a_letter_mail(largest), HEAD)) < 10_000_000


def test_the_body_of_a_letter_comes_back_as_it_was_written() -> None:
    for made in (a_ready_letter(), a_ready_letter(content={"comment_deadline": None})):
        assert LetterBody.from_json(made.body.to_json()) == made.body
