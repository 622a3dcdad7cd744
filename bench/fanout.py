"""Match and fan-out of one notice over many subscriptions, beside a bare insert of the rows it writes."""

import argparse
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import delete, func, literal, select

from app.domain.release import ReleaseMode
from app.domain.subscriptions import Criteria
from app.flow import classify, fanout, ingest, release
from app.i18n.members import all_members
from app.store.database import Database
from app.store.tables import consents, criteria, items, matches, subscribers, subscriptions
from bench.report import line, measured, ratio
from tests.builders import a_page, a_record
from tests.fakes import FakeSorter, FakeSource

_SECTORS = ("textiles", "footwear", "food", "seafood", "spices", "nuts", "chemicals", "machinery", "vehicles", "paper")
_QUESTIONS = 3000


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Fan one notice out over subscriptions that share three thousand questions, then again, then write it bare."""
    await populate(database, asked.subscriptions)
    await ingest.pull(database, FakeSource([[a_page()]]), baseline_days=7)
    await ingest.pull(database, FakeSource([[a_page(a_record("G/TBT/N/USA/1"))]]), baseline_days=7)
    await classify.sort_waiting(database, FakeSorter())
    await release.release_by_rule(database, ReleaseMode.SURE)
    with measured() as first:
        await fanout.fan_out(database, {})
    async with database.reading() as connection:
        told = (await connection.execute(select(func.count()).select_from(items))).scalar_one()
        rows = [dict(row) for row in (await connection.execute(select(matches))).mappings()]
        ledger = [dict(row) for row in (await connection.execute(select(items))).mappings()]
    line(f"match and fan out one notice to {told:,} of", asked.subscriptions, "subscriptions", first.seconds)
    async with database.writing() as connection:
        await connection.execute(delete(items))
        await connection.execute(delete(matches))
    with measured() as bare:
        async with database.writing() as connection:
            await connection.execute(matches.insert(), rows)
            await connection.execute(items.insert(), ledger)
    line("bare executemany of the same matches and items", len(rows) + len(ledger), "rows", bare.seconds)
    ratio("fan-out / bare", first.seconds, bare.seconds)


async def populate(database: Database, count: int) -> None:
    """Store so many readers with a subscription each, which share three thousand questions."""
    asked = _questions()
    async with database.writing() as connection:
        now = await database.now(connection)
        await connection.execute(
            criteria.insert(), [{"digest": one.digest, "body": one.to_json(), "created_at": now} for one in asked]
        )
        numbers = list((await connection.execute(select(criteria.c.id))).scalars())
        await connection.execute(subscribers.insert(), [_subscriber(number, now) for number in range(count)])
        people = list((await connection.execute(select(subscribers.c.id))).scalars())
        await connection.execute(
            subscriptions.insert(),
            [
                {
                    "subscriber_id": person,
                    "criteria_id": numbers[at % len(numbers)],
                    "frequency": "instant",
                    "created_at": now,
                    "confirmed_at": now,
                }
                for at, person in enumerate(people)
            ],
        )
        consent = {"purpose": "alerts", "wording": "none", "language": "vi", "method": "given_to_staff"}
        values = [*map(literal, consent.values()), literal(now, consents.c.given_at.type)]
        given = select(subscriptions.c.id, *values)
        await connection.execute(consents.insert().from_select(["subscription_id", *consent, "given_at"], given))


def _questions() -> list[Criteria]:
    members = [member.code for member in all_members()]
    asked = {
        Criteria(sectors=(sector,), members=(member,)).canonical() for sector, member in product(_SECTORS, members)
    }
    asked |= {
        Criteria(sectors=(sector,), hs=(f"{chapter:02}",)).canonical()
        for sector in _SECTORS
        for chapter in range(1, 98)
    }
    asked |= {Criteria(sectors=(sector,)).canonical() for sector in _SECTORS}
    return sorted(asked, key=lambda one: one.digest)[:_QUESTIONS]


def _subscriber(number: int, now: datetime) -> dict[str, Any]:
    address = f"reader{number}@example.org"
    return {"address": address, "wire": address, "identity": address, "language": "vi", "created_at": now}
