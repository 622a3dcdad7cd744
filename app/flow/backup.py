"""Take a copy of everything, and bring one back: what comes back starts on hold (DL-12)."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from app.domain.audit import Head
from app.domain.errors import conflict, invalid, unavailable
from app.store import audit, backups, holds, restored
from app.store.database import Database, async_url, file_of
from app.store.migrations import missing_revisions, unknown_revisions, upgrade

RESTORED = holds.RESTORED
"""The name of the hold that a restored database starts with."""

Say = Callable[[str], None]

_TELL_EVERY = 0.5

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restored database holds back: messages that wait, and those that may have been sent since the backup.

    `accounts` may sign in again as they could at the backup, also those that were disabled or erased since.
    """

    waiting: int
    doubtful: int
    accounts: int


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A backup: its size in bytes, and the head that the audit had; None where the schema knows no chain."""

    size: int
    head: Head | None


async def back_up(url: str, file: Path, actor: str, say: Say) -> BackedUp:
    """Write all that a database holds into a new file that only its owner may read.

    It is written down when it is made, with the head that the audit had, unless the schema is not the newest: a backup
    comes before an upgrade. Nothing is left behind when it fails. Raises AppError: the file is there, or the backup cannot
    be made.
    """
    part = _new_part(file)
    kind = backups.copy if async_url(url).get_backend_name() == "sqlite" else backups.archive
    try:
        head = await _head(url)
        await _told(asyncio.to_thread(kind.back_up, url, part), part, say)
        with part.open("rb") as opened:
            os.fsync(opened.fileno())
        os.link(part, file)  # unlike a rename it replaces nothing
    except FileExistsError as error:
        raise conflict("backup-exists", f"{file} exists: a backup replaces nothing") from error
    finally:
        part.unlink(missing_ok=True)
    if head is not None:
        await _write_down(url, file, head, actor)
    _log.info("backed_up", file=file.name, audit_head=str(head))
    return BackedUp(_size(file), head)


def _is_current(url: str) -> bool:
    if async_url(url).get_backend_name() == "sqlite" and not Path(file_of(url)).exists():
        return False
    return not missing_revisions(url)


async def _head(url: str) -> Head | None:
    """Return the head of the audit; None where the schema is an older one, or a newer one."""
    if not await asyncio.to_thread(_is_current, url):
        return None
    database = Database(url)
    try:
        async with database.reading() as connection:
            return await audit.newest(connection)
    finally:
        await database.close()


async def _write_down(url: str, file: Path, head: Head, actor: str) -> None:
    database = Database(url)
    try:
        async with database.writing() as connection:
            details = {"bytes": _size(file), "head": str(head)}
            await audit.write_audit(connection, actor, "backup", file.name, details, await database.now(connection))
    finally:
        await database.close()


async def restore(url: str, file: Path, actor: str, say: Say) -> Restored:
    """Bring a backup into an empty database, on hold: no mail leaves until staff lift the hold `restored`.

    A hand-over that was under way at the backup, or of unclear end, needs a person: it may have been repeated since, and
    a third copy must not be. Raises AppError: no sound backup, another database, not empty, in use, of a newer Kẻng.
    """
    dialect = async_url(url).get_backend_name()
    if backups.dialect_of(file) != dialect:
        raise invalid("backup-dialect", f"{file} was taken from another kind of database than {dialect}", field="FILE")
    if dialect == "sqlite":
        return await _restore_copy(url, file, actor, say)
    return await _restore_archive(url, file, actor, say)


async def _restore_copy(url: str, file: Path, actor: str, say: Say) -> Restored:
    say("copying")
    staged = await asyncio.to_thread(backups.copy.stage, file, url)
    staged_url = f"sqlite+aiosqlite:///{staged}"
    try:
        await _bring_up_to_date(staged_url, file, say)
        held_back = await _on_hold(staged_url, file, actor)
        await asyncio.to_thread(backups.copy.put_in_place, staged, url)
    finally:
        backups.copy.discard(staged)
    return held_back


async def _restore_archive(url: str, file: Path, actor: str, say: Say) -> Restored:
    say("tables")
    await asyncio.to_thread(backups.archive.restore_tables, url, file)
    await _hold(url, file, actor)
    say("rows")
    await asyncio.to_thread(backups.archive.restore_rows, url, file)
    await _bring_up_to_date(url, file, say)
    return await _on_hold(url, file, actor)


async def _bring_up_to_date(url: str, file: Path, say: Say) -> None:
    say("schema")
    if unknown := await asyncio.to_thread(unknown_revisions, url):
        raise invalid(
            "backup-newer", f"{file} is of a newer Kẻng: its schema {unknown} is not known here", field="FILE"
        )
    await asyncio.to_thread(upgrade, url)


async def _hold(url: str, file: Path, actor: str) -> None:
    database = Database(url)
    try:
        async with database.writing() as connection:
            now = await database.now(connection)
            await holds.hold(connection, RESTORED, f"restored from {file.name}", actor, now)
    finally:
        await database.close()


async def _on_hold(url: str, file: Path, actor: str) -> Restored:
    """Write the hold where it is not yet, shut what stood open at the backup, set aside what may have been sent since."""
    database = Database(url)
    try:
        async with database.writing() as connection:
            now = await database.now(connection)
            await holds.hold(connection, RESTORED, f"restored from {file.name}", actor, now)
            await restored.shut(connection)
            staff = await restored.may_sign_in(connection)
            doubtful = await restored.set_doubtful_aside(connection, "may have been sent since the backup")
            waiting = await restored.waiting(connection)
            details = {"waiting": waiting, "doubtful": doubtful, "accounts": staff}
            await audit.write_audit(connection, actor, "restore", file.name, details, now)
        return Restored(waiting, doubtful, staff)
    finally:
        await database.close()


def _new_part(file: Path) -> Path:
    """Return a new empty file beside the one to be written, readable by its owner only."""
    if file.exists():
        raise conflict("backup-exists", f"{file} exists: a backup replaces nothing")
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise unavailable("backup-place", f"{part}: {error.strerror}") from error
    return part


def _size(file: Path) -> int:
    return file.stat().st_size


async def _told(work: Awaitable[None], part: Path, say: Say) -> None:
    """Wait for work that fills a file, and tell its size meanwhile."""
    task = asyncio.ensure_future(work)
    while not (await asyncio.wait({task}, timeout=_TELL_EVERY))[0]:
        say(f"{_size(part) / 1e6:.0f} MB")
    await task


async def skip_circulated(database: Database, until: date, because: str, actor: str) -> tuple[int, int]:
    """Strike notices that were circulated on or before a day out of what is not handed over yet.

    So that a restored database does not tell a second time what was told after its backup. Returns how many messages
    waited before, and how many wait now.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        before = await restored.waiting(connection)
        await restored.strike_out(connection, until)
        after = await restored.waiting(connection)
        details = {"until": until.isoformat(), "because": because, "messages": before - after}
        await audit.write_audit(connection, actor, "skip_circulated", "outbox", details, now)
    return before, after
