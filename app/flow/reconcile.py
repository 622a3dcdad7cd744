"""Somebody looks: account for every released alert and every subscriber, from the source records forward (MO-01).

What is found says what is missing, not what to do about it; docs/runbook says that.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from app.domain.alarms import Check, Finding, Gravity
from app.domain.reconciliation import DIGESTS, NORM, WINDOW, Offer, concerns, last_close, offer_of, unlikely_run
from app.domain.subscriptions import Criteria, Frequency
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import VIETNAM
from app.store import checks
from app.store.checks import Released
from app.store.database import Connection, Database

_LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is usual in this installation.

    `parents` names the sector above each child. `pause` is how long an instant mail may wait for the one before it.
    `sources` and `jobs` are those that the settings ask for; `calendar` says which days are worked.
    """

    parents: Mapping[str, str]
    digest_at: time
    pause: timedelta
    sources: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    calendar: WorkingCalendar = field(default_factory=lambda: WorkingCalendar(()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was looked at, and what is not as it should be; `subscribers` counts a person once for each alert."""

    at: datetime
    since: datetime
    alerts: int
    subscribers: int
    findings: tuple[Finding, ...] = field(default=())

    @property
    def differences(self) -> tuple[Finding, ...]:
        """What users will notice unless somebody acts."""
        return tuple(one for one in self.findings if one.gravity is Gravity.DIFFERENCE)


async def reconcile(database: Database, terms: Terms, since: datetime | None = None) -> Account:
    """Look at all that was taken in, released and sent since then, or in the last seven days; nothing is changed."""
    async with database.reading() as connection:
        now = await database.now(connection)
        begin = since or now - WINDOW
        findings = await _stages(connection, begin, now)
        findings += await _messages(connection, terms, begin, now)
        findings += await _unusual(connection, begin, now)
        findings += await signals(database, terms, connection)
        events = await checks.released(connection, begin)
        questions = await checks.living_questions(connection)
        asked = await asyncio.to_thread(_asked, events, questions, terms.parents)
        missing, subscribers = await _subscribers(connection, events, asked)
    found = tuple(findings + missing)
    return Account(at=now, since=begin, alerts=len(events), subscribers=subscribers, findings=found)


async def look(database: Database, terms: Terms) -> list[Finding]:
    """Look at what a few rows say: the worker, the relay, the sources, holds, what waits for a person, the audit."""
    async with database.reading() as connection:
        return await signals(database, terms, connection)


async def signals(database: Database, terms: Terms, connection: Connection) -> list[Finding]:
    """Return what `look` does, on a connection that is open already."""
    now = await database.now(connection)
    return [
        *await checks.worker(connection, now),
        *await checks.jobs(connection, now, terms.jobs),
        *await checks.relay(connection, now),
        *await checks.sources_failing(connection, now, terms.sources),
        *await checks.silent_sources(connection, now, terms.sources, terms.calendar),
        *await checks.holds_standing(connection),
        *await checks.needs_human(connection),
        *await checks.audit_broken(connection),
    ]


async def _stages(connection: Connection, since: datetime, now: datetime) -> list[Finding]:
    return [
        *await checks.records_without_notice(connection, since),
        *await checks.notices_without_event(connection, since),
        *await checks.never_sorted(connection, since, now),
        *await checks.not_judged(connection, since, now),
        *await checks.wrongly_held(connection, since),
        *await checks.not_fanned_out(connection, since, now),
    ]


async def _messages(connection: Connection, terms: Terms, since: datetime, now: datetime) -> list[Finding]:
    found = [
        *await checks.not_gathered(connection, now, terms.pause),
        *await checks.deliveries_gone(connection, since),
        *await checks.letters_gone(connection, since),
        *await checks.letters_not_addressed(connection, since),
        *await checks.digests_gone(connection, since),
        *await checks.proofs_missing(connection, since, terms.digest_at),
        *await checks.confirmations_gone(connection, now),
        *await checks.overdue(connection, now),
        *await checks.leases_lost(connection, now),
        *await checks.unknown_for_long(connection, now),
    ]
    for frequency in (Frequency.DAILY, Frequency.WEEKLY):
        close = last_close(frequency, now - DIGESTS, terms.digest_at, VIETNAM)
        found += await checks.digests_missing(connection, frequency, close, close.date())
    return found


async def _unusual(connection: Connection, since: datetime, now: datetime) -> list[Finding]:
    """Find what no rule forbids and is no accident: alerts of a class that always found somebody and find none (MO-01)."""
    found = []
    for name, alerts in sorted((await checks.alerts_matched(connection, now - NORM)).items()):
        if run := unlikely_run([matched for _, matched in alerts]):
            newest = ", ".join(ref for ref, _ in alerts[: min(run, _LISTED)])
            found.append(Finding(Check.NOBODY_MATCHED, name, run, newest))
    labelled = await checks.notices_labelled(connection, now - NORM)
    run = unlikely_run([given for _, given in labelled])
    if run and labelled[0][0] >= since:
        found.append(Finding(Check.NOTHING_LABELLED, "taxonomy", run))
    return found


def _asked(
    events: Sequence[Released], questions: Iterable[tuple[int, Criteria]], parents: Mapping[str, str]
) -> list[list[int]]:
    """Return for each event the questions that it answers: every one is held against every other."""
    asked = list(questions)
    return [
        [number for number, one in asked if _concerns(one, event, offer)] for event, offer in _offers(events, parents)
    ]


def _offers(events: Sequence[Released], parents: Mapping[str, str]) -> Iterable[tuple[Released, Offer]]:
    for event in events:
        yield event, offer_of(event.content, event.labels, parents, update=event.update)


def _concerns(asked: Criteria, event: Released, offer: Offer) -> bool:
    """Say whether a subscriber is owed an event. How important it was then is not known once it was sorted anew."""
    return (event.weighed or not asked.importance) and concerns(asked, offer)


async def _subscribers(
    connection: Connection, events: Sequence[Released], asked: Sequence[Sequence[int]]
) -> tuple[list[Finding], int]:
    found, subscribers = [], 0
    for event, questions in zip(events, asked, strict=True):
        counted = await checks.tally(connection, event, questions)
        subscribers += counted.expected
        if counted.missing:
            named = ", ".join(map(str, counted.mentioned))
            found.append(Finding(Check.NOT_TOLD, event.ref, counted.missing, f"subscription {named}"))
    return found, subscribers
