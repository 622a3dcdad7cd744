"""The ways to hold a connection: `reading()`, in which the database refuses writes, `writing()`, and `trying()`.

SQLite and PostgreSQL run the same statements. On SQLite a writing transaction begins with `BEGIN IMMEDIATE`: its default
mode lets two transactions read, then loses one's update without an error (see docs/decisions).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

from sqlalchemy import event, text
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

Clock = Callable[[], datetime]
Connection = AsyncConnection
"""What `reading()` and `writing()` give; the storeys above know it by this name and speak no SQL."""
DatabaseFault = OperationalError
"""What is raised when a database does not answer, is full or stays locked; its `orig` says which."""

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_LONGEST_READ = 10_000
"""Milliseconds that PostgreSQL gives one reading statement: the sweeps of a worker need longer than a page may take."""
_LONGEST_PAUSE = 60_000
"""Milliseconds after which PostgreSQL undoes a transaction that nobody goes on with: a process that was stopped in the
middle of one would hold its rows, and so every other worker, until it wakes."""
_UNDONE = "25P03"
"""idle_in_transaction_session_timeout, which the drivers do not count among what is wrong with a connection."""
_READER = {"default_transaction_read_only": "on", "statement_timeout": str(_LONGEST_READ)}
_WRITER = {"idle_in_transaction_session_timeout": str(_LONGEST_PAUSE)}
_LONG_WAIT, _SHORT_WAIT = 10_000, 200
"""Milliseconds that SQLite waits for a lock: for a transaction, and for emptying its log."""
_CACHE = 16_384
"""Kibibytes of the file that an SQLite connection keeps at hand. Two thousand notices of the queue, looked up in a file of
1.3 GB, took 3.0 ms of processor time with SQLite's own 2,000, and 0.7 ms where all of their pages have room."""
_READERS = 3
"""Connections that read an SQLite file at once. Each has a thread that gives the interpreter back at every row: at 20 pages a
second fifteen of them took 250 ms a page at the median, three took 70. Nobody who holds one waits for another."""
_NOW = {
    "sqlite": text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"),
    "postgresql": text("SELECT clock_timestamp()"),
}


class Database:
    """One database, with its clock.

    `clock` replaces the database's own clock; only tests hand one in.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, pool_size: int = 10) -> None:
        self.url = async_url(url)
        self._clock = clock
        self._writer = _engine(self.url, pool_size, read_only=False)
        self._reader = _engine(self.url, pool_size, read_only=True)
        self._turn = asyncio.Lock() if self.dialect == "sqlite" else nullcontext()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.url.get_backend_name()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Hold a connection on which the database itself refuses to write."""
        async with self._reader.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Hold one transaction: committed when the block ends, undone when it raises.

        SQLite has one writer at a time; within this process they queue here, instead of sleeping and trying again.
        """
        async with self._turn, self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def trying(self) -> AsyncIterator[AsyncConnection]:
        """Hold one transaction that is undone when the block ends, so that a trial takes the way of the real thing."""
        async with self._turn, self._writer.connect() as connection:
            yield connection

    async def now(self, connection: AsyncConnection) -> datetime:
        """Return the moment by the database's clock, the only one that leases and due times are judged by."""
        if self._clock is not None:
            return self._clock()
        value = (await connection.execute(_NOW[self.dialect])).scalar_one()
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    async def empty_journal(self) -> None:
        """Empty SQLite's write-ahead log into the file, so that what was destroyed is in neither; nothing on PostgreSQL.

        While somebody reads, the log stays as it is, and the next time empties it.
        """
        if self.dialect == "sqlite":
            emptied = (f"busy_timeout={_SHORT_WAIT}", "wal_checkpoint(TRUNCATE)", f"busy_timeout={_LONG_WAIT}")
            await self._outside_transactions(*(f"PRAGMA {pragma}" for pragma in emptied))

    async def rewrite(self) -> None:
        """Write an SQLite file anew; nothing on PostgreSQL, whose vacuum runs by itself.

        `secure_delete` blanks out what is deleted, but not the copies that SQLite leaves in the gaps of pages when it
        moves rows; those go with the old file. It takes as long as copying the file, and writers wait.
        """
        if self.dialect == "sqlite":
            await self._outside_transactions("VACUUM")
            await self.empty_journal()

    async def _outside_transactions(self, *statements: str) -> None:
        async with self._turn, self._writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            for statement in statements:
                await driver.execute_fetchall(statement)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()


def file_of(url: str) -> str:
    """Return the file of an SQLite database."""
    return make_url(url).database or ""


def async_url(url: str) -> URL:
    """Return the URL with the asynchronous driver that Kẻng uses for its database."""
    parsed = make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


def _engine(url: URL, pool_size: int, *, read_only: bool) -> AsyncEngine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, read_only=read_only)
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size, "pool_pre_ping": True}
    if read_only:
        options["execution_options"] = {"isolation_level": "AUTOCOMMIT"}
    options["connect_args"] = _arguments(url, _READER if read_only else _WRITER)
    engine = create_async_engine(url, json_serializer=_dump, hide_parameters=True, **options)
    event.listen(engine.sync_engine, "handle_error", _as_fault)
    return engine


def _as_fault(context: ExceptionContext) -> OperationalError | None:
    """Let whatever a driver calls a connection that is lost, or that PostgreSQL closed, be one fault, which is tried again.

    A task that is cancelled loses its connection as well, and must end by that cancellation.
    """
    error = context.original_exception
    if not isinstance(error, Exception):
        return None
    if getattr(error, "sqlstate", None) == _UNDONE:
        context.is_disconnect = True
    if not context.is_disconnect or isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    return OperationalError(
        context.statement, context.parameters, error, hide_parameters=True, connection_invalidated=True
    )


def _arguments(url: URL, settings: Mapping[str, str]) -> dict[str, Any]:
    """Return what asks PostgreSQL for these settings, in the words of the driver."""
    if url.get_driver_name() == "asyncpg":
        return {"server_settings": dict(settings)}
    return {"options": " ".join(f"-c {name}={value}" for name, value in settings.items())}


def _sqlite_engine(url: URL, *, read_only: bool) -> AsyncEngine:
    pool = {"pool_size": _READERS, "max_overflow": 0} if read_only else {}
    engine = create_async_engine(url, json_serializer=_dump, hide_parameters=True, connect_args={"timeout": 10}, **pool)
    event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, read_only=read_only))
    event.listen(
        engine.sync_engine, "begin", partial(_begin_sqlite, statement="BEGIN" if read_only else "BEGIN IMMEDIATE")
    )
    return engine


def _prepare_sqlite(connection: Any, _record: Any, *, read_only: bool) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={_LONG_WAIT}",
        "foreign_keys=ON",
        "secure_delete=ON",
        f"cache_size={-_CACHE}",
        f"query_only={'ON' if read_only else 'OFF'}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any, *, statement: str) -> None:
    connection.exec_driver_sql(statement)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
