"""`keng reconcile` finds each way to lose a mail, and nothing in a system that is well."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select, text, update

from app.domain.alarms import Check, Finding
from app.domain.deliveries import Accepted, DeliveryState, TryLater, Unknown
from app.domain.subscriptions import Frequency
from app.flow import fanout, ingest, release, subscribe, upkeep
from app.flow.reconcile import Account, Terms, look, reconcile
from app.flow.review import correct, withdraw
from app.store import deliveries as deliveries_store
from app.store import holds, tables
from app.store.database import Connection
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import PARENTS, Office

TERMS = Terms(parents=PARENTS, digest_at=time(8, 30), pause=timedelta(hours=1), sources=("eping",), jobs=("process",))
SYMBOL = "G/TBT/N/USA/2211"


async def account(office: Office, since: datetime | None = None) -> Account:
    return await reconcile(office.database, TERMS, since)


async def found(office: Office) -> set[tuple[Check, str, int]]:
    return {(one.check, one.ref, one.count) for one in (await account(office)).findings}


async def run(office: Office, *statements: Any) -> None:
    """Meddle with the database, as an incident does."""
    async with office.database.writing() as connection:
        await unguarded(connection)
        for statement in statements:
            await connection.execute(statement)


async def unguarded(connection: Connection) -> None:
    """Let rows go that others refer to, as a careless hand does."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
    else:
        await connection.execute(text("PRAGMA defer_foreign_keys = ON"))


@pytest.fixture
async def busy(office: Office, frozen: FrozenClock) -> Office:
    """Readers of every kind, told of one alert; the daily digest is still to come."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("usa@example.org", members=("USA",), keywords=("labelling",))
    await office.enrol("shoes@example.org", sectors=("footwear",))
    await office.enrol("daily@example.org", Frequency.DAILY, hs=("6109",))
    frozen.advance(minutes=1)
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()
    return office


async def test_a_healthy_system_has_no_difference_and_its_readers_are_counted(busy: Office) -> None:
    seen = await account(busy)
    assert (seen.findings, seen.alerts, seen.readers) == ((), 1, 3)
