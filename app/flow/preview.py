"""What a question would have brought in: the past is matched again, by the matcher that production uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.alerts import Alert, days_left
from app.domain.events import Audience, EventKind
from app.domain.matching import answers, audience_of, facts_of, sole_reasons
from app.domain.notices import NoticeType
from app.domain.preview import Preview, PreviewedAlert, newest_first
from app.domain.release import ReleaseMode, Standing, judge
from app.domain.subscriptions import Criteria
from app.i18n.dates import today_in_vietnam
from app.store import alerts, explaining
from app.store.database import Database

MOST_READ = 5000
_BATCH = 500
_RECALLABLE = (None, "baseline", "silent")
"""Silences that belong to the moment a notice came in, not to the notice; a replay would have told of these."""


@dataclass(slots=True)
class _Replay:
    """The state of going through the past: which measures were told by then, and what was found."""

    criteria: Criteria
    mode: ReleaseMode
    parents: Mapping[str, str]
    first: date
    today: date
    known: set[int] = field(default_factory=set)
    found: list[PreviewedAlert] = field(default_factory=list)
    waiting: int = 0

    def take(self, event: Any, alert: Alert) -> None:
        """Tell of one event, as production would have."""
        audience = self._audience(event)
        if event.silence not in _RECALLABLE or event.withdrawn_at is not None or audience is None:
            return
        free = event.released_at is not None or self._may_go(event, alert)
        if free:
            self.known.add(event.measure_id)
        reasons = answers(self.criteria, facts_of(alert, audience, self.parents))
        if reasons is None:
            return
        if not free:
            self.waiting += 1
            return
        self.found.append(
            PreviewedAlert(
                ref=event.ref,
                title=alert.content.title,
                kind=EventKind(event.kind),
                happened_on=event.happened_on,
                days_left=days_left(alert.content.comment_deadline, self.today),
                reasons=reasons,
                sole=sole_reasons(self.criteria, reasons),
            )
        )

    def _audience(self, event: Any) -> Audience | None:
        if event.audience is not None:
            return Audience(event.audience)
        told = event.measure_id in self.known or _told_before(event.measure_told_at, self.first)
        return audience_of(EventKind(event.kind), NoticeType(event.type), told=told)

    def _may_go(self, event: Any, alert: Alert) -> bool:
        if event.sorted_at is None:
            return False
        standing = Standing(
            labelled=any(not label.only_in_annex for label in alert.sectors),
            sure=event.sure and any(label.role == "primary" for label in alert.sectors),
            corrected=alert.reviewed,
            orphan=event.orphan,
            contradictory=event.contradictory,
            manual=event.entered_by is not None,
        )
        return judge(self.mode, standing) is None


async def preview(
    database: Database, criteria: Criteria, parents: Mapping[str, str], mode: ReleaseMode, days: int
) -> Preview:
    """Return what a question would have brought in over the last `days`, today included.

    At most `MOST_READ` events are read, the newest, in batches: three statements for each 500. What was kept silent as
    a baseline counts where the release rule lets it go, as if Kẻng had been there at the time.
    """
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        first = today - timedelta(days=days - 1)
        happened = await explaining.happened_between(connection, first, today, MOST_READ)
        there = len(happened) if len(happened) < MOST_READ else await explaining.count_between(connection, first, today)
        replay = _Replay(criteria.canonical(), mode, parents, first, today)
        for batch in _batches(happened):
            told = await alerts.alerts(connection, [event.id for event in batch])
            for event in batch:
                replay.take(event, told[event.id])
    return Preview(
        first=first,
        last=today,
        read=len(happened),
        complete=there == len(happened),
        waiting=replay.waiting,
        alerts=newest_first(replay.found),
    )


def _batches(events: Sequence[Any]) -> list[Sequence[Any]]:
    return [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]


def _told_before(moment: datetime | None, day: date) -> bool:
    return moment is not None and today_in_vietnam(moment) < day
