"""The taxonomy file: what is taken, and what is refused with file, line and reason."""

from collections.abc import Callable
from importlib.resources import files

import pytest

from app.domain.taxonomy import Phrase
from app.sources.taxonomy_file import bundled_taxonomy, read_taxonomy

HEAD = """\
version: "1"
weights: {hs: 0.9, hs_related: 0.4, hs_broad: 0.7, hs_minor: 0.5, ics: 0.8, ics_related: 0.4, head: 0.75,
  head_more: 0.85, body: 0.4, body_more: 0.6, body_alone: 0.7, touching: 0.4, listed: 0.1, weak: 0.1, weak_most: 0.3,
  form_alone: 0.7,  primary_from: 0.7, related_from: 0.35, sure_from: 0.75}
"""
SECTORS = """\
sectors:
  food:
    name: {vi: Thực phẩm, en: Food}
    aliases: [food_agriculture]
    hs: {primary: [0401, "02-04"]}
    strong: {en: [food(s)]}
  rice:
    name: {vi: Gạo, en: Rice}
    parent: food
    ics: {primary: [67.060]}
    strong: {en: [rice], vi: [gạo]}
"""


def complaints(text: str | bytes) -> list[str]:
    body = text if isinstance(text, bytes) else text.encode()
    reading = read_taxonomy(body, "mine.yaml")
    assert (reading.taxonomy is None) == bool(reading.complaints)
    return [str(complaint) for complaint in reading.complaints]


def edited(*edits: tuple[str, str]) -> str:
    text = HEAD + SECTORS
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return text


def test_codes_are_taken_as_they_are_written() -> None:
    taxonomy = read_taxonomy(edited((', "02-04"', ', "02"')).encode(), "mine.yaml").taxonomy
    assert taxonomy is not None
    assert taxonomy.by_id["food"].hs.primary == ("0401", "02")
    assert taxonomy.by_id["rice"].ics.primary == ("67060",)
    assert taxonomy.by_id["rice"].strong == (Phrase("rice", "en"), Phrase("gạo", "vi"))
    assert taxonomy.children_of("food") == ("rice",)


def test_the_version_changes_with_the_text() -> None:
    one = read_taxonomy(edited().encode(), "a").taxonomy
    other = read_taxonomy(edited(("gạo", "thóc")).encode(), "a").taxonomy
    assert one is not None
    assert other is not None
    assert one.version.startswith("1+")
    assert one.version != other.version


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (("aliases:", "alias:"), "mine.yaml:8: unknown key 'alias'"),
        (("name: {vi: Gạo, en: Rice}", "name: {vi: Gạo}"), "mine.yaml:12: 'en' is missing"),
        (("[0401,", "[9999999, 77,"), "mine.yaml:9: '77' is no HS code"),
        (("[67.060]", "[67.0601]"), "mine.yaml:14: '67.0601' is no ICS code"),
        (('"02-04"', '"04-02"'), "mine.yaml:9: '04-02' is no HS code"),
        (("[0401,", "[0401, 0401,"), "mine.yaml:9: code '0401' stands in this list twice"),
        (("  rice:", "  food:"), "mine.yaml:11: 'food' stands here twice"),
        (("  rice:", "  Rice_1:"), "'Rice_1' is no id"),
        (("parent: food", "parent: fish"), "'fish' is no sector at the top"),
        (("parent: food", "aliases: [food-agriculture]"), "'food-agriculture' already means 'food'"),
        (("[food(s)]", "[food(s]"), "mine.yaml:10: a bracket is not closed"),
        (("[food(s)]", "[" + "(a|b)" * 8 + "]"), "mine.yaml:10: a phrase stands for more than 128 others"),
        (("[food(s)]", "[food(s), Foods]"), "mine.yaml:10: 'Foods' adds nothing to 'food(s)'"),
        (("[food(s)]", "food"), "mine.yaml:10: a list is needed here"),
        (("{en: [food(s)]}", "{de: [essen]}"), "mine.yaml:10: unknown key 'de'"),
        (("hs: 0.9", "hs: 1.5"), "mine.yaml:2: '1.5' is no number from 0 to 1"),
        (("hs: 0.9", "hs: much"), "mine.yaml:2: 'much' is no number from 0 to 1"),
        (("hs: 0.9, ", ""), "mine.yaml:2: 'hs' is missing"),
        (("primary_from: 0.7", "primary_from: 0.3"), "the lines must rise"),
        (('version: "1"', "version: [1]"), "mine.yaml:1: a word or a number is needed here"),
    ],
)
def test_a_fault_is_named_by_line_and_reason(edit: tuple[str, str], complaint: str) -> None:
    assert any(complaint in said for said in complaints(edited(edit)))


@pytest.mark.parametrize(
    ("addition", "complaint"),
    [
        ("decoys: {odd: {en: [rice]}}\n", "'rice' is a decoy here and a phrase of 'rice' too"),
        ("decoys: {odd: [rice]}\n", "a mapping of keys to values is needed here"),
        ("mutes: {m: {mutes: [fish], leaves: related, when: {}}}\n", "'fish' is no sector of this file"),
        ("mutes: {m: {mutes: [food], leaves: some, when: {}}}\n", "'some' is neither 'related' nor 'nothing'"),
        ("spellings: {en: [[a, b, c]]}\n", "a pair of two spellings is needed here"),
        ("outbreaks: {theme: x, sectors_from: 3, primary: [], related: []}\n", "'x' is no theme of this file"),
        ("themes: {x: {name: {vi: a, en: b}, phrases: {}, hs: [zz]}}\n", "'zz' is no HS code"),
        ("extra: 1\n", "unknown key 'extra'"),
    ],
)
def test_a_fault_in_a_further_part_is_named(addition: str, complaint: str) -> None:
    assert any(complaint in said for said in complaints(edited() + addition))


def test_a_phrase_may_not_be_strong_and_weak() -> None:
    text = edited(("strong: {en: [rice], vi: [gạo]}", "strong: {en: [rice]}\n    weak: {en: [Rice]}"))
    assert any("'rice' (en) is both strong and weak" in said for said in complaints(text))


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        (b"", "mine.yaml: the file is empty"),
        (b"- 1\n", "mine.yaml:1: a mapping of keys to values is needed here"),
        (b"a: [1\nb: 2", "not sound YAML"),
        (b"\xff\xfe\x00\xd8", "not sound YAML"),
        (b"a: !!python/object/apply:os.system [x]\n", "unknown key 'a'"),
        (b"a: &x [1]\nb: *x\n", "mine.yaml:2: aliases are not allowed"),
        (b"[" * 5000, "more than 12 levels deep"),
        (b"a: 1\n---\nb: 2\n", "not sound YAML"),
    ],
    ids=["empty", "list", "broken", "bytes", "tag", "alias", "deep", "two"],
)
def test_what_is_no_taxonomy_is_refused(body: bytes, complaint: str) -> None:
    assert any(complaint in said for said in complaints(body))


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    assert complaints(b"#" * (10 * 1024 * 1024 + 1)) == ["mine.yaml: larger than 10 MB"]


def test_a_file_of_too_many_entries_is_refused() -> None:
    assert any("more than 200000 entries" in said for said in complaints(b"[" + b"a," * 200_001 + b"]"))


def test_all_faults_are_named_at_once_in_the_order_of_the_file() -> None:
    said = complaints(edited(("aliases:", "alias:"), ("[67.060]", "[x]")))
    assert len(said) == 2
    assert [one.split(":")[1] for one in said] == ["8", "14"]


def test_the_bundled_taxonomy_is_sound_and_read_once() -> None:
    body = files("app").joinpath("data", "taxonomy.yaml").read_bytes()
    assert read_taxonomy(body, "taxonomy.yaml").complaints == ()
    assert bundled_taxonomy() is bundled_taxonomy()


def test_every_theme_and_sector_of_the_bundled_taxonomy_has_words_in_all_languages() -> None:
    taxonomy = bundled_taxonomy()
    of: Callable[[tuple[Phrase, ...]], set[str]] = lambda phrases: {phrase.language for phrase in phrases}  # noqa: E731
    for sector in taxonomy.sectors:
        assert of(sector.strong) == {"en", "fr", "es", "vi"}, sector.id
    for theme in taxonomy.themes:
        assert of(theme.phrases) == {"en", "fr", "es", "vi"}, theme.id
