"""Which addresses a document may link to (EM-27): our own pages and the WTO's hosts, nothing else."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from app.texts.cleaning import one_line

LINKED_HOSTS = frozenset(
    {
        "docs.wto.org",
        "members.wto.org",
        "eping.wto.org",
        "www.wto.org",
        "epingalert.org",
        "www.epingalert.org",
    }
)
LONGEST_LINK = 500

_WEB = re.compile(r"https?://[^\s\\\"'<>`{}|^]+", re.IGNORECASE)
_KEPT = ":/?#[]@!$&()*+,;=%~"
_DEFAULT_PORTS = {None, 80, 443}


@dataclass(frozen=True, slots=True)
class Links:
    """Where our own pages stand. `base_url` has no slash at its end."""

    base_url: str

    def notice(self, ref: str, language: str) -> str:
        """Return the address of the page of one notice in a language."""
        path = f"/notices/{quote(one_line(ref), safe='/.')}"
        return self.base_url + (path if language == "vi" else f"/{language}{path}")

    def measure(self, ref: str, language: str) -> str:
        """Return the address of the page of one measure in a language."""
        path = f"/measures/{quote(one_line(ref), safe='/.')}"
        return self.base_url + (path if language == "vi" else f"/{language}{path}")


def linkable(url: str) -> str | None:
    """Return the address as it may stand in `href`, percent-encoded; None when it must not be a link.

    The host must be on the list letter by letter, without user, unusual port or backslash. Blanks inside a path, which
    members do print, are encoded.
    """
    if url != one_line(url) or "\\" in url:
        return None
    encoded = quote(url, safe=_KEPT)
    if len(encoded) > LONGEST_LINK or _WEB.fullmatch(encoded) is None:
        return None
    try:
        parts = urlsplit(encoded)
        listed = parts.hostname in LINKED_HOSTS and parts.port in _DEFAULT_PORTS
    except ValueError:
        return None
    return encoded if listed and "@" not in parts.netloc else None


def printable(url: str) -> str | None:
    """Return a web address as it may be printed as plain text; None for any other scheme or for no address at all."""
    clean = one_line(url)
    return clean if len(clean) <= LONGEST_LINK and _WEB.fullmatch(clean) is not None else None
