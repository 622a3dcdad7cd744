"""By when the ministry asks for opinions, so that they become one comment before the deadline of the WTO."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.working_days import WorkingCalendar

ASKED_BEFORE: Final = 10
"""Working days between the internal deadline and that of the WTO, in which opinions become one comment."""
ANSWERED_WITHIN: Final = 5
"""Working days that an organisation has at the least after the letter was sent."""


@dataclass(frozen=True, slots=True)
class InternalDeadline:
    """By when an organisation is asked to answer; `urgent` (gấp) when that leaves it less time than it is due."""

    day: date
    urgent: bool = False


def internal_deadline(deadline: date, sent_on: date, calendar: WorkingCalendar) -> InternalDeadline | None:
    """Return by when to answer a letter sent on a day about a notice with this WTO deadline.

    Ten working days before the deadline, but never under five working days after sending. Where five working days do not
    end before the deadline it is urgent: the last working day before the deadline, or the deadline itself when that has
    come. None when the deadline is past, for then nobody is asked any more.
    """
    if deadline < sent_on:
        return None
    wanted = calendar.working_days_before(deadline, ASKED_BEFORE)
    earliest = calendar.working_days_after(sent_on, ANSWERED_WITHIN)
    day = max(wanted, earliest)
    if day < deadline:
        return InternalDeadline(day)
    last = calendar.working_days_before(deadline, 1)
    return InternalDeadline(last if last > sent_on else deadline, urgent=True)
