"""In which language a notice's words really stand: the record says one language for all of its boxes, and is wrong at times."""

import re
from collections.abc import Iterator

_SCRIPTS = {
    "ja": re.compile(r"[\u3040-\u30ff]"),
    "ko": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "zh": re.compile(r"[\u4e00-\u9fff]"),
    "uk": re.compile(r"[іїєґ]", re.IGNORECASE),
    "ru": re.compile(r"[\u0400-\u04ff]"),
    "ar": re.compile(r"[\u0600-\u06ff]"),
    "th": re.compile(r"[\u0e00-\u0e7f]"),
}
"""Letters by language, the telling ones first: Japanese has Chinese letters too, Ukrainian has Russian ones."""
_FAMILIES = {"ja": ("ja", "zh"), "uk": ("uk", "ru")}
_SHARE = 0.3
"""Other words, names mostly, stand between the letters of a foreign script."""
_FUNCTION_WORDS = {
    "en": frozenset(["the", "of", "and", "for", "to", "in", "on", "with", "is", "are", "by", "from", "or"]),
    "fr": frozenset(
        [
            "le",
            "la",
            "les",
            "des",
            "du",
            "de",
            "et",
            "au",
            "aux",
            "par",
            "pour",
            "sur",
            "dans",
            "une",
            "un",
            "à",
            "est",
            "relatif",
            "relative",
        ]
    ),
    "es": frozenset(
        ["el", "la", "los", "las", "del", "de", "y", "para", "por", "que", "en", "con", "una", "un", "se", "al"]
    ),
}
_FEWEST_WORDS = 3
_WORDS = re.compile(r"[^\W\d_]+")


def language_of_words(words: str, stated: str) -> str:
    """Return the code of the language of words, `stated` unless their letters or small words say otherwise.

    Another script always does. In Latin letters only what is stated as English is judged, the default of many records, and
    only where no English small word stands.
    """
    letters = sum(map(str.isalpha, words))
    for code, pattern in _SCRIPTS.items():
        family = _FAMILIES.get(code, (code,))
        if pattern.search(words) and sum(len(_SCRIPTS[one].findall(words)) for one in family) > letters * _SHARE:
            return code
    counts = dict(_counts(words)) if stated == "en" else {}
    if not counts or counts.pop("en"):
        return stated
    found = max(counts, key=lambda code: counts[code])
    alone = sum(number == counts[found] for number in counts.values()) == 1
    return found if alone and counts[found] >= _FEWEST_WORDS else stated


def _counts(words: str) -> Iterator[tuple[str, int]]:
    spoken = [one.casefold() for one in _WORDS.findall(words)]
    for code, small in _FUNCTION_WORDS.items():
        yield code, sum(one in small for one in spoken)
