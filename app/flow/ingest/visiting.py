"""Visit a source, or read a file: page by page, each page one transaction, none open while the network is slow."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol

import structlog

from app.domain.events import Telling
from app.domain.visits import Fault, FaultKind, Memory, Page, Window, resume_at, window_to_ask
from app.faultpoints import faultpoint
from app.flow.ingest.keeping import Kept, Policy, keep
from app.flow.ingest.seeking import Seeker, seek_parents
from app.i18n.dates import today_in_vietnam
from app.store import audit, notices, visits
from app.store.database import Database

_log = structlog.get_logger(__name__)

_LEASE = timedelta(seconds=60)
"""A visit whose process is not heard of for so long is over."""


class Source(Protocol):
    """A place that notices come from."""

    @property
    def name(self) -> str:
        """The name that people and the table of pulls use."""

    def visit(self, window: Window, memory: Memory) -> AsyncIterator[Page]:
        """Yield what the source holds for a window, page by page; a page with a fault is the last."""


@dataclass(slots=True, kw_only=True)
class PullReport:
    """How one visit went: counts of pages and records, of notices added and changed, and the fault if there was one.

    `lags` holds, for each notice that was news, the seconds from the start of its day of circulation (UTC) to now.
    """

    source: str
    window: Window | None = None
    pages: int = 0
    records: int = 0
    added: int = 0
    changed: int = 0
    quarantined: int = 0
    unchanged: bool = False
    fault: Fault | None = None
    lags: list[float] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def result(self) -> str:
        """One word for the table of pulls: `sound`, `unchanged`, or the kind of fault."""
        if self.fault is not None:
            return self.fault.kind.value
        return "unchanged" if self.unchanged else "sound"


Watcher = Callable[[PullReport], None]


@dataclass(frozen=True, slots=True)
class _Visit:
    """One visit under way."""

    pull_id: int
    policy: Policy
    memory: Memory
    began: datetime


async def pull(
    database: Database,
    source: Source,
    *,
    baseline_days: int,
    window: Window | None = None,
    watch: Watcher | None = None,
    actor: str | None = None,
) -> PullReport:
    """Visit a source once and keep what it says. Where an `actor` asked for a window of their own, that is written down.

    The first sound visit, and one for a `window` of the caller's choice, tells only what was circulated in the last
    `baseline_days` days; later ones tell all that is new. The window counts as done only when every page was sound. A
    source that can be asked for one document is then asked for the parents of orphans.
    """
    report = PullReport(source=source.name, window=window)
    visit = await _begin(database, source.name, report, baseline_days, chosen=window is not None, actor=actor)
    asked = report.window
    assert asked is not None  # noqa: S101 - set by _begin
    await _work(database, visit, report, source.visit(asked, visit.memory), watch)
    if report.fault is None and isinstance(source, Seeker):
        kept, remarks = await seek_parents(database, source.name, source, visit.pull_id, report.pages)
        report.added += kept.added
        report.remarks += remarks
    return report


async def import_pages(
    database: Database,
    name: str,
    pages: Iterable[Page],
    *,
    baseline_days: int,
    telling: Telling = Telling.RECENT,
    watch: Watcher | None = None,
    actor: str | None = None,
) -> PullReport:
    """Keep the notices of a file; by default only what was circulated in the last `baseline_days` days is told.

    Where an `actor` asked for it, that is written down; the file itself is kept with its visit.
    """
    report = PullReport(source=name)
    async with database.writing() as connection:
        now = await database.now(connection)
        await visits.source(connection, name)
        pull_id = await visits.begin_pull(connection, name, None, now, now + _LEASE)
        if actor is not None:
            await audit.write_audit(connection, actor, "import", name, {"telling": telling, "pull": pull_id}, now)
    visit = _Visit(pull_id, _policy(telling, now, baseline_days), Memory(), now)
    return await _work(database, visit, report, _in_turn(pages), watch)


async def due(database: Database, name: str) -> bool:
    """Say whether the clock may visit a source now, or must leave it in peace after its failures (IN-02)."""
    async with database.writing() as connection:
        remembered = await visits.source(connection, name)
        resume = remembered["resume_at"]
        return resume is None or resume <= await database.now(connection)


async def _begin(
    database: Database, name: str, report: PullReport, baseline_days: int, *, chosen: bool, actor: str | None
) -> _Visit:
    async with database.writing() as connection:
        now = await database.now(connection)
        remembered = await visits.source(connection, name)
        report.window = report.window or window_to_ask(remembered["reached"], today_in_vietnam(now))
        expected = await notices.count_records(connection, name, report.window.first, report.window.last)
        pull_id = await visits.begin_pull(connection, name, report.window, now, now + _LEASE)
        if chosen and actor is not None:
            window = {"from": report.window.first.isoformat(), "to": report.window.last.isoformat()}
            await audit.write_audit(connection, actor, "pull", name, {**window, "pull": pull_id}, now)
    memory = Memory(
        expected=expected,
        etag=remembered["etag"],
        last_modified=remembered["last_modified"],
        body_hash=remembered["body_hash"],
    )
    first = remembered["baseline_at"] is None
    telling = Telling.RECENT if first or chosen else Telling.ALL
    return _Visit(pull_id, _policy(telling, now, baseline_days), memory, now)


async def _work(
    database: Database, visit: _Visit, report: PullReport, pages: AsyncIterator[Page], watch: Watcher | None
) -> PullReport:
    try:
        async with _kept_lease(database, visit.pull_id):
            return await _read(database, visit, report, pages, watch)
    except asyncio.CancelledError:
        async with database.writing() as connection:
            now = await database.now(connection)
            reason = "told to end during the visit"
            await visits.break_off_pull(connection, visit.pull_id, reason, **_tally(visit, report, now))
        _log.warning("pull_broken_off", source=report.source, pages=report.pages)
        raise


@asynccontextmanager
async def _kept_lease(database: Database, pull_id: int) -> AsyncIterator[None]:
    """Renew the lease on a visit at a third of its length, for as long as the block takes."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(_LEASE / timedelta(seconds=3))
            async with database.writing() as connection:
                await visits.renew_pull(connection, pull_id, await database.now(connection) + _LEASE)

    renewing = asyncio.create_task(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _read(
    database: Database, visit: _Visit, report: PullReport, pages: AsyncIterator[Page], watch: Watcher | None
) -> PullReport:
    last = Page()
    try:
        async for page in pages:
            last = page
            faultpoint("fetched")
            await _take(database, visit, report, page)
            faultpoint("page_kept")
            if watch is not None:
                watch(report)
            if page.fault is not None:
                break
    except Exception as error:
        report.fault = Fault(kind=FaultKind.UNSOUND, reason=f"page {report.pages + 1}: {type(error).__name__}: {error}")
        await _finish(database, visit, report, last)
        raise
    await _finish(database, visit, report, last)
    return report


async def _take(database: Database, visit: _Visit, report: PullReport, page: Page) -> None:
    """Keep one page, or what is left of it when it was rejected: its bytes and the reason."""
    report.pages += 1
    report.remarks += page.remarks
    report.complaints += [f"{one.position}: {one.field}: {one.reason}" for one in page.complaints]
    report.unchanged, report.fault = page.unchanged, page.fault
    kept = Kept()
    async with database.writing() as connection:
        now = await database.now(connection)
        payload_hash = page.payload.hash if page.payload else ""
        if page.payload is not None:
            await visits.keep_payload(connection, visit.pull_id, report.pages, page.payload, now)
        await visits.keep_complaints(connection, report.source, visit.pull_id, payload_hash, page.complaints, now)
        if page.fault is None:
            kept = await keep(connection, page.records, visit.policy, now, visit.pull_id)
    report.records += len(page.records)
    report.quarantined += len(page.complaints)
    report.added += kept.added
    report.lags += kept.lags
    report.changed += kept.changed


async def _finish(database: Database, visit: _Visit, report: PullReport, last: Page) -> None:
    async with database.writing() as connection:
        now = await database.now(connection)
        remembered = await visits.source(connection, report.source)
        if report.fault is None:
            values = _after_success(report, last, remembered, now)
        else:
            values = _after_fault(report.fault, remembered["failures"] + 1, now)
        await visits.save_source(connection, report.source, last_visit_at=now, **values)
        await visits.finish_pull(
            connection,
            visit.pull_id,
            result=report.result,
            reason=report.fault.reason if report.fault else None,
            **_tally(visit, report, now),
        )
    _log.info("pulled", source=report.source, result=report.result, added=report.added, changed=report.changed)


def _tally(visit: _Visit, report: PullReport, now: datetime) -> dict[str, Any]:
    """Return what a visit that ends now came to."""
    return {
        "finished_at": now,
        "duration_ms": round((now - visit.began) / timedelta(milliseconds=1)),
        "remarks": report.remarks[:50],
        "pages": report.pages,
        "records": report.records,
        "added": report.added,
        "changed": report.changed,
        "quarantined": report.quarantined,
    }


def _after_success(report: PullReport, last: Page, remembered: Any, now: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {
        "baseline_at": remembered["baseline_at"] or now,
        "last_success_at": now,
        "failures": 0,
        "resume_at": None,
        "last_fault": None,
    }
    if report.window is not None:
        reached = min(report.window.last, today_in_vietnam(now))
        values["reached"] = max(reached, remembered["reached"] or date.min)
    if not report.unchanged:
        values |= {"etag": last.etag, "last_modified": last.last_modified}
        values["body_hash"] = last.payload.hash if last.payload else ""
    return values


def _after_fault(fault: Fault, failures: int, now: datetime) -> dict[str, Any]:
    resume = resume_at(now, failures, fault.retry_after)
    return {"failures": failures, "resume_at": resume, "last_fault": fault.reason}


def _policy(telling: Telling, now: datetime, baseline_days: int) -> Policy:
    today = today_in_vietnam(now)
    return Policy(telling, today - timedelta(days=baseline_days), today)


async def _in_turn(pages: Iterable[Page]) -> AsyncIterator[Page]:
    for page in pages:
        yield page
