"""What a worker does on its calendar, and the loop in which it delivers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from app.bootstrap import (
    DELIVER,
    Installation,
    Job,
    close_windows,
    followed,
    periodic_jobs,
    process_waiting,
    terms_of,
    with_stationery,
    worker_name,
)
from app.domain.addresses import mask_addresses
from app.domain.alarms import SIGNALS, Alarm
from app.flow import (
    alarms,
    attach,
    audit,
    feedback,
    ingest,
    readdress,
    reconcile,
    retention,
    sign_in,
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
_SETTLING = {"alarms": timedelta(minutes=2), "reconcile": timedelta(minutes=5)}
"""Who looks for what stood still lets a worker that just began catch up first."""
_ATTACH_FOR = 60.0
"""Seconds within which another document is begun; one may take half a minute more to come and to be read."""
_POLL_OUTBOX = 1.0
_PROBE_RELAY = float(DELIVER.seconds)
_LOOK_AT_DRAIN = 20.0
_PATIENCE = 5.0


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
    post: sign_in.Post | None = None

    @property
    def settings(self) -> Settings:
        """The settings of the installation."""
        return self.installation.settings

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that it runs, by the doors that it has."""
        return periodic_jobs(
            self.sources,
            self.settings.pull_minutes,
            documents=self.documents is not None,
            relay_log=self.journal is not None,
            mailbox=self.mailbox is not None,
            relay=self.outgoing is not None,
        )

    def scheduled(self) -> AsyncIOScheduler:
        """Return the calendar of this worker; every job runs at once, or when the worker is settled, then at its beat."""
        scheduler = AsyncIOScheduler(
            timezone=UTC, job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._add(scheduler, "hold_clock", _HOLD_EVERY, self.hold_clock)
        for job in self.jobs:
            if job is not DELIVER:
                run = self._on_the_clock(job, self._run_of(job.name))
                self._add(scheduler, job.name, job.looked_for_every or job.seconds, run)
        return scheduler

    async def hold_clock(self) -> None:
        """Take the clock, or keep it."""
        self.holds_clock = await upkeep.hold(self.installation.database, _CLOCK, self.name, _LEASE)

    async def pull(self, source: str) -> None:
        """Visit a source, unless it is to be left in peace."""
        database = self.installation.database
        if await ingest.due(database, source):
            door, baseline = self.sources[source], self.settings.baseline_days
            self._count_pull(await ingest.pull(database, door, baseline_days=baseline))

    async def process(self) -> None:
        """Sort, release by rule, fan out and gather what waits for it."""
        await self.follow_rules()
        done = await process_waiting(self.installation)
        self.installation.metrics.releases.inc(done.released)
        self.installation.metrics.fanned_out.inc(done.fanned_out)
        if done.mails:
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
        if any(await close_windows(self.installation)):
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

    async def mail_staff(self) -> None:
        """Hand over the links that staff wait for."""
        if self.post is not None:
            await sign_in.send_due(self.installation.database, self.post)

    async def upkeep(self) -> None:
        """Find what stood still."""
        await upkeep.sweep(self.installation.database)
        await readdress.forget_changes(self.installation.database)
        await feedback.expire(self.installation.database)
        await taxonomy.outdate_left_over(self.installation.database)
        await sign_in.forget_old(self.installation.database)

    async def look(self) -> None:
        """Look at the signals, and tell operators what stands: on the same beat, so that a relay that is back hears it."""
        terms = terms_of(self.settings, self.installation.parents, self.installation.calendar)
        await alarms.note(self.installation.database, await reconcile.look(self.installation.database, terms), SIGNALS)
        if self.watch is not None:
            await alarms.tell(self.installation.database, self.watch)

    async def reconcile(self) -> None:
        """Account for every alert and reader of the last days (MO-01); the next look at the signals mails it."""
        terms = terms_of(self.settings, self.installation.parents, self.installation.calendar)
        account = await reconcile.reconcile(self.installation.database, terms)
        await alarms.note(self.installation.database, account.findings, list(Alarm))

    async def retain(self) -> None:
        """Destroy what is older than it is kept."""
        await retention.retain(self.installation.database, self.installation.keys)

    async def seal(self) -> None:
        """Seal the rows of the audit that were written since."""
        await audit.seal(self.installation.database)

    async def verify(self) -> None:
        """Verify the audit from end to end; the next look at the signals mails it when it is broken (MO-08)."""
        await audit.verify(self.installation.database)

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
                await self._beat(DELIVER, drained.host_down)
            except Exception:  # noqa: BLE001 - a worker outlives whatever goes wrong with one round
                _log.exception("delivery_failed")
            await self._wait(pause)

    async def send_due(self) -> Drained:
        """Send what is due now; nothing without a relay."""
        if self.outgoing is None:
            return Drained()
        drained = Drained()
        beating = asyncio.create_task(self._beat_while_draining(drained))
        try:
            await drain(self.installation.database, self.outgoing, Ending(self.stop, self.grace), drained)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
        self._count_drained(drained)
        return drained

    async def beat_on_progress(self, drained: Drained, before: int) -> int:
        """Beat for a drain under way if more messages came to an end than before; return how many have now.

        100,000 messages are one drain, which must not look dead; one that hangs must (MO-04).
        """
        if drained.total > before:
            await self._beat(DELIVER, None)
        return drained.total

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

    def _run_of(self, job: str) -> Callable[[], Awaitable[None]]:
        kind, _, source = job.partition(":")
        if kind == "pull":
            return partial(self.pull, source)
        return {
            "process": self.process,
            "digests": self.digests,
            "attach": self.attach,
            "resolve": self.resolve,
            "feedback": self.take_in,
            "staff-mail": self.mail_staff,
            "upkeep": self.upkeep,
            "alarms": self.look,
            "reconcile": self.reconcile,
            "retention": self.retain,
            "seal": self.seal,
            "audit": self.verify,
        }[job]

    def _on_the_clock(self, job: Job, run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """Wrap a job: only the holder of the clock runs it, its pulse is written, its failure is logged and told."""

        async def guarded() -> None:
            if not self.holds_clock:
                await self.hold_clock()
            if not self.holds_clock or self.stop.is_set():
                return
            database, fault = self.installation.database, None
            if job.once_a_slot and not await upkeep.claim_slot(database, job.name, job.seconds, self.name):
                return
            try:
                await run()
            except Exception as error:  # noqa: BLE001 - a job's failure is told by its pulse and ends nothing else
                _log.exception("job_failed", job=job.name)
                fault = mask_addresses(f"{type(error).__name__}: {error}")
            self.installation.metrics.ticks.labels(job.name, "failed" if fault else "done").inc()
            await self._beat(job, fault)

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

    async def _beat_while_draining(self, drained: Drained) -> None:
        seen = 0
        while True:
            await asyncio.sleep(_LOOK_AT_DRAIN)
            try:
                seen = await self.beat_on_progress(drained, seen)
            except Exception:  # noqa: BLE001 - what is wrong with the pulse must not end the sending
                _log.exception("beat_failed", job=DELIVER.name)

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

    async def _beat(self, job: Job, fault: str | None) -> None:
        await upkeep.beat(self.installation.database, job.name, job.seconds, fault)

    async def _wait(self, seconds: float) -> None:
        """Sleep until there is something to do: a nudge, the end, or the time is up."""
        waiting = [asyncio.create_task(self.nudge.wait()), asyncio.create_task(self.stop.wait())]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        self.nudge.clear()
