import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from app.bootstrap import Installation, Job, open_calendar, open_rules
from app.cli.watching import keep_watch
from app.domain.bounces import IncomingMail, Meaning, ReturnedMail, SuppressionReason
from app.domain.deliveries import DeliveryState, Envelope, Outcome
from app.domain.subscriptions import Frequency
from app.domain.visits import Fault, FaultKind, Page
from app.flow import alarms, upkeep
from app.flow.deliver import GRACE, Drained, Outgoing
from app.senders.smtp.configuration import Timeouts
from app.settings import given_settings
from app.store import readiness, suppressions, tables, verdicts
from app.store.alarms import standing
from app.telemetry.metrics import Metrics
from app.worker import Worker
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeDoor, FakeSource
from tests.office import KEY, Office


def a_worker(office: Office, source: FakeSource, name: str) -> Worker:
    installation = Installation(
        settings=given_settings(),
        database=office.database,
        rules=open_rules(),
        letterhead=office.stationery.letterhead,
        keys=[KEY],
        metrics=Metrics(),
        calendar=open_calendar(given_settings()),
    )
    outgoing = Outgoing(
        mailer=office.mailer,
        stationery=office.stationery,
        bounce_address=lambda _: "bounces@keng.example",
        owner=name,
        lease=timedelta(seconds=15),
    )
    return Worker(installation, {"eping": source}, outgoing, asyncio.Event(), name=name)


async def run(worker: Worker, name: str) -> None:
    """Run a job as the calendar does."""
    await worker.hold_clock()
    (job,) = [job for job in worker.scheduled().get_jobs() if job.id == name]
    await job.func()


async def test_two_workers_visit_a_source_once_a_slot(office: Office) -> None:
    source = FakeSource([[a_page(a_record("G/TBT/N/USA/1"))], [a_page()]])
    for worker in (a_worker(office, source, "one"), a_worker(office, source, "two")):
        await run(worker, "pull:eping")

    assert len(source.asked) == 1


async def test_a_slot_that_was_visited_is_not_visited_again_and_the_next_is(
    office: Office, frozen: FrozenClock
) -> None:
    source = FakeSource([[a_page()], [a_page()]])
    worker = a_worker(office, source, "one")
    for minutes in (0, 5, 10):
        frozen.advance(minutes=minutes)
        await run(worker, "pull:eping")

    assert len(source.asked) == 2


async def test_the_clock_passes_on_when_its_holder_is_silent(office: Office, frozen: FrozenClock) -> None:
    first, second = a_worker(office, FakeSource([]), "one"), a_worker(office, FakeSource([]), "two")
    await first.hold_clock()
    await second.hold_clock()
    assert (first.holds_clock, second.holds_clock) == (True, False)

    frozen.advance(seconds=31)
    await second.hold_clock()
    await first.hold_clock()
    assert (first.holds_clock, second.holds_clock) == (False, True)


async def test_a_clock_that_is_given_up_is_free_at_once(office: Office, frozen: FrozenClock) -> None:
    first, second = a_worker(office, FakeSource([]), "one"), a_worker(office, FakeSource([]), "two")
    await first.hold_clock()
    await first.rest()
    frozen.advance(seconds=1)
    await second.hold_clock()

    assert second.holds_clock


async def test_a_job_that_fails_is_told_by_its_pulse_and_ends_nothing(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    await run(worker, "pull:eping")

    async with office.database.reading() as connection:
        beats = (await connection.execute(select(tables.heartbeats.c.job, tables.heartbeats.c.fault))).all()
    assert [tuple(beat) for beat in beats] == [("pull:eping", "IndexError: pop from empty list")]


async def test_the_digest_job_reminds_of_deadlines_once(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 24))))
    await office.deliver()
    office.mailer.received.clear()
    frozen.advance(days=2)
    for name in ("one", "two", "one"):
        await a_worker(office, FakeSource([]), name).digests()
        await office.drain()
    ((_, mail),) = office.inbox
    assert "Nhắc hạn góp ý: còn 20 ngày" in str(mail["Subject"])


@dataclass
class EmptyBox:
    """A mailbox with one message that concerns nobody, or one that does not open."""

    opens: bool = True
    door: str = "imap"
    settled: list[str] = field(default_factory=list)

    async def waiting(self) -> AsyncGenerator[IncomingMail, None]:
        if not self.opens:
            raise ConnectionRefusedError(111, "Connection refused")
        yield IncomingMail("1", ReturnedMail(meaning=Meaning.FAILURE, return_paths=("b+1.forged@keng.example",)))

    async def settle(self, name: str, *, aside: bool) -> None:
        assert not aside
        self.settled.append(name)


@pytest.mark.parametrize(
    ("opens", "fault"), [(True, None), (False, "ConnectionRefusedError: [Errno 111] Connection refused")]
)
async def test_a_worker_reads_what_came_back_and_tells_when_it_cannot(
    office: Office, opens: bool, fault: str | None
) -> None:
    box = EmptyBox(opens)
    worker = a_worker(office, FakeSource([]), "one")
    worker.mailbox = box
    (job,) = [job for job in worker.scheduled().get_jobs() if job.id == "feedback"]
    with capture_logs() as told:
        await job.func()
    assert [line["event"] for line in told if line["log_level"] == "error"] == ([] if opens else ["job_failed"])

    async with office.database.reading() as connection:
        beats = (await connection.execute(select(tables.heartbeats.c.job, tables.heartbeats.c.fault))).all()
    assert [tuple(beat) for beat in beats] == [("feedback", fault)]
    counted = b'keng_feedback_total{door="imap",effect="unsigned"} 1.0' in worker.installation.metrics.rendered()
    assert counted is (fault is None)
    assert box.settled == (["1"] if box.opens else [])


async def test_the_upkeep_ends_suppressions_that_have_run_out(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("nga@example.org", sectors=("textiles",))
    ground = ("5.2.2", "maildir")
    async with office.database.writing() as connection:
        await verdicts.suppress(connection, 1, SuppressionReason.KEEPS_BOUNCING, ground, frozen.now)
    frozen.advance(days=90)
    await a_worker(office, FakeSource([]), "one").upkeep()

    async with office.database.reading() as connection:
        assert not await suppressions.is_suppressed(connection, 1)


async def test_without_a_relay_a_worker_waits_for_its_end(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    worker.outgoing = None
    worker.stop.set()
    await asyncio.wait_for(worker.deliver(), timeout=5)


@pytest.mark.parametrize(
    ("leased", "silent_for", "result"),
    [
        (timedelta(seconds=60), timedelta(seconds=59), "running"),
        (timedelta(seconds=60), timedelta(seconds=61), "broken_off"),
        (None, timedelta(hours=5), "running"),
        (None, timedelta(hours=7), "broken_off"),
    ],
)
async def test_what_is_left_of_a_dead_process_is_swept(
    office: Office, frozen: FrozenClock, leased: timedelta | None, silent_for: timedelta, result: str
) -> None:
    until = None if leased is None else frozen.now + leased
    row = {"source": "eping", "started_at": frozen.now, "leased_until": until, "result": "running", "remarks": []}
    async with office.database.writing() as connection:
        await connection.execute(tables.pulls.insert().values(row))
    frozen.advance(seconds=silent_for.total_seconds())
    await upkeep.sweep(office.database)

    async with office.database.reading() as connection:
        assert (await connection.execute(select(tables.pulls.c.result))).scalar_one() == result


def test_the_end_takes_less_than_thirty_seconds() -> None:
    assert timedelta(seconds=20) < GRACE <= timedelta(seconds=30) - timedelta(seconds=Timeouts().parting)


async def test_the_end_waits_for_what_is_under_way(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    done: list[str] = []

    async def finish() -> None:
        await office.count(tables.notices)
        done.append("finished")

    worker.running.add(asyncio.create_task(finish()))
    await worker.rest()
    assert done == ["finished"]


async def test_the_end_does_not_wait_for_ever_and_gives_up_the_clock(
    office: Office, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.worker.jobs._PATIENCE", 0)
    first, second = a_worker(office, FakeSource([]), "one"), a_worker(office, FakeSource([]), "two")
    await first.hold_clock()
    hanging = asyncio.create_task(asyncio.Event().wait())
    first.running.add(hanging)  # type: ignore[arg-type]  # what it would answer does not matter
    await first.rest()
    assert hanging.cancelled()

    frozen.advance(seconds=1)
    await second.hold_clock()
    assert second.holds_clock


async def test_only_the_holder_of_the_clock_does_what_the_calendar_asks(office: Office, frozen: FrozenClock) -> None:
    first, second = a_worker(office, FakeSource([]), "one"), a_worker(office, FakeSource([]), "two")
    did: list[str] = []

    async def job(name: str) -> None:
        did.append(name)

    jobs = [
        worker._on_the_clock(Job(name="job", seconds=5), partial(job, worker.name))  # noqa: SLF001 - as the calendar does
        for worker in (first, second)
    ]
    for one in (*jobs, *jobs):
        await one()
    assert did == ["one", "one"]

    await first.rest()
    first.stop.set()
    frozen.advance(seconds=31)
    for one in jobs:
        await one()
    assert did == ["one", "one", "two"]


async def test_a_source_that_failed_is_left_in_peace_for_a_while(office: Office, frozen: FrozenClock) -> None:
    down = Page(fault=Fault(kind=FaultKind.BUSY, reason="429", retry_after=timedelta(hours=1)))
    source = FakeSource([[down], [a_page()]])
    worker = a_worker(office, source, "one")
    asked = []
    for _ in range(5):
        await run(worker, "pull:eping")
        asked.append(len(source.asked))
        frozen.advance(minutes=15)
    assert asked == [1, 1, 1, 1, 2]


async def test_two_workers_that_drain_at_once_send_everything_once(office: Office) -> None:
    for number in range(150):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()

    await asyncio.gather(office.drain("one"), office.drain("two"), office.drain("three"))
    await office.drain("one")
    assert sorted(office.recipients) == sorted(f"reader{number}@example.org" for number in range(150))


async def test_two_that_pull_at_once_keep_each_notice_once(office: Office) -> None:
    page = a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 10)))
    reports = await asyncio.gather(office.pull(page), office.pull(page), office.pull(page))

    assert sum(report.added for report in reports) == 9
    assert await office.count(tables.notices) == await office.count(tables.events) == 9


async def test_two_that_process_at_once_write_what_one_would(office: Office) -> None:
    for number in range(5):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 30))))

    await asyncio.gather(office.process(), office.process(), office.process())
    assert await office.count(tables.deliveries) == 5
    assert await office.count(tables.items) == 5 * 29
    await office.drain()
    assert sorted(office.recipients) == [f"reader{number}@example.org" for number in range(5)]


async def test_two_that_close_digests_at_once_make_each_once(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.close_digests()
    for number in range(5):
        await office.enrol(f"reader{number}@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    frozen.advance(days=1)

    await asyncio.gather(*(office.close_digests() for _ in range(3)))
    await office.drain()
    assert sorted(office.recipients) == [f"reader{number}@example.org" for number in range(5)]
    assert await office.count(tables.digests) == 5


async def test_documents_are_brought_where_there_is_a_door_for_them(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    assert worker.scheduled().get_job("attach") is None
    await worker.attach()

    door = worker.documents = FakeDoor({"https://docs.wto.org/1.docx": "Notification"})
    assert worker.scheduled().get_job("attach") is not None
    await office.pull(a_page(a_record("G/TBT/N/USA/1", notice_link="https://docs.wto.org/1.docx")))
    await worker.attach()
    assert door.asked == ["https://docs.wto.org/1.docx"]
    assert b'keng_attachments_total{state="read"} 1.0' in worker.installation.metrics.rendered()


async def test_a_worker_that_is_told_to_stop_begins_no_other_document(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    worker.documents = door = FakeDoor()
    await office.pull(a_page(a_record("G/TBT/N/USA/1", notice_link="https://docs.wto.org/1.docx")))
    worker.stop.set()
    await worker.attach()
    assert door.asked == []


async def test_a_worker_that_finds_a_difference_mails_the_operators_at_the_next_look(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    worker.watch = alarms.Watch(
        mailer=office.mailer,
        operators=("operator@example.org",),
        letterhead=office.stationery.letterhead,
        bounce_address="bounces@keng.example",
        key=KEY,
    )
    await office.enrol("vitas@example.org")
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    async with office.database.writing() as connection:
        await connection.execute(tables.items.delete())
    await worker.look()
    assert office.recipients == [], "the signals are well"
    await worker.reconcile()
    await worker.look()
    await worker.look()
    assert office.recipients == ["operator@example.org"]


async def test_what_stands_still_is_looked_for_once_the_worker_has_settled(office: Office) -> None:
    beats = {job.id: job for job in a_worker(office, FakeSource([]), "one").scheduled().get_jobs()}
    assert {"alarms", "reconcile"} < set(beats)
    assert beats["reconcile"].next_run_time > beats["alarms"].next_run_time > beats["process"].next_run_time


async def test_who_serves_finds_out_that_the_worker_is_gone(
    office: Office, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.watching._LOOK_EVERY", 0.01)
    await upkeep.beat(office.database, "process", 5, None)
    frozen.advance(minutes=3)
    looking = asyncio.create_task(keep_watch(a_worker(office, FakeSource([]), "one").installation))
    async with asyncio.timeout(30):
        while not await office.count(tables.alarms):  # noqa: ASYNC110 - the row is written by the task beside
            await asyncio.sleep(0.01)
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    async with office.database.reading() as connection:
        assert [row.name for row in await standing(connection)] == ["worker-stopped"]


async def test_a_drain_that_makes_progress_beats_and_one_that_hangs_grows_old(
    office: Office, frozen: FrozenClock
) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    drained, seen = Drained(), 0
    for _ in range(100):
        drained.count(DeliveryState.ACCEPTED)
        frozen.advance(minutes=1)
        seen = await worker.beat_on_progress(drained, seen)
    assert await pulse_of(office, "deliver") == frozen.now
    since = frozen.now
    for _ in range(3):
        frozen.advance(minutes=1)
        seen = await worker.beat_on_progress(drained, seen)
    assert await pulse_of(office, "deliver") == since


async def test_a_long_drain_is_alive_before_it_is_over(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.worker.jobs._LOOK_AT_DRAIN", 0.01)
    for number in range(150):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    worker, taken, go_on = a_worker(office, FakeSource([]), "one"), office.mailer.send, asyncio.Event()

    async def hang_at_the_last(envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        if len(office.mailer.received) >= 100:
            await go_on.wait()
        return await taken(envelope, before_data)

    monkeypatch.setattr(office.mailer, "send", hang_at_the_last)
    draining = asyncio.create_task(worker.send_due())
    async with asyncio.timeout(60):
        while await pulse_of(office, "deliver") is None:  # noqa: ASYNC110 - the row is written by the task beside
            await asyncio.sleep(0.01)
    assert not draining.done()
    go_on.set()
    assert (await draining).accepted == 150


async def pulse_of(office: Office, job: str) -> datetime | None:
    async with office.database.reading() as connection:
        statement = select(tables.heartbeats.c.beat_at).where(tables.heartbeats.c.job == job)
        return (await connection.execute(statement)).scalar_one_or_none()


async def test_a_job_that_never_ends_is_late_too(office: Office, frozen: FrozenClock) -> None:
    begun = frozen.now
    await upkeep.expect(office.database, {"retention": 86_400})
    frozen.advance(hours=1)
    await upkeep.expect(office.database, {"retention": 86_400})
    assert await pulse_of(office, "retention") == begun
    state = await readiness.state(office.database)
    assert state is not None
    (beat,) = state.heartbeats
    assert (beat.is_fresh(begun + timedelta(hours=48)), beat.is_fresh(begun + timedelta(hours=49))) == (True, False)
