"""Somebody looks: `keng reconcile` is silent while Kẻng is well and busy, and fails within one cycle when it is not."""

import asyncio
import sqlite3
import sys
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import Table, select, update
from sqlalchemy.engine import make_url

from app.store.database import Database
from app.store.tables import deliveries, heartbeats, items
from tests.house import ROOT
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng, until
from tests.stories.serving import served
from tests.stories.town import Eping, a_notice, letters, recipients, symbol
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

READERS = [f"reader{number}@example.org" for number in range(60)]
OPERATOR = "operator@example.org"
_BROKEN_MATCHER = """
import sys
from app.cli import main
from app.domain.matching import CriteriaIndex
CriteriaIndex.match = lambda _index, _facts: {}
sys.argv = ["keng", "deliver", "--once"]
main()
"""


async def told(keng: Keng, eping: Eping, number: int = 1) -> None:
    """A notice comes and everybody who asked is told."""
    eping.items = [a_notice(each) for each in range(1, number + 1)]
    await keng("pull", "eping")
    await keng("deliver", "--once")


async def checks(keng: Keng, exits: int) -> list[str]:
    """Reconcile, and return what was found."""
    said = (await keng("reconcile", "--json", exits=exits)).value
    assert said["healthy"] is (exits == 0)
    return [one["check"] for one in said["findings"]]


async def enrol(keng: Keng) -> None:
    file = keng.folder / "readers.csv"
    rows = [f"{address},textiles,instant,vi" for address in READERS]
    file.write_text("\n".join(["email,sector,frequency,language", *rows]), "utf-8")
    await keng("subscribe", "--from-csv", str(file), "--confirmed")


async def pass_time(database: Database, table: Table, column: str, **step: float) -> None:
    """Let the rows of a table be older than they are."""
    async with database.writing() as connection:
        rows = (await connection.execute(select(table).where(table.c[column].is_not(None)))).mappings().all()
        key = next(iter(table.primary_key))
        for row in rows:
            older = {column: row[column] - timedelta(**step)}
            await connection.execute(update(table).where(key == row[key.name]).values(**older))


def lose_a_delivery(url: str) -> None:
    """Delete a row that others refer to, as a careless hand does in the database's own shell."""
    lost = "DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)"
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with sqlite3.connect(str(parsed.database)) as careless:
            careless.execute(lost)
        careless.close()
        return
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(lost)


async def test_a_healthy_busy_system_has_no_difference(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    assert await checks(keng, 0) == [], "nothing has happened yet"
    await enrol(keng)
    await keng("subscribe", "daily@example.org", "--sector", "textiles", "--frequency", "daily", "--confirmed")
    eping.items = [a_notice(1), a_notice(2, "footwear"), a_notice(3, "nothing")]
    relay.pause = 0.05
    worker = keng.start("worker")
    busy = 0
    while len(relay.held) < len(READERS):
        assert await checks(keng, 0) == []
        busy += 0 < len(relay.held) < len(READERS)
    assert busy, "it was looked at in the middle"
    await until(lambda: well(database))
    said = (await keng("reconcile")).out
    assert f"2 alerts, {len(READERS) + 1} subscribers to be told" in said
    assert "Nothing is missing" in said
    keng.judged(await worker.told_to_stop(within=30), worker.words, 0)


async def well(database: Database) -> bool:
    async with database.reading() as connection:
        return set((await connection.execute(select(deliveries.c.state))).scalars()) == {"accepted"}


async def test_a_deleted_delivery_is_missed_at_once(
    keng: Keng, eping: Eping, relay: SmtpPeer, database_url: str
) -> None:
    keng = keng.with_settings(operators=OPERATOR)
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await told(keng, eping)
    assert await checks(keng, 0) == []
    lose_a_delivery(database_url)
    await keng("hold", "--because", "to see whether an alarm minds")
    assert await checks(keng, 1) == ["delivery_gone", "hold_standing"]
    assert await checks(keng, 1) == ["delivery_gone", "hold_standing"]

    assert recipients(relay) == [OPERATOR, "vitas@example.org"], "one mail a day, and no hold is in its way"
    (alarm,) = [letter for letter in letters(relay) if letter.recipient == OPERATOR]
    assert alarm.subject.startswith("[Kẻng] Báo động: ")
    assert f"{symbol(1)}: thư của 1 người đăng ký không còn trong cơ sở dữ liệu" in alarm.text
    assert "docs/runbook/deliveries-missing.md" in alarm.text

    await keng("resume", "staff", "--because", "it does not")
    await keng("rematch", symbol(1), "--because", "a row was lost")
    await keng("deliver", "--once")
    assert await checks(keng, 0) == []


async def test_a_matcher_that_matches_nobody_is_found_out(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    broken = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _BROKEN_MATCHER, env=keng.environment | {"PYTHONPATH": str(ROOT)}, cwd=keng.folder
    )
    assert await broken.wait() == 0
    assert recipients(relay) == []
    assert await checks(keng, 1) == ["not_told"]
    said = (await keng("reconcile", exits=1)).out
    assert f"{symbol(1)}: subscribers not told and nowhere in the ledger: 1" in said
    await keng("rematch", "--since", f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}", "--because", "mended")
    await keng("deliver", "--once")
    assert recipients(relay) == ["vitas@example.org"]
    assert await checks(keng, 0) == []


async def test_a_stopped_worker_is_found_out(keng: Keng, eping: Eping, database: Database) -> None:
    eping.items = [a_notice(1)]
    worker = keng.start("worker")
    await until(lambda: beating(database))
    assert await checks(keng, 0) == []
    worker.kill()
    await worker.ended()
    await pass_time(database, heartbeats, "beat_at", minutes=3)
    assert await checks(keng, 1) == ["worker_stopped"]


async def beating(database: Database) -> bool:
    async with database.reading() as connection:
        return {"deliver", "process"} <= set((await connection.execute(select(heartbeats.c.job))).scalars())


async def test_a_blocked_relay_is_found_out_and_forgotten_when_it_is_back(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    await keng("pull", "eping")
    await relay.stop()
    await keng("deliver", "--once", exits=1)
    assert await checks(keng, 0) == [], "a minute without a relay is no alarm"
    await pass_time(database, deliveries, "due_at", minutes=6)
    assert await checks(keng, 1) == ["relay_down"]
    await relay.start()
    await keng("deliver", "--once")
    assert await checks(keng, 0) == []


@on_sqlite_only
async def test_who_serves_says_which_alarms_stand(
    keng: Keng, eping: Eping, database: Database, database_url: str
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await told(keng, eping)
    lose_a_delivery(database_url)
    await keng("reconcile", exits=1)
    async with served(keng, "--no-worker") as server:
        answer = await server.ask("GET", "/readyz")
        metrics = await server.ask("GET", "/metrics")
    assert answer.status_code == 503
    assert {check["name"] for check in answer.json()["checks"] if not check["ok"]} == {"alarm deliveries-missing"}
    assert 'keng_alarms{alarm="deliveries-missing"} 1.0' in metrics.text
    listed = (await keng("queue", "--json")).value["alarms"]
    assert [one["name"] for one in listed] == ["deliveries-missing"]
    async with database.reading() as connection:
        assert len((await connection.execute(select(items))).all()) == 1


@on_sqlite_only
async def test_the_brake_is_pulled_listed_and_lifted(keng: Keng, eping: Eping, relay: SmtpPeer) -> None:
    keng = keng.with_settings(brake_mails="20")
    await enrol(keng)
    await told(keng, eping)
    assert len(relay.held) == 20
    assert await checks(keng, 1) == ["brake_pulled"]
    (hold,) = (await keng("queue", "--json")).value["holds"]
    assert (hold["name"], hold["actor"]) == ("brake", "kẻng")
    await keng("resume", "nothing", "--because", "a slip", exits=2)
    for total in (40, 60):
        await keng("resume", "brake", "--because", "sixty readers are meant")
        await keng("deliver", "--once")
        assert len(relay.held) == total
    assert await checks(keng, 0) == []


@on_sqlite_only
async def test_a_message_that_waits_for_a_person_is_settled(
    keng: Keng, eping: Eping, relay: SmtpPeer, database: Database
) -> None:
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    await told(keng, eping)
    async with database.writing() as connection:
        await connection.execute(update(deliveries).values(state="needs_human", reason="poison"))
    assert await checks(keng, 1) == ["needs_human"]
    (waiting,) = (await keng("queue", "--json")).value["needs_human"]
    await keng("settle", str(waiting["id"]), "--because", "mended", exits=2)
    await keng("settle", str(waiting["id"]), "--send", "--because", "mended")
    await keng("deliver", "--once")
    assert recipients(relay) == ["vitas@example.org", "vitas@example.org"]
    assert await checks(keng, 0) == []
