"""When a comment deadline is said again: 14 and 5 working days before it, the nearer stage only when both have come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.working_days import WorkingCalendar

STAGES: Final = (5, 14)
"""Working days before the deadline, the nearer first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that has come for one deadline. Who was told on `begun` or after was just told of the days left."""

    working_days: int
    begun: date


def last_deadline(today: date, calendar: WorkingCalendar) -> date:
    """Return the furthest deadline of which a stage has come by today."""
    return calendar.working_days_after(today, STAGES[-1])


def stages_of(deadlines: Iterable[date], today: date, calendar: WorkingCalendar) -> dict[date, Stage]:
    """Return the stage that each deadline is in; those that are over, or in none yet, are left out.

    A stage that was missed on its own day is made good while the deadline is ahead; the last day counts.
    """
    found = {}
    for deadline in deadlines:
        begun = [(number, calendar.working_days_before(deadline, number)) for number in STAGES]
        stage = next((Stage(number, day) for number, day in begun if day <= today <= deadline), None)
        if stage is not None:
            found[deadline] = stage
    return found
