"""All that the database holds as one file: SQLite by itself, PostgreSQL by `pg_dump`, which follow their own schema."""

from pathlib import Path

from app.domain.errors import AppError, invalid
from app.store.backups import archive, copy

_SQLITE, _POSTGRESQL = b"SQLite format 3\x00", b"PGDMP"

__all__ = ["archive", "copy", "dialect_of"]


def dialect_of(file: Path) -> str:
    """Return which database a backup was taken from, by its first bytes. Raises AppError (invalid) for any other file."""
    try:
        with file.open("rb") as opened:
            head = opened.read(len(_SQLITE))
    except OSError as error:
        raise _no_backup(file, error.strerror or "cannot be read") from error
    if head == _SQLITE:
        return "sqlite"
    if head.startswith(_POSTGRESQL):
        return "postgresql"
    raise _no_backup(file, "is no backup that keng backup made")


def _no_backup(file: Path, reason: str) -> AppError:
    return invalid("backup-file", f"{file}: {reason}", field="FILE")
