"""What a notice amounts to for the ministry's texts: the shape of its text, and how its deadline stands on a day.

The switches are those of the ministry's own practice: no deadline, no call for comments; a deadline that has passed is
told as passed; "60 days" without a date is computed from the day of circulation and marked as expected.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.domain.events import EventKind
from app.domain.measures import MeasureState, event_of
from app.domain.notices import Content, NoticeType

_WORDS = {"sixty": 60, "forty-five": 45, "thirty": 30, "ninety": 90, "sesenta": 60, "soixante": 60, "treinta": 30}
_DAYS = re.compile(
    rf"\b(?P<number>\d{{1,3}}|{'|'.join(_WORDS)})\s*(?:calendar |natural )?(?:days?|d[ií]as?|jours?)\b[^.;]{{0,30}}?"
    r"\b(?:notification|notificaci[oó]n|circulation|distribuci[oó]n|distribution)\b",
    re.IGNORECASE,
)


_FINAL = re.compile(r"\bfinal (?:rule|order|amendment|regulation)s?\b", re.IGNORECASE)


class Shape(StrEnum):
    """What kind of text a notice makes."""

    DRAFT = "draft"
    PLAIN = "plain"
    """A notice that asks for no comments and does not say that it is adopted."""
    FINAL = "final"
    EMERGENCY = "emergency"
    DEADLINE = "deadline"
    CHANGED = "changed"
    ADDED = "added"
    CORRECTED = "corrected"
    REVISED = "revised"
    SUPPLEMENT = "supplement"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    """A corrigendum that takes back what was notified: a notice is void, the measure may stand."""
    WARNING = "warning"


class Comments(StrEnum):
    """Whether comments are taken on the day on which the text is written."""

    NONE = "none"
    OPEN = "open"
    PASSED = "passed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The WTO's final date for comments. `days` is the period that it was computed from; 0 for a date as stated."""

    day: date
    days: int = 0

    @property
    def computed(self) -> bool:
        """Whether the member stated a period and no date."""
        return self.days > 0


_BY_TYPE = {
    NoticeType.CORRIGENDUM: Shape.CORRECTED,
    NoticeType.REVISION: Shape.REVISED,
    NoticeType.SUPPLEMENT: Shape.SUPPLEMENT,
    NoticeType.WARNING: Shape.WARNING,
}
_BY_EVENT = {
    EventKind.DEADLINE_CHANGED: Shape.DEADLINE,
    EventKind.SCOPE_CHANGED: Shape.CHANGED,
    EventKind.ADOPTED: Shape.FINAL,
    EventKind.IN_FORCE: Shape.FINAL,
}


def shape_of(content: Content, state: MeasureState) -> Shape:
    """Return the kind of text that a notice of a measure in that state makes."""
    happened = event_of(content)
    if happened is EventKind.WITHDRAWN and content.type is NoticeType.CORRIGENDUM:
        return Shape.CANCELLED
    if happened is EventKind.WITHDRAWN or state is MeasureState.WITHDRAWN:
        return Shape.WITHDRAWN
    if content.type in _BY_TYPE:
        return _BY_TYPE[content.type]
    if content.type is NoticeType.ADDENDUM:
        shape = _BY_EVENT.get(happened, Shape.ADDED)
        # Words that sound final beside a call for comments are about something else.
        return Shape.ADDED if shape is Shape.FINAL and deadline_of(content) is not None else shape
    if content.type is NoticeType.EMERGENCY or content.emergency:
        return Shape.EMERGENCY
    return Shape.DRAFT if deadline_of(content) is not None and not _is_decided(content) else Shape.PLAIN


def _is_decided(content: Content) -> bool:
    """Whether a notice that takes comments is of no draft: it says so in its title, or its day had come by then."""
    on = content.distributed_on
    days = [one for one in (content.adoption_on, content.in_force_on) if one is not None]
    return any(_FINAL.search(title) for _, title in content.titles) or (
        on is not None and any(one <= on for one in days)
    )


def deadline_of(content: Content) -> Deadline | None:
    """Return the final date for comments as stated, else as computed from a period of days; None without either."""
    if content.comment_deadline is not None:
        return Deadline(content.comment_deadline)
    found = _DAYS.search(content.comment_deadline_text)
    if found is None or content.distributed_on is None:
        return None
    number = found["number"].casefold()
    days = _WORDS.get(number) or int(number)
    return Deadline(content.distributed_on + timedelta(days=days), days) if days else None


def comments_on(today: date, deadline: Deadline | None, shape: Shape) -> Comments:
    """Say whether comments are taken on a day in Viet Nam; the last day counts."""
    if shape is Shape.WITHDRAWN:
        return Comments.WITHDRAWN
    if deadline is None or shape is Shape.CANCELLED:
        return Comments.NONE
    return Comments.OPEN if deadline.day >= today else Comments.PASSED
