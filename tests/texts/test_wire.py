"""EM-01, EM-09, EM-19…22 on the bytes themselves, read back by a decoder of our own and by Perl's."""

import random
import re
import shutil
import subprocess
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AppError
from app.texts.wire import LONGEST_WORDS, alternative_message, mailbox_header, raw_header, words_header
from tests.texts.reading import ENCODED_WORD, decode_words, read_wire, unfold

PHRASES = (
    "bảo vệ thực vật quy chuẩn kỹ thuật dự thảo sửa đổi giới hạn dư lượng tối đa đối với thuốc nhuộm azo trong sản "
    "phẩm dệt may da giầy thủy sản nước ngọt đóng chai Hoa Kỳ Đài Loan (Trung Quốc) Liên minh châu Âu (EU) hộ chiếu "
    "kỹ thuật số Ả-rập Xê-út ghi nhãn xuất xứ Ờ ưỡn khuỷu ngoằn ngoèo “phthalate” – G/TBT/N/USA/2211 50% =?utf-8?b?eA==?= "
    "a=b cấm_nhập? được; hiệu lực: 01/01/2027 \U0001f41f 茶"
)
SYLLABLES = PHRASES.split()
HOSTILE = [
    "Tựa\r\nBcc: kẻ-gian@evil.example",
    "Tựa\nX-Injected: 1\n\n<html>",
    "Tựa\r\n.\r\nMAIL FROM:<a@b>",
    "Tựa\x00\x0b\x0c\x1b[31m",
    "Tựa\u0085\u2028\u2029X: 1",
    "\u202egnp.exe\u2066",
    "\ud800 lẻ \udfff",
    "=?utf-8?q?=0d=0aBcc:_x@y?=",
    " \t ",
    "x" * 5000,
]


def vietnamese_phrases(count: int) -> list[str]:
    lots = random.Random(2026)
    return [" ".join(lots.choices(SYLLABLES, k=lots.randint(1, 24)))[:LONGEST_WORDS].strip() for _ in range(count)]


def assert_legal_words(header: str) -> None:
    assert "?==?" not in header
    for line in header.split("\r\n"):
        assert len(line) <= 78
        assert line.isascii()
    for word in ENCODED_WORD.finditer(header):
        assert len(word[0]) <= 75


def test_ten_thousand_vietnamese_subjects_survive_to_an_independent_decoder() -> None:
    for phrase in vietnamese_phrases(10_000):
        header = words_header("Subject", phrase)
        assert_legal_words(header)
        assert decode_words(unfold(header)) == "Subject: " + unicodedata.normalize("NFC", phrase)


def test_ten_thousand_vietnamese_display_names_survive_to_an_independent_decoder() -> None:
    for phrase in vietnamese_phrases(10_000):
        header = mailbox_header("From", phrase, "canh-bao.tbt-sps@thongbao.keng.example")
        assert_legal_words(header)
        decoded = decode_words(unfold(header))
        assert decoded == f"From: {unicodedata.normalize('NFC', phrase)} <canh-bao.tbt-sps@thongbao.keng.example>"


def test_vietnamese_subjects_survive_to_perl() -> None:
    perl = shutil.which("perl") or "perl"
    found = subprocess.run([perl, "-MEncode::MIME::Header", "-e", "1"], check=False)  # noqa: S603 - our own words
    if found.returncode:
        pytest.skip("perl with Encode::MIME::Header is not installed")
    phrases = vietnamese_phrases(10_000)
    headers = "\n".join(unfold(words_header("Subject", phrase)) for phrase in phrases)
    program = "use Encode; binmode STDOUT, ':utf8'; while (<STDIN>) { chomp; print decode('MIME-Header', $_), qq(\\n) }"
    answer = subprocess.run(  # noqa: S603 - our own words
        [perl, "-e", program], input=headers.encode(), capture_output=True, check=True
    )
    assert answer.stdout.decode().splitlines() == [f"Subject: {phrase}" for phrase in phrases]


def test_a_decomposed_subject_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Kẻng: dự thảo về dệt may")
    assert decode_words(unfold(words_header("Subject", decomposed))) == "Subject: Kẻng: dự thảo về dệt may"


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_one_header(words: str) -> None:
    for header in (words_header("Subject", words), mailbox_header("From", words, "a@keng.example")):
        lines = header.split("\r\n")
        assert all(line.startswith(" ") for line in lines[1:])
        value = decode_words(unfold(header)).partition(": ")[2].removesuffix(" <a@keng.example>")
        assert len(value) <= LONGEST_WORDS
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", value)


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_words_are_legal_and_never_longer_than_200_characters(words: str) -> None:
    header = words_header("Subject", words)
    assert_legal_words(header)
    assert len(decode_words(unfold(header))) <= len("Subject: ") + LONGEST_WORDS


def test_words_that_look_encoded_are_not_decoded_by_the_reader() -> None:
    trick = "=?utf-8?q?Bộ?= =?us-ascii?q?X?="
    assert decode_words(unfold(words_header("Subject", trick))) == f"Subject: {trick}"


def test_a_header_for_machines_is_neither_encoded_nor_folded() -> None:
    uri = "https://keng.example/u/" + "a1-_" * 200
    assert raw_header("List-Unsubscribe", f"<{uri}>") == f"List-Unsubscribe: <{uri}>"


@pytest.mark.parametrize(
    "value",
    ["<https://keng.example/\r\nX: 1>", "<https://keng.example/ế>", "", " a", "a\tb", "a\x00", "x" * 990],
    ids=["line break", "not ASCII", "empty", "leading blank", "tab", "NUL", "too long"],
)
def test_a_header_for_machines_refuses_what_it_cannot_carry(value: str) -> None:
    with pytest.raises(AppError, match="List-Unsubscribe"):
        raw_header("List-Unsubscribe", value)


@pytest.mark.parametrize("name", ["X: 1\r\nY", "", "X Y", "Đ"])
def test_a_header_has_a_plain_name(name: str) -> None:
    with pytest.raises(AppError, match="no header name"):
        raw_header(name, "1")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.vn,c@d.vn",
        "a@b.vn\r\nBcc: c@d.vn",
        "a@b.vn>",
        "<a@b.vn",
        "a b@c.vn",
        "a@",
        "@b.vn",
        "a@b@c.vn",
        "a@[127.0.0.1]",
        '"a"@b.vn',
        "a\x00@b.vn",
        "a\udc80@b.vn",
        "a@b.vn;c",
        "a" * 250 + "@b.vn",
    ],
)
def test_a_mailbox_is_exactly_one_address(address: str) -> None:
    with pytest.raises(AppError, match="exactly one address"):
        mailbox_header("To", "", address)


def test_an_international_local_part_is_written_as_it_is() -> None:
    assert mailbox_header("To", "", "đức@keng.example") == "To: đức@keng.example"


def test_a_long_address_moves_to_a_line_of_its_own() -> None:
    header = mailbox_header("From", "Kẻng – Cảnh báo TBT/SPS", "a" * 40 + "@thongbao.keng.example")
    assert header.split("\r\n")[1] == f" <{'a' * 40}@thongbao.keng.example>"


def test_bodies_come_back_as_they_went_in_with_lines_in_crlf() -> None:
    text = "Dòng một\nDòng hai\n.\n" + "đ" * 3000
    message = alternative_message(["X-Test: 1"], text, "<p>Ơ</p>\n", message_id="1@keng.example")
    read = read_wire(message)
    assert read.text == text.replace("\n", "\r\n")
    assert read.html == "<p>Ơ</p>\n"
    assert b"\r\n.\r\n" not in message


def test_the_boundary_depends_on_the_message_id_alone() -> None:
    messages = {
        alternative_message([], "a", "b", message_id=message_id) for message_id in ("1@k.vn", "1@k.vn", "2@k.vn")
    }
    assert len(messages) == 2
