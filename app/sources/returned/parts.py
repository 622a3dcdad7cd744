"""The parts of a message, as plain text."""

from collections.abc import Iterator
from email.errors import CloseBoundaryNotFoundDefect
from email.message import Message

from app.sources.clean import clean_text

TEXT_CHARACTERS = 20_000


def parts_of(message: Message) -> Iterator[Message]:
    """Yield the leaves of a message; a mail that is returned in it is one leaf, whose own parts are nobody's report."""
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from parts_of(part)
    else:
        yield message


def ends(message: Message) -> bool:
    """Say whether a message came to its end; of plain text nobody can say that it did not."""
    return not any(isinstance(defect, CloseBoundaryNotFoundDefect) for defect in message.defects)


def header(message: Message, name: str) -> str:
    """Return the topmost header of a name on one line, whatever octets it holds; empty when there is none."""
    return " ".join(str(message.get(name, "")).split())


def text_of(part: Message) -> str:
    """Return the text of a leaf, transfer encoding and markup undone, cut to some length."""
    payload = part.get_payload(decode=True)
    octets = payload if isinstance(payload, bytes) else b""
    text = octets[: 4 * TEXT_CHARACTERS].decode("utf-8", errors="replace")
    if part.get_content_subtype() == "html":
        return clean_text(text, TEXT_CHARACTERS).text
    return text[:TEXT_CHARACTERS]


def body_text(message: Message) -> str:
    """Return what a message says to people: its first plain text, for want of one its first HTML as plain text."""
    texts = [part for part in parts_of(message) if part.get_content_maintype() == "text"]
    plain = [part for part in texts if part.get_content_subtype() == "plain"]
    shown = plain or [part for part in texts if part.get_content_subtype() == "html"]
    return text_of(shown[0]) if shown else ""
