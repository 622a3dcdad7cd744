import asyncio
from dataclasses import dataclass

from sqlalchemy import select

from app.domain.notices import Content
from app.domain.sectors import Classification
from app.flow import classify
from app.store import tables
from tests.builders import a_page, a_record
from tests.fakes import FakeSorter
from tests.office import Office

PARENT, ADDENDUM = "G/TBT/N/USA/2211", "G/TBT/N/USA/2211/Add.1"
SHOES = a_record(PARENT, revision=2, titles=(("en", "Safety of shoes"),), products="Shoes", hs=("64",))


@dataclass
class InterruptedSorter(FakeSorter):
    """A sorter that is still at work when its notices change: the first time, `office` pulls the parent anew."""

    office: Office | None = None
    loop: asyncio.AbstractEventLoop | None = None

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        office, self.office = self.office, None
        if office is not None and self.loop is not None:
            asyncio.run_coroutine_threadsafe(office.pull(a_page(SHOES)), self.loop).result(timeout=30)
        return super().classify(content, parent, annex)


async def test_a_parent_that_changes_while_its_addendum_is_sorted_lends_what_it_says_now(office: Office) -> None:
    await office.pull(a_page(a_record(PARENT), a_record(ADDENDUM, titles=(("en", "Addendum"),))))
    sorter = InterruptedSorter(office=office, loop=asyncio.get_running_loop())

    assert await classify.sort_waiting(office.database, sorter) == 2
    assert await sectors(office) == [(PARENT, "footwear"), (ADDENDUM, "footwear")]
    assert await classify.sort_waiting(office.database, sorter) == 0


async def sectors(office: Office) -> list[tuple[str, str]]:
    """Every notice with the sector that it was given."""
    statement = select(tables.notices.c.ref, tables.labels.c.label).join(
        tables.labels, tables.labels.c.notice_id == tables.notices.c.id
    )
    statement = statement.where(tables.labels.c.facet == "sector")
    async with office.database.reading() as connection:
        return [(row.ref, row.label) for row in await connection.execute(statement.order_by(tables.notices.c.id))]
