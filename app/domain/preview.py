"""What a question would have brought in, week by week, and what each part of it is good for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.events import EventKind
from app.domain.matching import Reason

DAYS = 90
MANY_A_WEEK = 50
"""Alerts a week, in the mean, from which on a reader is warned: more than ten on each working day are not read."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedAlert:
    """One alert that would have been told. `sole` are the values without which it would not have been."""

    ref: str
    title: str
    kind: EventKind
    happened_on: date
    days_left: int | None
    reasons: tuple[Reason, ...]
    sole: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Loss:
    """What leaving one value out of a question would lose."""

    value: Reason
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a question would have brought in from `first` to `last`, both included, days in Viet Nam; the newest first.

    `waiting` counts what answers the question but waits for a person. `read` is how many events were looked at;
    with `complete` false there were more, and the oldest were left out.
    """

    first: date
    last: date
    read: int
    complete: bool
    waiting: int
    alerts: tuple[PreviewedAlert, ...]

    @property
    def weeks(self) -> tuple[tuple[date, int], ...]:
        """How many alerts fell in each week, named by its Monday, empty weeks too; the first may be a part of one."""
        counts = Counter(_monday(alert.happened_on) for alert in self.alerts)
        weeks = (_monday(self.last) - _monday(self.first)) // _WEEK + 1
        return tuple((day, counts[day]) for day in (_monday(self.first) + number * _WEEK for number in range(weeks)))

    @property
    def a_week(self) -> float:
        """Alerts a week in the mean of the days looked at, to one decimal."""
        days = (self.last - self.first).days + 1
        return round(len(self.alerts) * 7 / days, 1)

    @property
    def too_many(self) -> bool:
        """Whether this is more than most people read."""
        return self.a_week > MANY_A_WEEK

    @property
    def losses(self) -> tuple[Loss, ...]:
        """What each value alone brings in, the most first."""
        lost: dict[Reason, list[str]] = {}
        for alert in self.alerts:
            for reason in alert.sole:
                lost.setdefault(reason, []).append(alert.ref)
        ordered = sorted(lost.items(), key=lambda entry: (-len(entry[1]), entry[0].facet, entry[0].value))
        return tuple(Loss(value, tuple(dict.fromkeys(refs))) for value, refs in ordered)


def newest_first(alerts: Sequence[PreviewedAlert]) -> tuple[PreviewedAlert, ...]:
    """Return alerts in the order in which people read them."""
    return tuple(sorted(alerts, key=lambda alert: (alert.happened_on, alert.ref), reverse=True))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
