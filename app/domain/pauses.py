"""Pausing: until when nothing is told, and what is told of the time between once it goes on."""

from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from app.domain.errors import invalid

RESUMED_AT = time(7, 0)
"""When a subscription goes on by itself on its day: before the digests are made, after the night."""
LONGEST_PAUSE = timedelta(days=366)


class OnResume(StrEnum):
    """What is told of what was released during a pause: what still takes comments, in one mail, or nothing."""

    OPEN = "open"
    NOTHING = "nothing"


def resumes_at(day: date | None, today: date, zone: tzinfo) -> datetime | None:
    """Return the moment at which a pause until a day ends by itself; None for one that only its reader ends.

    AppError (invalid) when the day is not after today, or more than a year away.
    """
    if day is None:
        return None
    if not today < day <= today + LONGEST_PAUSE:
        raise invalid("pause-until", "must be a day after today, at most a year away", field="paused_until")
    return datetime.combine(day, RESUMED_AT, zone)
