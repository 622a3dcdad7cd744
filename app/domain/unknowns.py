"""Messages whose fate nobody knows: what the relay's log says of them, and what follows from it (DL-05)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from app.domain.deliveries import AMBIGUOUS_AT_MOST

ABSENT_FOR = timedelta(minutes=10)
"""So long the log must have been silent about a message, the relay running, before it goes once more (DL-05)."""

UNREADABLE_FOR = timedelta(hours=1)
"""After so long without an answer from the log a person has to look (DL-05)."""


class Evidence(StrEnum):
    """What the relay's log says of a message: it is in the queue; it is not; or the log does not tell."""

    QUEUED = "queued"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


class Resolution(StrEnum):
    """What becomes of a message whose fate is unknown."""

    ACCEPTED = "accepted"
    REPEAT = "repeat"
    WAIT = "wait"
    NEEDS_HUMAN = "needs_human"


def resolve(evidence: Evidence, waited: timedelta, *, ambiguous: int) -> Resolution:
    """Return what becomes of a message `waited` after nobody knew its fate; `ambiguous` counts its unclear attempts.

    What the log saw in the queue is never repeated, and what was ambiguous twice is never sent a third time.
    """
    if evidence is Evidence.QUEUED:
        return Resolution.ACCEPTED
    if ambiguous >= AMBIGUOUS_AT_MOST:
        return Resolution.NEEDS_HUMAN
    if evidence is Evidence.ABSENT:
        return Resolution.REPEAT if waited >= ABSENT_FOR else Resolution.WAIT
    return Resolution.NEEDS_HUMAN if waited >= UNREADABLE_FOR else Resolution.WAIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message that the relay's log saw in the queue: by its Message-ID without brackets, and where it says so.

    `logged` is the time as it stands in the log, `sender` the address that bounces go to.
    """

    message_id: str
    queue_id: str
    sender: str
    logged: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPlace:
    """How far a log was read: up to `offset` in the file whose first `measured` octets have this fingerprint.

    `entered` holds the Message-ID by queue name of what came in and was not seen in the queue yet.
    """

    fingerprint: str
    measured: int
    offset: int
    entered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReading:
    """A piece of a log: what it saw queued, how far it was read, and whether `more` is there at once.

    `whole` says that it follows on what was read before. `running` is what the relay said last of itself: started,
    stopped, or nothing (None); `started` that it said so at all.
    """

    queued: tuple[Queued, ...]
    place: LogPlace
    more: bool
    whole: bool
    running: bool | None = None
    started: bool = False


@dataclass(frozen=True, slots=True)
class LogUnreadable:
    """The log could not be read; the reason names no address."""

    reason: str


_OUR_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.[0-9]+)*")
_OUR_RETURN_PATH = re.compile(r"b\+[1-9][0-9]{0,18}\.[a-z2-7]{24}@.+", re.IGNORECASE)


def is_delivery(queued: Queued, domain: str) -> bool:
    """Say whether a message bears the marks of a delivery: a Message-ID of ours in `domain`, a return path of its own.

    What people write from the same domain, and our own mails to operators, come back to plain addresses.
    """
    name, _, where = queued.message_id.rpartition("@")
    marked = _OUR_NAME.fullmatch(name) and _OUR_RETURN_PATH.fullmatch(queued.sender)
    return where == domain and marked is not None
