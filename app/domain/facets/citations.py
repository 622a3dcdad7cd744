"""Standards that a text cites: found by the body's letters, read into one form, the year kept apart.

`ISO 14362-1:2017` and `ISO 14362-1` are one standard; the year stands in the quotation. A draft is filed under the
standard that it will be (`DEAS 1000` under `EAS 1000`), a national edition of an international standard (`EN ISO 20345`,
`TCVN ISO 9001`) under the international number. Codex texts bear the letters in use since 2017 (CXS, CXG, CXC, CXM,
CXA), whatever letters the text cites them by.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase

from app.domain.text import phrase_form


@dataclass(frozen=True, slots=True)
class Citation:
    """One standard as a text cites it, by its canonical id."""

    id: str
    start: int
    end: int


# Letters that mean nothing else: a number behind them is enough.
_PLAIN = {
    name: name
    for name in (
        "ISO/IEC", "ISO/ASTM", "ISO/TS", "ISO/TR", "ISO/PAS", "IEC/TS", "IEC/TR", "ISO", "IEC", "CISPR", "OIML R",
        "OIML D", "CXS", "CXG", "CXC", "CXM", "CXA", "ISPM", "ASTM", "ASME", "ANSI", "ASHRAE", "IEEE", "SAE", "UL",
        "ETSI", "CSA", "GB", "GB/T", "GB/Z", "JIS", "TCVN", "QCVN", "SNI", "GSO", "SASO", "NOM", "NMX", "NTC", "NTE INEN",
        "RTE INEN", "NTP", "NBR", "IRAM", "INTE", "RTCR", "RTCA", "EAS", "TZS", "GOST", "GOST R", "SANS", "AS/NZS",
        "NZS", "DIN", "UNE", "UNI", "TIS", "PNS", "SLS", "CNS", "FMVSS", "AATCC", "AOAC", "KC", "KWS", "BDS",
        "UAE.S", "OECD TG",
    )
} | {
    "ISO/DIS": "ISO", "ISO/FDIS": "ISO", "ISO/CD": "ISO", "IEC/CDV": "IEC", "ISO/IEC DIS": "ISO/IEC",
    "CODEX STAN": "CXS", "Codex STAN": "CXS", "Codex Stan": "CXS", "Codex Standard": "CXS", "CAC/GL": "CXG",
    "CAC/RCP": "CXC", "CAC/MRL": "CXM", "NIMF": "ISPM", "INEN": "NTE INEN",
    "ABNT NBR": "NBR", "DEAS": "EAS", "FDEAS": "EAS", "DTZS": "TZS", "FDTZS": "TZS", "DARS": "ARS", "CD-ARS": "ARS",
    "DUS": "US", "FDUS": "US", "DKS": "KS", "DRS": "RS", "FDRS": "RS", "DMS": "MS", "PROY-NOM": "NOM", "ГОСТ": "GOST",
    "ГОСТ Р": "GOST R",
}  # fmt: skip
# Letters that are words or names as well (IS and EN are): a year, or for EN a part, must stand behind the number, or a
# word for standard before.
_DOUBTFUL = ("EN", "IS", "ES", "US", "KS", "MS", "RS", "SI", "SS", "PS", "BS", "NF", "LS", "OS", "AS", "NIS",
             "ARS")  # fmt: skip
_BODIES = _PLAIN | {name: name for name in _DOUBTFUL}
_SHORT = 2
_LETTERED = ("KS",)
_HYPHENED = ("NOM", "NMX")

_LETTERS = "|".join(re.escape(name) for name in sorted(_BODIES, key=len, reverse=True))
_BODY = re.compile(rf"(?:{_LETTERS})(?![A-Za-z])")
_GAP = re.compile(r"[ \u00a0]?(?:[-:][ ]?|No\.?[ \u00a0]?|N[°º.][ \u00a0]?|#)?")
_YEAR = r"(?:(?:19|20)\d\d|25[5-9]\d)"  # of the Buddhist era too, as Thai standards are dated
_NUMBERS = {
    "JIS": re.compile(r"[A-Z][ ]?\d{4}(?:-\d{1,3})?"),
    "KS": re.compile(r"[A-Z][ ]?(?:ISO[ ])?\d{4}(?:-\d{1,3})?|\d{1,5}(?:-\d{1,3}(?!\d))?"),
    "ASTM": re.compile(r"[A-G][ ]?\d{1,4}(?:/[A-G][ ]?\d{1,4})?M?"),
    "NOM": re.compile(r"\d{3}(?:-[A-Z]{2,8}\d{0,2}(?:/[A-Z]{2,8}\d{0,2}){0,4})?"),
    "NMX": re.compile(r"[A-Z]{1,3}-\d{1,3}(?:/\d{1,2})?(?:-[A-Z]{2,8})?"),
    "QCVN": re.compile(r"\d{1,3}(?:-\d{1,3}(?!\d))?"),
    "EN": re.compile(r"30\d[ ]\d{3}(?:-\d{1,2})?|\d{2,6}(?:-\d{1,3}(?!\d)){0,3}"),
    "ETSI": re.compile(r"(?:EN|TS|TR)[ ]\d{3}[ ]\d{3}(?:-\d{1,2})?"),
    "CXS": re.compile(r"\d{1,3}"),
    "CXG": re.compile(r"\d{1,3}"),
    "CXC": re.compile(r"\d{1,3}"),
    "ISPM": re.compile(r"\d{1,2}"),
}
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,3}){0,3}(?:-\d{1,4}(?!\d)){0,4}")
_LETTERED_NUMBER = re.compile(rf"[A-Z]{{0,2}}[ ]?{_NUMBER.pattern}")
_NUMBERS |= dict.fromkeys(("ANSI", "ASME", "INTE", "SAE"), _LETTERED_NUMBER) | {
    "CSA": re.compile(r"[A-Z]{0,2}[ ]?\d{1,4}(?:\.\d{1,3})?")
}
_PART = re.compile(r"[ ]?\([ ]?(?:Part|Partie|Parte|Phần)[ ]?\d{1,3}(?:[ ]?/?[ ]?Sec(?:tion)?[ ]?\d{1,3})?[ ]?\)")
_EDITION = re.compile(rf"(?:[ ]?[:/][ ]?{_YEAR}|-(?:{_YEAR}|\d\d[a-z]?\d?(?![\d-])))(?!\d)")
_MINISTRY = re.compile(r"/[A-ZĐ]{2,8}")
_YEAR_PART = re.compile(rf"-{_YEAR}$")
_NUMBER_LIKE_A_YEAR = re.compile(r"(?:19[5-9]|20[0-4])\d")
_CUE = re.compile(
    r"(?:standards?|norms?|norma|norme|BIS|BSI|DIN|NF|UNE|tiêu chuẩn|as per)[ \u00a0:,(]{1,3}$", re.IGNORECASE
)
_CUE_LENGTH = 16
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-"))
_UNIT = re.compile(r"[ \u00a0]?(?:mg|kg|g|ml|l|cm|mm|m|%|°|days?|pages?|días?|jours?|ngày|trang)\b", re.IGNORECASE)


def trigger_words() -> set[str]:
    """Return the searchable forms behind which a citation may begin, each with the blank before it."""
    triggers: set[str] = set()
    for name in _BODIES:
        form = phrase_form(name).rstrip()
        triggers.update(f"{form}{digit}" for digit in "0123456789")
        if len(name) > _SHORT:
            triggers.add(f"{form} ")
        else:
            triggers.update(f"{form} {digit}" for digit in "0123456789")
        if name in _LETTERED:
            triggers.update(f"{form} {letter} " for letter in ascii_lowercase)
    return triggers


def citations(text: str, starts: list[int]) -> Iterator[Citation]:
    """Yield the standards cited at these offsets, given in ascending order; none begins within another.

    Typographic hyphens and dashes count as hyphens: `GB 7718—2025`, `INTE E17‐1`.
    """
    text = text.translate(_HYPHENS) if starts else text
    end = 0
    for start in starts:
        found = _citation(text, start) if start >= end else None
        if found is not None:
            end = found.end
            yield found


def _citation(text: str, start: int) -> Citation | None:
    """Read one citation; None where letters or number are not those of a standard."""
    body = _BODY.match(text, start)
    if body is None or (body[0] == "GB" and text[max(0, start - 2) : start].strip().isdigit()):
        return None
    gap = _GAP.match(text, body.end())
    number = _NUMBERS.get(_BODIES[body[0]], _NUMBER).match(text, gap.end() if gap else body.end())
    if number is None or text[number.end() : number.end() + 1].isalpha():
        return None
    return _with_edition(text, start, body[0], number)


def _with_edition(text: str, start: int, written: str, number: re.Match[str]) -> Citation | None:
    """Put part and year apart, and judge whether the letters can be believed."""
    letters, bare = _BODIES[written], _YEAR_PART.sub("", number[0])
    part = _PART.match(text, number.end())
    end = part.end() if part else number.end()
    edition = _EDITION.match(text, end)
    end = edition.end() if edition else end
    told_apart = part is not None or edition is not None or bare != number[0]
    if not told_apart and _NUMBER_LIKE_A_YEAR.fullmatch(bare):
        return None
    if letters in _DOUBTFUL and not told_apart and not _is_believed(text, start, letters, bare, end):
        return None
    if letters == "QCVN" and (ministry := _MINISTRY.match(text, end)):
        bare, end = bare + ministry[0], ministry.end()
    return Citation(f"{letters}{'-' if letters in _HYPHENED else ' '}{' '.join(bare.split())}", start, end)


def _is_believed(text: str, start: int, letters: str, number: str, end: int) -> bool:
    """Tell whether letters that are words as well stand for a standards body where no year follows the number."""
    if (letters == "EN" and "-" in number) or number[0].isalpha():
        return True
    cued = _CUE.search(text, max(0, start - _CUE_LENGTH), start) is not None
    return cued and len(number) >= _SHORT and _UNIT.match(text, end) is None
