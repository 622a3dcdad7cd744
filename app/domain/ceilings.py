"""The ceiling on mails to addresses that nobody has proved to be theirs (SE-13), counted for many mails in one go."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import datetime

from app.domain.brakes import AN_HOUR


class HourlyCeiling:
    """The moments of mails, none of whose hours, wherever it begins, holds more than `most` of them (1 or more).

    `taken` are the moments of those that are written already; what lies more than an hour back may be left out.
    """

    def __init__(self, taken: Iterable[datetime], most: int) -> None:
        self._taken = sorted(taken)
        self._most = most

    def take(self, due: datetime) -> datetime:
        """Return when a mail may go, and count it there: at `due`, or behind all that wait where its hour is full."""
        around = bisect_right(self._taken, due + AN_HOUR) - bisect_left(self._taken, due - AN_HOUR)
        if around >= self._most:
            due = max(due, self._taken[-self._most] + AN_HOUR)
        insort(self._taken, due)
        return due
