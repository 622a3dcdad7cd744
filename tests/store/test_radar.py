"""The orphan radar: what nobody looks after."""

from datetime import date
from typing import Any

from app.domain.organisations import Organisation, Responsibility
from app.flow import organisations
from app.i18n.dates import today_in_vietnam
from app.store import radar
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office

SHOES: dict[str, Any] = {"titles": (("en", "Safety of shoes"),), "products": "Shoes", "hs": ("64",)}
NOTHING: dict[str, Any] = {"titles": (("en", "Widgets"),), "products": "Widgets", "hs": ()}


async def orphans(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return [row.ref for row in await radar.orphans(connection, 9)]


async def unfollowed(office: Office, frozen: FrozenClock) -> list[str]:
    async with office.database.reading() as connection:
        return [row.ref for row in await radar.unfollowed(connection, today_in_vietnam(frozen.now), 9)]


async def test_an_addendum_without_its_base_is_listed_until_the_base_is_there(database: Database) -> None:
    office = Office(database)
    await office.pull(a_page(a_record("G/TBT/N/USA/1/Add.1"), a_record("G/TBT/N/USA/2")))
    assert await orphans(office) == ["G/TBT/N/USA/1/Add.1"]
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    assert await orphans(office) == []


async def test_an_open_measure_of_a_sector_that_nobody_was_told_of_is_listed(
    database: Database, frozen: FrozenClock
) -> None:
    office = Office(database)
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(
        a_page(
            a_record("G/TBT/N/USA/1"),
            a_record("G/TBT/N/USA/2", comment_deadline=date(2026, 3, 5), **SHOES),
            a_record("G/TBT/N/USA/3", **NOTHING),
        )
    )
    assert await unfollowed(office, frozen) == [], "what is not released yet stands elsewhere"
    await office.process()
    assert await unfollowed(office, frozen) == ["G/TBT/N/USA/2"]
    frozen.advance(days=4)
    assert await unfollowed(office, frozen) == [], "closed for comments"


async def test_a_measure_leaves_the_list_when_it_is_told_to_somebody(database: Database, frozen: FrozenClock) -> None:
    office = Office(database)
    await office.settled_baseline()
    await office.pull(a_page(a_record("G/TBT/N/USA/2", **SHOES)))
    await office.process()
    assert await unfollowed(office, frozen) == ["G/TBT/N/USA/2"]
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    frozen.advance(hours=1)
    await office.pull(a_page(a_record("G/TBT/N/USA/2", revision=2, comment_deadline=date(2026, 6, 1), **SHOES)))
    await office.process()
    assert await unfollowed(office, frozen) == []


async def test_a_sector_is_answered_for_by_organisations_that_can_be_written_to_and_did_not_end(
    database: Database,
) -> None:
    async def answered() -> dict[str, int]:
        async with database.reading() as connection:
            return await radar.answered_for(connection)

    one = Organisation(key="lefaso", name_vi="Lefaso", sectors=(("footwear", Responsibility.PRIMARY),))
    await organisations.save(database, one, "clerk", {"footwear"})
    mailbox = address("lefaso@example.org")
    await organisations.add_contact(database, "lefaso", mailbox, "", "clerk", [KEY])
    assert await answered() == {}
    await organisations.verify(database, "lefaso", mailbox, "họ gọi điện", "danh bạ", "clerk")
    assert await answered() == {"footwear": 1}
    await organisations.end(database, "lefaso", "giải thể", "clerk")
    assert await answered() == {}
