"""Phrases in texts: whole words, the longest, marks and capitals kept, and offsets into the text as it is stored."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sectors import Sorter, field_text
from app.domain.sectors.phrases import Lexicon, Sign
from app.domain.taxonomy import Exclusions, Mute, Phrase, Sector, Taxonomy, Theme, forms_of
from app.domain.text import phrase_form, searchable
from app.sources.taxonomy_file import bundled_taxonomy
from tests.domain.sectors.said import notice, related, told


def phrases(*patterns: str, language: str = "en") -> tuple[Phrase, ...]:
    return tuple(Phrase(pattern, language) for pattern in patterns)


def a_sector(name: str, *strong: str, language: str = "en", related: tuple[str, ...] = ()) -> Sector:
    return Sector(
        id=name,
        name_vi=name,
        name_en=name,
        strong=phrases(*strong, language=language),
        related=phrases(*related, language=language),
    )


def a_taxonomy(*sectors: Sector, **values: object) -> Taxonomy:
    return Taxonomy(version="test", weights=bundled_taxonomy().weights, sectors=sectors, **values)  # type: ignore[arg-type]


def found(taxonomy: Taxonomy, text: str) -> list[str]:
    return [text[one.start : one.end] for one in Lexicon(taxonomy).find(text) for rule in one.rules if rule.target]


@pytest.mark.parametrize("text", ["Codex", "price", "steam", "furniture", "coat", "nutrition", "steel"])
def test_parts_of_words_are_not_found(text: str) -> None:
    words = a_taxonomy(a_sector("goods", "cod", "rice", "tea", "fur", "oat", "nut", "eel"))
    assert found(words, text) == []


def test_marks_are_kept_and_case_is_not() -> None:
    words = a_taxonomy(a_sector("fabrics", "vải", language="vi"))
    assert found(words, "VẢI và vai") == ["VẢI"]


def test_of_phrases_that_overlap_the_longest_counts() -> None:
    words = a_taxonomy(a_sector("drinks", "coffee"), a_sector("machines", "coffee machine(s)"))
    assert found(words, "Coffee machines and coffee") == ["Coffee machines", "coffee"]


def test_a_decoy_hides_the_words_in_it() -> None:
    words = a_taxonomy(a_sector("fish", "sole"), decoys=phrases("sole importer"))
    assert found(words, "The sole importer of sole") == ["sole"]


def test_a_related_phrase_lessens_the_words_of_its_own_sector_only() -> None:
    words = a_taxonomy(a_sector("leather", "leather", related=("leather care",)), a_sector("care", "care"))
    rules = {rule.id for one in Lexicon(words).find("leather care") for rule in one.rules}
    assert rules == {"leather/related/en/leather care", "care/strong/en/care"}


def test_names_are_found_with_exactly_their_letters() -> None:
    words = a_taxonomy(a_sector("shirts", "áo", language="vi"), names=phrases("Áo", language="vi"))
    assert found(words, "Áo sửa quy định về áo") == ["áo"]


def test_a_theme_stands_beside_the_goods_but_not_in_a_decoy() -> None:
    lead = Theme(id="lead", name_vi="chì", name_en="Lead", phrases=phrases("lead"))
    words = a_taxonomy(a_sector("paint", "lead paint"), themes=(lead,), decoys=phrases("lead time"))
    assert found(words, "lead paint") == ["lead", "lead paint"]
    assert found(words, "lead time") == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Toys. This standard does not apply to footwear and shoes. It covers boots.", ["boots"]),
        ("Goods other than footwear, such as boots", ["boots"]),
        ("Goods, excluding footwear; boots", ["boots"]),
        ("Footwear (excluding boots) and shoes", ["Footwear", "shoes"]),
        ("Does not apply to limits of 0.3 mg in footwear", []),
    ],
)
def test_what_a_text_is_not_about_is_cut(text: str, left: list[str]) -> None:
    exclusions = Exclusions(sentence=phrases("does not apply to"), clause=phrases("other than", "excluding"))
    words = a_taxonomy(a_sector("footwear", "footwear", "shoes", "boots"), exclusions=exclusions)
    assert found(words, text) == left


@pytest.mark.parametrize(
    "text",
    [
        "G/TBT/N/RICE/12",
        "https://rice.example/rice",
        "www.rice.example",
        "rice@rice.example",
        "Ministry of Agriculture and Food",
        "Ministère de l'Agriculture et de l'Alimentation",
        "Ministerio de Agricultura, Pesca y Alimentación",
    ],
)
def test_numbers_addresses_and_offices_are_not_read(text: str) -> None:
    words = a_taxonomy(a_sector("food", "rice", "food", "agriculture", "alimentation", "alimentación", "pesca"))
    assert found(words, text) == []


def test_the_name_of_an_office_ends_where_the_matter_begins() -> None:
    words = a_taxonomy(a_sector("food", "animal products", "food"))
    assert found(words, "Circular of the Ministry of Agriculture and Food on Animal Products") == ["Animal Products"]


def test_an_exception_within_a_longer_phrase_of_the_same_family_counts() -> None:
    mute = Mute(id="feed", mutes=("food",), silences=False, when=phrases("feed"), unless=phrases("food"))
    words = a_taxonomy(a_sector("food", "food safety"), a_sector("pets", "pet food"), mutes=(mute,))

    def signs(text: str) -> set[Sign]:
        return {rule.sign for one in Lexicon(words).find(text) for rule in one.rules}

    assert Sign.UNLESS in signs("food safety")
    assert Sign.UNLESS not in signs("pet food")


def test_both_places_of_a_tone_mark_and_both_spellings_are_found() -> None:
    words = a_taxonomy(a_sector("fish", "thủy sản", language="vi"), spellings=(("vi", "giày", "giầy"),))
    assert found(words, "thuỷ sản") == ["thuỷ sản"]
    shoes = a_taxonomy(a_sector("shoes", "giày da", language="vi"), spellings=(("vi", "giày", "giầy"),))
    assert found(shoes, "Giầy da") == ["Giầy da"]


def test_decomposed_text_is_found_where_it_stands() -> None:
    words = a_taxonomy(a_sector("fabrics", "vải dệt", language="vi"))
    text = unicodedata.normalize("NFD", "Quy định về vải dệt kim")
    assert [unicodedata.normalize("NFC", quote) for quote in found(words, text)] == ["vải dệt"]


def test_letters_that_grow_when_folded_shift_no_offset() -> None:
    words = a_taxonomy(a_sector("food", "rice"))
    assert found(words, "Größe, İ, ﬁsh: rice") == ["rice"]


def test_a_run_of_blanks_is_one() -> None:
    words = a_taxonomy(a_sector("food", "rice flour"))
    assert found(words, "rice \n\t flour") == ["rice \n\t flour"]


@given(st.text(max_size=200))
def test_every_character_of_the_form_leads_back_into_the_text(text: str) -> None:
    read = searchable(text)
    assert read.form.startswith(" ")
    assert read.form.endswith(" ")
    for place in range(1, len(read.form) - 1):
        start, end = read.span(place, place + 1)
        assert 0 <= start < end <= len(text)


@given(st.text(alphabet="aả ̉İß-,ﬁ\n", max_size=40), st.sampled_from(["rice", "thóc gạo"]))
def test_a_word_behind_any_text_is_quoted_whole(before: str, word: str) -> None:
    text = f"{before} . {word}"
    words = a_taxonomy(a_sector("food", word))
    assert [quote.split() for quote in found(words, text)] == [word.split()]


@pytest.mark.parametrize(
    ("pattern", "forms"),
    [
        ("shoe(s)", ("shoe", "shoes")),
        ("fib(re|er)(s)", ("fibre", "fibres", "fiber", "fibers")),
        ("(raw |)hides", ("raw hides", "hides")),
        ("a(b(c|d)|e)", ("abc", "abd", "ae")),
    ],
)
def test_brackets_hold_what_may_be_there(pattern: str, forms: tuple[str, ...]) -> None:
    assert forms_of(pattern) == forms


@pytest.mark.parametrize("pattern", ["", "()", "(a", "a)", "-", "(a|b)" * 8, "a" * 121, "(" * 600, "(" * 400])
def test_phrases_that_cannot_be_looked_for_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|bracket"):
        forms_of(pattern)


def test_an_empty_lexicon_finds_nothing() -> None:
    assert Lexicon(a_taxonomy()).find("anything") == []
    assert phrase_form(" Non-Woven ") == " non woven "


def test_nomenclature_text_that_was_pasted_into_the_products_is_no_head(sorter: Sorter) -> None:
    pasted = "Polishes, creams and similar preparations, for footwear or leather, whether or not in the form of paper"
    assert "footwear" not in told(sorter, "Wax polish for floors", products=f"{pasted} (HS code(s): 340510)")


def test_examples_among_many_materials_are_mere_mentions(sorter: Sorter) -> None:
    products = "Building materials, mainly including wooden boards, plastics, textiles, furniture, photovoltaic modules"
    found = sorter.classify(notice("Classification of burning behaviour", products=products))
    assert "textiles" in related(found)


def test_an_unknown_field_of_evidence_is_an_error() -> None:
    with pytest.raises(AttributeError):
        field_text(notice("x"), "no_such_field")
