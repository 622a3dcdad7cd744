"""The one folding of text for search: what a reader means, whatever the accents, the case and the punctuation."""

import re
import unicodedata

_WITHOUT_DECOMPOSITION = {"đ": "d", "ø": "o", "ł": "l", "ı": "i"}


def fold(text: str) -> str:
    """Return the words of a text for search: lower case, no marks, `đ` as `d`, one space between words.

    Whatever is neither a letter nor a digit separates words, so that both databases cut a text at the same places:
    left alone, PostgreSQL takes `G/TBT/N/USA/2211` for one file name and SQLite for five words. Typographic variants
    (full-width letters, ligatures, raised digits) fold to the plain character (Unicode NFKD). The article of a law,
    `Điều 5`, folds to `article 5`: without its mark it would be a cashew nut.
    """
    lowered = unicodedata.normalize("NFKD", naming_articles(text)).casefold()
    return " ".join(unicodedata.normalize("NFKD", lowered).translate(_FOLDED).split())


def naming_articles(text: str) -> str:
    """Return a text, composed, in which the articles of laws are called `article`: `Điều 5` is `article 5`."""
    return _ARTICLE.sub("article", unicodedata.normalize("NFKC", text))


def accented(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case with their accents, spelled in one way.

    The tone stands at the end of its word, so that `hoà` and `hòa` are one, and `giầy` is `giày`, `kĩ` is `kỹ`.
    """
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return tuple(_one_spelling(word) for word in _WORD.findall(decomposed))


def other_spellings(word: str) -> tuple[str, ...]:
    """Return how else Vietnamese spells a folded syllable: `ki` as `ky`, `qui` as `quy`."""
    other = _I_OR_Y.get(word)
    return () if other is None else (other,)


def _one_spelling(word: str) -> str:
    letters = "".join(letter for letter in word if letter not in _TONES)
    tone = "".join(letter for letter in word if letter in _TONES)
    return _SPELLINGS.get(letters + tone, _I_TO_Y.get(letters, letters) + tone)


_ARTICLE = re.compile(r"(?<!hạt )\bđiều(?=\s+\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f])*")
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_SPELLINGS = {"gia\u0302y\u0300": "giay\u0300", "da\u0302y\u0300": "day\u0300"}
_I_TO_Y = {f"{onset}i": f"{onset}y" for onset in ("h", "k", "l", "m", "s", "t", "qu")}
_I_OR_Y = _I_TO_Y | {y: i for i, y in _I_TO_Y.items()}


class _Folded(dict[int, str]):
    """The folded form of each character, worked out when the character is first met."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        kind = unicodedata.category(character)[0]
        plain = _WITHOUT_DECOMPOSITION.get(character, character if kind in "LN" else " ")
        self[point] = "" if kind == "M" else plain
        return self[point]


_FOLDED = _Folded()
