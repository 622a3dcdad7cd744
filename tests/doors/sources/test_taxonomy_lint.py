"""What a taxonomy file is told about itself."""

from importlib.resources import files

import pytest

from app.sources.taxonomy_lint import check_taxonomy

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


def test_a_phrase_of_two_sectors_is_noted_with_both_lines() -> None:
    taxonomy, faults, notes = check_taxonomy(SMALL.encode(), "own.yaml")
    assert (taxonomy is not None, faults) == (True, ())
    (note,) = notes
    first, second = line_of('"olive oil"]', SMALL), line_of('"olive oil(s)"', SMALL)
    assert str(note) == f"own.yaml:{second}: 'olive oil' is a strong phrase of 'food' too (line {first})"


def test_a_phrase_of_a_sector_and_of_none_is_a_fault() -> None:
    body = SMALL + 'elsewhere:\n  en: ["rice"]\n'
    _, faults, _ = check_taxonomy(body.encode(), "own.yaml")
    (fault,) = faults
    assert fault.line == line_of('en: ["rice"]\n', body)
    assert "'rice' is elsewhere here and a strong phrase of 'food'" in fault.reason


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
