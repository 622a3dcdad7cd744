"""A text that is to leave the house, as somebody wrote it: plain text, a page of HTML or a Word document."""

import asyncio
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from app.domain.attachments import AttachmentState
from app.domain.errors import invalid
from app.sources.documents import DocumentReader

MOST_BYTES = 20 * 1024 * 1024
_WORD = b"PK\x03\x04"
_HTML = {".html", ".htm", ".xhtml"}
_DROPPED = ["script", "style", "template", "head"]
_BLOCKS = "address,article,blockquote,br,dd,div,dt,footer,h1,h2,h3,h4,h5,h6,header,li,p,pre,section,td,th,tr"


async def read_outgoing(file: Path) -> str:
    """Return what a file says, line by line; AppError (invalid) for one that cannot be read.

    What is no UTF-8 is read as Windows-1252, in which texts of the old Vietnamese encodings arrive.
    """
    body = await asyncio.to_thread(_bytes, file)
    if body.startswith(_WORD):
        reading = await DocumentReader().read(body)
        if reading.state is not AttachmentState.READ:
            raise invalid("outgoing-file", f"{file.name}: {reading.reason}", field="FILE")
        return reading.text
    text = _decoded(body)
    return _page(text) if file.suffix.casefold() in _HTML else text


def _bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            body = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise invalid("outgoing-file", f"{file.name} cannot be read: {error.strerror}", field="FILE") from error
    if len(body) > MOST_BYTES:
        raise invalid("outgoing-file", f"{file.name} is larger than {MOST_BYTES} bytes", field="FILE")
    return body


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _page(text: str) -> str:
    tree = LexborHTMLParser(text)
    tree.strip_tags(_DROPPED)
    for node in tree.css(_BLOCKS):
        node.insert_before("\n")
    lines = (" ".join(line.split()) for line in (tree.body.text() if tree.body else "").splitlines())
    return "\n".join(line for line in lines if line)
