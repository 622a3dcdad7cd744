"""The one folding of text for search: what a reader means, whatever the accents, the case and the punctuation."""

import unicodedata

_WITHOUT_DECOMPOSITION = {"đ": "d", "ø": "o", "ł": "l", "ı": "i"}


def fold(text: str) -> str:
    """Return the words of a text for search: lower case, no marks, `đ` as `d`, one space between words.

    Whatever is neither a letter nor a digit separates words, so that both databases cut a text at the same places:
    left alone, PostgreSQL takes `G/TBT/N/USA/2211` for one file name and SQLite for five words. Typographic variants
    (full-width letters, ligatures, raised digits) fold to the plain character (Unicode NFKD).
    """
    lowered = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(unicodedata.normalize("NFKD", lowered).translate(_FOLDED).split())


class _Folded(dict[int, str]):
    """The folded form of each character, worked out when the character is first met."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        kind = unicodedata.category(character)[0]
        plain = _WITHOUT_DECOMPOSITION.get(character, character if kind in "LN" else " ")
        self[point] = "" if kind == "M" else plain
        return self[point]


_FOLDED = _Folded()
