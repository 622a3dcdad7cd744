"""Databases for runs: a fresh one for each, on SQLite, on the run's PostgreSQL, or on one that may be broken."""

import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from app.store.migrations import upgrade
from tests import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_numbers = itertools.count(1)
_DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "autovacuum": "on",
    "autovacuum_naptime": "1",
}
"""As PostgreSQL is run in earnest, but that it looks for stale statistics every second instead of every minute."""


@contextmanager
def fresh(dialect: str, folder: Path) -> Iterator[str]:
    """The URL of a database with the newest schema, thrown away afterwards."""
    if dialect == SQLITE:
        yield f"sqlite+aiosqlite:///{shutil.copy(_migrated_file(), folder / 'keng.db')}"
        return
    with _database_on(_shared()) as url:
        yield url


@contextmanager
def breakable() -> Iterator[tuple[str, Path]]:
    """The URL of a database on a PostgreSQL that nobody else uses, and the folder by which it is stopped and started."""
    server, folder = _own()
    postgres.start_again(folder)
    with _database_on(server) as url:
        try:
            yield url, folder
        finally:
            postgres.start_again(folder)


def lose(url: str) -> None:
    """Destroy all that a database holds; at the same URL an empty one takes its place."""
    parsed = make_url(url)
    name = parsed.database or ""
    if parsed.get_backend_name() == SQLITE:
        for part in ("", "-wal", "-shm"):
            Path(name + part).unlink(missing_ok=True)
        return
    server = postgres.Server(parsed.set(database="postgres").render_as_string(hide_password=False), "")
    server.drop(name)
    server.create(name)


@contextmanager
def _database_on(server: postgres.Server) -> Iterator[str]:
    name = f"chaos_{os.getpid()}_{next(_numbers)}"
    yield server.create(name, template="template")
    with suppress(Exception):  # a run that failed may have left it in any state, and the whole server goes in the end
        server.drop(name)


def _shared() -> postgres.Server:
    return postgres.shared_server(lambda server: upgrade(server.create("template")))


@functools.cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="keng-chaos-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    file = folder / "template.db"
    upgrade(f"sqlite:///{file}")
    return file


@functools.cache
def _own() -> tuple[postgres.Server, Path]:
    """A server of this process, which keeps every commit whatever happens to it."""
    folder = postgres.new_folder()
    url = postgres.start(folder, **_DURABLE)
    atexit.register(_end, folder)
    server = postgres.Server(url, "own_")
    upgrade(server.create("template"))
    return server, folder


def _end(folder: Path) -> None:
    postgres.stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
