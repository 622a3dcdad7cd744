"""What can happen to a measure, as one log that feeds mail, webhooks, feeds and calendars."""

from datetime import date
from enum import StrEnum


class EventKind(StrEnum):
    """What happened to a measure."""

    NOTIFIED = "notified"
    DEADLINE_CHANGED = "deadline_changed"
    SCOPE_CHANGED = "scope_changed"
    ADOPTED = "adopted"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    REGROUPED = "regrouped"
    """Staff filed a notice under another measure; nobody is told."""


class Audience(StrEnum):
    """Who is told of an event: those who take additions, those who take updates, or nobody."""

    ADDITIONS = "additions"
    UPDATES = "updates"
    NOBODY = "nobody"


class Telling(StrEnum):
    """What a visit or an import tells of what it brings."""

    ALL = "all"
    RECENT = "recent"
    NONE = "none"


def silence_of(telling: Telling, distributed_on: date | None, since: date) -> str | None:
    """Return why nobody is told of something circulated on that day, or None when people are.

    `since` is the first day that counts as recent; a notice without a date of circulation is not recent.
    """
    if telling is Telling.NONE:
        return "silent"
    if telling is Telling.RECENT and (distributed_on is None or distributed_on < since):
        return "baseline"
    return None
