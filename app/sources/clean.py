"""From what a form, a page or a spreadsheet holds to plain text that can be stored, matched and printed.

The text that leaves this room is in NFC and free of markup, control characters, bidi overrides and zero-width
characters (IN-08). It is not escaped: whoever prints it into HTML, mail or a workbook does that.
"""

import html
import re
import unicodedata
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

TITLE_CHARACTERS = 2_000
TEXT_CHARACTERS = 50_000

_RAW_PER_CLEAN = 8  # markup may be this many times longer than the text in it before it is cut unread
_MOST_ROUNDS = 10
_DROPPED = ["script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "head", "textarea"]
_BLOCKS = (
    "address,article,blockquote,br,caption,dd,div,dl,dt,fieldset,figure,footer,form,h1,h2,h3,h4,h5,h6,header,hr,li,main,"
    "nav,ol,p,pre,section,table,tr,ul"
)
_CELLS = "td,th"
_TAG_NAMES = (
    "a|abbr|acronym|address|applet|area|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption|"
    "center|cite|code|col|colgroup|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption|figure|font|"
    "footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|image|img|input|ins|kbd|label|legend|li|link|main|map|"
    "mark|marquee|math|menu|meta|nav|nobr|noscript|object|ol|optgroup|option|p|param|picture|plaintext|pre|q|s|samp|"
    "script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|"
    "tfoot|th|thead|time|title|tr|track|tt|u|ul|var|video|wbr|xmp|[a-z][a-z0-9]*:[a-z]+"
)
_MARKUP = re.compile(rf"</?(?:{_TAG_NAMES})(?:[\s/][^<>]*)?>|<!--|<!doctype\b|<!\[CDATA\[|<\?xml\b", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED_AMPERSANDS = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]|_x000[aAdD]_(?:\r?\n)?")
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]|_x00[01][0-9A-Fa-f]_"
)
_WRAP = re.compile(r"\n(?<=[^\n]{39}[^\n.:;!?]\n)(?=[a-zà-öø-ÿ])")  # a line of some length, then a small letter
_UNUSABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_ANYTHING_TO_DO = re.compile(f"[<&\ufffd]|{_LINE_ENDS.pattern}|{_HIDDEN.pattern}|{_UNUSABLE.pattern}")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Plain text and what had to be done to it that a person should know: words that fit a `Flag`'s code."""

    text: str
    problems: tuple[str, ...] = ()


def clean_line(raw: str, limit: int = TITLE_CHARACTERS) -> Cleaned:
    """Return `raw` as one line of plain text of at most `limit` characters."""
    cleaned = _clean(raw, limit)
    return _cut(" ".join(cleaned.text.split()), limit, cleaned.problems)


def clean_text(raw: str, limit: int = TEXT_CHARACTERS) -> Cleaned:
    """Return `raw` as plain text of at most `limit` characters; paragraphs, items and `<br>` become lines."""
    cleaned = _clean(raw, limit)
    lines = (" ".join(line.split()) for line in cleaned.text.split("\n"))
    return _cut(_unwrapped("\n".join(filter(None, lines))), limit, cleaned.problems)


def plain_text(raw: str, limit: int) -> Cleaned:
    """Return text that is plain already, out of a document, of at most `limit` characters; what looks like markup stays."""
    lines = (" ".join(line.split()) for line in _visible(raw[: limit * _RAW_PER_CLEAN]).split("\n"))
    return _cut(_unwrapped("\n".join(filter(None, lines))), limit, ())


def _clean(raw: str, limit: int) -> Cleaned:
    """Take layers off until nothing changes: entities may be escaped twice, and hidden characters may hide markup."""
    problems = []
    if len(raw) > limit * _RAW_PER_CLEAN:
        raw = raw[: limit * _RAW_PER_CLEAN]
        problems.append("too_long")
    if _ANYTHING_TO_DO.search(raw) is None and unicodedata.is_normalized("NFC", raw):
        return Cleaned(raw, tuple(problems))
    if _UNUSABLE.search(raw) or "\ufffd" in raw:
        problems.append("damaged_characters")
    if _OVERRIDES.search(raw):
        problems.append("hidden_characters")
    for _ in range(_MOST_ROUNDS):
        text = _without_one_layer(raw)
        if text == raw:
            break
        raw = text
    else:
        raw = raw.replace("&", "& ").replace("<", "< ")
        problems.append("escaped_too_often")
    return Cleaned(raw, tuple(problems))


def _visible(text: str) -> str:
    """Return the characters that are seen, composed, each line end as one."""
    return unicodedata.normalize("NFC", _UNUSABLE.sub("\ufffd", _HIDDEN.sub("", _LINE_ENDS.sub("\n", text))))


def _without_one_layer(text: str) -> str:
    text = _visible(text)
    if _MARKUP.search(text):
        return _without_markup(text)
    text = _ESCAPED_AMPERSANDS.sub("&", text)
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def _without_markup(text: str) -> str:
    """Read `text` as HTML5 does. Line ends in the source are blanks there; those of block elements are kept."""
    page = LexborHTMLParser(re.sub(r"[^\S ]+", " ", text))
    page.strip_tags(_DROPPED, recursive=True)
    for node in page.css(_BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    for node in page.css(_CELLS):
        node.insert_after(" ")
    return page.root.text(deep=True) if page.root else ""


def _unwrapped(text: str) -> str:
    """Join lines that a form broke in the middle of a sentence, so that phrases are found across the break."""
    return _WRAP.sub(" ", text)


def _cut(text: str, limit: int, problems: tuple[str, ...]) -> Cleaned:
    if len(text) <= limit:
        return Cleaned(text, problems)
    return Cleaned(text[:limit].rstrip(), (*dict.fromkeys((*problems, "too_long")),))
