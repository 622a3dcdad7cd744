"""Limits: the amount that a text states beside a substance."""

import re
from bisect import bisect_left
from collections.abc import Sequence

_AMOUNT = (
    r"\d{1,6}(?:[.,]\d{1,6})?[ \u00a0]?"
    r"(?:(?:mg|µg|μg|ug|ng|g)[ \u00a0]?/[ \u00a0]?(?:kg|100[ ]?g|g|l|L|ml|mL|dm[2²]|cm[2²]|m[3³])(?![A-Za-z])|ppm\b|ppb\b|%)"
)
_LIMIT = re.compile(rf"(?<![\w.,]){_AMOUNT}")
_LIMIT_OF = re.compile(
    rf"(?<![\w.,])({_AMOUNT})[ ](?:of|for|de|d'|pour|para|đối với|(?:of|for) (?:total|soluble)|total)[ ]?$"
)
_END_OF_SENTENCE = re.compile(r"[;\n]|\.(?=\s)")
_BEHIND = 80
_BEFORE = 32
_NEAR = 60
_CHEMISTRY = re.compile(
    r"\d[ \u00a0]?(?:mg|µg|μg|ug|ng)\b|\bpp[mb]\b"
    r"|\b(?:limits?|levels?|contents?|migration|releas\w*|residu\w*|contaminants?|contamination|heavy metals?|toxic"
    r"|traces?|concentrations?|compounds?|added products|additives?|REACH|RoHS|restrict\w*|hazardous|substances?|cadmium"
    r"|arsenic|mercury|phthalates?|allergens?|preservatives?"
    r"|composés|additifs?|limites?|teneurs?|niveaux|métaux lourds"
    r"|compuestos|aditivos?|límites?|contenidos?|niveles?|metales pesados|cadmio|arsénico|mercurio|migración|contaminantes"
    r"|hợp chất|phụ gia|hàm lượng|giới hạn|dư lượng|kim loại nặng|thôi nhiễm|cadimi|asen|thủy ngân)\b",
    re.IGNORECASE,
)
_NO_METAL_BEHIND = re.compile(
    r"[ -](?:to|time|times|agency|author|authority|the|into|in the|up|by|role|acid|free|company|plate|foil|can|cans|ore|"
    r"rope|screw|alloys?|steel|plated|wire|pipes?|tubes?|batter(?:y|ies)|cadmium batter(?:y|ies))\b",
    re.IGNORECASE,
)


def with_limit(text: str, start: int, end: int, stop: int) -> tuple[int, int] | None:
    """Return the span from a substance to the amount behind it ("lead: 90 ppm"), or from one before ("90 ppm of lead").

    `stop` is where the next substance begins: an amount behind that is not this one's. None where no amount is stated.
    """
    behind = _LIMIT.search(text, end, min(end + _BEHIND, stop, len(text)))
    if behind is not None and _END_OF_SENTENCE.search(text, end, behind.start()) is None:
        return start, behind.end()
    before = _LIMIT_OF.search(text, max(0, start - _BEFORE), start)
    return (before.start(1), end) if before is not None else None


def chemistry_in(text: str) -> list[tuple[int, int]]:
    """Return where a text speaks of amounts, limits, or other matters of chemistry."""
    return [match.span() for match in _CHEMISTRY.finditer(text)]


def means_substance(text: str, start: int, end: int, chemistry: Sequence[tuple[int, int]]) -> bool:
    """Tell whether a word that means other things as well ("lead", "chì") stands for the substance here.

    `chemistry` is what `chemistry_in` finds in the text: some of it must stand near, other than the word itself.
    """
    if _NO_METAL_BEHIND.match(text, end):
        return False
    near = chemistry[bisect_left(chemistry, (start - _NEAR, 0)) : bisect_left(chemistry, (end + _NEAR, 0))]
    return any(last <= start or first >= end for first, last in near)
