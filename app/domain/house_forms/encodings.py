"""Text in the encodings that Vietnamese was typed in before Unicode: found by its traces, and turned into Unicode.

TCVN 5712:1993 (VN3, fonts `.Vn…`) and VNI Windows put Vietnamese letters where Western fonts have others. Read as
Windows-1252, as mail and web pages do, both leave words that no language has.
"""

import re
import unicodedata
from collections.abc import Iterator

from app.domain.house_forms.findings import Finding, Rule, Text

# TCVN 5712:1993, table VN3: its 8-bit letters as Windows-1252 shows them.
_TCVN3_FROM = "¸µ¶·¹¨¾»¼½Æ©ÊÇÈÉË®ÐÌÎÏÑªÕÒÓÔÖÝ×ØÜÞãßáâä«èåæçé¬íêëìîóïñòô­øõö÷ùýúûüþ¡¢§£¤¥¦"
_TCVN3_TO = "áàảãạăắằẳẵặâấầẩẫậđéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵĂÂĐÊÔƠƯ"
_TCVN3 = str.maketrans(_TCVN3_FROM, _TCVN3_TO)

# VNI Windows: a base letter followed by a mark of its own, and single letters for ơ, ư, đ, ì, í, ỉ, ĩ, ị, ỵ.
_VNI_TONES = {"ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323"}
_VNI_CIRCUMFLEX = {"á": "\u0301", "à": "\u0300", "å": "\u0309", "ã": "\u0303", "ä": "\u0323", "â": ""}
_VNI_BREVE = {"é": "\u0301", "è": "\u0300", "ú": "\u0309", "ü": "\u0303", "ë": "\u0323", "ê": ""}
_VNI_SINGLE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "ò": "ị", "æ": "ỉ", "ó": "ĩ", "î": "ỵ"}

# Western texts have some of these letters too; the strong ones stand in none of them behind such a letter.
_TCVN3_TRACE = re.compile(r"(?<=[A-Za-z])[¸µ¶·¹¨¾»¼½©®ªÐ«¬\u00ad§¡¢£¤¥¦]|[¸µ¶·¹¨¾»¼½©®ªÐ«¬§¡¢£¤¥¦](?=[a-z])")
_TCVN3_STRONG = re.compile(r"(?<=[A-Za-z\u00ad])[¸µ¶·¹¨¾¼½ª¬]")
_VNI_TRACE = re.compile(r"[aeouyAEOUY][áàåãäâéèúüëêùøûõïÁÀÅÃÄÂÉÈÚÜËÊÙØÛÕÏ]|[ôöÔÖ][ùøûõïÙØÛÕÏ]")
_VNI_STRONG = re.compile(r"[aeoAEO][äåãâÄÅÃÂ]|[aeouyAEOUY][øõûØÕÛ]|[ôöÔÖ][ùøûõïÙØÛÕÏ]")
_FEWEST_TRACES = 2
_LETTERS_A_TRACE = 25
_STROKE = "Ŀ"
"""What fonts for Vietnamese of the nineties put where Unicode has Đ."""


def check_encoding(text: Text) -> Iterator[Finding]:
    """Find lines in a legacy encoding, each with its Unicode form, and the stand-in for Đ."""
    start = 0
    for line in text.text.split("\n"):
        proposal = unicode_of(line)
        if proposal is not None:
            yield Finding(text.field, start, Rule.ENCODING, line, proposal)
        start += len(line) + 1
    composed = unicodedata.normalize("NFC", text.text)
    if composed != text.text:
        first = next(at for at, (a, b) in enumerate(zip(text.text, composed + "\0", strict=False)) if a != b)
        yield Finding(text.field, first, Rule.ENCODING, text.text[first : first + 2], composed[first], "NFC")


def unicode_of(line: str) -> str | None:
    """Return a line of TCVN3 or VNI as Unicode; None when it is in neither."""
    if _STROKE in line or _STROKE.lower() in line:
        return line.replace("Ŀ", "Đ").replace("ŀ", "đ")
    if _vietnamese(line):
        return None
    letters = sum(character.isalpha() for character in line)
    if _TCVN3_STRONG.search(line) and _enough(_TCVN3_TRACE, line, letters):
        return line.translate(_TCVN3)
    return _from_vni(line) if _VNI_STRONG.search(line) and _enough(_VNI_TRACE, line, letters) else None


def _enough(trace: re.Pattern[str], line: str, letters: int) -> bool:
    found = len(trace.findall(line))
    return found >= _FEWEST_TRACES and found * _LETTERS_A_TRACE >= letters


def _vietnamese(line: str) -> bool:
    """Whether a line has letters that only Unicode Vietnamese has, so that it is in no legacy encoding."""
    return any("\u1ea0" <= character <= "\u1ef9" or character in "ăđơưĂĐƠƯ" for character in line)


def _from_vni(line: str) -> str:
    made: list[str] = []
    for character in line:
        small = character.lower()
        base = made[-1] if made else ""
        mark = _vni_mark(base, small)
        if mark is not None:
            made[-1] = unicodedata.normalize("NFC", base + mark)
        elif small in _VNI_SINGLE:
            single = _VNI_SINGLE[small]
            made.append(single if character == small else single.upper())
        else:
            made.append(character)
    return "".join(made)


def _vni_mark(base: str, mark: str) -> str | None:
    """Return the combining marks that a letter of VNI adds to the vowel before it; None when it adds none."""
    plain = base.lower()
    if plain in {"a", "e", "o"} and mark in _VNI_CIRCUMFLEX:
        return "\u0302" + _VNI_CIRCUMFLEX[mark]
    if plain == "a" and mark in _VNI_BREVE:
        return "\u0306" + _VNI_BREVE[mark]
    if plain in {"a", "e", "o", "u", "y", "ơ", "ư"} and mark in _VNI_TONES:
        return _VNI_TONES[mark]
    return None
