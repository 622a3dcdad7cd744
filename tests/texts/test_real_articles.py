"""Articles and letters on thirty real notices: every sentence has its source, none has a fault, every file opens."""

import re
from pathlib import Path

import pytest

from app.domain.articles import Comments, Origin, Shape, Subject, without_source
from app.i18n.sentences import kit_ids
from app.texts.article.compose import LONGEST_TITLE, article_of
from app.texts.article.html import html
from app.texts.article.naming import day
from app.texts.article.plain import plain
from app.texts.article.structured import sourced
from app.texts.house_tables import findings_in
from app.texts.letter import letter_of
from tests.texts.examples import FOLDER, examples
from tests.texts.real_notices import (
    DRAFTS,
    EMERGENCIES,
    JOINT,
    NO_DEADLINE,
    PASSED,
    SPANISH,
    TODAY,
    a_desk,
    day_of,
    real_subjects,
)

ASSOCIATION = "Hiệp hội Da - Giầy - Túi xách Việt Nam"
NOT_LATIN = re.compile(r"[\u0370-\u1dff\u2e80-\ud7ff\uf900-\uffef]")
"""Letters of no language that the ministry writes in."""
FOREIGN = re.compile(r"\b(?:the|of|and|for|from|with|el|los|las|del|para|les|des|aux|pour)\b", re.IGNORECASE)
ADDRESS = re.compile(r"https?://\S+")
CALLS = re.compile(r"Hạn cuối cùng|trước ngày|ngay trong ngày")


@pytest.fixture
def subjects(test_data: Path) -> dict[str, Subject]:
    found = real_subjects(test_data)
    assert len(found) >= 30
    return found


def test_no_sentence_of_an_article_or_letter_is_without_a_source(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        for document in (
            article_of(subject, a_desk(day_of(subject))),
            letter_of(subject, a_desk(day_of(subject)), ASSOCIATION),
        ):
            assert without_source(document.sentences()) == []
            assert all(one["fields"] and one["text"] for one in sourced(document))


def test_each_sentence_is_of_the_kit_or_the_notices_own(subjects: dict[str, Subject]) -> None:
    """Nobody wrote Vietnamese for these notices, so that nothing else can stand there."""
    for subject in subjects.values():
        content = subject.content
        own = " ".join([*(title for _, title in content.titles), content.description, content.products]).split()
        for _, one in article_of(subject, a_desk(day_of(subject))).sentences():
            if one.origin is Origin.ORIGINAL:
                words = one.text.strip("“”").split()
                assert " ".join(words) in " ".join(own) or one.fields[0] not in {"description", "title:en", "title:es"}
            else:
                assert one.origin is Origin.KIT
                assert one.kit in kit_ids()


def test_no_article_or_letter_has_a_fault_of_the_house_forms(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        for document in (
            article_of(subject, a_desk(day_of(subject))),
            letter_of(subject, a_desk(day_of(subject)), ASSOCIATION),
        ):
            assert findings_in(document.sentences(), day_of(subject)) == ()


def test_titles_are_short_enough_and_name_the_member(subjects: dict[str, Subject]) -> None:
    titles = [article_of(subject, a_desk(day_of(subject))).title.text for subject in subjects.values()]
    assert all(len(title) <= LONGEST_TITLE for title in titles)
    assert "Đài Loan (Trung Quốc) ban hành" in " ".join(titles)


def test_a_call_for_comments_stands_only_where_comments_are_taken(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        article = article_of(subject, a_desk(day_of(subject)))
        called = any(CALLS.search(one.text) for part, one in article.sentences() if one.origin is Origin.KIT)
        assert called == (article.comments is Comments.OPEN), subject.ref
    assert all(subjects[symbol].comments(TODAY) is Comments.PASSED for symbol in PASSED)
    assert all(subjects[symbol].comments(TODAY) is Comments.NONE for symbol in NO_DEADLINE)
    assert all(subjects[symbol].comments(TODAY) is Comments.OPEN for symbol in DRAFTS)


def test_joint_notices_name_every_symbol_and_emergencies_say_so(subjects: dict[str, Subject]) -> None:
    for symbol in JOINT:
        text = plain(article_of(subjects[symbol], a_desk(day_of(subjects[symbol]))))
        assert all(one in text for one in subjects[symbol].content.symbols)
        assert "thông báo chung của 5 Thành viên WTO (Burundi, Kenya, Rwanda, Tanzania và Uganda)" in text
    for symbol in EMERGENCIES:
        assert subjects[symbol].shape is Shape.EMERGENCY
        assert "áp dụng biện pháp khẩn cấp" in article_of(subjects[symbol], a_desk(day_of(subjects[symbol]))).title.text


def test_spanish_words_stay_spanish_in_a_marked_box(subjects: dict[str, Subject]) -> None:
    for symbol in SPANISH:
        page = html(article_of(subjects[symbol], a_desk(day_of(subjects[symbol]))))
        assert 'class="original"' in page
        language = subjects[symbol].content.titles[0][0]
        assert f'lang="{language}"' in page
    titles = [subjects[symbol].content.titles[0][0] for symbol in SPANISH]
    assert titles.count("es") >= 4


def test_the_examples_are_what_is_made_today(test_data: Path) -> None:
    made = examples(test_data)
    assert {name: (FOLDER / name).read_text("utf-8") for name in made} == made


def test_the_internal_deadline_is_never_after_the_wtos_and_letters_ask_only_while_comments_are_taken(
    subjects: dict[str, Subject],
) -> None:
    asked = 0
    for subject in subjects.values():
        desk = a_desk(day_of(subject))
        letter, internal = letter_of(subject, desk, ASSOCIATION), subject.internal(desk.today, desk.calendar)
        is_open = subject.comments(desk.today) is Comments.OPEN
        assert bool(letter.form) == is_open == (internal is not None), subject.ref
        assert ("góp ý" in letter.subject.text) == is_open, subject.ref
        if internal is not None and subject.deadline is not None:
            asked += 1
            assert desk.today <= internal.day <= subject.deadline.day
            assert day(internal.day) in letter.request[0].text
    assert asked >= 15


def test_nothing_foreign_stands_in_a_vietnamese_sentence_without_a_mark(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        desk = a_desk(day_of(subject))
        for document in (article_of(subject, desk), letter_of(subject, desk, ASSOCIATION)):
            for _, one in document.sentences():
                ours = ADDRESS.sub("", one.text.partition("(nguyên văn ")[0]) if one.language == "vi" else ""
                assert not NOT_LATIN.search(ours), one.text
                assert not FOREIGN.search(ours), one.text


def test_each_follow_up_cites_its_base_in_the_first_sentence_and_no_symbol_is_told_twice_in_a_sapo(
    subjects: dict[str, Subject],
) -> None:
    for subject in subjects.values():
        article = article_of(subject, a_desk(day_of(subject)))
        (content,) = [one for one in article.sections if one.id == "content"]
        if subject.base_symbol:
            assert f"mã {subject.base_symbol}" in content.sentences[0].text
        assert article.sapo[0].text.count(subject.content.symbols[0]) == 1


def test_what_is_not_there_is_not_said_to_be_enclosed(subjects: dict[str, Subject]) -> None:
    for subject in subjects.values():
        letter = letter_of(subject, a_desk(day_of(subject)), ASSOCIATION)
        assert ("(gửi kèm)" in letter.opening[0].text) == bool(letter.enclosed), subject.ref


def test_a_mark_names_the_language_in_which_the_words_really_stand(subjects: dict[str, Subject]) -> None:
    """A record of Morocco says English for a French title and Korean goods."""
    text = plain(article_of(subjects["G/SPS/N/MAR/118"], a_desk(day_of(subjects["G/SPS/N/MAR/118"]))))
    assert "NGUYÊN VĂN THÔNG BÁO (TIẾNG PHÁP)" in text
    assert "bị ảnh hưởng (nguyên văn tiếng Hàn Quốc): " in text
    assert "tiếng Anh" not in text
