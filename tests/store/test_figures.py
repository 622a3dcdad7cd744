"""Days left at each stage are counted in calendar days of Viet Nam, per sector and month."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import update

from app.domain.organisations import EVERY_SECTOR
from app.store import figures, tables
from app.store.database import Database
from app.store.figures import DaysLeft, Stage
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.crowd import crowd, planned, plans
from tests.office import Office

MARCH = date(2026, 3, 1)
SHOES: dict[str, Any] = {"titles": (("en", "Safety of shoes"),), "products": "Shoes", "hs": ("64",)}


async def counted(
    office: Office, first: date = MARCH, last: date = date(2026, 3, 31)
) -> dict[tuple[str, Stage], DaysLeft]:
    async with office.database.reading() as connection:
        rows = await figures.days_left(connection, first, last)
    assert {row.month for row in rows} <= {MARCH}
    for sector in {row.sector for row in rows}:
        stages = [row.stage for row in rows if row.sector == sector]
        assert stages == [stage for stage in Stage if stage in stages], "in the order of the way"
    return {(row.sector, row.stage): row for row in rows}


async def test_each_stage_tells_the_days_that_were_left(database: Database, frozen: FrozenClock) -> None:
    office = Office(database)
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    frozen.advance(days=3)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 12))))
    frozen.advance(days=1)
    await office.process()
    frozen.advance(days=7)
    await office.drain()
    found = await counted(office)
    assert {stage: found["textiles", stage].median for stage in Stage} == {
        Stage.CIRCULATED: 10,
        Stage.TAKEN_IN: 7,
        Stage.SORTED: 6,
        Stage.RELEASED: 6,
        Stage.HANDED_OVER: -1,
    }
    assert found["textiles", Stage.HANDED_OVER].late == 1
    assert found["textiles", Stage.RELEASED].late == 0
    assert {sector for sector, _ in found} == {"textiles", EVERY_SECTOR}


async def test_a_day_is_a_day_in_viet_nam(database: Database) -> None:
    office = Office(database)
    await office.settled_baseline()
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 12))))
    await office.process()
    for moment, left in ((datetime(2026, 3, 10, 16, 59, tzinfo=UTC), 2), (datetime(2026, 3, 10, 17, tzinfo=UTC), 1)):
        async with database.writing() as connection:
            await connection.execute(update(tables.notices).values(stored_at=moment))
        assert (await counted(office))["textiles", Stage.TAKEN_IN].median == left


async def test_readers_are_counted_each_and_the_middle_of_two_is_between_them(database: Database) -> None:
    office = Office(database)
    await office.settled_baseline()
    for name in ("a", "b", "c"):
        await office.enrol(f"{name}@example.org", sectors=("textiles", "footwear"))
    await office.pull(
        a_page(
            a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 12)),
            a_record("G/TBT/N/USA/2", comment_deadline=date(2026, 3, 15), **SHOES),
            a_record("G/TBT/N/USA/3", comment_deadline=None),
        )
    )
    await office.deliver()
    found = await counted(office)
    assert found["textiles", Stage.HANDED_OVER].counted == 3
    both = found[EVERY_SECTOR, Stage.CIRCULATED]
    assert (both.counted, both.median, both.least, both.late) == (2, 11.5, 10, 0)
    assert await counted(office, date(2026, 3, 3)) == {}, "only what was circulated in these days"


async def test_what_was_stored_as_a_baseline_is_not_counted(database: Database) -> None:
    office = Office(database)
    old = date(2026, 3, 2) - timedelta(days=20)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", distributed_on=old, comment_deadline=date(2026, 5, 1))))
    await office.process()
    async with database.reading() as connection:
        assert await figures.days_left(connection, old, old) == []


async def test_only_the_ledger_of_the_notices_that_count_is_read(database: Database) -> None:
    await crowd(database)
    async with database.reading() as connection:
        with planned(connection) as statements:
            assert await figures.days_left(connection, MARCH, date(2026, 3, 31))
        found = await plans(connection, statements)
    for table in ("deliveries", "items"):
        assert f"SCAN {table}" not in found, found
        assert f"Seq Scan on {table}" not in found, found
