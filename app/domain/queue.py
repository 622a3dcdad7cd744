"""The queue of the desk: what it is sorted into, the clock that runs on it, and why an act leaves a notice as it was."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from app.domain.release import Waiting

OVERDUE_AFTER: Final = timedelta(hours=24)
"""Time on working days after which a notice that waits is late: the network's rule that notices are passed on within 24
hours on working days of receipt (Decision 114/2005/QD-TTg)."""
UNSURE: Final = (Waiting.UNSURE, Waiting.UNLABELLED)
"""What waits because nobody can be sure whom it concerns."""


class Tab(StrEnum):
    """A part of the queue. One notice may stand in several."""

    ALL = "all"
    NEW = "new"
    UNSURE = "unsure"
    CONTRADICTORY = "contradictory"
    ORPHAN = "orphan"
    UNMATCHED = "unmatched"
    MINE = "mine"


class Order(StrEnum):
    """What the queue is sorted by: days left to comment, the fewest first, or how long it waits, the longest first."""

    DEADLINE = "deadline"
    AGE = "age"


class LeftBecause(StrEnum):
    """Why an act on many notices left one of them as it was."""

    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    OWN_ENTRY = "own_entry"
    NOTHING_WAITS = "nothing_waits"
    SAME_HOLDER = "same_holder"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a notice in hand: a unit of the ministry, by its key, or somebody on the staff, by number. One of the two."""

    unit: str = ""
    account: int = 0


def may_release_together(entered_by: str | None, actor: str) -> bool:
    """Say whether somebody may let a notice out unread, among others: nobody does so with what they entered themselves."""
    return entered_by != actor
