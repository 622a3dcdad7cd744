"""What stands behind a notice's links: the official notice, the notified texts, and how far each of them was read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.notices import Content
from app.domain.visits import LONGEST_WISH, Payload

MOST_DOCUMENTS = 8
"""Links of one notice that are followed; of 30 real notices none had more than three."""
PAUSES = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=3))
"""What is waited after each try that came to nothing; after the last pause and one more try it is given up."""
MOST_TRIES = len(PAUSES) + 1


class AttachmentKind(StrEnum):
    """What a link is of: the official notice, or a text that was notified with it."""

    NOTICE = "notice"
    TEXT = "text"


class AttachmentState(StrEnum):
    """How far an attachment was read; only `waiting` is tried again."""

    WAITING = "waiting"
    READ = "read"
    SCANNED = "scanned"
    ENCRYPTED = "encrypted"
    BROKEN = "broken"
    OVER_LIMITS = "over_limits"
    UNSUPPORTED = "unsupported"
    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One document behind a link of a notice, as everybody may know of it.

    `reason` says in a sentence for the operator why it stands so. `sha256` names the bytes, None before they came;
    `pages` and `characters` count what was read, None where there are none to count.
    """

    url: str
    kind: AttachmentKind
    state: AttachmentState
    reason: str
    sha256: str | None
    pages: int | None
    characters: int | None
    fetched_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a document says, in clean plain text, or why it does not."""

    state: AttachmentState
    reason: str = ""
    pages: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes that a link led to, and what was read in them."""

    payload: Payload
    reading: Reading


def documents_of(content: Content) -> tuple[tuple[AttachmentKind, str], ...]:
    """Return the links of a notice with what they are of, each once, the official notice first."""
    named = {content.notice_link: AttachmentKind.NOTICE} if content.notice_link else {}
    for link in content.text_links:
        named.setdefault(link, AttachmentKind.TEXT)
    return tuple((kind, link) for link, kind in named.items())[:MOST_DOCUMENTS]


def next_try(now: datetime, attempts: int, wish: timedelta | None) -> datetime | None:
    """Return when a document is asked for again after so many tries that came to nothing; None when it is given up.

    A host's own `Retry-After` counts where it is longer, up to six hours.
    """
    if attempts >= MOST_TRIES:
        return None
    return now + max(PAUSES[attempts - 1], min(wish or timedelta(0), LONGEST_WISH))
