"""Telex: the keys by which Vietnamese is typed, and words in which the keyboard did not take them.

`aa`, `ee`, `oo` and `dd` stand for â, ê, ô and đ, `w` after a, o or u for ă, ơ and ư, and s, f, r, x, j for the tones.
"""

import re
import unicodedata

_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_SYLLABLE = re.compile(
    r"(?:b|ch|c|d|gh|gi|g|h|kh|k|l|m|ngh|ng|nh|n|ph|p|qu|r|s|th|tr|t|v|x)?"
    r"(?:uye|uya|uyu|ieu|yeu|oai|oay|oeo|uay|uoi|uou|uo|ie|ye|ia|ua|ue|uy|oa|oe|oo|ai|ao|au|ay|eo|eu|iu|oi|ui|uu|[aeiouy])"
    r"(?:ch|ng|nh|c|m|n|p|t)?"
)
_VOWELS = "aeiouy"
_VOWEL = re.compile(r"[aeiouyw]")
_END = re.compile(r"(?:ch|ng|nh|c|m|n|p|t)?")
_DOUBLED = re.compile(r"aa|ee|oo|dd|aw|ow|uw")
_LETTERS = {"aa": "â", "ee": "ê", "oo": "ô", "dd": "đ", "aw": "ă", "ow": "ơ", "uw": "ư"}


def read_telex(word: str) -> str | None:
    """Return the Vietnamese word that lower-case ASCII keys stand for; None when they are no Telex of a syllable."""
    key = next((key for key in reversed(word[1:]) if key in _TONES), "")
    at = word.rfind(key) if key and _is_tone(word, word.rfind(key)) else -1
    bare = word if at < 0 else word[:at] + word[at + 1 :]
    bare = re.sub(r"uow", "uwow", bare)
    letters = _DOUBLED.sub(lambda found: _LETTERS[found[0]], bare)
    if letters == word or not _SYLLABLE.fullmatch(_plain(letters)):
        return None
    return _with_tone(letters, _TONES[key]) if at >= 0 else letters


def _is_tone(word: str, at: int) -> bool:
    """Whether a key may set a tone: it follows the vowels, and nothing but the end of the syllable follows it."""
    return _VOWEL.search(word, 0, at) is not None and _END.fullmatch(word, at + 1) is not None


def _with_tone(letters: str, tone: str) -> str:
    """Set a tone where the house writes it (`thủy`, `giày`, `khoải`): on the marked vowel, else by the vowels' number."""
    plain = _plain(letters)
    onset = len(plain) > 2 and plain[:2] in ("gi", "qu") and plain[2] in _VOWELS  # noqa: PLR2004 - of two letters
    vowels = [at for at, letter in enumerate(plain) if letter in _VOWELS and not (onset and at == 1)]
    marked = [at for at in vowels if letters[at] in "âêôăơư"]
    closed = plain[-1] not in _VOWELS
    at = (marked or vowels)[-1] if marked or closed else vowels[len(vowels) // 3]
    return unicodedata.normalize("NFC", letters[: at + 1] + tone + letters[at + 1 :])


def _plain(letters: str) -> str:
    decomposed = unicodedata.normalize("NFD", letters.replace("đ", "d"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
