"""Close digest windows: one digest for each subscriber and day, of everything that they were not told yet.

Before a long break it also names the deadlines inside, and on Mondays who was told nothing gets the proof of silence.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.coverage import OUTAGE_REMEMBERED, Coverage, Record, coverage_of
from app.domain.deliveries import DeliveryKind
from app.domain.digests import break_ahead, due_days, opened_at
from app.domain.subscriptions import Frequency
from app.domain.working_days import WorkingCalendar
from app.faultpoints import faultpoint
from app.flow.fanout.gathering import new_delivery, put_in_outbox
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.store import audit, breaks, ledger, outbox, periods, proofs, reminders
from app.store.database import Connection, Database
from app.texts.mail import MOST_JOINED_REMINDERS

_SUBSCRIBERS = 1000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    """A window to close, with those that were missed before it, and what is known of its period."""

    frequency: Frequency
    days: Sequence[date]
    late: int
    opened_at: datetime
    coverage: Coverage | None
    days_off: Sequence[date]
    mail_domain: str

    @property
    def local_date(self) -> date:
        """The day that its digests bear: that of the newest window."""
        return self.days[-1]


_Stage = Callable[[Connection, _Window, int, datetime], Awaitable[list[int]]]
"""Makes the mails of the next subscribers after an id; returns who they are, nobody when all are done."""


async def note_closing(database: Database, as_of: datetime, actor: str) -> None:
    """Write down, before it is done, that somebody has the windows closed that are due at a moment of their choice."""
    async with database.writing() as connection:
        details = {"as_of": as_of.isoformat()}
        await audit.write_audit(connection, actor, "close_digests", "digests", details, await database.now(connection))


async def close_digests(
    database: Database,
    at: time,
    mail_domain: str,
    as_of: datetime | None = None,
    *,
    sources: Sequence[str] = (),
    calendar: WorkingCalendar | None = None,
) -> int:
    """Close every window that is due by now, or by `as_of`; return how many digests and proofs of silence were made.

    Missed windows of the last seven days are made good in one digest, that of the newest (DL-10). `sources` are the names
    of those that are configured: without any, nothing can be said of what was checked, and no proof is made.
    """
    made = 0
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        async with database.reading() as connection:
            now = await database.now(connection)
            closed = await outbox.closed_days(connection, frequency)
            due = as_of or now
            days = [day for day in due_days(frequency, due, at, VIETNAM) if day not in closed]
            if not days:
                continue
            last_closed = max((day for day in closed if day < days[0]), default=None)
            began = opened_at(frequency, days[-1], last_closed, at, VIETNAM)
            window = _Window(
                frequency=frequency,
                days=days,
                # An installation that never closed a window has missed none.
                late=len(days) - 1 if closed else 0,
                opened_at=began,
                coverage=await _covered(connection, sources, began, days[-1] - _DAY, now),
                days_off=() if calendar is None else break_ahead(frequency, days, today_in_vietnam(due), calendar),
                mail_domain=mail_domain,
            )
        made += await _close(database, window)
    return made


async def _covered(
    connection: Connection, sources: Sequence[str], began: datetime, last: date, now: datetime
) -> Coverage | None:
    """Return what a period was checked for; a day that is not over cannot be judged."""
    if not sources:
        return None
    first = today_in_vietnam(began)
    last = min(last, today_in_vietnam(now) - _DAY)
    record = Record(
        visits=await periods.sound_visits(connection, sources, began - OUTAGE_REMEMBERED - _DAY),
        asked_since=await periods.asked_since(connection, sources),
        heard=await periods.heard(connection, sources),
        notices=await periods.notices_stored(connection, _midnight(first), _midnight(last + _DAY)),
        newest=await periods.newest_records(connection, sources),
    )
    return coverage_of(record, began, last, VIETNAM)


async def _close(database: Database, window: _Window) -> int:
    """Make the mails in batches of subscribers, then mark the windows as closed; a repeat goes on where one ended."""
    if not await _begin(database, window):
        return 0
    made = 0
    for stage in (_tell_untold, _name_deadlines, _prove_silence):
        after = 0
        while told := await _batch(database, window, stage, after):
            made, after = made + len(told), told[-1]
            faultpoint("digests_made")
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        now = await database.now(connection)
        rows = [
            {"frequency": window.frequency, "local_date": day, "closed_at": now, "digests": 0} for day in window.days
        ]
        await outbox.close_days(connection, [*rows[:-1], rows[-1] | {"digests": made}])
    return made


async def _begin(database: Database, window: _Window) -> bool:
    """Keep what is known of the period, and the deadlines to name; False when the window is closed already.

    The deadlines are found once: a closing that goes on where another ended must not name what was mailed in between.
    """
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        if window.local_date in await outbox.closed_days(connection, window.frequency):
            return False
        key, now = (window.frequency, window.local_date), await database.now(connection)
        began_before = bool(await periods.kept(connection, [key]))
        await periods.keep(connection, key, window.coverage, window.days_off, now)
        if window.days_off and not began_before:
            days_off = window.days_off[0], window.days_off[-1]
            await breaks.find(connection, window.frequency, days_off, window.days)
        if window.frequency is Frequency.WEEKLY:
            await proofs.supersede(connection, window.local_date)
        return True


async def _batch(database: Database, window: _Window, stage: _Stage, after: int) -> list[int]:
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        if window.local_date in await outbox.closed_days(connection, window.frequency):
            return []
        return await stage(connection, window, after, await database.now(connection))


async def _tell_untold(connection: Connection, window: _Window, after: int, now: datetime) -> list[int]:
    """Make the digests of subscribers who were not told something yet."""
    ready = await outbox.ready_for_digest(connection, window.frequency, after, _SUBSCRIBERS)
    subscribers = sorted({subscriber for subscriber, _ in ready})
    digests = await _add_digests(connection, window, subscribers)
    await put_in_outbox(connection, DeliveryKind.DIGEST, ready, window.mail_domain, now, digest_of=digests)
    await reminders.join_digests(connection, digests, MOST_JOINED_REMINDERS)
    if window.days_off:
        await breaks.put_in_digests(connection, window.frequency, window.local_date, subscribers)
    return subscribers


async def _name_deadlines(connection: Connection, window: _Window, after: int, now: datetime) -> list[int]:
    """Make the digests that only name deadlines inside the break ahead: nothing else is new to these subscribers."""
    subscribers = (
        await breaks.left_to_name(connection, window.frequency, after, _SUBSCRIBERS) if window.days_off else []
    )
    await _add_mails(connection, window, DeliveryKind.DIGEST, subscribers, now)
    if subscribers:
        await breaks.put_in_digests(connection, window.frequency, window.local_date, subscribers)
    return subscribers


async def _prove_silence(connection: Connection, window: _Window, after: int, now: datetime) -> list[int]:
    """Make the proofs of subscribers who were told nothing for a week: what was checked, so that silence is no doubt."""
    if window.frequency is not Frequency.WEEKLY or window.coverage is None or window.coverage.days == 0:
        return []
    subscribers = await proofs.told_nothing(connection, window.opened_at, after, _SUBSCRIBERS)
    await _add_mails(connection, window, DeliveryKind.PROOF, subscribers, now)
    return subscribers


async def _add_digests(connection: Connection, window: _Window, subscribers: Sequence[int]) -> dict[int, int]:
    if not subscribers:
        return {}
    same = {"frequency": window.frequency, "local_date": window.local_date, "late": window.late}
    return await outbox.add_digests(connection, [{"subscriber_id": one, **same} for one in subscribers])


async def _add_mails(
    connection: Connection, window: _Window, kind: DeliveryKind, subscribers: Sequence[int], now: datetime
) -> None:
    """Put one mail without items into the outbox for each subscriber: the period itself is what it tells of."""
    digests = await _add_digests(connection, window, subscribers)
    rows = [
        new_delivery(kind, one, f"{kind}:{one}:{window.frequency}:{window.local_date}", window.mail_domain, now)
        | {"digest_id": digests[one]}
        for one in subscribers
    ]
    await outbox.add_deliveries(connection, rows)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), VIETNAM)
