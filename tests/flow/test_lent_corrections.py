"""What a person says of a notice's sectors holds for the documents that it lends its goods to, and is never said twice."""

from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from app.domain.sectors import Facet
from app.flow import review
from app.store import tables
from app.store.migrations import blocking_url
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_reconcile import found
from tests.house import ROOT
from tests.office import Office, plain

BASE, ADDENDUM, OTHER = "G/TBT/N/USA/2211", "G/TBT/N/USA/2211/Add.1", "G/TBT/N/USA/2211/Add.2"
TWIN = "G/TBT/N/CAN/5/Add.1"
VITAS, LEFASO = "vitas@example.org", "lefaso@example.org"
SECTORS = {"textiles", "footwear", "food"}
GOODS: dict[str, Any] = {"products": "Textile uppers", "hs": ("6406",)}
NO_GOODS: dict[str, Any] = {"titles": (("en", "More time to comment"),), "products": "", "hs": (), "ics": ()}


@pytest.fixture
async def waiting(office: Office) -> Office:
    """A notice that the machine calls textiles and is unsure of, with readers of textiles and of footwear."""
    office.sorter.unsure.add("textiles")
    await office.settled_baseline()
    await office.enrol(VITAS, sectors=("textiles",))
    await office.enrol(LEFASO, sectors=("footwear",))
    await office.pull(a_page(a_record(BASE, **GOODS)))
    await office.deliver()
    assert office.recipients == []
    return office


async def corrected(office: Office, ref: str, **changes: str) -> None:
    await review.correct(office.database, ref, changes, "the goods are uppers of shoes", "account:1", SECTORS)
    await office.deliver()


async def sectors(office: Office, ref: str) -> dict[str, str]:
    async with office.database.reading() as connection:
        statement = (
            select(tables.labels.c.label, tables.labels.c.role)
            .join(tables.notices, tables.notices.c.id == tables.labels.c.notice_id)
            .where(tables.notices.c.ref == ref, tables.labels.c.facet == Facet.SECTOR)
        )
        return {row.label: row.role for row in await connection.execute(statement)}


async def words(office: Office, ref: str) -> list[tuple[str, str, bool]]:
    said = tables.corrections.c
    async with office.database.reading() as connection:
        statement = (
            select(said.label, said.role, said.inherited)
            .join(tables.notices, tables.notices.c.id == said.notice_id)
            .where(tables.notices.c.ref == ref)
        )
        return sorted((row.label, row.role, row.inherited) for row in await connection.execute(statement))


async def test_an_addendum_without_goods_goes_by_what_was_said_of_its_base(
    waiting: Office, frozen: FrozenClock
) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    assert waiting.recipients == [LEFASO]
    frozen.advance(hours=1)
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.deliver()
    assert await sectors(waiting, ADDENDUM) == {"footwear": "primary"}
    assert waiting.recipients == [LEFASO, LEFASO], "nobody had to say it again, and no machine was asked to be sure"


async def test_an_addendum_with_goods_of_its_own_is_sorted_by_these(waiting: Office) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    await waiting.pull(a_page(a_record(ADDENDUM, **GOODS)))
    await waiting.deliver()
    assert await sectors(waiting, ADDENDUM) == {"textiles": "primary"}
    assert waiting.recipients == [LEFASO]


async def test_what_is_said_later_of_the_base_holds_for_what_borrows_from_it(waiting: Office) -> None:
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.deliver()
    assert waiting.recipients == []
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    assert waiting.recipients == [LEFASO], "both wait no longer, and come in one mail"
    assert await sectors(waiting, ADDENDUM) == {"footwear": "primary"}
    async with waiting.database.reading() as connection:
        details = (await connection.execute(select(tables.audit.c.details))).scalars().all()[-1]
    assert details["also"] == [ADDENDUM]


async def test_those_newly_concerned_are_told_of_the_addendum_too_and_nobody_twice(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(VITAS, sectors=("textiles",))
    await office.enrol(LEFASO, sectors=("footwear",))
    await office.pull(a_page(a_record(BASE, **GOODS), a_record(ADDENDUM, **NO_GOODS)))
    await office.deliver()
    frozen.advance(hours=1)
    await corrected(office, BASE, footwear="primary")
    assert office.recipients == [VITAS, LEFASO]
    for _, mail in office.inbox:
        assert ADDENDUM in plain(mail)
    assert await office.count(tables.items) == 4


async def test_what_is_said_of_the_addendum_itself_outweighs_the_base(waiting: Office) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.deliver()
    await corrected(waiting, ADDENDUM, footwear="related")
    await corrected(waiting, BASE, footwear="primary", food="related")
    assert await sectors(waiting, ADDENDUM) == {"food": "related", "footwear": "related"}
    assert await words(waiting, ADDENDUM) == [
        ("food", "related", True),
        ("footwear", "related", False),
        ("textiles", "none", True),
    ]


async def test_the_importance_of_the_base_is_its_own(waiting: Office) -> None:
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.process()
    importance, known = Facet.IMPORTANCE, {"high", "medium", "low"}
    await review.correct(waiting.database, BASE, {"high": "primary"}, "", "account:1", known, facet=importance)
    await waiting.process()
    assert await words(waiting, BASE) == [("high", "primary", False)]
    assert await words(waiting, ADDENDUM) == []


async def test_sorting_twice_changes_no_row_and_every_addendum_is_counted(waiting: Office, frozen: FrozenClock) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS), a_record(OTHER, **NO_GOODS)))
    await waiting.deliver()
    before = await waiting.snapshot(tables.corrections)
    frozen.advance(minutes=1)
    async with waiting.database.writing() as connection:
        await connection.execute(tables.notices.update().values(sorted_at=None))
    await waiting.process()
    assert await waiting.snapshot(tables.corrections) == before
    assert len(await words(waiting, OTHER)) == 2


async def test_a_correction_that_addenda_take_over_leaves_no_difference(waiting: Office, frozen: FrozenClock) -> None:
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.deliver()
    await review.release(waiting.database, ADDENDUM, "account:2")
    await waiting.deliver()
    frozen.advance(hours=1)
    changes = {"textiles": "none", "footwear": "primary"}
    await review.correct(waiting.database, BASE, changes, "shoes", "account:1", SECTORS)
    assert await found(waiting) == [], "to be matched anew"
    frozen.advance(minutes=6)
    await waiting.deliver()
    assert await found(waiting) == []


async def test_what_was_said_of_a_duplicate_outweighs_what_the_other_took_over(waiting: Office) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    for twin in (ADDENDUM, TWIN):
        await waiting.pull(a_page(a_record(twin, **NO_GOODS)))
        await waiting.deliver()
    await corrected(waiting, TWIN, footwear="related")
    await waiting.pull(a_page(a_record(ADDENDUM, TWIN, members=("USA", "CAN"), **NO_GOODS)))
    await waiting.deliver()
    assert await waiting.count(tables.notices) == 2
    assert await words(waiting, TWIN) == [("footwear", "related", False), ("textiles", "none", True)]
    assert await sectors(waiting, TWIN) == {"footwear": "related"}


async def test_the_schema_before_holds_only_what_was_said_of_a_notice_itself(
    waiting: Office, database_url: str
) -> None:
    await corrected(waiting, BASE, textiles="none", footwear="primary")
    await waiting.pull(a_page(a_record(ADDENDUM, **NO_GOODS)))
    await waiting.deliver()
    await waiting.database.close()
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    command.downgrade(config, "0028")
    command.upgrade(config, "head")
    assert await words(waiting, ADDENDUM) == []
    await waiting.deliver()
    assert await words(waiting, ADDENDUM) == [("footwear", "primary", True), ("textiles", "none", True)]
