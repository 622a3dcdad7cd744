"""PostgreSQL: a backup is an archive of `pg_dump`, brought back by `pg_restore` in two steps with room between them.

The rows of `holds` are left out: between the tables and their rows a hold is written, so that there is no moment at
which a worker could send what the restored rows ask for. So are sessions and links of the staff, so that there is no
moment at which somebody could come in by them.
"""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from app.domain.errors import conflict, invalid, unavailable
from app.store.migrations import blocking_url

_DEBIAN = Path("/usr/lib/postgresql")
_ERRORS_TOLD = 3
_LEFT_OUT = ("holds", "sessions", "account_links", "openid_requests")


def back_up(url: str, part: Path) -> None:
    """Write a consistent archive into `part` while others read and write. Raises AppError when it cannot be made."""
    _run(
        "pg_dump",
        url,
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        *(f"--exclude-table-data={name}" for name in _LEFT_OUT),
        f"--file={part}",
    )


def restore_tables(url: str, file: Path) -> None:
    """Make the tables of an archive in a database that holds nothing and that nobody else uses. Raises AppError."""
    if " TABLE DATA public alembic_version " not in _run("pg_restore", None, "--list", str(file)):
        raise invalid("backup-foreign", f"{file} is no sound backup of Kẻng", field="FILE")
    _refuse_unless_idle_and_empty(url)
    options = ("--section=pre-data", "--clean", "--if-exists", "--no-owner", "--no-privileges")
    _run("pg_restore", url, *options, "--single-transaction", str(file))


def restore_rows(url: str, file: Path) -> None:
    """Bring the rows of an archive into its tables, all or none, then keys and indexes. Raises AppError."""
    options = ("--section=data", "--section=post-data", "--no-owner", "--no-privileges")
    _run("pg_restore", url, *options, "--single-transaction", str(file))


def _run(program: str, url: str | None, *options: str) -> str:
    """Run a program of PostgreSQL, on a database if one is named, and return what it prints.

    The password goes by the environment, where no list of processes shows it.
    """
    environment = dict(os.environ)
    words = [_program(program), *options]
    if url is not None:
        parsed = make_url(blocking_url(url)).set(drivername="postgresql")
        environment["PGPASSWORD"] = str(parsed.password or environment.get("PGPASSWORD", ""))
        words += ["--no-password", f"--dbname={parsed.set(password=None).render_as_string()}"]
    ended = subprocess.run(  # noqa: S603 - a program of PostgreSQL with options of our own
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if ended.returncode != 0:
        lines = [line for line in ended.stderr.splitlines() if line.strip()]
        raise unavailable("backup-failed", f"{program} failed: {'; '.join(lines[:_ERRORS_TOLD])}")
    return ended.stdout


def _program(name: str) -> str:
    """Return a program of PostgreSQL: from PATH, else the newest that Debian installed beside it."""
    found = shutil.which(name)
    if found is not None:
        return found
    versions = [folder for folder in _DEBIAN.glob("*/bin") if (folder / name).exists()]
    if not versions:
        raise unavailable(
            "no-postgresql-client",
            f"{name} is missing; install PostgreSQL's client programs, as new as the server (Debian: postgresql-client)",
        )
    return str(max(versions, key=lambda folder: float(folder.parent.name)) / name)


def _refuse_unless_idle_and_empty(url: str) -> None:
    address = make_url(blocking_url(url)).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        others = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
        if others and others[0]:
            raise conflict("database-in-use", "the database is in use: stop every keng serve and keng worker first")
        for table in ("notices", "subscribers"):
            there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone()
            if there and there[0] and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 - two names of our own
                raise conflict(
                    "database-not-empty",
                    "the database holds notices or subscribers: name an empty one, a restore replaces nothing",
                )
