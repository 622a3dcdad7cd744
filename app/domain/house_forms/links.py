"""Links to the WTO's documents: the misprints that lead nowhere, and where they should lead.

Texts stand at members.wto.org/crnattachments/<year>/<TBT or SPS>/<code>/<file>; the folder of the European Union bears its
former code, EEC. A file's name begins with the last two digits of its year.
"""

import re
from collections.abc import Iterator

from app.domain.house_forms.findings import Finding, HouseTables, Rule, Text

_LINK = re.compile(r"(?:\bh?t{1,3}ps?:/{1,3}|(?<![\w./])members?\.wto\.org/)[^\s<>\"'“”)]+", re.IGNORECASE)
_B = r"[ \t\u00a0]*"
_S = rf"{_B}/{_B}"
_MEMBERS = re.compile(
    rf"(?P<scheme>\bh?t{{1,3}}ps?{_B}:{_B}/{{1,3}}{_B})?\b(?:www\.)?members?\.wto\.org{_S}(?P<folder>\w{{8,20}}){_S}(?P<year>\d{{1,5}})"
    rf"{_S}(?:(?P<area>TBT|SPS|TTB){_S})?(?P<code>[A-Za-z]{{2,4}}){_S}(?P<stage>[a-z_]+{_S})?"
    r"(?P<name>[^\s<>\"'/]+(?:[ \u00a0]+[^\s<>\"'/]+){0,6}?\.(?:pdf|docx?)\b|[^\s<>\"'“”)/]+)",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?"
_FOLDER = "crnattachments"
_FOLDER_CODES = {"EU": "EEC", "EC": "EEC", "PHI": "PHL", "TWN": "TPKM", "TAI": "TPKM", "TPE": "TPKM"}
_FORMER = {"EEC"}
_BLANKS = re.compile(r"(?:[ \u00a0]|%20)+")
_YEAR_DIGITS = 4
_SCHEME = re.compile(r"https?://", re.IGNORECASE)


def check_links(text: Text, tables: HouseTables) -> Iterator[Finding]:
    """Find links that lead nowhere: blanks in them, a misspelt folder, a code that has no folder, no host at all."""
    seen: list[tuple[int, int]] = []
    for found in _MEMBERS.finditer(text.text):
        link = found[0].rstrip(_TRAILING)
        seen.append((found.start(), found.end()))
        mended = _mended(found, tables)
        if mended is None or mended != link:
            yield Finding(text.field, found.start(), Rule.LINK, link, mended or "")
    for found in _LINK.finditer(text.text):
        link = found[0].rstrip(_TRAILING)
        if not any(start <= found.start() < end for start, end in seen):
            yield from _elsewhere(text, found.start(), link)


def _elsewhere(text: Text, start: int, link: str) -> Iterator[Finding]:
    """Find what is wrong with a link to any other place: its first letters, or a host that has no domain."""
    host = re.split(r":/+", link, maxsplit=1)[-1].split("/", 1)[0]
    scheme = re.match(r"\w+:/+", link)
    if "." not in host:
        yield Finding(text.field, start, Rule.LINK, link)
    elif scheme and not _SCHEME.fullmatch(scheme[0]):
        yield Finding(text.field, start, Rule.LINK, link, f"https://{link[scheme.end() :]}")


def _mended(found: re.Match[str], tables: HouseTables) -> str | None:
    """Return the address as it should stand; None where the folder of its agreement or its member cannot be known."""
    scheme, folder, area = found["scheme"] or "", found["folder"], found["area"]
    name = _BLANKS.sub("_", found["name"].rstrip(_TRAILING))
    code = _FOLDER_CODES.get(found["code"].upper(), found["code"].upper())
    if area is None or (code not in tables.codes and code not in _FORMER):
        return None
    scheme = scheme if not scheme or _SCHEME.fullmatch(scheme) else "https://"
    folder = _FOLDER if _alike(folder.casefold(), _FOLDER) else folder
    stage = re.sub(rf"{_B}/{_B}", "/", found["stage"] or "")
    year, area = _year(found["year"], name), area.upper().replace("TTB", "TBT")
    return None if not year else f"{scheme}members.wto.org/{folder}/{year}/{area}/{code}/{stage}{name}"


def _year(printed: str, name: str) -> str:
    """Return the year of the folder, where it is cut short that of the file's name."""
    begins = re.match(r"(\d\d)_", name)
    if len(printed) == _YEAR_DIGITS:
        return printed
    return f"20{begins[1]}" if begins else ""


def _alike(word: str, wanted: str) -> bool:
    """Whether a word is a misspelling by few letters: `rn` read as `m`, one or two letters left out, added or exchanged."""
    one, other = word.replace("m", "rn"), wanted.replace("m", "rn")
    if one == other:
        return True
    rest = list(other)
    for letter in one:
        if letter in rest:
            rest.remove(letter)
    missing = len(rest)
    return missing <= 1 and len(one) - (len(other) - missing) <= len("ab")
