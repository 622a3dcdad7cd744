"""Vietnamese syllables by their parts, so that a line in an old encoding is known by what it turns into."""

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_STOPS = ("c", "ch", "p", "t")
_ACUTE_OR_DOT = {"\u0301", "\u0323"}
_ONSET = "b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x"
_RHYME = "|".join(
    (
        "a(?:ch?|[imouypt]|n[gh]?)?",
        "ă(?:[cmpt]|ng?)",
        "â(?:[cmptuy]|ng?)",
        "e(?:[cmopt]|ng?)?",
        "ê(?:ch|[mptu]|nh?)?",
        "i(?:a|ch|[mptu]|nh?)?",
        "iê(?:[cmptu]|ng?)",
        "o(?:[cimpt]|ng?)?",
        "oo(?:c|ng)",
        "oa(?:ch?|[imoypt]|n[gh]?)?",
        "oă(?:[cmt]|ng?)",
        "oe(?:[ot]|n)?",
        "ô(?:[cimpt]|ng?)?",
        "ơ(?:[impt]|n)?",
        "u(?:[acimpt]|ng?)?",
        "uâ(?:[ty]|ng?)",
        "uê(?:ch|nh)?",
        "uô(?:[cimt]|ng?)",
        "uơ",
        "uy(?:a|ch|nh|[tu]|ê[nt])?",
        "ư(?:[acimtu]|ng?)?",
        "ươ(?:[cimptu]|ng?)",
        "y(?:nh|t)?",
        "yê(?:[mtu]|ng?)",
    )
)
_SYLLABLE = re.compile(rf"(?:{_ONSET})?(?:{_RHYME})")
_LETTERS = re.compile(r"[^\W\d_]+")


def is_syllable(letters: str) -> bool:
    """Say whether letters make one Vietnamese syllable: onset, rhyme, a tone that its end allows, capitals in their places."""
    apart = unicodedata.normalize("NFD", letters.lower())
    tones = [one for one in apart if one in _TONES]
    plain = unicodedata.normalize("NFC", "".join(one for one in apart if one not in _TONES))
    written = letters.islower() or letters.isupper() or letters.istitle()
    if not written or len(tones) > 1 or not _SYLLABLE.fullmatch(plain):
        return False
    return not plain.endswith(_STOPS) or bool(_ACUTE_OR_DOT & set(tones))


def is_vietnamese(word: str) -> bool:
    """Say whether every run of letters of a word is a syllable, and there is one."""
    runs = _LETTERS.findall(word)
    return bool(runs) and all(map(is_syllable, runs))
