"""Articles and letters on thirty real notices: every sentence has its source, none has a fault, every file opens."""

import asyncio
import re
from pathlib import Path

import pypdfium2
import pytest

from app.domain.articles import Comments, Origin, Shape, Subject, without_source
from app.domain.attachments import AttachmentState
from app.i18n.sentences import kit_ids
from app.sources.documents import DocumentReader
from app.texts.article.compose import LONGEST_TITLE, article_of
from app.texts.article.docx import docx
from app.texts.article.html import html
from app.texts.article.plain import plain
from app.texts.article.structured import sourced
from app.texts.house_tables import findings_in
from app.texts.letter import letter_of
from app.texts.letter_docx import comment_form_docx, letter_docx
from tests.house import ROOT
from tests.peers import libreoffice
from tests.texts.real_notices import (
    DRAFTS,
    EMERGENCIES,
    JOINT,
    NO_DEADLINE,
    PASSED,
    SPANISH,
    SYMBOLS,
    TODAY,
    UNIT,
    a_desk,
    examples,
    real_subjects,
)

ASSOCIATION = "Hiệp hội Da - Giầy - Túi xách Việt Nam"
CALLS = re.compile(r"Hạn cuối cùng|trước ngày|ngay trong ngày")


@pytest.fixture
def subjects(test_data: Path) -> dict[str, Subject]:
    found = real_subjects(test_data)
    assert len(found) >= 30
    return found


def test_no_sentence_of_an_article_or_letter_is_without_a_source(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        for document in (article_of(subject, a_desk()), letter_of(subject, a_desk(), ASSOCIATION)):
            assert without_source(document.sentences()) == []
            assert all(one["fields"] and one["text"] for one in sourced(document))


def test_each_sentence_is_of_the_kit_or_the_notices_own(subjects: dict[str, Subject]) -> None:
    """Nobody wrote Vietnamese for these notices, so that nothing else can stand there."""
    for subject in subjects.values():
        content = subject.content
        own = " ".join([*(title for _, title in content.titles), content.description, content.products]).split()
        for _, one in article_of(subject, a_desk()).sentences():
            if one.origin is Origin.ORIGINAL:
                words = one.text.strip("“”").split()
                assert " ".join(words) in " ".join(own) or one.fields[0] not in {"description", "title:en", "title:es"}
            else:
                assert one.origin is Origin.KIT
                assert one.kit in kit_ids()


def test_no_article_or_letter_has_a_fault_of_the_house_forms(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        for document in (article_of(subject, a_desk()), letter_of(subject, a_desk(), ASSOCIATION)):
            assert findings_in(document.sentences(), TODAY) == ()


def test_titles_are_short_enough_and_name_the_member(subjects: dict[str, Subject]) -> None:
    titles = [article_of(subject, a_desk()).title.text for subject in subjects.values()]
    assert all(len(title) <= LONGEST_TITLE for title in titles)
    assert "Đài Loan (Trung Quốc) ban hành" in " ".join(titles)


def test_a_call_for_comments_stands_only_where_comments_are_taken(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        article = article_of(subject, a_desk())
        called = any(CALLS.search(one.text) for part, one in article.sentences() if one.origin is Origin.KIT)
        assert called == (article.comments is Comments.OPEN), subject.ref
    assert all(subjects[symbol].comments(TODAY) is Comments.PASSED for symbol in PASSED)
    assert all(subjects[symbol].comments(TODAY) is Comments.NONE for symbol in NO_DEADLINE)
    assert all(subjects[symbol].comments(TODAY) is Comments.OPEN for symbol in DRAFTS)


def test_joint_notices_name_every_symbol_and_emergencies_say_so(subjects: dict[str, Subject]) -> None:
    for symbol in JOINT:
        text = plain(article_of(subjects[symbol], a_desk()))
        assert all(one in text for one in subjects[symbol].content.symbols)
        assert "thông báo chung của 5 Thành viên WTO (Burundi, Kenya, Rwanda, Tanzania, Uganda)" in text
    for symbol in EMERGENCIES:
        assert subjects[symbol].shape is Shape.EMERGENCY
        assert "áp dụng biện pháp khẩn cấp" in article_of(subjects[symbol], a_desk()).title.text


def test_spanish_words_stay_spanish_in_a_marked_box(subjects: dict[str, Subject]) -> None:
    for symbol in SPANISH:
        page = html(article_of(subjects[symbol], a_desk()))
        assert 'class="original"' in page
        language = subjects[symbol].content.titles[0][0]
        assert f'lang="{language}"' in page
    titles = [subjects[symbol].content.titles[0][0] for symbol in SPANISH]
    assert titles.count("es") >= 4


def test_the_examples_are_what_is_made_today(test_data: Path) -> None:
    made = examples(test_data)
    assert {name: (ROOT / "docs" / "examples" / name).read_text("utf-8") for name in made} == made


async def test_every_word_file_opens_and_says_what_it_should(subjects: dict[str, Subject], tmp_path: Path) -> None:
    files: list[Path] = []
    for number, symbol in enumerate(SYMBOLS):
        article = article_of(subjects[symbol], a_desk())
        letter = letter_of(subjects[symbol], a_desk(), ASSOCIATION)
        made = {"article": docx(article), "letter": letter_docx(letter, UNIT)}
        if letter.form:
            made["form"] = comment_form_docx(letter)
        for name, body in made.items():
            files.append(tmp_path / f"{number}-{name}.docx")
            files[-1].write_bytes(body)
    readings = await asyncio.gather(*(DocumentReader().read(file.read_bytes()) for file in files[:6]))
    assert {reading.state for reading in readings} == {AttachmentState.READ}
    assert SYMBOLS[0] in readings[0].text
    # A machine without LibreOffice has read the files with the reader above only.
    if libreoffice.program() is not None:
        pdfs = await asyncio.to_thread(libreoffice.as_pdfs, files, tmp_path)
        assert all(len(pypdfium2.PdfDocument(pdf)) >= 1 for pdf in pdfs)
        first = pypdfium2.PdfDocument(pdfs[0])
        assert SYMBOLS[0] in first[0].get_textpage().get_text_range()
