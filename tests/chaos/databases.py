"""F34 to F38: the database goes away, is cut off in a commit, locks, fills up or refuses to write."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.store.database import file_of
from tests import postgres
from tests.chaos import oracle
from tests.chaos.engines import POSTGRESQL, SQLITE
from tests.chaos.runs import fault
from tests.chaos.smtp import BREAKS
from tests.chaos.town import Town
from tests.chaos.world import World
from tests.peers.tcp_proxy import Rule, TcpProxy

_TABLES = ("deliveries", "items", "messages", "attempts")
_OFTEN = 0.5
_MARGIN = 60_000
"""Octets that still find room when a disk is nearly full."""

_BACK_WITHIN = 30.0
"""Seconds in which a worker must have found its database again (F34)."""


def _session(url: str) -> psycopg.Connection[Any]:
    """A session of somebody else on the same database."""
    return psycopg.connect(f"postgresql://{url.partition('://')[2]}", autocommit=True)


async def _in_hand(world: World, count: int = 1) -> None:
    """Wait until so many mails have reached the relay."""
    async with asyncio.timeout(30):
        await world.peer.until(lambda: len(world.peer.mails) >= count)


async def _tolerantly(world: World, **worker: Any) -> None:
    """Drain as a worker does whom the database left: the round is over, and its hand-overs without an end are in doubt."""
    async with world.worker(f"worker-{world.lots.random()}", **worker) as hands:
        with contextlib.suppress(DBAPIError):
            await hands.drain()


@fault(
    "F34",
    "PostgreSQL restarts, crashes, or one session is ended",
    dialects=(POSTGRESQL,),
    apart=True,
    world=Town,
    weight=1,
)
async def _database_gone(town: Town) -> None:
    await town.settle(people=12, daily=0)
    await town.keng("pull", "eping")
    town.peer.pause = 0.03
    worker = town.keng.start("worker")
    await _in_hand(town, town.lots.randint(1, 4))
    way = town.lots.choice(["fast", "immediate", "kill", "one session"])
    assert town.server is not None
    if way == "one session":
        _end_sessions(town, limit=town.lots.randint(1, 2))
    elif way == "kill":
        pid = int((town.server / "data" / "postmaster.pid").read_text("ascii").split()[0])
        os.kill(pid, signal.SIGKILL)
    else:
        await asyncio.to_thread(postgres.stop, town.server, way)
    await asyncio.sleep(town.lots.uniform(0, 1.5))
    await _started(town.server, town.url)
    town.happened += 1
    town.evidence.unclear.update(oracle.open_hand_overs(town.url))
    town.peer.pause = 0
    async with asyncio.timeout(_BACK_WITHIN):
        while set(oracle.states(town.url)) - oracle.OVER:
            assert worker.alive, f"a worker outlives its database: {worker.err}"
            await asyncio.sleep(0.1)
    done = await worker.told_to_stop(within=30)
    assert done.code == 0, done.err


async def _started(server: Path, url: str) -> None:
    """Start PostgreSQL until it answers; after a crash it may have to wait for what is left of the old one."""
    for _ in range(100):
        try:
            await asyncio.to_thread(postgres.start_again, server)
            _session(url).close()
        except (RuntimeError, psycopg.OperationalError):
            await asyncio.sleep(0.2)
        else:
            return
    raise RuntimeError("PostgreSQL does not start again")


def _end_sessions(world: World, limit: int | None = None) -> int:
    """End sessions of Kẻng; return how many there were."""
    ending = """
        SELECT count(pg_terminate_backend(pid)) FROM (
            SELECT pid FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT %s
        ) AS sessions
    """
    with _session(world.url) as session:
        row = session.execute(ending, [limit]).fetchone()
    return int(row[0]) if row else 0


@contextlib.asynccontextmanager
async def _proxied(url: str) -> AsyncIterator[tuple[str, TcpProxy]]:
    """The same database, reached through a proxy."""
    parsed = make_url(url)
    host, port = str(parsed.query.get("host") or parsed.host), parsed.port or 5432
    target = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else host
    async with TcpProxy(target, port) as proxy:
        through = parsed.set(host=proxy.host, port=proxy.port, query={"sslmode": "disable", "gssencmode": "disable"})
        yield through.render_as_string(hide_password=False), proxy


@fault("F35", "the line is cut when COMMIT was sent, or just before", dialects=(POSTGRESQL,))
async def _commit_unknown(world: World) -> None:
    await world.begin(people=6)
    await world.publish()
    await world.office.process()
    rule = Rule(
        "client",
        world.lots.choice(BREAKS),
        pattern=rb"COMMIT\x00",
        through=world.lots.random() < 0.7,
        skip=world.lots.randint(0, 3),
        times=world.lots.randint(1, 3),
    )
    async with _proxied(world.url) as (through, proxy):
        proxy.rules = [rule]
        while not proxy.struck:
            await _tolerantly(world, url=through)
            if not set(oracle.states(world.url)) - oracle.OVER:
                await world.publish()
                await world.office.process()
        world.happened = proxy.struck
    world.evidence.unclear.update(oracle.open_hand_overs(world.url))


@fault("F36", "locks held by others, time-outs, deadlocks", dialects=(POSTGRESQL,))
async def _locked(world: World) -> None:
    await world.begin(people=6)
    await world.publish()
    await world.office.process()
    impatience = world.lots.choice(["lock_timeout", "statement_timeout", "deadlock_timeout"])
    with _session(world.url) as session:
        name = sql.Identifier(make_url(world.url).database or "")
        session.execute(sql.SQL("ALTER DATABASE {} SET {} = '100ms'").format(name, sql.Identifier(impatience)))
    world.peer.pause = 0.01
    sending = asyncio.create_task(_tolerantly(world, connections=2))
    await _in_hand(world)
    for _ in range(world.lots.randint(1, 2)):
        world.happened += await asyncio.to_thread(
            _lock, world.url, world.lots.choice(_TABLES), world.lots.uniform(0.2, 0.6)
        )
    await sending
    assert not oracle.open_hand_overs(world.url), "a lock that passes leaves nothing in doubt"


def _lock(url: str, table: str, seconds: float) -> int:
    """Hold all rows of a table for a while, then take others in the opposite order; return 1 when the lock was had."""
    with _session(url) as session:
        session.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        with contextlib.suppress(psycopg.OperationalError), session.transaction():
            session.execute(sql.SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(sql.Identifier(table)))
            session.execute("SELECT pg_sleep(%s)", [seconds])
            session.execute("SELECT id FROM deliveries ORDER BY id DESC FOR UPDATE")
    return 1


@fault("F37", "the database is full, takes no session, or refuses to write", apart=True, weight=2)
async def _no_record(world: World) -> None:
    await world.begin(people=6, daily=0)
    await world.publish()
    await world.office.process()
    if world.dialect == POSTGRESQL and world.lots.random() < _OFTEN:
        await _disk_full(world)
        return
    with _no_writing(world):
        world.happened = 1
        for _ in range(2):
            with contextlib.suppress(DBAPIError):
                await world.send(1)
        assert not world.peer.count("DATA"), "no mail without a record"
    await world.database.close()


async def _disk_full(world: World) -> None:
    """Let the log of PostgreSQL find no room, at once or after some commits: it ends itself, until there is room."""
    assert world.server is not None
    await world.database.close()
    with _session(world.url) as session:
        session.execute("CHECKPOINT")
        session.execute("SELECT pg_switch_wal()")
        row = session.execute("SELECT file_offset FROM pg_walfile_name_offset(pg_current_wal_insert_lsn())").fetchone()
        assert row is not None
        postgres.limit_files(world.server, row[0] + world.lots.randint(0, _MARGIN))
    try:
        await _tolerantly(world)
        with contextlib.suppress(psycopg.Error):
            await asyncio.to_thread(_fill_up, world.url)
        sent = world.peer.count("DATA")
        for _ in range(2):
            await _tolerantly(world)
        assert world.peer.count("DATA") == sent, "no mail without a record"
        assert "File too large" in (world.server / "log").read_text("utf-8"), "there was no room"
    finally:
        with contextlib.suppress(RuntimeError):  # it may just have ended by itself
            await asyncio.to_thread(postgres.stop, world.server)
        await _started(world.server, world.url)
    world.evidence.unclear.update(oracle.open_hand_overs(world.url))
    world.happened = 1


def _fill_up(url: str) -> None:
    """Write into the log of PostgreSQL until it has no more room."""
    with _session(url) as session:
        while True:
            session.execute("SELECT pg_logical_emit_message(true, '', repeat('x', 10000))")


@contextlib.contextmanager
def _no_writing(world: World) -> Iterator[None]:
    if world.dialect == SQLITE:
        with contextlib.closing(sqlite3.connect(file_of(world.url), isolation_level=None)) as file:
            when = world.lots.choice(["", "WHEN NEW.state = 'handing_over'"])
            file.execute(
                f"CREATE TRIGGER full BEFORE UPDATE ON deliveries {when} BEGIN SELECT RAISE(FAIL, 'disk full'); END"
            )
            try:
                yield
            finally:
                file.execute("DROP TRIGGER full")
        return
    name = sql.Identifier(make_url(world.url).database or "")
    change = world.lots.choice(["SET default_transaction_read_only = on", "ALLOW_CONNECTIONS false"])
    server = make_url(world.url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as session:
        session.execute(sql.SQL("ALTER DATABASE {} " + change).format(name))
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [make_url(world.url).database]
        )
        try:
            yield
        finally:
            session.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
            session.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


@fault("F38", "SQLite is locked by somebody else, or cannot grow", dialects=(SQLITE,))
async def _file_locked(world: World) -> None:
    await world.begin(people=6)
    await world.publish()
    await world.office.process()
    world.peer.pause = 0.01
    sending = asyncio.create_task(_tolerantly(world))
    await _in_hand(world)
    for _ in range(world.lots.randint(1, 3)):
        await asyncio.to_thread(_hold_file, file_of(world.url), world.lots.uniform(0.1, 0.6))
        world.happened += 1
    await sending
    assert not oracle.open_hand_overs(world.url), "a lock that passes leaves nothing in doubt"


def _hold_file(file: str, seconds: float) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        time.sleep(seconds)
        connection.execute("ROLLBACK")
