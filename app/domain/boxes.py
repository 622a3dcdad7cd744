"""The boxes of a notice whose words a person puts into Vietnamese, and how such a text stands against its original.

A machine may draft a text; that is nobody's word until a person takes it over, and no text of the ministry uses it.

A text is bound to the words that it was written for. When those change, the box is open again: its text is used nowhere
until somebody says that it still holds, or writes another.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from itertools import pairwise
from typing import Final

from app.domain.articles.documents import Vietnamese
from app.domain.errors import invalid
from app.domain.notices import Content
from app.domain.sectors.passages import field_text

LONGEST_TEXT: Final = 20_000
"""Characters of one box; the longest description of five years of notices has 9,000."""


class Box(StrEnum):
    """A box that a person fills in Vietnamese."""

    TITLE = "title"
    PRODUCTS = "products"
    DESCRIPTION = "description"
    OBJECTIVES = "objectives"
    AGENCY = "agency"
    IMPACT = "impact"
    RECOMMENDATION = "recommendation"


class BoxState(StrEnum):
    """Whose word a text is."""

    MACHINE = "machine"
    TRANSLATED = "translated"
    REVIEWED = "reviewed"


WITHOUT_ORIGINAL: Final = frozenset({Box.AGENCY, Box.IMPACT, Box.RECOMMENDATION})
"""What the stored notice has no words for; only a person can say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One version of the text of a box: the words, the original that they were written for, and who stands behind them.

    `number` counts the versions of a box from 1. `reviewed_by` is somebody else than the writer; a machine's draft has
    neither, only `asked_by`, who asked for it. All are numbers of accounts.
    """

    box: Box
    number: int
    text: str
    state: BoxState
    original: str
    written_by: int | None
    reviewed_by: int | None
    at: datetime
    asked_by: int | None = None


def original_of(content: Content, box: Box) -> str:
    """Return the stored words of a box, as they came; empty where the notice has none."""
    return "" if box in WITHOUT_ORIGINAL else field_text(content, box)


def original_mark(original: str) -> str:
    """Return a short mark of an original, by which a form says which words its writer saw."""
    return sha256(original.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def is_reopened(written: Written, content: Content) -> bool:
    """Say whether the original of a text was changed since it was written."""
    return written.original != original_of(content, written.box)


def is_draftable(standing: Written | None, content: Content, box: Box) -> bool:
    """Say whether a machine may draft a box: it has an original, and no person's text that a draft would stand before."""
    empty = standing is None or not standing.text
    stale = standing is not None and standing.state is BoxState.MACHINE and is_reopened(standing, content)
    return bool(original_of(content, box).strip()) and (empty or stale)


def tongue_of(content: Content, box: Box) -> str:
    """Return the language of the words of a box, such as `en`; the WTO's own labels are in English."""
    return content.titles[0][0] if content.titles and box is not Box.OBJECTIVES else "en"


def vietnamese_of(standing: Mapping[Box, Written], content: Content, *, only_reviewed: bool = False) -> Vietnamese:
    """Return what people wrote of a notice as it stands now.

    A box that is open again is left out, and so is what only a machine wrote.
    """
    used = {BoxState.REVIEWED} if only_reviewed else {BoxState.REVIEWED, BoxState.TRANSLATED}
    texts = {
        one.box.value: one.text for one in standing.values() if not is_reopened(one, content) and one.state in used
    }
    return Vietnamese.read(texts)


def unseen_writers(standing: Mapping[Box, Written], content: Content, besides: Collection[str]) -> frozenset[int]:
    """Return whose words a text takes from the boxes of a notice though nobody confirmed them.

    `besides` are the fields that the text has words of its own for.
    """
    used = (one for one in standing.values() if one.box.value not in besides and not is_reopened(one, content))
    unseen = (one.written_by for one in used if one.text and one.state is BoxState.TRANSLATED)
    return frozenset(writer for writer in unseen if writer is not None)


def checked_text(typed: str) -> str:
    """Return a typed text as it is kept: NFC, plain line ends, no blanks around. AppError for what no page can print."""
    text = unicodedata.normalize("NFC", typed.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(text) > LONGEST_TEXT:
        raise invalid("text-long", f"a box holds at most {LONGEST_TEXT} characters", field="text")
    if any(unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\t" for one in text):
        raise invalid("text-unprintable", "the text holds characters that cannot be printed", field="text")
    return text


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a text that carry a mark; `quote` is what must stand there."""

    start: int
    end: int
    quote: str
    mark: int


@dataclass(frozen=True, slots=True)
class MarkedPiece:
    """A run of a text under the same marks, none for what is not marked."""

    text: str
    marks: tuple[int, ...] = ()


def marked_pieces(text: str, spans: Iterable[Span]) -> tuple[MarkedPiece, ...]:
    """Cut a text where marks begin and end; the pieces, joined, are the text.

    A span that does not stand in this text, because it was read in a parent's, marks nothing.
    """
    held = [one for one in spans if one.start < one.end and text[one.start : one.end] == one.quote]
    cuts = sorted({0, len(text), *(one.start for one in held), *(one.end for one in held)})
    pieces: list[MarkedPiece] = []
    for start, end in pairwise(cuts):
        marks = tuple(sorted({one.mark for one in held if one.start <= start and end <= one.end}))
        _join(pieces, MarkedPiece(text[start:end], marks))
    return tuple(pieces)


def _join(pieces: list[MarkedPiece], piece: MarkedPiece) -> None:
    if pieces and pieces[-1].marks == piece.marks:
        pieces[-1] = MarkedPiece(pieces[-1].text + piece.text, piece.marks)
    else:
        pieces.append(piece)


def wrote_since_review(history: Sequence[Written], account: int) -> bool:
    """Say whether somebody wrote any version of a box since it was last reviewed; `history` is oldest first."""
    for one in reversed(history):
        if one.state is BoxState.REVIEWED:
            return False
        if one.written_by == account:
            return True
    return False
