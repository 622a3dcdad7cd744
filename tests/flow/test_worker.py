import asyncio
from datetime import timedelta

from sqlalchemy import select

from app.bootstrap import Installation, open_rules
from app.flow import upkeep
from app.flow.deliver import Outgoing
from app.settings import given_settings
from app.store import tables
from app.telemetry.metrics import Metrics
from app.worker import Worker
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeSource
from tests.office import KEY, Office


def a_worker(office: Office, source: FakeSource, name: str) -> Worker:
    installation = Installation(
        settings=given_settings(),
        database=office.database,
        rules=open_rules(),
        letterhead=office.stationery.letterhead,
        keys=[KEY],
        metrics=Metrics(),
    )
    outgoing = Outgoing(
        mailer=office.mailer,
        stationery=office.stationery,
        bounce_address="bounces@keng.example",
        owner=name,
        lease=timedelta(seconds=15),
    )
    return Worker(installation, {"eping": source}, outgoing, asyncio.Event(), name=name)


async def test_two_workers_visit_a_source_once_a_slot(office: Office) -> None:
    source = FakeSource([[a_page(a_record("G/TBT/N/USA/1"))], [a_page()]])
    for worker in (a_worker(office, source, "one"), a_worker(office, source, "two")):
        await worker._pulling("eping")()  # noqa: SLF001 - the job as the calendar calls it

    assert len(source.asked) == 1


async def test_a_slot_that_was_visited_is_not_visited_again_and_the_next_is(
    office: Office, frozen: FrozenClock
) -> None:
    source = FakeSource([[a_page()], [a_page()]])
    worker = a_worker(office, source, "one")
    for minutes in (0, 5, 10):
        frozen.advance(minutes=minutes)
        await worker._pulling("eping")()  # noqa: SLF001 - the job as the calendar calls it

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
    await worker._pulling("eping")()  # noqa: SLF001 - the job as the calendar calls it

    async with office.database.reading() as connection:
        beats = (await connection.execute(select(tables.heartbeats.c.job, tables.heartbeats.c.fault))).all()
    assert [tuple(beat) for beat in beats] == [("pull:eping", "IndexError: pop from empty list")]


async def test_without_a_relay_a_worker_waits_for_its_end(office: Office) -> None:
    worker = a_worker(office, FakeSource([]), "one")
    worker.outgoing = None
    worker.stop.set()
    await asyncio.wait_for(worker.deliver(), timeout=5)


async def test_what_is_left_of_a_dead_process_is_swept(office: Office, frozen: FrozenClock) -> None:
    async with office.database.writing() as connection:
        await connection.execute(
            tables.pulls.insert().values(source="eping", started_at=frozen.now, result="running", remarks=[])
        )
    frozen.advance(hours=7)
    await upkeep.sweep(office.database)

    async with office.database.reading() as connection:
        assert (await connection.execute(select(tables.pulls.c.result))).scalar_one() == "broken_off"
