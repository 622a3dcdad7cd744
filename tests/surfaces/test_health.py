from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest
from sqlalchemy import Table, insert, text

from app.api.doors import ApiDoors
from app.domain.addresses import Address
from app.domain.subscriptions import Language
from app.main import assemble
from app.store import enlisting
from app.store.database import Database
from app.store.tables import deliveries, heartbeats, holds, pulls, sources
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.surfaces.conftest import asking, on_sqlite_only


async def write(database: Database, table: Table, **values: object) -> None:
    async with database.writing() as connection:
        await connection.execute(insert(table).values(**values))


async def checks(client: httpx.AsyncClient, status: int) -> dict[str, bool]:
    answer = await client.get("/readyz")
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["ready"] is (status == 200)
    return {check["name"]: check["ok"] for check in answer.json()["checks"]}


async def test_a_fresh_installation_is_ready(client: httpx.AsyncClient) -> None:
    assert await checks(client, 200) == {"database": True, "schema": True}


@on_sqlite_only
async def test_the_process_is_up_whatever_the_database_does(database: Database, client: httpx.AsyncClient) -> None:
    async with database.writing() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_a_schema_that_is_behind_is_not_ready(database: Database, client: httpx.AsyncClient) -> None:
    async with database.writing() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
    assert await checks(client, 503) == {"database": True, "schema": False}


@pytest.mark.parametrize("url", ["sqlite:////nowhere/keng.db", "postgresql+psycopg:///x?host=/nowhere"])
@on_sqlite_only
async def test_a_database_that_does_not_answer_is_not_ready(api_doors: ApiDoors, web_doors: WebDoors, url: str) -> None:
    async with asking(assemble(replace(api_doors, database=Database(url)), web_doors)) as client:
        assert await checks(client, 503) == {"database": False}
        answer = await client.get("/readyz")
        assert "nowhere" not in answer.text


async def test_a_job_is_late_after_twice_its_period(
    database: Database, client: httpx.AsyncClient, frozen: FrozenClock
) -> None:
    await write(database, heartbeats, job="clock", beat_at=frozen.now, period_seconds=60)
    frozen.advance(seconds=120)
    assert (await checks(client, 200))["job clock"] is True
    frozen.advance(seconds=1)
    assert (await checks(client, 503))["job clock"] is False


async def test_a_job_that_the_settings_ask_for_no_more_is_not_awaited(
    database: Database, client: httpx.AsyncClient, frozen: FrozenClock
) -> None:
    await write(database, heartbeats, job="pull:given-up", beat_at=frozen.now, period_seconds=60)
    frozen.advance(days=1)
    assert "job pull:given-up" not in await checks(client, 200)


@on_sqlite_only
async def test_where_a_worker_is_expected_it_must_have_run(
    database: Database, api_doors: ApiDoors, web_doors: WebDoors, frozen: FrozenClock
) -> None:
    async with asking(assemble(replace(api_doors, worker_expected=True), web_doors)) as client:
        assert (await checks(client, 503))["worker"] is False
        await write(database, heartbeats, job="clock", beat_at=frozen.now, period_seconds=60)
        assert "worker" not in await checks(client, 200)


async def test_a_source_that_is_visited_must_be_heard(
    database: Database, api_doors: ApiDoors, web_doors: WebDoors, frozen: FrozenClock
) -> None:
    async def visited(name: str, last_success_at: datetime | None) -> None:
        await write(database, sources, name=name, last_success_at=last_success_at)
        await write(database, pulls, source=name, started_at=frozen.now, result="sound", remarks=[])

    await visited("eping", frozen.now)
    await visited("rasff", None)
    await visited("given-up", None)
    doors = replace(api_doors, sources=("eping", "rasff", "never-asked"), silent_after=timedelta(hours=24))
    async with asking(assemble(doors, web_doors)) as client:
        frozen.advance(hours=24)
        found = await checks(client, 200)
        assert {name for name in found if name.startswith("source")} == {"source eping", "source rasff"}
        frozen.advance(seconds=1)
        found = await checks(client, 503)
        assert (found["source eping"], found["source rasff"]) == (False, False)


@pytest.mark.parametrize(
    ("caller", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 403),
        ("203.0.113.9", {"Authorization": "Bearer a long metrics token"}, 200),
        ("203.0.113.9", {"Authorization": "Bearer another"}, 403),
        ("203.0.113.9", {"Authorization": "Basic a long metrics token"}, 403),
        ("203.0.113.9", {"X-Forwarded-For": "127.0.0.1"}, 403),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 403),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 403),
        ("/run/keng.sock", {}, 403),
    ],
)
@on_sqlite_only
async def test_numbers_are_for_this_machine_or_the_bearer_of_the_token(
    api_doors: ApiDoors, web_doors: WebDoors, caller: str, headers: dict[str, str], status: int
) -> None:
    application = assemble(replace(api_doors, metrics_token="a long metrics token"), web_doors)
    async with asking(application, (caller, 40_000)) as client:
        answer = await client.get("/metrics", headers=headers)
        assert answer.status_code == status
        assert ("keng_pulls" in answer.text) is (status == 200)


@on_sqlite_only
async def test_without_a_token_nobody_bears_it(api_doors: ApiDoors, web_doors: WebDoors) -> None:
    async with asking(assemble(api_doors, web_doors)) as client:
        for value in ("Bearer ", "Bearer None", "Bearer"):
            assert (await client.get("/metrics", headers={"Authorization": value})).status_code == 403


async def test_gauges_tell_what_stands_in_the_database(
    database: Database, api_doors: ApiDoors, web_doors: WebDoors, frozen: FrozenClock
) -> None:
    await write(database, heartbeats, job="clock", beat_at=frozen.now, period_seconds=60)
    async with database.writing() as connection:
        asked = {"a@b.vn": (Address("a@b.vn", "a", "b.vn"), Language.VI)}
        subscriber = (await enlisting.subscribers_of(connection, asked, frozen.now))["a@b.vn"]
    for number, state in enumerate(("pending", "pending", "accepted")):
        row = {
            "key": f"k{number}",
            "kind": "instant",
            "priority": 2,
            "subscriber_id": subscriber.id,
            "message_id": f"m{number}",
        }
        due = {"due_at": frozen.now + timedelta(seconds=number), "created_at": frozen.now}
        await write(database, deliveries, state=state, ambiguous=number % 2, **row, **due)
    await write(database, holds, name="brake", because="too many", actor="kẻng", held_at=frozen.now)
    frozen.advance(seconds=90)
    async with asking(assemble(api_doors, web_doors), ("127.0.0.1", 1)) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    assert 'keng_heartbeat_age_seconds{job="clock"} 90.0' in lines
    assert 'keng_deliveries{kind="instant",state="pending"} 2.0' in lines
    assert 'keng_deliveries{kind="instant",state="accepted"} 1.0' in lines
    assert 'keng_queue_age_seconds{kind="instant"} 90.0' in lines
    assert 'keng_ambiguous_deliveries{kind="instant",state="pending"} 1.0' in lines
    assert 'keng_ambiguous_deliveries{kind="instant",state="accepted"} 0.0' in lines
    assert 'keng_holds{name="brake"} 1.0' in lines
