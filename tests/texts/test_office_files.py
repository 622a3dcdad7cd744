"""Every file that leaves is opened as offices open it: articles, letters, forms and bulletins, by python-docx and LibreOffice."""

import asyncio
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Mm
from pypdfium2 import raw

from app.domain.articles import Comments, Period, PeriodKind, Subject, read_period
from app.domain.articles.bulletin import Bulletin
from app.domain.attachments import AttachmentState
from app.sources.documents import DocumentReader
from app.texts.article.compose import article_of
from app.texts.article.docx import docx
from app.texts.article.naming import day
from app.texts.bulletin import documents
from app.texts.bulletin.compose import bulletin_of
from app.texts.letter import letter_of
from app.texts.letter_docx import comment_form_docx, letter_docx
from tests.peers import libreoffice
from tests.texts.real_notices import SPANISH, SYMBOLS, TODAY, UNIT, a_desk, day_of, real_subjects

ASSOCIATION = "Hiệp hội Da - Giầy - Túi xách Việt Nam"
PERIODS = {"monthly": "2025-06", "weekly": "2025-W24", "daily": "2025-07-14"}
SMALLEST = 30


@dataclass(frozen=True)
class Made:
    """A file and what must stand in it."""

    body: bytes
    says: tuple[str, ...]


@pytest.fixture
def files(test_data: Path) -> dict[str, Made]:
    """Articles and letters on thirty notices, the comment forms of those that take comments, and the three bulletins."""
    return _all_files(test_data)


@cache
def _all_files(folder: Path) -> dict[str, Made]:
    return {**dict(_on_notices(folder)), **dict(_bulletins(folder))}


def _on_notices(folder: Path) -> Iterator[tuple[str, Made]]:
    for number, symbol in enumerate(SYMBOLS):
        subject = real_subjects(folder)[symbol]
        desk = a_desk(day_of(subject))
        letter = letter_of(subject, desk, ASSOCIATION)
        deadline = subject.deadline
        until = () if deadline is None or subject.comments(desk.today) is Comments.NONE else (day(deadline.day),)
        yield f"{number}-article", Made(docx(article_of(subject, desk)), (symbol, "Thông tin thông báo", *until))
        yield f"{number}-letter", Made(letter_docx(letter, UNIT), (symbol, "Độc lập - Tự do - Hạnh phúc", *until))
        if letter.form:
            yield f"{number}-form", Made(comment_form_docx(letter), (symbol, "Căn cứ (số liệu, tiêu chuẩn quốc tế)"))


def _bulletins(folder: Path) -> Iterator[tuple[str, Made]]:
    for name, period in PERIODS.items():
        made = _bulletin(folder, period)
        refs = tuple(item.ref for field in made.fields for item in field.items)
        assert refs, name
        yield f"bulletin-{name}", Made(documents.docx(made), (made.title.text, *refs))


def _bulletin(folder: Path, name: str) -> Bulletin:
    """The bulletin of a period on those of the thirty notices that were circulated in it, all of them on a day."""
    period = read_period(name, 21)
    daily = period.kind is PeriodKind.DAY
    told = [one for one in real_subjects(folder).values() if daily or _is_in(one, period)]
    return bulletin_of(told, period, a_desk(TODAY))


def test_there_are_articles_and_letters_on_thirty_notices_and_three_bulletins(files: dict[str, Made]) -> None:
    names = [name.rpartition("-") for name in files]
    assert sum(kind == "article" for _, _, kind in names) >= SMALLEST
    assert sum(kind == "letter" for _, _, kind in names) >= SMALLEST
    assert sum(kind in PERIODS for _, _, kind in names) == len(PERIODS)


def test_every_file_says_what_it_should_in_the_house_style(files: dict[str, Made]) -> None:
    for name, made in files.items():
        read = Document(BytesIO(made.body))
        squeezed = _squeezed(_words_of(read))
        assert all(_squeezed(one) in squeezed for one in made.says), name
        page = read.sections[0]
        assert {round((one or 0) / Mm(1)) for one in (page.page_width, page.page_height)} == {210, 297}, name
        assert page.different_first_page_header_footer, name
        assert "PAGE" in page.header._element.xml, name  # noqa: SLF001 - the library has no fields of its own
        languages = {one.get(qn("w:val")) for one in read.styles.element.iter(qn("w:lang"))}
        assert languages == {"vi-VN"}, name
        assert read.core_properties.language == "vi-VN", name
        assert read.core_properties.title, name
        assert read.core_properties.author, name


def test_articles_and_bulletins_have_headings_and_tables_whose_heads_are_repeated(files: dict[str, Made]) -> None:
    for name in ("0-article", "bulletin-monthly", "bulletin-daily"):
        read = Document(BytesIO(files[name].body))
        styles = [one.style.name for one in read.paragraphs if one.style is not None]
        assert styles.count("Title") == 1, name
        assert styles.count("Heading 1") >= 2, name
    (table,) = Document(BytesIO(files["bulletin-monthly"].body)).tables
    assert "w:tblHeader" in table.rows[0]._tr.xml  # noqa: SLF001 - the library has no other way to the row's element


async def test_our_own_reader_reads_them(files: dict[str, Made]) -> None:
    reading = await DocumentReader().read(files["0-article"].body)
    assert reading.state is AttachmentState.READ


async def test_libreoffice_opens_every_file_and_its_pdf_has_words_and_fonts(
    files: dict[str, Made], tmp_path: Path
) -> None:
    """A machine without LibreOffice has opened the files as above only."""
    if libreoffice.program() is None:
        return
    paths = {name: tmp_path / f"{name}.docx" for name in files}
    for name, path in paths.items():
        path.write_bytes(files[name].body)
    pdfs = await asyncio.to_thread(libreoffice.as_pdfs, list(paths.values()), tmp_path)
    assert len(pdfs) == len(files)
    for (name, made), pdf in zip(files.items(), pdfs, strict=True):
        _assert_readable(name, made, pdf)


def test_the_pdfs_of_bulletins_have_words_and_fonts(test_data: Path) -> None:
    for name, period in PERIODS.items():
        made = _bulletin(test_data, period)
        refs = tuple(item.ref for field in made.fields for item in field.items)
        _assert_readable(name, Made(b"", (made.title.text, *refs)), documents.pdf(made))


def test_a_bulletin_of_a_month_holds_the_days_from_the_21st_to_the_20th_and_its_numbers_add_up(
    test_data: Path,
) -> None:
    period = read_period("2025-06", 21)
    assert (period.first, period.last) == (date(2025, 5, 21), date(2025, 6, 20))
    subjects = [one for one in real_subjects(test_data).values() if _is_in(one, period)]
    assert len(subjects) >= SMALLEST - len(SPANISH)
    made = bulletin_of(subjects, period, a_desk(TODAY))
    assert sum(len(field.items) for field in made.fields) == len(subjects)
    assert sum(partner.number for partner in made.partners) == len(subjects)
    for partner in made.partners:
        counted = [int(one) for one in partner.remarks[0].text.replace(",", " ").split() if one.isdigit()]
        assert sum(counted) == partner.number, partner.name
    assert f"Tổng hợp {len(subjects)} thông báo" in made.opening[0].text


def _is_in(subject: Subject, period: Period) -> bool:
    on = subject.content.distributed_on
    return on is not None and period.first <= on <= period.last


def _assert_readable(name: str, made: Made, pdf: bytes) -> None:
    read = pypdfium2.PdfDocument(pdf)
    assert len(read) > 0, name
    text = _squeezed("".join(page.get_textpage().get_text_range() for page in read))
    missing = [one for one in made.says if _squeezed(one) not in text]
    assert missing == [], name
    assert len(set(bytes(read[0].render(scale=0.2, grayscale=True).buffer))) > 1, name
    fonts = [raw.FPDFTextObj_GetFont(one.raw) for one in read[0].get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT])]
    assert fonts, name
    assert all(raw.FPDFFont_GetIsEmbedded(font) for font in fonts), name


def _squeezed(text: str) -> str:
    """Return a text without blanks and line ends, which a typesetter puts where it likes, composed and in small letters."""
    return "".join(unicodedata.normalize("NFC", text).replace("\ufffe", "").replace("\u00ad", "").split()).casefold()


def _words_of(read: WordDocument) -> str:
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in read.paragraphs), *cells])
