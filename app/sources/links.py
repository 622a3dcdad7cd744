"""Links of a notice: only plain web addresses leave this room, everything else is named so that a person can look.

A link ends up in mails and pages beside the WTO's name, so an address that is not what it seems (another scheme, a name
and password in it, a number or a foreign script for a host) is left out (F60).
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

LINK_CHARACTERS = 2_000
MOST_LINKS = 50

_OFFICIAL_DOCUMENT = "https://docs.wto.org/dol2fe/Pages/SS/directdoc.aspx?filename=q:/"
_ANY_SCHEME = re.compile(
    r"(?<![\w.+-])(?:[a-z][a-z0-9+.-]{1,20}://|(?:javascript|data|vbscript|mailto|blob|about):)", re.IGNORECASE
)
_WHOLE = re.compile(rf"[^\s<>\"]{{1,{LINK_CHARACTERS + 1}}}")
_NEXT_LINK = re.compile(r"[,;](?=\s*[A-Za-z][A-Za-z0-9+.-]{1,20}:)")
_HOST = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_FOREIGN_LABEL = re.compile(r"(?:^|\.)xn--")
_KEPT_IN_URL = "!#$%&'()*+,/:;=?@[]~"
_PORTS = frozenset({None, 80, 443, 8080, 8443})


@dataclass(frozen=True, slots=True)
class LinkReading:
    """The web addresses found, in order, and what was found that is none."""

    links: tuple[str, ...]
    dropped: tuple[str, ...] = ()


def read_links(text: str) -> LinkReading:
    """Find the addresses in a box that holds one, several joined by commas or lines, or a sentence with one in it."""
    links: dict[str, None] = {}
    dropped: dict[str, None] = {}
    position = 0
    while (scheme := _ANY_SCHEME.search(text, position)) is not None:
        whole = _WHOLE.match(text, scheme.start())
        found = _trimmed(_NEXT_LINK.split(whole[0] if whole else scheme[0], maxsplit=1)[0])
        position = scheme.start() + max(len(found), len(scheme[0]))
        sound = safe_link(found)
        (dropped if sound is None or len(links) >= MOST_LINKS else links)[sound or found[:200]] = None
    return LinkReading(tuple(links), tuple(dropped))


def safe_link(address: str) -> str | None:
    """Return `address` in ASCII if it is a web address on a named host, else None."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or port not in _PORTS:
        return None
    if (
        _HOST.fullmatch(host) is None
        or _FOREIGN_LABEL.search(host)
        or host.endswith((".localhost", ".local", ".internal"))
    ):
        return None
    link = quote(address.strip(), safe=_KEPT_IN_URL)
    return link if len(link) <= LINK_CHARACTERS else None


def official_document(path: str) -> str | None:
    r"""Return the address of the official document for ePing's `dolLink` (`G\TBTN16\USA1234.pdf`), None for others."""
    slashed = path.strip().replace("\\", "/").strip("/")
    if re.fullmatch(r"[A-Za-z0-9_./-]{3,200}", slashed) is None or ".." in slashed:
        return None
    return _OFFICIAL_DOCUMENT + slashed


def _trimmed(address: str) -> str:
    """Take off the punctuation of the sentence that an address stands in."""
    while address and (address[-1] in ".,;:'!?”»" or (address[-1] == ")" and address.count("(") < address.count(")"))):
        address = address[:-1]
    return address
