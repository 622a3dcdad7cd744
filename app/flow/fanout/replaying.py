"""Tell of the past after the sorting changed: once, only what is open, and not at all where staff stopped it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from app.domain.deliveries import DeliveryKind
from app.domain.errors import conflict
from app.domain.events import Audience
from app.domain.matching import CriteriaIndex, facts_of
from app.domain.preview import DAYS
from app.domain.replays import NewMatch, Outlook, PastEvent, SubscriptionShare, shares_of
from app.flow.fanout.gathering import put_in_outbox
from app.i18n.dates import today_in_vietnam
from app.store import alerts, audit, ledger, outbox, replays
from app.store.database import Connection, Database
from app.texts.mail import MOST_ITEMS

_EVENTS = 500
_SUBSCRIBERS = 500
"""Subscribers that are told in one transaction: on SQLite nobody else writes meanwhile."""
_LISTED = 20
_STOPPED = "replays are stopped; keng taxonomy replay --resume lets them go on"


@dataclass(slots=True)
class _Sums:
    """What a replay adds up to for those counted so far; `reached` counts subscriptions by event and question."""

    reached: Counter[tuple[int, int]] = field(default_factory=Counter)
    people: int = 0
    mails: int = 0
    subscriptions: tuple[SubscriptionShare, ...] = ()

    async def count(self, connection: Connection, number: int, subscriber_ids: Sequence[int] | None = None) -> None:
        """Write what a replay adds up to for these subscribers, or for all, and count it."""
        self.reached.update(await replays.reached(connection, number, subscriber_ids))
        await replays.add_up(connection, number, subscriber_ids)
        shares = await replays.largest_shares(connection, number, _LISTED, subscriber_ids)
        largest = sorted([*self.subscriptions, *shares], key=lambda one: (-one.open, -one.past, one.subscription))
        self.subscriptions = tuple(largest[:_LISTED])
        sizes = await replays.sizes(connection, number, subscriber_ids)
        self.people += len(sizes)
        self.mails += sum(-(-size // MOST_ITEMS) for size in sizes)


async def plan_replay(database: Database, version: str, parents: Mapping[str, str]) -> Outlook:
    """Return what `send_replay` would tell now; nothing is kept of it.

    `parents` names the sector above each child, `version` is that of the taxonomy in force.
    """
    matched_at, found = await _matched_anew(database, parents)
    sums = _Sums()
    async with database.trying() as connection:
        await sums.count(connection, await replays.begin(connection, version, "nobody", matched_at, found))
        return await _outlook(connection, version, found, sums)


async def send_replay(
    database: Database,
    version: str,
    parents: Mapping[str, str],
    actor: str,
    watch: Callable[[int], None] = lambda _people: None,
) -> Outlook:
    """Tell every subscriber of the open notices that now match and that they were never told of; return what was told.

    The items are written in batches of subscribers, the mails by `gather_replays`. Told is told: a repeat tells nobody
    twice, and tells those whom a replay that was broken off did not come to. `watch` hears how many people are
    told so far. AppError (conflict) while replays are stopped, or while notices wait to be sorted by the taxonomy in
    force; once they are stopped on the way, no further subscriber is told.
    """
    matched_at, found = await _matched_anew(database, parents)
    number = await _begin(database, version, actor, matched_at, found)
    sums, after = _Sums(), 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            if await replays.stopped(connection):
                raise conflict("replay-stopped", f"{_STOPPED}; {sums.people} people were to be told until then")
            now = await database.now(connection)
            subscriber_ids = await replays.subscribers_after(connection, number, after, _SUBSCRIBERS)
            if not subscriber_ids:
                outlook = await _outlook(connection, version, found, sums)
                told = {"past": outlook.past, "open": outlook.open, "people": outlook.people, "mails": outlook.mails}
                await audit.write_audit(connection, actor, "replay", version, told, now)
                return outlook
            await sums.count(connection, number, subscriber_ids)
            await replays.tell(connection, number, subscriber_ids, now)
        after = subscriber_ids[-1]
        watch(sums.people)


async def _begin(database: Database, version: str, actor: str, matched_at: datetime, found: Sequence[NewMatch]) -> int:
    """Keep a replay and what it matched, and who began it; return its number. AppError (conflict) when it may not be."""
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        if await replays.stopped(connection):
            raise conflict("replay-stopped", _STOPPED)
        unsorted = await replays.sorted_otherwise(connection)
        if unsorted:
            raise conflict(
                "replay-unsorted",
                f"{unsorted} notices wait to be sorted by {version}; the worker or keng deliver --once does it",
            )
        number = await replays.begin(connection, version, actor, matched_at, found)
        await replays.keep_answers(connection, number)
        now = await database.now(connection)
        await audit.write_audit(connection, actor, "begin_replay", version, {"replay": number}, now)
        return number


async def gather_replays(
    database: Database, mail_domain: str, watch: Callable[[int], None] = lambda _mails: None
) -> int:
    """Put into the outbox one catch-up mail for each subscriber whom a replay tells something; return how many.

    `watch` hears how many there are so far.
    """
    total, after = 0, 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            if await replays.stopped(connection):
                await replays.skip_returned(connection)
                return total
            waiting = await outbox.ready_for_digest(connection, DeliveryKind.REPLAY, after, _SUBSCRIBERS)
            if not waiting:
                return total
            subscriber_ids = sorted({subscriber for subscriber, _ in waiting})
            unasked = await replays.skip_unasked(connection, subscriber_ids)
            ready = [item for item in waiting if item not in unasked]
            newest = await replays.newest_of(connection, subscriber_ids)
            now = await database.now(connection)
            total += await put_in_outbox(connection, DeliveryKind.REPLAY, ready, mail_domain, now, replay_of=newest)
            after = subscriber_ids[-1]
        watch(total)


async def stop_replays(database: Database, actor: str) -> int:
    """Let no catch-up mail go out from now on, and skip what waits; return how many mails were skipped."""
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        now = await database.now(connection)
        skipped = await replays.stop(connection, actor, now)
        await audit.write_audit(connection, actor, "stop_replays", DeliveryKind.REPLAY, {"skipped": skipped}, now)
        return skipped


async def resume_replays(database: Database, actor: str) -> None:
    """Let replays be sent again; what was skipped is told by the next one, if it is still open.

    AppError (conflict) when they were not stopped.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        if not await replays.resume(connection):
            raise conflict("replay-not-stopped", "replays are not stopped")
        await audit.write_audit(connection, actor, "resume_replays", DeliveryKind.REPLAY, {}, now)


async def _matched_anew(database: Database, parents: Mapping[str, str]) -> tuple[datetime, list[NewMatch]]:
    """Match the past with what people ask now; return when that was, and what the fan-out had not found."""
    found: list[NewMatch] = []
    async with database.reading() as connection:
        matched_at = await database.now(connection)
        today = today_in_vietnam(matched_at)
        asked = await replays.asked(connection)
        index = CriteriaIndex((number, criteria) for number, criteria, _ in asked)
        since = {number: moment for number, _, moment in asked}
        after = 0
        while batch := await replays.past_events(connection, _first_day(today), today, after, _EVENTS):
            found += await _newly_answered(connection, batch, index, since, parents)
            after = batch[-1].id
    return matched_at, found


async def _newly_answered(
    connection: Connection,
    batch: Sequence[Any],
    index: CriteriaIndex,
    since: Mapping[int, datetime],
    parents: Mapping[str, str],
) -> list[NewMatch]:
    ids = [event.id for event in batch]
    told = await alerts.alerts(connection, ids)
    before = await replays.answered_before(connection, ids)
    found = []
    for row in batch:
        event = PastEvent(id=row.id, notice_id=row.notice_id, ref=row.ref, open=bool(row.open))
        answered = index.match(facts_of(told[row.id], Audience(row.audience), parents))
        found += [
            NewMatch(event=event, criteria=number, reasons=reasons)
            for number, reasons in answered.items()
            if (row.id, number) not in before and since[number] <= row.fanned_out_at
        ]
    return found


async def _outlook(connection: Connection, version: str, found: Sequence[NewMatch], sums: _Sums) -> Outlook:
    """Return what a replay adds up to."""
    effective = [match for match in found if (match.event.id, match.criteria) in sums.reached]
    return Outlook(
        version=version,
        unsorted=await replays.sorted_otherwise(connection),
        stopped=await replays.stopped(connection),
        past=len({match.event.notice_id for match in effective}),
        open=len({match.event.notice_id for match in effective if match.event.open}),
        people=sums.people,
        mails=sums.mails,
        shares=shares_of(effective, sums.reached),
        subscriptions=sums.subscriptions,
    )


def _first_day(today: date) -> date:
    return today - timedelta(days=DAYS - 1)
