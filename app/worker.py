"""The scheduler and the delivery loop.

Any number of workers may run. One of them holds the clock (a lease row) and does what the calendar asks; every one of
them delivers. APScheduler is only the clock: what is due is read from the database, so a missed beat loses nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.bootstrap import (
    Installation,
    followed,
    open_attachments,
    open_journal,
    open_mailbox,
    open_outgoing,
    open_sources,
    open_watch,
    terms_of,
    with_stationery,
    worker_name,
)
from app.domain.addresses import mask_addresses
from app.domain.alarms import SIGNALS, Alarm
from app.domain.release import ReleaseMode
from app.flow import (
    alarms,
    attach,
    classify,
    fanout,
    feedback,
    ingest,
    manage,
    readdress,
    reconcile,
    release,
    retention,
    taxonomy,
    upkeep,
)
from app.flow.deliver import GRACE, Drained, Ending, Outgoing, drain
from app.flow.ingest import PullReport, Source
from app.flow.resolve import Journal, resolve_unknowns
from app.settings import Settings

_log = structlog.get_logger(__name__)

_CLOCK = "clock"
_LEASE = timedelta(seconds=30)
_HOLD_EVERY = 10
_PROCESS_EVERY = 5
_DIGESTS_EVERY = 30
_UPKEEP_EVERY = 300
_RESOLVE_EVERY = 60
_ALARMS_EVERY = 60
_RECONCILE_EVERY = 900
_SETTLING = {"alarms": timedelta(minutes=2), "reconcile": timedelta(minutes=5)}
"""Who looks for what stood still lets a worker that just began catch up first."""
_RETAIN_EVERY = 24 * 60 * 60
_LOOK_FOR_RETENTION_EVERY = 60 * 60
_FEEDBACK_EVERY = 60
_ATTACH_EVERY = 120
_ATTACH_FOR = 60.0
"""Seconds within which another document is begun; one may take half a minute more to come and to be read."""
_POLL_OUTBOX = 1.0
_PROBE_RELAY = 60.0
_PATIENCE = 5.0


async def work(installation: Installation, stop: asyncio.Event, grace: timedelta = GRACE) -> None:
    """Run the clock and deliver, until `stop` is set; what is in hand then is finished first, at most for `grace`.

    Without a relay in the settings the clock runs all the same, and mail waits in the outbox.
    """
    async with AsyncExitStack() as doors:
        sources = await doors.enter_async_context(open_sources(installation.settings))
        outgoing = None
        if installation.settings.smtp_url is not None:
            outgoing = await doors.enter_async_context(open_outgoing(installation))
        documents = None
        if installation.settings.attachments:
            documents = await doors.enter_async_context(open_attachments(installation.settings))
        worker = Worker(
            installation,
            sources,
            outgoing,
            stop,
            grace,
            documents=documents,
            journal=open_journal(installation.settings),
            watch=await doors.enter_async_context(open_watch(installation)),
            mailbox=open_mailbox(installation.settings),
        )
        scheduler = worker.scheduled()
        scheduler.start()
        delivering = asyncio.create_task(worker.deliver())
        try:
            await worker.until_stopped(delivering)
        finally:
            stop.set()
            scheduler.pause()
            await worker.rest()
            await delivering
            scheduler.shutdown(wait=False)


@dataclass
class Worker:
    """One worker: whether it holds the clock, and the jobs under way."""

    installation: Installation
    sources: Mapping[str, Source]
    outgoing: Outgoing | None
    stop: asyncio.Event
    grace: timedelta = GRACE
    name: str = field(default_factory=worker_name)
    holds_clock: bool = False
    nudge: asyncio.Event = field(default_factory=asyncio.Event)
    running: set[asyncio.Task[None]] = field(default_factory=set)
    documents: attach.Door | None = None
    journal: Journal | None = None
    watch: alarms.Watch | None = None
    mailbox: feedback.Mailbox | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.installation.settings

    def scheduled(self) -> AsyncIOScheduler:
        """Return the calendar of this worker; every job runs at once, or when the worker is settled, then at its beat."""
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._add(scheduler, "hold_clock", _HOLD_EVERY, self.hold_clock)
        for name in self.sources:
            self._add(scheduler, f"pull:{name}", self.settings.pull_minutes * 60, self._pulling(name))
        self._add(scheduler, "process", _PROCESS_EVERY, self._on_the_clock("process", _PROCESS_EVERY, self.process))
        self._add(scheduler, "digests", _DIGESTS_EVERY, self._on_the_clock("digests", _DIGESTS_EVERY, self.digests))
        if self.documents is not None:
            self._add(scheduler, "attach", _ATTACH_EVERY, self._on_the_clock("attach", _ATTACH_EVERY, self.attach))
        if self.journal is not None:
            self._add(scheduler, "resolve", _RESOLVE_EVERY, self._on_the_clock("resolve", _RESOLVE_EVERY, self.resolve))
        if self.mailbox is not None:
            self._add(
                scheduler, "feedback", _FEEDBACK_EVERY, self._on_the_clock("feedback", _FEEDBACK_EVERY, self.take_in)
            )
        self._add(scheduler, "upkeep", _UPKEEP_EVERY, self._on_the_clock("upkeep", _UPKEEP_EVERY, self.upkeep))
        self._add(scheduler, "alarms", _ALARMS_EVERY, self._on_the_clock("alarms", _ALARMS_EVERY, self.look))
        watching = self._on_the_clock("reconcile", _RECONCILE_EVERY, self.reconcile)
        self._add(scheduler, "reconcile", _RECONCILE_EVERY, watching)
        retaining = self._on_the_clock("retention", _RETAIN_EVERY, self.retain, once_a_slot=True)
        self._add(scheduler, "retention", _LOOK_FOR_RETENTION_EVERY, retaining)
        return scheduler

    async def hold_clock(self) -> None:
        """Take the clock, or keep it."""
        self.holds_clock = await upkeep.hold(self.installation.database, _CLOCK, self.name, _LEASE)

    async def process(self) -> None:
        """Sort, release by rule, fan out and gather what waits for it."""
        database = self.installation.database
        await self.follow_rules()
        await classify.sort_waiting(database, self.installation.rules.sorter)
        await manage.resume_due(database)
        metrics = self.installation.metrics
        metrics.releases.inc(await release.release_by_rule(database, ReleaseMode(self.settings.release)))
        metrics.fanned_out.inc(await fanout.fan_out(database, self.installation.parents))
        pause, domain = timedelta(minutes=self.settings.group_minutes), self.installation.letterhead.mail_domain
        if await fanout.gather_instant(database, pause, domain) + await fanout.gather_replays(database, domain):
            self.nudge.set()

    async def follow_rules(self) -> None:
        """Go by the taxonomy in force, which staff may have changed from another process."""
        installation = await followed(self.installation)
        if installation is not self.installation:
            self.installation = installation
            if self.outgoing is not None:
                self.outgoing = with_stationery(self.outgoing, installation)
            await taxonomy.outdate(installation.database, installation.taxonomy.version)

    async def digests(self) -> None:
        """Write the reminders of the day, close the digest windows that are due, and mail the reminders they left."""
        house = self.installation
        domain = house.letterhead.mail_domain
        await fanout.write_reminders(house.database, self.settings.digest_at, house.calendar)
        made = await fanout.close_digests(
            house.database, self.settings.digest_at, domain, sources=house.source_names, calendar=house.calendar
        )
        if made + await fanout.gather_reminders(house.database, domain):
            self.nudge.set()

    async def attach(self) -> None:
        """Bring the documents behind links, for a while; what is left is for the next time."""
        if self.documents is None:
            return
        database, clock = self.installation.database, asyncio.get_running_loop().time
        until = clock() + _ATTACH_FOR
        await attach.list_links(database, self.documents)
        ended = await attach.bring_waiting(database, self.documents, lambda: not self.stop.is_set() and clock() < until)
        await attach.index_annexes(database)
        for state, count in ended.items():
            self.installation.metrics.attachments.labels(state.value).inc(count)

    async def resolve(self) -> None:
        """Ask the relay's log for the fate of what nobody knows."""
        if self.journal is not None:
            await resolve_unknowns(self.installation.database, self.journal)

    async def take_in(self) -> None:
        """Read what came back to the mailbox."""
        if self.mailbox is None:
            return
        desk = feedback.FeedbackDesk(self.installation.database, self.installation.keys)
        for effect, count in (await feedback.visit(desk, self.mailbox, lambda: not self.stop.is_set())).items():
            self.installation.metrics.feedback.labels(self.mailbox.door, effect.value).inc(count)

    async def upkeep(self) -> None:
        """Find what stood still."""
        await upkeep.sweep(self.installation.database)
        await readdress.forget_changes(self.installation.database)
        await feedback.expire(self.installation.database)
        await taxonomy.outdate_left_over(self.installation.database)

    async def look(self) -> None:
        """Look at the signals, and tell operators what stands: on the same beat, so that a relay that is back hears it."""
        terms = terms_of(self.settings, self.installation.parents)
        await alarms.note(self.installation.database, await reconcile.look(self.installation.database, terms), SIGNALS)
        if self.watch is not None:
            await alarms.tell(self.installation.database, self.watch)

    async def reconcile(self) -> None:
        """Account for every alert and reader of the last days (MO-01); the next look at the signals mails it."""
        terms = terms_of(self.settings, self.installation.parents)
        account = await reconcile.reconcile(self.installation.database, terms)
        await alarms.note(self.installation.database, account.findings, list(Alarm))

    async def retain(self) -> None:
        """Destroy what is older than it is kept."""
        await retention.retain(self.installation.database, self.installation.keys)

    async def deliver(self) -> None:
        """Drain the outbox until told to stop; without a relay only wait for that."""
        if self.outgoing is None:
            await self.stop.wait()
            return
        asked = False
        while not self.stop.is_set():
            pause = _POLL_OUTBOX
            try:
                if not asked:
                    # A relay that was away may hold what would now be sent again.
                    asked = True
                    await self.resolve()
                drained = await self.send_due()
                asked = drained.host_down is None
                pause = _PROBE_RELAY if drained.host_down else _POLL_OUTBOX
                await self._beat("deliver", _PROBE_RELAY, drained.host_down)
            except Exception:  # noqa: BLE001 - a worker outlives whatever goes wrong with one round
                _log.exception("delivery_failed")
            await self._wait(pause)

    async def send_due(self) -> Drained:
        """Send what is due now; nothing without a relay."""
        if self.outgoing is None:
            return Drained()
        drained = await drain(self.installation.database, self.outgoing, Ending(self.stop, self.grace))
        self._count_drained(drained)
        return drained

    async def until_stopped(self, delivering: asyncio.Task[None]) -> None:
        """Wait until told to stop, or until delivering ends by itself, which only a fault makes it do."""
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({delivering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def rest(self) -> None:
        """Let the jobs under way end, but not wait long for a source; then give the clock to whoever wants it (DL-09)."""
        if self.running:
            _, late = await asyncio.wait(self.running, timeout=_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self.holds_clock:
            await upkeep.let_go(self.installation.database, _CLOCK, self.name)

    def _pulling(self, name: str) -> Callable[[], Awaitable[None]]:
        async def visit() -> None:
            database = self.installation.database
            if await ingest.due(database, name):
                source, baseline = self.sources[name], self.settings.baseline_days
                self._count_pull(await ingest.pull(database, source, baseline_days=baseline))

        return self._on_the_clock(f"pull:{name}", self.settings.pull_minutes * 60, visit, once_a_slot=True)

    def _on_the_clock(
        self, job: str, seconds: int, run: Callable[[], Awaitable[None]], *, once_a_slot: bool = False
    ) -> Callable[[], Awaitable[None]]:
        """Wrap a job: only the holder of the clock runs it, its pulse is written, its failure is logged and told."""

        async def guarded() -> None:
            if not self.holds_clock:
                await self.hold_clock()
            if not self.holds_clock or self.stop.is_set():
                return
            database, fault = self.installation.database, None
            if once_a_slot and not await upkeep.claim_slot(database, job, seconds, self.name):
                return
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - a job's failure is told by its pulse and ends nothing else
                _log.exception("job_failed", job=job)
                fault = mask_addresses(f"{type(error).__name__}: {error}")
            self.installation.metrics.ticks.labels(job, "failed" if fault else "done").inc()
            await self._beat(job, seconds, fault)

        return guarded

    def _count_pull(self, report: PullReport) -> None:
        metrics = self.installation.metrics
        metrics.pulls.labels(report.source, report.result).inc()
        metrics.notices.labels(report.source, "added").inc(report.added)
        metrics.notices.labels(report.source, "changed").inc(report.changed)
        metrics.complaints.labels(report.source).inc(report.quarantined)
        for lag in report.lags:
            metrics.ingest_lag.labels(report.source).observe(lag)

    def _count_drained(self, drained: Drained) -> None:
        metrics = self.installation.metrics
        for state, count in drained.ended.items():
            metrics.attempts.labels(state.value).inc(count)
        for delay in drained.delays:
            metrics.handover_delay.observe(delay)

    def _add(self, scheduler: AsyncIOScheduler, name: str, seconds: int, job: Callable[[], Awaitable[None]]) -> None:
        async def tracked() -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101 - APScheduler runs coroutines in tasks
            self.running.add(task)
            try:
                await job()
            except asyncio.CancelledError:
                _log.warning("job_broken_off", job=name)
            finally:
                self.running.discard(task)

        begins = datetime.now(UTC) + _SETTLING.get(name, timedelta())
        scheduler.add_job(tracked, "interval", seconds=seconds, id=name, next_run_time=begins)

    async def _beat(self, job: str, seconds: float, fault: str | None) -> None:
        await upkeep.beat(self.installation.database, job, round(seconds), fault)

    async def _wait(self, seconds: float) -> None:
        """Sleep until there is something to do: a nudge, the end, or the time is up."""
        waiting = [asyncio.create_task(self.nudge.wait()), asyncio.create_task(self.stop.wait())]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self.nudge.clear()
