"""An independent reader of mail: headers unfolded and decoded by RFC 2047 alone, parts by RFC 2045, words of HTML.

Nothing of Python's `email` package is used here, so that it cannot agree with itself.
"""

import base64
import quopri
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

ENCODED_WORD = re.compile(r"=\?([A-Za-z0-9._-]+)\?([bBqQ])\?([!->@-~]*)\?=")
_WORDS = re.compile(r"[^\W_]+(?:[/.:-][^\W_]+)*")


@dataclass(frozen=True)
class Wire:
    """One message as its bytes say: raw header lines, headers unfolded but not decoded, the two bodies, its files.

    A file is its headers, unfolded, and its bytes.
    """

    lines: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    files: tuple[tuple[Mapping[str, str], bytes], ...] = ()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def one(self, name: str) -> str:
        (value,) = self.all(name)
        return value


def read_wire(message: bytes) -> Wire:
    """Read a `multipart/alternative` of plain text and HTML, or one with files in a `multipart/mixed`.

    Every line must end in CRLF and nothing else.
    """
    assert b"\n" not in message.replace(b"\r\n", b"")
    assert b"\r" not in message.replace(b"\r\n", b"")
    assert message.endswith(b"\r\n")
    head, _, body = message.partition(b"\r\n\r\n")
    headers = _headers(head)
    (content_type,) = [value for name, value in headers if name == "Content-Type"]
    files: list[bytes] = []
    if content_type.startswith("multipart/mixed"):
        inner, *files = _parts_of("mixed", content_type, body)
        inner_head, _, body = inner.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content_type = dict(_headers(inner_head))["Content-Type"]
    (text_type, text), (html_type, html) = map(_words, _parts_of("alternative", content_type, body))
    assert text_type == 'text/plain; charset="utf-8"'
    assert html_type == 'text/html; charset="utf-8"'
    return Wire(tuple(head.split(b"\r\n")), headers, text, html, tuple(map(_part, files)))


def unfold(block: str) -> str:
    """Undo folding: a line that begins with a blank continues the line before (RFC 5322, 2.2.3)."""
    return re.sub(r"\r\n(?=[ \t])", "", block)


def decode_words(value: str) -> str:
    """Decode encoded words (RFC 2047): blanks between two of them vanish, all others stay."""
    decoded = []
    end = 0
    after_word = False
    for found in ENCODED_WORD.finditer(value):
        between = value[end : found.start()]
        if not (after_word and not between.strip(" \t")):
            decoded.append(between)
        octets = found[3].encode("ascii")
        raw = base64.b64decode(octets, validate=True) if found[2] in "bB" else quopri.decodestring(octets, header=True)
        decoded.append(raw.decode(found[1]))
        end, after_word = found.end(), True
    return "".join([*decoded, value[end:]])


def words_of(text: str) -> set[str]:
    """Return the words and codes of a text, case aside, so that layout does not count."""
    return {word.casefold() for word in _WORDS.findall(unicodedata.normalize("NFC", text))}


class Page(HTMLParser):
    """What an HTML part shows and does: its text, its tags, its attributes, its links."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self._hidden = 0
        self.feed(html)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(self.shown)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self._hidden += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.shown.append(data)


def _headers(head: bytes) -> tuple[tuple[str, str], ...]:
    pairs = [line.partition(": ") for line in unfold(head.decode("utf-8")).split("\r\n")]
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", name) and separator for name, separator, _ in pairs)
    return tuple((name, value) for name, _, value in pairs)


def _parts_of(kind: str, content_type: str, body: bytes) -> list[bytes]:
    boundary = re.fullmatch(rf'multipart/{kind}; boundary="([^"]+)"', content_type)
    assert boundary is not None
    preamble, *parts, end = body.split(b"--" + boundary[1].encode())
    assert (preamble, end) == (b"", b"--\r\n")
    return parts


def _words(part: bytes) -> tuple[str, str]:
    headers, body = _part(part)
    return headers["Content-Type"], body.decode("utf-8")


def _part(part: bytes) -> tuple[Mapping[str, str], bytes]:
    head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    assert all(len(line) <= 78 for line in head.split(b"\r\n")[1:]), head
    headers = dict(_headers(head))
    assert headers["Content-Transfer-Encoding"] == "base64"
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    return headers, base64.b64decode(body.replace(b"\r\n", b""), validate=True)
