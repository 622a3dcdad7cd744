"""When what happened in the years that the desk looks back on: which notices are new, told, waiting, hot."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

_DAYS = 16 * 365
"""The years in which the WTO circulated its last hundred thousand notices."""
_HOT = 20
_HOURS = timedelta(hours=3)
_ONE_IN_A_HUNDRED, _ONE_IN_EIGHTY = 100, 80
FAMILY = 8
"""Every eighth notice is an addendum to the one before it."""
_BIG_FAMILY = range(900, 920)
"""Of each thousand, the addenda to one measure: as many as the long-lived ones have."""


@dataclass(frozen=True)
class Scale:
    """How much is stored. Notices are numbered from 1 in the order of their circulation, which ends today."""

    notices: int
    deliveries: int
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def day(self, number: int) -> date:
        """Return when a notice was circulated."""
        return self.now.date() - timedelta(days=(self.notices - number) * _DAYS // self.notices)

    def moment(self, number: int) -> datetime:
        """Return when a notice was taken in: the day after, at an hour of its own; never in the future."""
        at = datetime.combine(self.day(number), time(1, number % 60, number % 59), UTC) + timedelta(days=number % 3)
        return min(at, self.now - timedelta(hours=4))

    def told_at(self, number: int) -> datetime:
        """Return when its alert was fanned out."""
        return self.moment(number) + _HOURS

    def base(self, number: int) -> int:
        """Return the notice that another one adds to; itself where it adds to none."""
        within = number % 1000
        if within in _BIG_FAMILY:
            return number - within + _BIG_FAMILY.start - 1
        return number - 1 if number % FAMILY == 0 else number

    def is_recent(self, number: int) -> bool:
        """Say whether a notice is of the last quarter of them: what came before was a baseline, told to nobody."""
        return number > self.notices * 3 // 4

    def is_waiting(self, number: int) -> bool:
        """Say whether its event waits for a person: a quarter of the last year's, and some that were left over."""
        last_year = number > self.notices * 94 // 100
        left_over = self.is_recent(number) and number % _ONE_IN_A_HUNDRED == 0
        return (last_year and number % 4 == 1) or left_over

    def is_by_hand(self, number: int) -> bool:
        """Say whether staff entered it, and nobody released it yet."""
        return self.is_waiting(number) and number % 40 == 1

    def is_unmatched(self, number: int) -> bool:
        """Say whether its alert found no reader."""
        return self.is_recent(number) and not self.is_waiting(number) and number % _ONE_IN_EIGHTY == 0

    def is_orphan(self, number: int) -> bool:
        """Say whether it adds to what is not here; most of these were looked at and set aside."""
        return number % (10 * FAMILY) == 0

    def is_set_aside(self, number: int) -> bool:
        """Say whether somebody saw that nothing is to be done about an orphan."""
        return self.is_orphan(number) and number % (100 * FAMILY) != 0

    def is_told(self, number: int) -> bool:
        """Say whether people were told of it."""
        return self.is_recent(number) and not self.is_waiting(number) and not self.is_unmatched(number)

    @property
    def told(self) -> list[int]:
        """The notices that people were told of, in their order."""
        return [number for number in range(1, self.notices + 1) if self.is_told(number)]

    def is_hot(self, number: int) -> bool:
        """Say whether every reader was told of it."""
        return self.is_told(number) and number % max(1, self.notices // 4 // _HOT) == 1
