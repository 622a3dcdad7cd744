"""What can happen to a measure, as one log that feeds mail, webhooks, feeds and calendars."""

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


class Audience(StrEnum):
    """Who is told of an event: those who take additions, those who take updates, or nobody."""

    ADDITIONS = "additions"
    UPDATES = "updates"
    NOBODY = "nobody"
