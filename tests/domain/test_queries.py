import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.folding import accented, fold
from app.domain.notices import Content
from app.domain.queries import (
    Query,
    hs_wanted,
    parse_query,
    relevance,
    searchable,
    spellings,
    thesaurus_of,
    widened,
    without_telex,
)
from app.domain.telex import read_telex

THESAURUS = thesaurus_of(
    [
        (("footwear", "shoes"), ("da giày", "giày dép")),
        (("fabrics",), ("vải",)),
        (("lychee",), ("vải thiều", "quả vải")),
        (("cashew",), ("hạt điều", "điều")),
        (("technical regulation",), ("quy chuẩn kỹ thuật",)),
    ]
)


def also(text: str) -> set[str]:
    return set(widened(parse_query(text), THESAURUS).also_searched)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà bình", "hòa bình"),
        ("thuỷ sản", "thủy sản"),
        ("da giầy", "da giày"),
        ("kĩ thuật", "kỹ thuật"),
        ("qui chuẩn", "quy chuẩn"),
        ("mĩ phẩm", "mỹ phẩm"),
        ("ĐƯỜNG", "đường"),
    ],
)
def test_ways_to_spell_one_word_are_one_with_its_accents(one: str, other: str) -> None:
    for form in ("NFC", "NFD"):
        assert accented(unicodedata.normalize(form, one)) == accented(other)


@pytest.mark.parametrize(("one", "other"), [("vải", "vai"), ("điều", "điêu"), ("muối", "muỗi"), ("đường", "dương")])
def test_accents_tell_words_apart(one: str, other: str) -> None:
    assert accented(one) != accented(other)


@given(st.text())
def test_accented_words_fold_to_the_words_of_the_whole_but_for_i_and_y(text: str) -> None:
    assert accented(unicodedata.normalize("NFC", text)) == accented(unicodedata.normalize("NFD", text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Điều 5 của Nghị định", "article 5 cua nghi dinh"),
        ("hạt điều 5 kg", "hat dieu 5 kg"),
        ("điều kiện", "dieu kien"),
    ],
)
def test_an_article_of_a_law_is_no_cashew(text: str, folded: str) -> None:
    assert fold(text) == fold(unicodedata.normalize("NFD", text)) == folded


def test_syllables_are_looked_for_with_i_and_with_y() -> None:
    assert spellings(("ki", "thuat")) == (("ki", "thuat"), ("ky", "thuat"))
    assert spellings(("tea",)) == (("tea",),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("da giày", {"footwear", "shoes", "giày dép"}),
        ("da giầy", {"footwear", "shoes", "giày dép"}),
        ("da giay", {"footwear", "shoes", "giày dép"}),
        ("Shoes", {"footwear", "da giày", "giày dép"}),
        ("vải", {"fabrics"}),
        ("vai", set()),
        ("vải thiều", {"lychee", "quả vải"}),
        ("điều", {"cashew", "hạt điều"}),
        ("điều kiện", set()),
        ("Điều 5", set()),
        ("hạt điều Ấn Độ", {"cashew"}),
        ("qui chuẩn kĩ thuật", {"technical regulation"}),
        ('"da giày"', set()),
        ("shoes*", set()),
    ],
)
def test_other_names_are_those_of_the_words_that_were_meant(text: str, expected: set[str]) -> None:
    assert also(text) == expected


@pytest.mark.parametrize(
    ("keys", "word"),
    [
        ("thuyr", "thủy"),
        ("sanr", "sản"),
        ("giayf", "giày"),
        ("dduwowngf", "đường"),
        ("dduowngf", "đường"),
        ("suwax", "sữa"),
        ("caf", "cà"),
        ("phee", "phê"),
        ("khoair", "khoải"),
        ("hoaf", "hòa"),
        ("quyf", "quỳ"),
    ],
)
def test_telex_is_read_as_the_word_that_was_meant(keys: str, word: str) -> None:
    assert read_telex(keys) == word


@pytest.mark.parametrize("word", ["footwear", "toys", "cars", "beans", "standards", "usa", "2211", "draft", "x", ""])
def test_other_words_are_no_telex(word: str) -> None:
    assert read_telex(word) is None


def test_a_query_without_telex_stays_as_it_is() -> None:
    assert without_telex(parse_query("footwear labelling")) is None
    read = without_telex(parse_query("thuyr sanr"))
    assert read is not None
    assert [term.words for term in read.terms] == [("thuy",), ("san",)]


@pytest.mark.parametrize(
    "text", ["G/TBT/N/USA/2211", "g/tbt/n/usa/2211", "g tbt n usa 2211", "G / TBT / N / USA / 2211", "TBT/N/USA/2211"]
)
def test_a_symbol_is_one_term_however_it_is_typed(text: str) -> None:
    (term,) = parse_query(text).terms
    assert term.words[-4:] == ("tbt", "n", "usa", "2211")


@pytest.mark.parametrize(
    ("text", "hs"),
    [("HS 64", ("64",)), ("hs6403.99", ("640399",)), ("mã HS: 0904", ("0904",)), ("0904", ()), ("64", ())],
)
def test_codes_of_the_harmonized_system_are_told_by_their_name(text: str, hs: tuple[str, ...]) -> None:
    assert parse_query(text).hs == hs


@pytest.mark.parametrize(
    ("text", "hs"), [("0904", "0904"), ("6403.99", "640399"), ("64", ""), ("9999", ""), ("2,4-D", "")]
)
def test_a_bare_number_may_be_a_code(text: str, hs: str) -> None:
    (term,) = parse_query(text).terms
    assert term.hs == hs


@given(st.from_regex(r"[0-9]{2,10}", fullmatch=True), st.from_regex(r"[0-9]{2,10}", fullmatch=True))
def test_a_code_is_found_by_those_above_and_below_it_and_no_others(stated: str, asked: str) -> None:
    held = set(searchable(Content(symbols=("G/TBT/N/USA/1",), hs=(stated,))).split())
    assert (not held.isdisjoint(hs_wanted(asked))) == (stated.startswith(asked) or asked.startswith(stated))


def rank(text: str, title: str, description: str = "") -> int:
    query: Query = widened(parse_query(text), THESAURUS)
    return relevance(query, Content(symbols=("G/TBT/N/EU/1",), titles=(("vi", title),), description=description))


def test_relevance_falls_from_the_exact_words_to_other_names() -> None:
    ranks = [
        rank("G/TBT/N/EU/1", "x"),
        rank("muối ăn", "Quy chuẩn về muối ăn"),
        rank("muối ăn", "Thức ăn và muối"),
        rank("muối ăn", "Thực phẩm", "muối ăn"),
        rank("muối ăn", "Thực phẩm", "ăn với muối"),
        rank("muối ăn", "Muỗi ăn lá"),
        rank("muối ăn", "Ăn muỗi"),
        rank("muối ăn", "Thực phẩm", "muoi an"),
        rank("muối ăn", "Thực phẩm", "an muoi"),
        rank("muối ăn", "Table salt"),
    ]
    assert ranks == sorted(set(ranks))
