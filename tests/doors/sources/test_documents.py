"""Text out of documents: what members publish is read, what attackers send ends within its limits."""

from pathlib import Path
from unittest.mock import Mock
from xml.etree.ElementTree import ParseError

import pytest

from app.domain.attachments import AttachmentState, Reading
from app.sources.documents import DocumentReader, ReadingLimits, word
from tests.documents import (
    empty_pdf,
    inflating_pdf,
    laughing_pdf,
    locked_pdf,
    mixed_pdf,
    pdf,
    run,
    scanned_pdf,
    word_file,
    zipped,
)

ENTITIES = '<!DOCTYPE a [<!ENTITY b "lol">]><a>&b;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


async def read(body: bytes, **limits: int) -> Reading:
    return await DocumentReader(ReadingLimits(**limits)).read(body)


async def test_an_official_notice_of_the_wto_is_read(test_data: Path) -> None:
    reading = await read((test_data / "eping" / "docs" / "GSPSNCOL420.docx").read_bytes())
    assert (reading.state, reading.reason) == (AttachmentState.READ, "")
    assert "Miembro que notifica: COLOMBIA" in reading.text
    assert "transmitir la Influenza Aviar de Alta Patogenicidad (IAAP)" in reading.text


async def test_a_word_file_is_read_as_it_stands_on_paper() -> None:
    boxes = f"<mc:AlternateContent><mc:Choice>{run('box')}</mc:Choice><mc:Fallback>{run('again')}</mc:Fallback></mc:AlternateContent>"
    body = word_file(
        f"{run('Maximum')}<w:r><w:tab/></w:r>{run('residue')}<w:r><w:br/></w:r>{run('limits')}",
        f"<w:del><w:r><w:delText>not any more</w:delText></w:r></w:del>{boxes}",
        "Cashew&#x200B; nuts \u202e&lt;b&gt;",
    )
    assert (await read(body)).text == "Maximum residue\nlimits\nbox\nCashew nuts <b>"


async def test_the_notes_of_a_word_file_belong_to_its_text() -> None:
    notes = (
        f'<w:n xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p>{run("a note")}</w:p></w:n>'
    )
    assert (await read(word_file("text", parts={"word/footnotes.xml": notes}))).text == "text\na note"


async def test_a_pdf_is_read_page_by_page() -> None:
    reading = await read(pdf("Draft rules for cashew nuts", "Annex"))
    assert (reading.state, reading.pages) == (AttachmentState.READ, 2)
    assert reading.text == "Draft rules for cashew nuts\nAnnex"


async def test_what_stands_before_the_signature_of_a_pdf_does_no_harm() -> None:
    assert (await read(b"\xef\xbb\xbf\r\n" + pdf("Cashew nuts"))).text == "Cashew nuts"


@pytest.mark.parametrize("stamp", ["", "No. 5"])
async def test_a_scanned_pdf_is_said_to_be_one(stamp: str) -> None:
    reading = await read(scanned_pdf(3, stamp))
    assert reading == Reading(state=AttachmentState.SCANNED, reason="All 3 pages are pictures.", pages=3)


async def test_a_pdf_with_some_scanned_pages_is_read_and_says_so() -> None:
    reading = await read(mixed_pdf("Draft rules for cashew nuts"))
    assert (reading.state, reading.reason) == (AttachmentState.READ, "1 of 2 pages are pictures.")


@pytest.mark.parametrize("body", [locked_pdf(), COMPOUND + "EncryptedPackage".encode("utf-16-le")])
async def test_a_document_behind_a_password_is_said_to_be_one(body: bytes) -> None:
    assert (await read(body)).state is AttachmentState.ENCRYPTED


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7 and nothing more",
        empty_pdf(),
        pdf("Cashew nuts")[:200],
        word_file("Cashew nuts")[:-40],
        word_file(),
        word_file(parts={"word/document.xml": "<unclosed>"}),
        word_file(parts={"word/document.xml": ENTITIES}),
        word_file(parts={"word/document.xml": OUTSIDE}),
    ],
    ids=["header", "empty pdf", "cut pdf", "cut word", "empty word", "malformed", "entities", "entity of a file"],
)
async def test_a_broken_document_is_said_to_be_one(body: bytes) -> None:
    reading = await read(body)
    assert (reading.state, reading.text) == (AttachmentState.BROKEN, "")
    assert reading.reason


@pytest.mark.parametrize("body", [b"GIF89a", b"", COMPOUND + b"WordDocument", zipped({"xl/workbook.xml": "<x/>"})])
async def test_what_is_neither_word_nor_pdf_is_not_read(body: bytes) -> None:
    assert (await read(body)).state is AttachmentState.UNSUPPORTED


@pytest.mark.parametrize(
    ("body", "limits"),
    [
        (word_file(parts={"word/document.xml": b" " * 40_000_000}), {}),
        (zipped({f"{number}": "" for number in range(200)} | {"word/document.xml": "<a/>"}), {"parts": 100}),
        (word_file(parts={"word/document.xml": "<a>" * 400_000}), {"memory": 128 * 2**20}),
        (inflating_pdf(600), {"memory": 256 * 2**20}),
        (laughing_pdf(), {"seconds": 2}),
    ],
    ids=["zip bomb", "parts", "nesting", "pdf bomb", "billion forms"],
)
async def test_a_bomb_goes_off_in_a_process_of_its_own(body: bytes, limits: dict[str, int]) -> None:
    assert len(body) < 100_000
    reading = await read(body, **limits)
    assert (reading.state, reading.text) == (AttachmentState.OVER_LIMITS, "")
    assert reading.reason


def test_a_parser_that_runs_out_of_memory_is_not_taken_for_a_broken_file(monkeypatch: pytest.MonkeyPatch) -> None:
    starved = ParseError("out of memory")
    starved.code = 1
    monkeypatch.setattr(word, "_pieces", Mock(side_effect=starved))
    with pytest.raises(MemoryError):
        word.read_word(word_file("Cashew nuts"), ReadingLimits())


async def test_of_a_long_document_the_beginning_is_read() -> None:
    pages = await read(pdf(*["Draft rules for cashew nuts"] * 5), pages=2)
    assert (pages.pages, pages.reason) == (5, "Only the first 2 of 5 pages were read.")
    assert pages.text.count("cashew") == 2
    letters = await read(word_file("Cashew nuts and more"), characters=11)
    assert (letters.text, letters.reason) == ("Cashew nuts", "Only the first 11 characters were read.")
