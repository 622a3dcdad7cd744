"""Two wordings are compared by whole words, whatever the language, and nothing of either is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.differences import MOST_WORDS, Fate, Piece, word_differences, words_of

ALPHABET = "aáạăâđ ñ¿¡0123456789.,-+%/()\n\ṭ"


def side(pieces: tuple[Piece, ...], fate: Fate) -> str:
    return "".join(piece.text for piece in pieces if piece.fate in {Fate.KEPT, fate})


def changed(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.fate.value, piece.text) for piece in word_differences(before, after) if piece.fate is not Fate.KEPT]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("hạn là 12/01/2027", "hạn là 26/01/2027", [("removed", "12/01/2027"), ("added", "26/01/2027")]),
        ("mức 0,01 mg/kg", "mức 0,05 mg/kg", [("removed", "0,01"), ("added", "0,05")]),
        ("at -18 °C", "at -20 °C", [("removed", "-18"), ("added", "-20")]),
        ("giầy vải", "giày vải", [("removed", "giầy"), ("added", "giày")]),
        ("da giầy", "da giầy dép", [("added", " dép")]),
        ("El niño", "El nino", [("removed", "niño"), ("added", "nino")]),
        ("(G/TBT/N/EU/922)", "(G/TBT/N/EU/922/Add.1)", [("removed", "G/TBT/N/EU/922"), ("added", "G/TBT/N/EU/922/Add.1")]),
        ("HS 6109, 6110", "HS 6109, 6111", [("removed", "6110"), ("added", "6111")]),
        ("12,5% cotton", "12,6% cotton", [("removed", "12,5%"), ("added", "12,6%")]),
        ("small red box", "large green box", [("removed", "small red"), ("added", "large green")]),
        ("the same", "the same", []),
    ],
)  # fmt: skip
def test_what_changed_is_whole_words(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert changed(before, after) == expected


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80), st.text(ALPHABET, max_size=80))
def test_both_wordings_can_be_read_back(before: str, after: str) -> None:
    pieces = word_differences(before, after)
    assert side(pieces, Fate.REMOVED) == before
    assert side(pieces, Fate.ADDED) == after


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80), st.text(ALPHABET, max_size=80))
def test_no_piece_begins_or_ends_inside_a_word(before: str, after: str) -> None:
    for wording, fate in ((before, Fate.REMOVED), (after, Fate.ADDED)):
        starts, place = {0}, 0
        for word in words_of(wording):
            place += len(word)
            starts.add(place)
        place = 0
        for piece in word_differences(before, after):
            if piece.fate in {Fate.KEPT, fate}:
                place += len(piece.text)
                assert place in starts


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=80))
def test_words_joined_are_the_text(text: str) -> None:
    assert "".join(words_of(text)) == text


def test_a_text_without_end_is_compared_up_to_a_bound() -> None:
    long = "a " * MOST_WORDS
    assert len(words_of(long)) == MOST_WORDS + 1
    assert side(word_differences(long, long + "b"), Fate.ADDED) == long + "b"
