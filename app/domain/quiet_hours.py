"""Quiet hours: the part of each day in which nobody is written to who did not ask for it that moment."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final, Self

_PRINTED = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Hours from `start`, included, to `end`, excluded; over midnight where `start` is later. Equal ends: no hour at all."""

    start: time
    end: time

    @classmethod
    def read(cls, printed: str) -> Self:
        """Return the hours written as `21:00-07:00`; ValueError for anything else."""
        if _PRINTED.fullmatch(printed) is None:
            raise ValueError("must be two times of day, such as 22:00-06:00")
        start, end = map(time.fromisoformat, printed.split("-"))
        return cls(start, end)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def over_at(self, moment: datetime, zone: tzinfo) -> datetime | None:
        """Return when the quiet hours that hold a moment are over, by the clocks of a zone; None outside of them."""
        local = moment.astimezone(zone)
        hour = local.time()
        begun, over = hour >= self.start, hour >= self.end
        quiet = begun and not over if self.start <= self.end else begun or not over
        if not quiet:
            return None
        day = local.date() + timedelta(days=over)
        return datetime.combine(day, self.end, zone)


NEVER: Final = QuietHours(time(), time())
"""What a subscriber says who is to be written to at any hour, whatever the operator set."""
