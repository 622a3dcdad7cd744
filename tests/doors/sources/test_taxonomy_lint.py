"""What a taxonomy file is told about itself."""

import csv
from importlib.resources import files
from pathlib import Path

import pytest

from app.domain.sectors.codes import Nomenclature
from app.sources.taxonomy_lint import check_taxonomy
from app.sources.taxonomy_lint.codes import known_codes

BUNDLED = files("app").joinpath("data", "taxonomy.yaml").read_text("utf-8")
SMALL = (
    BUNDLED[: BUNDLED.index("\n# Codes that databases")]
    + """

sectors:
  food:
    name: {vi: "Thực phẩm", en: "Food"}
    strong: {en: ["rice", "olive oil"]}
  seafood:
    name: {vi: "Thủy sản", en: "Seafood"}
    parent: food
    strong: {en: ["rice"]}
  cosmetics:
    name: {vi: "Mỹ phẩm", en: "Cosmetics"}
    strong: {en: ["olive oil(s)"]}
"""
)


def line_of(text: str, body: str) -> int:
    return body[: body.index(text)].count("\n") + 1


def test_the_taxonomy_that_comes_with_the_project_has_no_fault() -> None:
    taxonomy, faults, _ = check_taxonomy(BUNDLED.encode(), "taxonomy.yaml")
    assert taxonomy is not None
    assert faults == ()


def test_the_codes_that_are_known_are_those_of_the_nomenclatures(test_data: Path) -> None:
    def listed(file: str, column: str) -> set[str]:
        with (test_data / "nomenclature" / file).open(encoding="utf-8") as opened:
            return {row[column].replace(".", "") for row in csv.DictReader(opened)}

    headings = {code for code in listed("hs_en.csv", "hscode") if len(code) == 4}
    assert known_codes(Nomenclature.HS) == headings - {"9999"}
    assert known_codes(Nomenclature.ICS) == {code for code in listed("ics_en.csv", "code") if len(code) == 5}


def test_a_phrase_of_two_sectors_is_noted_with_both_lines() -> None:
    taxonomy, faults, notes = check_taxonomy(SMALL.encode(), "own.yaml")
    assert (taxonomy is not None, faults) == (True, ())
    (note,) = notes
    first, second = line_of('"olive oil"]', SMALL), line_of('"olive oil(s)"', SMALL)
    assert str(note) == f"own.yaml:{second}: 'olive oil' is a strong phrase of 'food' too (line {first})"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            ('strong: {en: ["rice", ', 'hs: {primary: ["0399"]}\n    strong: {en: ["rice", '),
            "0399 is no heading of HS 2022",
        ),
        (('strong: {en: ["rice", ', 'hs: {never: ["852410"]}\n    strong: {en: ["rice", '), ""),
        (
            ('strong: {en: ["rice", ', 'hs: {never: ["852510", "2201-2210"]}\n    strong: {en: ["rice", '),
            "2210 is no",
        ),
        (
            ('strong: {en: ["rice", ', 'ics: {related: ["67.999"]}\n    strong: {en: ["rice", '),
            "67999 is no group of the ICS",
        ),
        (
            ('strong: {en: ["rice", ', 'hs: {primary: [10], never: [10]}\n    strong: {en: ["rice", '),
            "'10' of 'food' is primary",
        ),
        (('strong: {en: ["olive oil(s)"]}', "weak: {en: [cream]}"), "nothing leads to 'cosmetics'"),
    ],
)
def test_codes_that_do_not_exist_and_sectors_that_nothing_leads_to_are_faults(
    change: tuple[str, str], reason: str
) -> None:
    assert change[0] in SMALL
    body = SMALL.replace(*change, 1)
    taxonomy, faults, _ = check_taxonomy(body.encode(), "own.yaml")
    assert taxonomy is not None
    assert [reason in fault.reason and fault.line > 0 for fault in faults] == ([True] if reason else [])


def test_a_parent_is_reached_through_its_children() -> None:
    body = SMALL.replace('    strong: {en: ["rice", "olive oil"]}\n', "")
    assert check_taxonomy(body.encode(), "own.yaml")[1] == ()


@pytest.mark.parametrize(
    ("addition", "reason"),
    [
        ('elsewhere:\n  en: ["rice"]\n', "'rice' is elsewhere here and a strong phrase of 'food'"),
        (
            "mutes: {m: {mutes: [food], leaves: related, when: {en: [seed(s)]}, unless: {en: [seeds]}}}\n",
            "'seeds' of 'm'",
        ),
        (
            "exclusions: {sentence: {en: [other than]}, clause: {en: [other than]}}\n",
            "'other than' excludes a sentence",
        ),
        ("themes: {t: {name: {vi: a, en: b}, phrases: {}}}\n", "nothing leads to 't'"),
        ("themes: {t: {name: {vi: a, en: b}, phrases: {}, hs: [0199]}}\n", "0199 is no heading"),
    ],
)
def test_what_says_two_things_at_once_is_a_fault(addition: str, reason: str) -> None:
    _, faults, _ = check_taxonomy((SMALL + addition).encode(), "own.yaml")
    (fault,) = faults
    assert reason in fault.reason
    assert fault.line > SMALL.count("\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            ('["olive oil(s)"]', '["edible olive oil"]'),
            "'olive oil' of 'food' is hidden by 'edible olive oil' of 'cosmetics'",
        ),
        (('["olive oil(s)"]', '["olive oil soap"]'), ""),
        (('strong: {en: ["olive oil(s)"]}', "strong: {vi: [son]}"), "'son' of 'cosmetics' is one syllable"),
        (('strong: {en: ["olive oil(s)"]}', "strong: {vi: [son môi]}"), ""),
        (('strong: {en: ["olive oil(s)"]}', "strong: {vi: [dimethylfumarate]}"), ""),
        (('strong: {en: ["olive oil(s)"]}', "strong: {vi: [son]}\ndecoys: {names: {vi: [Kim Sơn son]}}"), ""),
        (
            ('["olive oil(s)"]', "[soap]}\n    weak: {en: [cream]}\n    related: {en: [cream]"),
            "'cream' of 'cosmetics' is related",
        ),
        (('strong: {en: ["olive oil(s)"]}', 'hs: {primary: ["3304"]}'), ""),
    ],
)
def test_what_may_be_meant_is_a_note(change: tuple[str, str], reason: str) -> None:
    assert change[0] in SMALL
    taxonomy, faults, notes = check_taxonomy(SMALL.replace(*change, 1).encode(), "own.yaml")
    assert (taxonomy is not None, faults) == (True, ())
    assert [reason in note.reason for note in notes] == ([True] if reason else [])


def test_a_code_that_two_sectors_own_is_noted() -> None:
    owned = 'hs: {primary: ["1509"]}\n    strong: {en: ['
    body = SMALL.replace('strong: {en: ["rice", ', owned + '"rice", ').replace(
        'strong: {en: ["olive oil(s)"]}', owned + "soap]}"
    )
    (note,) = check_taxonomy(body.encode(), "own.yaml")[2]
    assert "code '1509' is a primary code of 'food' too" in note.reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("strong:", "stong:"), "unknown key 'stong'"),
        (("strong:", 'hs: {primary: ["7701"]}\n    strong:'), "'7701' is no HS code"),
        (("strong:", 'ics: {primary: ["02"]}\n    strong:'), "'02' is no ICS code"),
        (("rice", "(((((((((a|b)|c)|d)"), "bracket"),
        (("  seafood:", "  food:"), "stands here twice"),
        (("sectors:", "sectors: ["), "not sound YAML"),
    ],
)
def test_a_bad_file_is_refused_by_line_and_reason(change: tuple[str, str], reason: str) -> None:
    taxonomy, faults, _ = check_taxonomy(SMALL.replace(*change, 1).encode(), "own.yaml")
    assert taxonomy is None
    assert any(reason in fault.reason and fault.line for fault in faults), faults


def test_a_file_of_ten_megabytes_is_refused_whole() -> None:
    taxonomy, faults, _ = check_taxonomy(b"#" * (10 * 1024 * 1024 + 1), "own.yaml")
    assert taxonomy is None
    assert "larger than 10 MB" in str(faults[0])
