"""Vietnamese syllables by their parts, so that a line in an old encoding is known by what it turns into."""

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_STOPS = ("c", "ch", "p", "t")
_ACUTE_OR_DOT = {"\u0301", "\u0323"}
_ONSET = "b|ch?|d|đ|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x"
_RHYME = (
    r"a(?:ch?|[imouypt]|n[gh]?)?"
    r"|ă(?:[cmpt]|ng?)"
    r"|â(?:[cmptuy]|ng?)"
    r"|e(?:[cmopt]|ng?)?"
    r"|ê(?:ch|[mptu]|nh?)?"
    r"|i(?:a|ch|[mptu]|nh?)?"
    r"|iê(?:[cmptu]|ng?)"
    r"|o(?:[cimpt]|ng?)?"
    r"|oo(?:c|ng)"
    r"|oa(?:ch?|[imoypt]|n[gh]?)?"
    r"|oă(?:[cmt]|ng?)"
    r"|oe(?:[ot]|n)?"
    r"|ô(?:[cimpt]|ng?)?"
    r"|ơ(?:[impt]|n)?"
    r"|u(?:[acimpt]|ng?)?"
    r"|uâ(?:[ty]|ng?)"
    r"|uê(?:ch|nh)?"
    r"|uô(?:[cimt]|ng?)"
    r"|uơ"
    r"|uy(?:a|ch|nh|[tu]|ê[nt])?"
    r"|ư(?:[acimtu]|ng?)?"
    r"|ươ(?:[cimptu]|ng?)"
    r"|y(?:nh|t)?"
    r"|yê(?:[mtu]|ng?)"
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
