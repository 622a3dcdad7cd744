"""Boxes and their Vietnamese: what marks cut, when a text is open again, what may be kept."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.boxes import (
    LONGEST_TEXT,
    Box,
    BoxState,
    MarkedPiece,
    Span,
    Written,
    checked_text,
    is_draftable,
    is_reopened,
    marked_pieces,
    original_of,
    tongue_of,
    vietnamese_of,
    wrote_since_review,
)
from app.domain.errors import AppError
from tests.builders import a_content

CONTENT = a_content("G/TBT/N/USA/1", objectives=("Food safety", "Other"))


def written(box: Box = Box.TITLE, **values: Any) -> Written:
    standing: dict[str, Any] = {
        "number": 1,
        "text": "Dự thảo",
        "state": BoxState.TRANSLATED,
        "original": original_of(CONTENT, box),
        "written_by": 1,
        "reviewed_by": None,
        "at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    return Written(box=box, **(standing | values))


SPANS = st.builds(Span, st.integers(-3, 30), st.integers(-3, 30), st.text("ab ", max_size=5), st.integers(1, 4))


@given(st.text("ab ", max_size=25), st.lists(SPANS, max_size=6), st.data())
def test_pieces_joined_are_the_text_whatever_is_marked(text: str, strange: list[Span], data: st.DataObject) -> None:
    ends = st.integers(0, len(text))
    pairs = data.draw(st.lists(st.tuples(ends, ends, st.integers(1, 4)), max_size=6))
    sound = [Span(start, end, text[start:end], mark) for start, end, mark in pairs if start < end]
    pieces = marked_pieces(text, [*strange, *sound])
    assert "".join(one.text for one in pieces) == text
    marks = [set(one.marks) for one in pieces for _ in one.text]
    for one in sound:
        assert all(one.mark in marks[place] for place in range(one.start, one.end))


def test_overlapping_evidence_of_two_labels_is_told_apart_by_number() -> None:
    spans = [Span(0, 12, "cotton socks", 1), Span(7, 12, "socks", 2), Span(0, 6, "silken", 3)]
    assert marked_pieces("cotton socks!", spans) == (
        MarkedPiece("cotton ", (1,)),
        MarkedPiece("socks", (1, 2)),
        MarkedPiece("!"),
    )


def test_a_text_is_open_again_once_its_own_original_changed() -> None:
    other = a_content("G/TBT/N/USA/1", titles=(("en", "Another title"),))
    assert not is_reopened(written(), CONTENT)
    assert is_reopened(written(), other)
    assert not is_reopened(written(Box.IMPACT), other)


def test_texts_take_what_stands_and_mails_only_what_was_reviewed() -> None:
    reviewed = written(Box.PRODUCTS, state=BoxState.REVIEWED, reviewed_by=2, text="Hàng dệt")
    old = written(Box.DESCRIPTION, original="before")
    standing = {Box.TITLE: written(), Box.PRODUCTS: reviewed, Box.DESCRIPTION: old}
    said = vietnamese_of(standing, CONTENT)
    assert (said.title, said.products, said.description) == ("Dự thảo", "Hàng dệt", "")
    said = vietnamese_of(standing, CONTENT, only_reviewed=True)
    assert (said.title, said.products) == ("", "Hàng dệt")


def test_what_a_machine_wrote_is_used_in_no_text() -> None:
    drafted = written(state=BoxState.MACHINE, written_by=None, asked_by=1)
    assert vietnamese_of({Box.TITLE: drafted}, CONTENT).title == ""
    assert vietnamese_of({Box.TITLE: drafted}, CONTENT, only_reviewed=True).title == ""
    assert not wrote_since_review([drafted], 1)


def test_a_machine_may_draft_what_has_an_original_and_no_persons_text() -> None:
    other = a_content("G/TBT/N/USA/1", titles=(("en", "Another title"),))
    drafted = written(state=BoxState.MACHINE, written_by=None, asked_by=1)
    assert is_draftable(None, CONTENT, Box.TITLE)
    assert not is_draftable(None, CONTENT, Box.IMPACT)
    assert not is_draftable(None, a_content("G/TBT/N/USA/1", titles=()), Box.TITLE)
    assert is_draftable(written(text=""), CONTENT, Box.TITLE)
    assert not is_draftable(written(), CONTENT, Box.TITLE)
    assert not is_draftable(written(), other, Box.TITLE)  # open again, but somebody's words
    assert not is_draftable(drafted, CONTENT, Box.TITLE)
    assert is_draftable(drafted, other, Box.TITLE)


def test_labels_of_the_wto_are_english_in_every_notice() -> None:
    spanish = a_content("G/TBT/N/CHL/1", titles=(("es", "Proyecto"),))
    assert [tongue_of(spanish, box) for box in (Box.TITLE, Box.DESCRIPTION, Box.OBJECTIVES)] == ["es", "es", "en"]
    assert tongue_of(a_content("G/TBT/N/CHL/1", titles=()), Box.TITLE) == "en"


def test_who_wrote_since_the_last_review_is_known() -> None:
    one, two = written(), written(number=2, written_by=2)
    review = written(number=3, written_by=2, state=BoxState.REVIEWED, reviewed_by=3)
    assert wrote_since_review([one, two], 1)
    assert not wrote_since_review([one, two], 3)
    assert not wrote_since_review([one, two, review], 1)
    assert wrote_since_review([one, two, review, written(number=4)], 1)


def test_a_typed_text_is_kept_composed_with_plain_line_ends() -> None:
    assert checked_text("  a\u0301\r\nb\rc \r") == "\u00e1\nb\nc"


@pytest.mark.parametrize(
    ("typed", "code"),
    [("a" * (LONGEST_TEXT + 1), "text-long"), ("a\0b", "text-unprintable"), ("a\x1b[2J", "text-unprintable")],
)
def test_what_no_page_can_print_is_refused(typed: str, code: str) -> None:
    with pytest.raises(AppError) as refused:
        checked_text(typed)
    assert (refused.value.code, refused.value.field) == (code, "text")
