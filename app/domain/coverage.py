"""What a period was checked for: on which days each source was read soundly, and which days are gaps.

A subscriber who hears nothing must be able to tell silence from failure (N6, MO-05). So days are judged by the visits that
were made, never by what they brought.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final, Self

from app.domain.visits import Window

SOUND_RESULTS: Final = frozenset({"sound", "unchanged"})
"""Results of a visit that answered soundly, as the table of pulls has them."""

OUTAGE_REMEMBERED: Final = timedelta(days=31)
"""A source that never answered again is named as missing for so many days back."""

SILENCE_TOLD: Final = timedelta(days=7)
"""A source of the WTO that brought no new record for longer is named to subscribers, though it answers (MO-05)."""

WTO: Final = frozenset({"eping"})
"""Sources whose silence is told: the WTO circulates some two dozen notices on every working day, others may rest."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to a source: the days of circulation it asked for, when it ran, and its result in one word."""

    source: str
    window: Window | None
    began_at: datetime
    ended_at: datetime | None
    result: str

    @property
    def is_sound(self) -> bool:
        """Whether it came to its end and every page was sound."""
        return self.ended_at is not None and self.result in SOUND_RESULTS

    def asked_for(self, day: date) -> bool:
        """Say whether the day was among those that it asked for; a file that was imported asked for none."""
        return self.window is not None and self.window.first <= day <= self.window.last


@dataclass(frozen=True, slots=True)
class Gap:
    """A day on which no visit to a source was sound; `answered_at` is when one that asked for that day was, if ever."""

    source: str
    day: date
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A source, and the end of the last sound visit to it; None for never."""

    source: str
    last_success_at: datetime | None


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that answers and brings nothing new, and the day in Viet Nam of its newest record."""

    source: str
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is on record of the configured sources: the visits, when each was first asked and last heard.

    `notices` counts what was stored on the days of the period. `newest` says by source when its newest record first came.
    """

    visits: Sequence[Visit]
    asked_since: Mapping[str, datetime]
    heard: Sequence[Heard]
    notices: int
    newest: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is known of a period: its days, how many of them every source was read on, and what is missing.

    `first` and `last` are days in Viet Nam, both included; days before the first visit ever, and days that are not over,
    are left out of `days`. `notices` counts what was stored on those days.
    """

    first: date
    last: date
    days: int
    checked: int
    notices: int
    sources: tuple[Heard, ...]
    gaps: tuple[Gap, ...] = ()
    silences: tuple[Silence, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether every source was read on every day."""
        return not self.gaps and all(heard.last_success_at is not None for heard in self.sources)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing or in doubt: only then may anybody say that there was nothing new."""
        return self.is_read and not self.silences

    def to_json(self) -> dict[str, Any]:
        """Return the coverage as plain JSON values."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "days": self.days,
            "checked": self.checked,
            "notices": self.notices,
            "sources": [[heard.source, _printed(heard.last_success_at)] for heard in self.sources],
            "gaps": [[gap.source, gap.day.isoformat(), _printed(gap.answered_at)] for gap in self.gaps],
            "silences": [[silence.source, silence.since.isoformat()] for silence in self.silences],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the coverage that `to_json` wrote; one that was kept before silences were is without any."""
        return cls(
            first=date.fromisoformat(values["first"]),
            last=date.fromisoformat(values["last"]),
            days=values["days"],
            checked=values["checked"],
            notices=values["notices"],
            sources=tuple(Heard(source, _moment(at)) for source, at in values["sources"]),
            gaps=tuple(Gap(source, date.fromisoformat(day), _moment(at)) for source, day, at in values["gaps"]),
            silences=tuple(Silence(source, date.fromisoformat(since)) for source, since in values.get("silences", [])),
        )


def gaps(
    visits: Iterable[Visit], asked_since: Mapping[str, datetime], opened_at: datetime, last: date, zone: tzinfo
) -> tuple[Gap, ...]:
    """Return the gaps that a period has to name, by day and source; it began at `opened_at` and has `last` as its last day.

    A day is read when a sound visit began on it and asked for it. Named are the days of the period that were not read, and
    earlier ones which no sound visit had asked for by the time the period began: whoever is told of the period is told
    what they may have missed until then. `asked_since` says by source when it was first visited; nothing is expected of
    it before that day, nor of a source that is not named.
    """
    sound = _sound_by_source(visits)
    first = opened_at.astimezone(zone).date()
    found: list[Gap] = []
    for source, since in asked_since.items():
        begun = max(since.astimezone(zone).date(), first - OUTAGE_REMEMBERED)
        found += [
            gap
            for gap in _unread(source, sound.get(source, []), _days(begun, last), zone)
            if gap.day >= first or gap.answered_at is None or gap.answered_at >= opened_at
        ]
    return tuple(sorted(found, key=lambda gap: (gap.day, gap.source)))


def silences(newest: Mapping[str, datetime], unread: Collection[str], last: date, zone: tzinfo) -> tuple[Silence, ...]:
    """Return the sources of the WTO that answered and brought nothing new for more than a week up to a day, by name.

    `unread` are those that were not read lately: of them it is said that they do not answer.
    """
    days = {source: moment.astimezone(zone).date() for source, moment in newest.items() if source in WTO}
    return tuple(
        Silence(source, day)
        for source, day in sorted(days.items())
        if last - day > SILENCE_TOLD and source not in unread
    )


def coverage_of(record: Record, opened_at: datetime, last: date, zone: tzinfo) -> Coverage:
    """Return what is known of the period that began at `opened_at` and whose last day is `last`.

    Its days count from the first visit ever to any source on; a day is checked when nothing of it is missing.
    """
    found = gaps(record.visits, record.asked_since, opened_at, last, zone)
    first = opened_at.astimezone(zone).date()
    begun = min((since.astimezone(zone).date() for since in record.asked_since.values()), default=last + _DAY)
    days = _days(max(first, begun), last)
    missing = {gap.day for gap in found}
    return Coverage(
        first=first,
        last=last,
        days=len(days),
        checked=sum(day not in missing for day in days),
        notices=record.notices,
        sources=tuple(record.heard),
        gaps=found,
        silences=silences(record.newest, {gap.source for gap in found if gap.answered_at is None}, last, zone),
    )


def _sound_by_source(visits: Iterable[Visit]) -> dict[str, list[Visit]]:
    found: dict[str, list[Visit]] = {}
    for visit in visits:
        if visit.is_sound:
            found.setdefault(visit.source, []).append(visit)
    return {source: sorted(mine, key=lambda visit: visit.began_at) for source, mine in found.items()}


def _unread(source: str, sound: Sequence[Visit], days: Sequence[date], zone: tzinfo) -> Iterable[Gap]:
    read = {day for visit in sound if visit.asked_for(day := visit.began_at.astimezone(zone).date())}
    for day in days:
        if day not in read:
            over_at = datetime.combine(day + _DAY, time(), zone)
            later = (visit.ended_at for visit in sound if visit.began_at >= over_at and visit.asked_for(day))
            yield Gap(source, day, next(later, None))


def _days(first: date, last: date) -> list[date]:
    return [first + _DAY * number for number in range((last - first).days + 1)]


def _printed(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(printed: str | None) -> datetime | None:
    return None if printed is None else datetime.fromisoformat(printed)
