"""SQLite: a backup is a database file of its own, compact and checked, without what was deleted."""

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from app.domain.errors import AppError, conflict, invalid, unavailable
from app.store.database import file_of

_PATIENCE = 10.0
"""Seconds that a lock of another process is waited for."""


def back_up(url: str, part: Path) -> None:
    """Write a consistent copy into `part`, which must exist and be empty, while others read and write.

    Raises AppError when the copy cannot be made, or is not sound.
    """
    source = Path(file_of(url))
    if not source.exists():
        raise invalid("no-database", f"{source} does not exist: nothing to back up", field="KENG_DATABASE_URL")
    try:
        with closing(sqlite3.connect(_read_only(source), uri=True, timeout=_PATIENCE)) as connection:
            connection.execute("VACUUM INTO ?", (str(part),))
    except sqlite3.Error as error:
        raise unavailable("backup-failed", f"the backup cannot be made: {error}") from error
    _check(part)


def stage(file: Path, url: str) -> Path:
    """Copy a backup to where the database will lie, under another name, and return that. Raises AppError when it is not sound."""
    _check(file)
    staged = Path(f"{file_of(url)}.restoring")
    staged.unlink(missing_ok=True)
    os.close(os.open(staged, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        shutil.copyfile(file, staged)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise unavailable("restore-failed", f"{staged}: {error.strerror}") from error
    return staged


def put_in_place(staged: Path, url: str) -> None:
    """Let a staged database take the place of an empty one. Raises AppError when that holds anything or is in use."""
    target = Path(file_of(url))
    _settle(staged)
    if target.exists():
        _refuse_unless_idle_and_empty(target)
    with staged.open("rb") as opened:
        os.fsync(opened.fileno())
    staged.replace(target)


def discard(staged: Path) -> None:
    """Delete a staged database with the files beside it."""
    for beside in ("", "-wal", "-shm"):
        Path(f"{staged}{beside}").unlink(missing_ok=True)


def _check(file: Path) -> None:
    try:
        with closing(sqlite3.connect(_read_only(file), uri=True, timeout=_PATIENCE)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            known = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    except sqlite3.Error as error:
        verdict, known = str(error), (1,)
    if verdict != "ok":
        raise invalid("backup-damaged", f"{file} is damaged: {verdict}", field="FILE")
    if not known[0]:
        raise invalid("backup-foreign", f"{file} is no database of Kẻng", field="FILE")


def _settle(file: Path) -> None:
    """Bring what lies in the write-ahead log into the file itself, so that the file is all there is."""
    with closing(sqlite3.connect(file, timeout=_PATIENCE)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _refuse_unless_idle_and_empty(target: Path) -> None:
    """Leaving WAL needs the file for oneself alone: it proves that no other process has it open."""
    with closing(sqlite3.connect(target, timeout=1.0)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "in use"
        if mode != "delete":
            raise conflict("database-in-use", f"{target} is in use: stop every keng serve and keng worker first")
        if _holds_anything(connection):
            raise _not_empty(target)


def _holds_anything(connection: sqlite3.Connection) -> bool:
    for table in ("notices", "subscribers"):
        with suppress(sqlite3.OperationalError):  # without the table there is nothing in it
            if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0]:  # noqa: S608 - two names of our own
                return True
    return False


def _not_empty(target: Path) -> AppError:
    return conflict(
        "database-not-empty", f"{target} holds notices or subscribers: move it away first, a restore replaces nothing"
    )


def _read_only(file: Path) -> str:
    return f"{file.resolve().as_uri()}?mode=ro"
