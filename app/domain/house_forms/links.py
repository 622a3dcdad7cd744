"""Links to the WTO's documents: the misprints that lead nowhere, and where they should lead.

Texts stand at members.wto.org/crnattachments/<year>/<TBT or SPS>/<code>/<file>; the folder of the European Union bears its
former code, EEC.
"""

import re
from collections.abc import Iterator

from app.domain.house_forms.findings import Finding, Rule, Text

_LINK = re.compile(r"(?:https?://|(?<![\w./])members\.wto\.org/)[^\s<>\"'“”)]+", re.IGNORECASE)
_BROKEN_AT_BLANKS = re.compile(
    r"(?:https?://)?members\.wto\.org/\w+/\d{4}/(?:TBT|SPS)/\w+/[^\s<>\"'/]+(?:[ \u00a0][^\s<>\"'/]+){1,6}?\.(?:pdf|docx?)\b",
    re.IGNORECASE,
)
_MEMBERS = re.compile(r"((?:https?://)?)members\.wto\.org/(\w+)/(\d{4})/([A-Za-z]{3})/(\w+)/([^/]+)", re.IGNORECASE)
_TRAILING = ".,;:!?"
_FOLDER = "crnattachments"
_FOLDER_CODES = {"EU": "EEC", "PHI": "PHL", "TWN": "TPKM"}


def check_links(text: Text) -> Iterator[Finding]:
    """Find links that lead nowhere: blanks in them, a misspelt folder, a code that has no folder, no host at all."""
    broken = [(found.start(), found[0]) for found in _BROKEN_AT_BLANKS.finditer(text.text)]
    for start, link in broken:
        yield Finding(text.field, start, Rule.LINK, link, _mended(re.sub(r"[ \u00a0]", "_", link)))
    for found in _LINK.finditer(text.text):
        link = found[0].rstrip(_TRAILING)
        if any(start <= found.start() < start + len(whole) for start, whole in broken):
            continue
        proposal = _mended(link)
        if proposal != link:
            yield Finding(text.field, found.start(), Rule.LINK, link, proposal)
        elif _has_no_host(link):
            yield Finding(text.field, found.start(), Rule.LINK, link)


def _mended(link: str) -> str:
    parts = _MEMBERS.fullmatch(link)
    if parts is None:
        return link
    scheme, folder, year, area, code, name = parts.groups()
    folder = _FOLDER if _alike(folder.casefold(), _FOLDER) else folder
    code = _FOLDER_CODES.get(code.upper(), code)
    tidy = name.replace("%20", "_")
    return f"{scheme}members.wto.org/{folder}/{year}/{area.upper()}/{code}/{tidy}"


def _alike(word: str, wanted: str) -> bool:
    """Whether a word is a misspelling by few letters: `rn` read as `m`, one letter left out or added."""
    return word.replace("m", "rn") == wanted.replace("m", "rn") or (
        abs(len(word) - len(wanted)) <= 1
        and sum(a != b for a, b in zip(sorted(word), sorted(wanted), strict=False)) <= 1
    )


def _has_no_host(link: str) -> bool:
    host = link.split("://", 1)[-1].split("/", 1)[0]
    return "." not in host
