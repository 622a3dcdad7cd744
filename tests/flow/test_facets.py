import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select

from app.domain.exports import ExportLine
from app.domain.notices import Content
from app.domain.sectors import Classification, Evidence, Facet, Label, Role
from app.domain.subscriptions import FIELDS, Criteria
from app.domain.visits import Complaint
from app.flow import exports, preview, review
from app.store import tables
from app.store.database import Database
from app.store.migrations import blocking_url
from app.store.taxonomies import labels_of
from tests.builders import a_page, a_record
from tests.fakes import FakeSorter
from tests.flow.test_preview import TODAY, sent
from tests.office import PARENTS, Office

ROOT = Path(__file__).parents[2]
WORDS = {
    "iso 14362": (Facet.STANDARD, "ISO 14362-1"),
    "cadmium": (Facet.SUBSTANCE, "cadmium"),
    "certificate": (Facet.MEASURE_TYPE, "conformity_assessment"),
    "made in": (Facet.ORIGIN, "origin_labelling"),
    "all countries": (Facet.AFFECTED, "all_partners"),
    "partner": (Facet.AGREEMENT, "cptpp"),
}
QUESTIONS: list[dict[str, Any]] = [
    {"standards": ("ISO 14362-1",)},
    {"substances": ("cadmium", "lead")},
    {"measure_types": ("conformity_assessment",), "sectors": ("textiles",)},
    {"origin": ("origin_labelling",), "affected": ("all_partners",)},
    {"agreements": ("cptpp",), "members": ("USA",)},
    {"importance": ("act",)},
    {"importance": ("note", "not_concerned"), "standards": ("ISO 14362-1",)},
    {},
    {"members": ("VNM",)},
]
PAST = [
    a_record("G/TBT/N/USA/1", description="ISO 14362-1 and cadmium", distributed_on=TODAY - timedelta(days=9)),
    a_record("G/TBT/N/USA/2", description="A certificate for all countries", distributed_on=TODAY - timedelta(days=8)),
    a_record("G/TBT/N/EU/3", description="ISO 14362-1, made in, partner, all countries", comment_deadline=None),
    a_record("G/TBT/N/JPN/4", description="A partner's certificate; cadmium", titles=(("en", "Shoes, made in"),)),
    a_record("G/TBT/N/VNM/5", description="ISO 14362-1 and cadmium: a certificate for all countries, made in"),
]


class ReadingSorter(FakeSorter):
    """The fake sorter, which also finds facets where their words stand in the description."""

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        facets: dict[Facet, tuple[Label, ...]] = {}
        for word, (facet, label) in WORDS.items():
            start = content.description.casefold().find(word)
            if start >= 0:
                quote = content.description[start : start + len(word)]
                proof = Evidence("description", start, start + len(word), quote, f"{label}/test", 0.8)
                facets[facet] = (*facets.get(facet, ()), Label(label, Role.PRIMARY, 0.8, (proof,)))
        return replace(super().classify(content, parent, annex), facets=facets)


@pytest.fixture
async def reading(office: Office) -> Office:
    office.sorter = ReadingSorter()
    await office.settled_baseline()
    return office


def schema_steps(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "alembic"))
    config.attributes["url"] = blocking_url(database.url.render_as_string(hide_password=False))
    return config


async def importance(office: Office) -> dict[str, str]:
    async with office.database.reading() as connection:
        rows = await connection.execute(
            select(tables.notices.c.ref, tables.labels.c.label)
            .join(tables.labels, tables.labels.c.notice_id == tables.notices.c.id)
            .where(tables.labels.c.facet == "importance")
        )
        return {row.ref: row.label for row in rows}


async def test_a_preview_is_what_the_pipeline_sent_whatever_facet_is_asked_for(reading: Office) -> None:
    readers = [f"reader{number}@example.org" for number in range(len(QUESTIONS))]
    for reader, question in zip(readers, QUESTIONS, strict=True):
        await reading.enrol(reader, **question)
    await reading.pull(a_page(*PAST))
    await reading.deliver()
    told = [await sent(reading, reader) for reader in readers]
    for question, refs in zip(QUESTIONS, told, strict=True):
        found = await preview.preview(reading.database, Criteria(**question), PARENTS, reading.mode, 90)
        assert sorted(alert.ref for alert in found.alerts) == sorted(refs.elements()), question
    assert set(told[0]) == {"G/TBT/N/USA/1", "G/TBT/N/EU/3"}
    assert set(told[4]) == set()
    assert set(told[7]) == {one.content.symbols[0] for one in PAST[:4]}
    assert set(told[8]) == {"G/TBT/N/VNM/5"}


async def test_labels_of_every_facet_are_kept_with_their_evidence(reading: Office) -> None:
    await reading.pull(a_page(PAST[2]))
    await reading.process()
    async with reading.database.reading() as connection:
        number = (await connection.execute(select(tables.notices.c.id))).scalar_one()
        given = (await labels_of(connection, [number]))[number]
        kept = (await connection.execute(select(tables.classifications.c.facets))).scalar_one()
    read = {facet: [label.id for label in labels] for facet, labels in given.items() if facet in FIELDS}
    assert read == {
        Facet.SECTOR: ["textiles"],
        Facet.THEME: [],
        Facet.STANDARD: ["ISO 14362-1"],
        Facet.ORIGIN: ["origin_labelling"],
        Facet.AGREEMENT: ["cptpp"],
        Facet.AFFECTED: ["all_partners"],
        Facet.IMPORTANCE: ["note"],
    }
    assert given[Facet.STANDARD][0].evidence[0].quote == "ISO 14362"
    assert set(kept) == {"standard", "origin", "agreement", "affected"}


async def test_what_was_stored_before_facets_were_read_gets_them_and_nobody_is_told_again(reading: Office) -> None:
    reading.sorter = FakeSorter(unsure={"footwear"})
    await reading.enrol("all@example.org")
    await reading.pull(a_page(*PAST[:3], a_record("G/TBT/N/USA/7", titles=(("en", "Shoes"),), products="Shoes")))
    await reading.deliver()
    before = await told_so_far(reading)
    sorter = ReadingSorter(unsure={"footwear"})
    for move, target in ((command.downgrade, "0003"), (command.upgrade, "head")):
        await asyncio.to_thread(move, schema_steps(reading.database), target)
    reading.sorter = sorter
    await reading.deliver()
    assert len(await importance(reading)) == 4
    async with reading.database.reading() as connection:
        kept = list((await connection.execute(select(tables.classifications.c.facets))).scalars())
    assert len(kept) == 4
    assert sum("standard" in facets for facets in kept) == 2
    assert await told_so_far(reading) == before
    assert len(reading.inbox) == 1


async def told_so_far(office: Office) -> object:
    """What was released and told, without the judgement of materiality, which the older schema has no room for."""
    kept = [column for column in tables.events.c if not column.name.startswith("material")]
    async with office.database.reading() as connection:
        events = (await connection.execute(select(*kept).order_by(tables.events.c.id))).all()
    return events, await office.snapshot(tables.items, tables.deliveries)


async def test_a_correction_changes_what_importance_rests_on(reading: Office) -> None:
    await reading.pull(a_page(PAST[0]))
    await reading.process()
    assert await importance(reading) == {"G/TBT/N/USA/1": "act"}
    await review.correct(reading.database, "G/TBT/N/USA/1", {"textiles": "none"}, "no", "staff", {"textiles"})
    await reading.process()
    assert await importance(reading) == {"G/TBT/N/USA/1": "note"}


async def test_a_table_of_exports_changes_importance_and_tells_nobody(reading: Office) -> None:
    await reading.enrol("all@example.org", importance=("act",))
    await reading.pull(a_page(PAST[0], PAST[2]))
    await reading.deliver()
    before = await reading.snapshot(tables.items, tables.deliveries, tables.events)
    assert await importance(reading) == {"G/TBT/N/USA/1": "act", "G/TBT/N/EU/3": "note"}
    lines = [
        ExportLine("USA", "64", 2025, 5_000_000),
        ExportLine("EU", "6109", 2024, 1),
        ExportLine("EU", "6109", 2025, 90_000_000),
    ]
    assert (await exports.load(reading.database, lines, "staff")).lines == 3
    assert await exports.weigh_again(reading.database) == 2
    assert await exports.weigh_again(reading.database) == 0
    assert await importance(reading) == {"G/TBT/N/USA/1": "note", "G/TBT/N/EU/3": "act"}
    await reading.deliver()
    assert await reading.snapshot(tables.items, tables.deliveries, tables.events) == before
    await reading.pull(a_page(a_record("G/TBT/N/EU/8", comment_deadline=None)))
    await reading.process()
    assert (await importance(reading))["G/TBT/N/EU/8"] == "act"


async def test_a_table_that_names_states_of_the_union_weighs_its_notices(reading: Office) -> None:
    await reading.pull(a_page(PAST[2]))
    await reading.process()
    lines = [ExportLine("DEU", "6109", 2025, 6_000_000), ExportLine("FRA", "61", 2024, 5_000_000)]
    await exports.load(reading.database, lines, "staff")
    assert await exports.weigh_again(reading.database) == 1
    assert await importance(reading) == {"G/TBT/N/EU/3": "act"}


async def test_a_table_with_one_unsound_line_is_not_loaded_and_the_one_before_stays(office: Office) -> None:
    good = ExportLine("USA", "61", 2025, 7)
    await exports.load(office.database, [good], "staff")
    bad = Complaint(position="line 3", field="hs", reason="Must be digits.")
    loaded = await exports.load(office.database, [ExportLine("EU", "64", 2025, 9), bad], "staff")
    assert loaded == exports.Loaded(0, (bad,))
    assert [row[:4] for row in await office.snapshot(tables.exports)] == [("USA", "61", 2025, 7)]
    assert await office.count(tables.audit) == 1
