"""What becomes of words from outside before they stand in a document: one line, nothing hidden, nothing that acts."""

import re
import unicodedata

_BREAKS = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_HIDDEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffc\ud800-\udfff\U000e0000-\U000e0fff]+"
)
_ELLIPSIS = "…"


def one_line(text: str) -> str:
    """Return the text in NFC on one line (EM-19): breaks, controls and blanks become one space.

    Characters that turn the direction of writing, show nothing or cannot be encoded (lone surrogates) are left out.
    """
    return " ".join(_BREAKS.sub(" ", unicodedata.normalize("NFC", _HIDDEN.sub("", text))).split())


def cut(text: str, longest: int) -> str:
    """Return the text, shortened at a word to at most `longest` characters, the ellipsis included."""
    if len(text) <= longest:
        return text
    kept = text[: longest - len(_ELLIPSIS)]
    head, blank, tail = kept.rpartition(" ")
    if blank and len(tail) < longest // 4:
        kept = head
    while kept and unicodedata.combining(text[len(kept)]):
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS


def is_cut(text: str) -> bool:
    """Say whether `cut` took something away."""
    return text.endswith(_ELLIPSIS)
