from dataclasses import replace
from datetime import date
from importlib.resources import files

import pytest
from sqlalchemy import select

from app import bootstrap
from app.domain.notices import Content
from app.domain.sectors import Classification
from app.flow import review
from app.flow import taxonomy as flow
from app.store import tables, taxonomy_versions
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeSorter
from tests.office import Office

SECTORS = {"textiles", "footwear", "food", "seafood"}
TEXTILE, SHOES = "G/TBT/N/USA/1", "G/TBT/N/USA/2"


class SecondSorter(FakeSorter):
    """The same sorter under another version of the taxonomy."""

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        return replace(super().classify(content, parent, annex), taxonomy_version="second")


@pytest.fixture
async def stored(office: Office) -> Office:
    """Two notices that were sorted and told."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    shoes = a_record(SHOES, titles=(("en", "Shoes"),), products="Shoes", comment_deadline=date(2026, 3, 1))
    await office.pull(a_page(a_record(TEXTILE), shoes))
    await office.deliver()
    return office


async def roles(office: Office, ref: str) -> dict[str, str]:
    async with office.database.reading() as connection:
        rows = await connection.execute(
            select(tables.labels.c.label, tables.labels.c.role)
            .join(tables.notices, tables.notices.c.id == tables.labels.c.notice_id)
            .where(tables.notices.c.ref == ref, tables.labels.c.facet == "sector")
        )
        return {row.label: row.role for row in rows}


async def test_trying_writes_nothing_and_names_what_would_change(stored: Office) -> None:
    before = await stored.snapshot(tables.notices, tables.labels, tables.classifications)
    trial = await flow.try_out(stored.database, SecondSorter(words={"shoe": "textiles", "textile": "textiles"}))

    assert await stored.snapshot(tables.notices, tables.labels, tables.classifications) == before
    assert (trial.notices, trial.differing) == (2, 1)
    assert (trial.sectors["textiles"].gained, trial.sectors["textiles"].gained_open) == (1, 0)
    assert (trial.sectors["footwear"].lost, trial.sectors["footwear"].gained) == (1, 0)
    assert trial.sectors["textiles"].examples == [flow.Move(SHOES, "none", "primary", open=False)]


async def test_applying_sorts_anew_and_tells_nobody_again(stored: Office) -> None:
    told = list(stored.recipients)
    assert await flow.put_in_force(stored.database, "second", b"version: second", "staff") == 2
    assert await flow.put_in_force(stored.database, "second", b"version: second", "staff") == 0
    stored.sorter = SecondSorter(words={"shoe": "textiles", "textile": "footwear"})
    await stored.deliver()

    assert await roles(stored, SHOES) == {"textiles": "primary"}
    assert await roles(stored, TEXTILE) == {"footwear": "primary"}
    assert stored.recipients == told
    assert await flow.outdate(stored.database, "second") == 0


async def test_what_staff_decided_outlives_a_new_taxonomy(stored: Office) -> None:
    await review.correct(
        stored.database, SHOES, {"footwear": "related", "food": "primary"}, "read it", "staff", SECTORS
    )
    await stored.process()
    second = SecondSorter(words={"shoe": "footwear", "textile": "textiles"})
    assert (await flow.try_out(stored.database, second)).differing == 0
    await flow.put_in_force(stored.database, "second", b"version: second", "staff")
    stored.sorter = second
    await stored.process()

    assert await roles(stored, SHOES) == {"footwear": "related", "food": "primary"}


@pytest.mark.parametrize(("deadline", "mailed"), [(date(2026, 3, 2), ["aft@example.org"]), (date(2026, 3, 1), [])])
async def test_what_waits_goes_out_by_the_new_sorting_only_while_it_is_open(
    office: Office, deadline: date, mailed: list[str]
) -> None:
    await office.settled_baseline()
    await office.enrol("aft@example.org", sectors=("food",))
    await office.pull(a_page(a_record(TEXTILE, titles=(("en", "Rice"),), products="Rice", comment_deadline=deadline)))
    await office.deliver()
    assert office.recipients == []

    await flow.put_in_force(office.database, "second", b"version: second", "staff")
    office.sorter = SecondSorter(words={"rice": "food"})
    await office.deliver()

    assert office.recipients == mailed


async def test_the_version_applied_last_is_in_force(office: Office, frozen: FrozenClock, database_url: str) -> None:
    bundled = bootstrap.open_taxonomy()
    body = bundled_body()
    assert await bootstrap.other_rules(office.database, bundled.version) is None
    assert taxonomy_versions.applied_body(database_url) is None

    changed = body.replace(b"version:", b"# changed by staff\nversion:", 1)
    await flow.put_in_force(office.database, "first", body, "staff")
    frozen.advance(minutes=1)
    await flow.put_in_force(office.database, "second", changed, "staff")

    rules = await bootstrap.other_rules(office.database, bundled.version)
    assert rules is not None
    assert rules.taxonomy.version != bundled.version
    assert rules.taxonomy.sectors == bundled.sectors
    assert taxonomy_versions.applied_body(database_url) == changed
    assert await bootstrap.other_rules(office.database, "second") is None


def bundled_body() -> bytes:
    return files("app").joinpath("data", "taxonomy.yaml").read_bytes()
