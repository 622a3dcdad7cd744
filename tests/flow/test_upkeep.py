import asyncio
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.flow import upkeep
from app.store import tables
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office

LEASE = timedelta(seconds=30)
QUARTER = 15 * 60


async def hold(database: Database, owner: str) -> bool:
    return await upkeep.hold(database, "clock", owner, LEASE)


async def test_a_lease_has_one_holder_who_may_keep_it(database: Database, frozen: FrozenClock) -> None:
    assert await hold(database, "one") is True
    for _ in range(5):
        frozen.advance(seconds=29)
        assert await hold(database, "two") is False
        assert await hold(database, "one") is True


async def test_of_ten_who_reach_for_a_lease_at_once_one_gets_it(database: Database, frozen: FrozenClock) -> None:
    for _ in range(3):
        held = await asyncio.gather(*(hold(database, f"worker {number}") for number in range(10)))
        assert sum(held) == 1
        frozen.advance(seconds=31)


async def test_a_lease_that_ran_out_goes_to_the_next_and_its_old_holder_learns_of_it(
    database: Database, frozen: FrozenClock
) -> None:
    await hold(database, "one")
    frozen.advance(seconds=31)
    assert await hold(database, "two") is True
    assert await hold(database, "one") is False


async def test_only_its_holder_gives_a_lease_up(database: Database, frozen: FrozenClock) -> None:
    await hold(database, "one")
    await upkeep.let_go(database, "clock", "two")
    frozen.advance(seconds=1)
    assert await hold(database, "two") is False

    await upkeep.let_go(database, "clock", "one")
    frozen.advance(seconds=1)
    assert await hold(database, "two") is True


async def test_every_change_of_hands_is_counted(database: Database, frozen: FrozenClock) -> None:
    fences = []
    for owner in ("one", "one", "two"):
        await hold(database, owner)
        async with database.reading() as connection:
            fences.append((await connection.execute(select(tables.leases.c.fence))).scalar_one())
        frozen.advance(seconds=31)
    assert fences == sorted(set(fences))


async def test_a_slot_is_claimed_once_whoever_asks(database: Database, frozen: FrozenClock) -> None:
    claimed = await asyncio.gather(
        *(upkeep.claim_slot(database, "pull:eping", QUARTER, f"worker {number}") for number in range(9))
    )
    assert sum(claimed) == 1
    frozen.advance(minutes=14, seconds=59)
    for number in range(9):
        assert await upkeep.claim_slot(database, "pull:eping", QUARTER, f"worker {number}") is False
    frozen.advance(seconds=1)
    assert await upkeep.claim_slot(database, "pull:eping", QUARTER, "worker 1") is True


async def test_slots_lie_on_the_calendar_and_each_job_has_its_own(database: Database, frozen: FrozenClock) -> None:
    frozen.now = datetime(2026, 3, 2, 1, 37, 12, tzinfo=UTC)
    for job in ("pull:eping", "pull:rasff"):
        assert await upkeep.claim_slot(database, job, QUARTER, "one") is True
    async with database.reading() as connection:
        slots = (await connection.execute(select(tables.ticks.c.slot))).scalars()
        assert [datetime.fromisoformat(slot) for slot in slots] == [datetime(2026, 3, 2, 1, 30, tzinfo=UTC)] * 2


async def test_a_beat_keeps_the_last_word_of_each_job(database: Database, frozen: FrozenClock) -> None:
    await upkeep.beat(database, "process", 5, "ValueError: no")
    await upkeep.beat(database, "digests", 30, None)
    frozen.advance(seconds=5)
    await upkeep.beat(database, "process", 5, None)
    found = tables.heartbeats.c
    async with database.reading() as connection:
        rows = await connection.execute(select(found.job, found.beat_at, found.fault).order_by(found.job))
        assert [tuple(row) for row in rows] == [
            ("digests", frozen.now - timedelta(seconds=5), None),
            ("process", frozen.now, None),
        ]


async def test_the_sweep_leaves_alone_what_is_young_or_over(office: Office, frozen: FrozenClock) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    async with office.database.writing() as connection:
        await connection.execute(
            tables.pulls.insert().values(source="eping", started_at=frozen.now, result="running", remarks=[])
        )
    frozen.advance(hours=5, minutes=59)
    before = await office.snapshot(tables.pulls, tables.deliveries)
    for _ in range(2):
        await upkeep.sweep(office.database)
    assert await office.snapshot(tables.pulls, tables.deliveries) == before


async def test_the_sweep_finds_a_hand_over_whose_worker_is_gone(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    async with office.database.writing() as connection:
        await connection.execute(
            tables.deliveries.update().values(
                state="handing_over", leased_by="gone", leased_until=frozen.now + timedelta(seconds=15), attempts=1
            )
        )
    for seconds, state in ((15, "handing_over"), (1, "unknown")):
        frozen.advance(seconds=seconds)
        for _ in range(2):
            await upkeep.sweep(office.database)
        async with office.database.reading() as connection:
            assert (await connection.execute(select(tables.deliveries.c.state))).scalar_one() == state
