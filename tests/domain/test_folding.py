import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.folding import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đường, da giầy và thuốc trừ sâu", "duong da giay va thuoc tru sau"),
        ("đường", "duong"),
        ("G/TBT/N/USA/2211/Add.1", "g tbt n usa 2211 add 1"),
        ("  2,4-D\u00a0 và\tm²  ", "2 4 d va m2"),
        ("ＨＳ ６４０３", "hs 6403"),
        ("Straße ŁÓDŹ smørrebrød", "strasse lodz smorrebrod"),
        ("%%%% & | ! <-> '\" \x00", ""),
    ],
)
def test_folding_keeps_words_and_nothing_else(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_composed_and_decomposed_text_fold_alike_and_folding_twice_changes_nothing(text: str) -> None:
    once = fold(unicodedata.normalize("NFC", text))
    assert once == fold(unicodedata.normalize("NFD", text)) == fold(once)


@given(st.text())
def test_folded_text_is_words_joined_by_single_spaces(text: str) -> None:
    words = fold(text).split(" ")
    assert words == [""] or all(word.isalnum() for word in words)
