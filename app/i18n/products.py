"""Names of goods: chapters and headings of the Harmonized System (HS 2022), short, in Vietnamese and English.

All chapters have a name, headings those of the core sectors; chapter 77 is reserved and has none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from app.i18n.tables import table_rows

CHAPTER_DIGITS = 2
HEADING_DIGITS = 4
FEWEST_FOR_A_RANGE = 4
"""From so many whole chapters in a row on, the section is named instead of each chapter."""


@dataclass(frozen=True, slots=True)
class HsLine:
    """One line of a list of goods: a chapter or heading with its codes, or a range of whole chapters."""

    codes: tuple[str, ...]
    name: str

    @property
    def chapter(self) -> str:
        """The chapter whose name stands here for longer codes that have none; empty where the name is the codes' own."""
        code = self.codes[0]
        return (
            code[:CHAPTER_DIGITS]
            if len(code) > CHAPTER_DIGITS and _key(code) not in {code, code[:HEADING_DIGITS]}
            else ""
        )

    @property
    def printed(self) -> str:
        """The codes as people read them: `6109.10, 6110`, or `50–63` for a range of chapters."""
        if self.codes[0][:CHAPTER_DIGITS] != self.codes[-1][:CHAPTER_DIGITS]:
            return f"{self.codes[0]}–{self.codes[-1]}"
        return ", ".join(map(dotted, self.codes))


def hs_name(code: str, language: str) -> str:
    """Return the short name of the heading of an HS code, else that of its chapter, else an empty string.

    `code` is 2 to 12 digits, dots are ignored; `language` is `vi` or `en`.
    """
    digits = _digits(code)
    names = _names().get(digits[:HEADING_DIGITS]) or _names().get(digits[:CHAPTER_DIGITS])
    return "" if names is None else names[language != "vi"]


def hs_lines(codes: Iterable[str], language: str) -> tuple[HsLine, ...]:
    """Group HS codes into lines by heading or chapter, in the order of the nomenclature.

    Whole chapters in a row within one section become one range under the section's name. Codes keep every digit that
    was given. Codes that name no chapter stand on lines without a name.
    """
    given = sorted({_digits(code) for code in codes} - {""})
    whole = [code for code in given if len(code) == CHAPTER_DIGITS]
    ranges = [run for run in _runs(whole) if len(run) >= FEWEST_FOR_A_RANGE]
    ranged = {code for run in ranges for code in run}
    named: dict[str, list[str]] = {}
    for code in given:
        if code not in ranged:
            named.setdefault(_key(code), []).append(code)
    lines = [HsLine(tuple(group), hs_name(key, language)) for key, group in named.items()]
    lines += [HsLine(tuple(run), _section(run[0])[language != "vi"]) for run in ranges]
    return tuple(sorted(lines, key=lambda line: line.codes))


def dotted(code: str) -> str:
    """Return HS digits as tariffs print them: `61091000` is `6109.10.00`; chapters and headings have no dot."""
    tail = code[HEADING_DIGITS:]
    return ".".join([code[:HEADING_DIGITS], *(tail[start : start + 2] for start in range(0, len(tail), 2))])


def _digits(code: str) -> str:
    return "".join(character for character in code if character in "0123456789")


def _key(code: str) -> str:
    return code[:HEADING_DIGITS] if code[:HEADING_DIGITS] in _names() else code[:CHAPTER_DIGITS]


def _runs(chapters: list[str]) -> list[list[str]]:
    """Cut sorted chapters where one is left out (77 never counts) or a new section begins."""
    runs: list[list[str]] = [chapters[:1]] if chapters else []
    known = list(_chapters())
    follows = set(pairwise(known))
    for before, after in pairwise(chapters):
        if (before, after) in follows and _section(before) == _section(after):
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def _section(chapter: str) -> tuple[str, str]:
    return _sections().get(chapter, ("", ""))


@cache
def _names() -> dict[str, tuple[str, str]]:
    return {row["code"]: (row["name_vi"], row["name_en"]) for row in table_rows("hs_names.csv")}


@cache
def _chapters() -> tuple[str, ...]:
    return tuple(sorted(code for code in _names() if len(code) == CHAPTER_DIGITS))


@cache
def _sections() -> dict[str, tuple[str, str]]:
    return {
        chapter: (row["name_vi"], row["name_en"])
        for row in table_rows("hs_sections.csv")
        for chapter in _chapters()
        if row["chapters"][:2] <= chapter <= row["chapters"][3:]
    }
