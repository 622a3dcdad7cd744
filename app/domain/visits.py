"""One visit to a source: what it brought, page by page, and what was wrong with it."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.notices import Record


@dataclass(frozen=True, slots=True)
class Window:
    """The days of circulation that a visit asks for, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered of a source when it is visited again.

    `expected` counts the records already stored for the window: a source that suddenly has none is not believed.
    `etag` and `last_modified` are for conditional requests; `body_hash` is that of the last sound body.
    """

    expected: int = 0
    etag: str = ""
    last_modified: str = ""
    body_hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Raw bytes as the source sent them. `hash` is their SHA-256 in hexadecimal."""

    hash: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One record that could not be taken: where it stood, which field, why. It is kept in quarantine."""

    position: str
    field: str
    reason: str
    excerpt: str = ""


class FaultKind(StrEnum):
    """Why a visit did not answer soundly."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    BUSY = "busy"
    UNSOUND = "unsound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What went wrong with a visit, in words for the operator. `retry_after` is the source's own wish.

    `oversize` says that the answer was larger than is taken, so that asking again is of no use.
    """

    kind: FaultKind
    reason: str
    retry_after: timedelta | None = None
    oversize: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of a source, taken or rejected as a whole: a page with a `fault` carries no records.

    `remarks` are for the operator and stop nothing. `total` is what the source says that the window holds.
    """

    payload: Payload | None = None
    records: tuple[Record, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    fault: Fault | None = None
    remarks: tuple[str, ...] = ()
    total: int | None = None
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = field(default=False)


FIRST_PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
LONGEST_WISH = timedelta(hours=6)


def resume_at(now: datetime, failures: int, retry_after: timedelta | None) -> datetime:
    """Return when a source that failed `failures` times in a row may be visited again (IN-02).

    The pause grows through 1, 5, 15 and 60 minutes; the source's own `Retry-After` counts where it is longer, up to
    six hours.
    """
    pause = FIRST_PAUSES[min(failures, len(FIRST_PAUSES)) - 1]
    return now + max(pause, min(retry_after or timedelta(0), LONGEST_WISH))


OVERLAP = timedelta(days=7)
FIRST_REACH = timedelta(days=90)


def window_to_ask(reached: date | None, today: date) -> Window:
    """Return the days to ask for: a week before the last day reached, up to tomorrow (IN-04).

    The overlap catches what was inserted while paging and what was corrected since; tomorrow, because a day begins in
    Viet Nam while it is still yesterday in Geneva, and clocks err both ways. A first visit goes back far enough to hold
    every draft that is still open for comments.
    """
    first = today - FIRST_REACH if reached is None else min(reached, today) - OVERLAP
    return Window(first, today + timedelta(days=1))
