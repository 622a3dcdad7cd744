"""Reads a page as a browser does, and says what in it is alive."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import httpx

from app.texts.links import LINKED_HOSTS
from app.web.pages import POLICY

FORBIDDEN = {
    "script",
    "img",
    "svg",
    "iframe",
    "object",
    "embed",
    "noscript",
    "style",
    "base",
    "math",
    "frame",
    "applet",
}
HOSTS = LINKED_HOSTS | {"webgate.ec.europa.eu", "keng.example"}
"""Hosts that a page of the desk may link to: the WTO's, and where a warning was published."""
LINKS = {"href", "action", "src", "formaction", "data", "poster", "srcset", "cite", "background", "xlink:href"}


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]


def alive(page: str, *, scripts_of_data: int = 0) -> list[str]:
    """Return what in a page would run, load, be drawn or lead elsewhere; `scripts_of_data` may hold data alone."""
    read = _Elements()
    read.feed(page)
    read.close()
    found = [tag for tag in read.tags if tag in FORBIDDEN]
    for _ in range(scripts_of_data):
        found.remove("script")
    for tag, name, value in read.attributes:
        if name.startswith("on") or name in {"style", "srcdoc", "ping", "autofocus"}:
            found.append(f"{tag} {name}={value}")
        if name in LINKS and not (tag == "link" and value.startswith("/static/")) and not _leads_here(value):
            found.append(f"{tag} {name}={value}")
        if tag == "meta" and name == "http-equiv":
            found.append(f"meta {name}={value}")
    return found


def _leads_here(link: str) -> bool:
    if link.startswith(("/", "#", "?")) or link == "":
        return not link.startswith(("//", "/\\"))
    parts = urlsplit(link)
    return parts.scheme in {"https", "http"} and parts.hostname in HOSTS and "@" not in parts.netloc


def assert_inert(answer: httpx.Response, asked: str) -> None:
    """Fail when an answer is a fault of ours, or when anything in it is alive or would be let run."""
    assert answer.status_code < 500, asked
    headers = answer.headers
    assert headers["content-security-policy"] == POLICY, asked
    assert headers["x-content-type-options"] == "nosniff", asked
    kind = headers.get("content-type", "").partition(";")[0]
    if answer.status_code == 303:
        assert headers["location"].startswith("/"), asked
        assert not headers["location"].startswith("//"), asked
    elif "attachment" in headers.get("content-disposition", ""):
        if kind == "text/html":
            data = 'type="application/ld+json"'
            assert [one for one in alive(answer.text, scripts_of_data=answer.text.count(data)) if one != "style"] == []
    else:
        assert kind == "text/html", asked
        assert alive(answer.text) == [], asked
