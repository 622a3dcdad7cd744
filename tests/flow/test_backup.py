"""Backups taken from a database in use, and what comes back from them: on hold, whole, and never twice."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.domain.access import Role
from app.domain.deliveries import DeliveryState
from app.domain.errors import AppError, Kind
from app.flow import backup, sign_in
from app.flow.sign_in import AccountDesk
from app.senders.addresses import parse_address
from app.store import holds, sessions, tables
from app.store.backups import copy
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import Killed
from tests.office import KEY, Office, plain
from tests.staff import hire

pytestmark = [pytest.mark.sockets, pytest.mark.usefixtures("client_programs")]
EVERYTHING = [table for table in tables.metadata.sorted_tables if table.name not in {"holds", "audit", "deliveries"}]


def silent(_said: str) -> None:
    """Say nothing."""


def names(folder: Path, start: str) -> list[str]:
    """The files of a folder whose names begin so."""
    return [file.name for file in folder.iterdir() if file.name.startswith(start)]


@pytest.fixture
async def restored(office: Office, empty_url: str, tmp_path: Path, frozen: FrozenClock) -> AsyncIterator[Office]:
    """What a backup of an office with mail in every stage comes back as."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", distributed_on=date(2026, 3, 1))))
    await office.process()
    office.mailer.dies = True
    with pytest.raises(Killed):
        await office.drain()
    await office.pull(a_page(a_record("G/TBT/N/USA/2", distributed_on=date(2026, 3, 1))))
    frozen.advance(minutes=10)
    await office.process()
    await backup.back_up(str_url(office.database), tmp_path / "backup", "staff", silent)
    await backup.restore(empty_url, tmp_path / "backup", "staff", silent)
    database = Database(empty_url, clock=frozen)
    yield Office(database)
    await database.close()


def str_url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


async def test_every_row_comes_back(office: Office, restored: Office) -> None:
    assert await restored.snapshot(*EVERYTHING) == await office.snapshot(*EVERYTHING)
    assert await restored.count(tables.deliveries) == await office.count(tables.deliveries) > 0


async def states(office: Office) -> dict[str, int]:
    counted = select(tables.deliveries.c.state, func.count()).group_by(tables.deliveries.c.state)
    async with office.database.reading() as connection:
        return {row[0]: row[1] for row in await connection.execute(counted)}


async def lift(office: Office) -> None:
    async with office.database.writing() as connection:
        assert await holds.lift(connection, backup.RESTORED, await office.database.now(connection))


async def test_no_mail_leaves_a_restored_database_before_its_hold_is_lifted(restored: Office) -> None:
    await restored.deliver()
    assert restored.inbox == []

    await lift(restored)
    await restored.drain()
    assert sorted(restored.recipients) == ["lefaso@example.org", "vitas@example.org"]


async def test_nobody_is_signed_in_and_no_link_holds_in_a_restored_database(
    office: Office, empty_url: str, tmp_path: Path, frozen: FrozenClock
) -> None:
    clerk = await hire(office.database, frozen)
    desk = AccountDesk(office.database, office.stationery.letterhead, [KEY])
    await sign_in.invite(desk, parse_address("chi@moit.gov.vn"), Role.EDITOR, "vi", "staff")
    async with office.database.writing() as connection:
        await sessions.begin(connection, clerk.number, "hash", frozen())
    await backup.back_up(str_url(office.database), tmp_path / "backup", "staff", silent)
    came = await backup.restore(empty_url, tmp_path / "backup", "staff", silent)
    assert came.accounts == 2
    database = Database(empty_url, clock=frozen)
    shut = (tables.sessions, tables.account_links, tables.account_mails)
    assert [await Office(database).count(table) for table in (*shut, tables.accounts)] == [0, 0, 0, 2]
    await database.close()


async def test_what_may_have_been_sent_since_the_backup_needs_a_person(office: Office, restored: Office) -> None:
    assert await states(office) == {"handing_over": 2, "pending": 2}
    assert await states(restored) == {DeliveryState.NEEDS_HUMAN: 2, "pending": 2}


async def test_what_was_told_before_the_loss_can_be_struck_out(restored: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    record = a_record("G/TBT/N/USA/3", distributed_on=date(2026, 3, 2))
    await restored.pull(a_page(record))
    await restored.process()
    before, after = await backup.skip_circulated(restored.database, date(2026, 3, 1), "told before the loss", "staff")
    assert before > after

    await lift(restored)
    await restored.drain()
    assert sorted(restored.recipients) == ["lefaso@example.org", "vitas@example.org"]
    for _, mail in restored.inbox:
        assert "USA/3" in plain(mail)
        assert "USA/2" not in plain(mail)


async def test_a_backup_is_its_owners_alone_and_replaces_nothing(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    made = await backup.back_up(str_url(office.database), file, "staff", silent)
    assert made.size == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    with pytest.raises(AppError) as refused:
        await backup.back_up(str_url(office.database), file, "staff", silent)
    assert refused.value.kind is Kind.CONFLICT
    assert file.read_bytes() == before
    assert names(tmp_path, "backup") == ["backup"]


async def test_a_backup_is_whole_while_others_write(office: Office, empty_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        await holds.hold(connection, "unfinished", "in a transaction that is open", "staff", now)
        made = asyncio.create_task(backup.back_up(str_url(office.database), file, "staff", silent))
        while not file.exists():  # noqa: ASYNC110 - a program beside this one writes it
            await asyncio.sleep(0.01)
    await made
    await backup.restore(empty_url, file, "staff", silent)
    database = Database(empty_url)
    async with database.reading() as connection:
        assert [hold.name for hold in await holds.standing(connection)] == [backup.RESTORED]
    await database.close()


async def test_a_database_that_holds_something_is_not_replaced(office: Office, empty_url: str, tmp_path: Path) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await backup.back_up(str_url(office.database), tmp_path / "backup", "staff", silent)
    await backup.restore(empty_url, tmp_path / "backup", "staff", silent)
    with pytest.raises(AppError) as refused:
        await backup.restore(empty_url, tmp_path / "backup", "staff", silent)
    assert refused.value.code == "database-not-empty"


async def test_a_database_in_use_is_not_replaced(office: Office, empty_url: str, tmp_path: Path) -> None:
    await backup.back_up(str_url(office.database), tmp_path / "backup", "staff", silent)
    in_use = Database(empty_url)
    async with in_use.writing() as connection:
        await in_use.now(connection)
        if in_use.dialect == "sqlite":
            await connection.exec_driver_sql("CREATE TABLE notices (id INTEGER)")
    with pytest.raises(AppError) as refused:
        await backup.restore(empty_url, tmp_path / "backup", "staff", silent)
    assert refused.value.code == "database-in-use"
    await in_use.close()


@pytest.mark.parametrize("damage", ["cut", "zeroed", "text", "nothing"])
async def test_a_damaged_file_is_refused_and_leaves_nothing(
    office: Office, empty_url: str, tmp_path: Path, damage: str
) -> None:
    file = tmp_path / "backup"
    await backup.back_up(str_url(office.database), file, "staff", silent)
    sound = file.read_bytes()
    half = len(sound) // 2
    file.write_bytes(
        {"cut": sound[:half], "zeroed": sound[:64] + bytes(len(sound) - 64), "text": b"SELECT 1;", "nothing": b""}[
            damage
        ]
    )
    with pytest.raises(AppError):
        await backup.restore(empty_url, file, "staff", silent)
    assert names(tmp_path, "empty.db") == []

    file.write_bytes(sound)
    await backup.restore(empty_url, file, "staff", silent)


async def test_a_backup_of_another_database_is_refused(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    await backup.back_up(str_url(office.database), file, "staff", silent)
    other = "postgresql://nowhere/none" if office.database.dialect == "sqlite" else f"sqlite:///{tmp_path / 'other.db'}"
    with pytest.raises(AppError, match="another kind of database"):
        await backup.restore(other, file, "staff", silent)


async def test_a_backup_of_a_newer_schema_is_refused(office: Office, empty_url: str, tmp_path: Path) -> None:
    async with office.database.writing() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    await backup.back_up(str_url(office.database), tmp_path / "backup", "staff", silent)
    with pytest.raises(AppError, match="9999"):
        await backup.restore(empty_url, tmp_path / "backup", "staff", silent)


def test_a_database_of_somebody_else_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.db"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE songs (id INTEGER)")
    with pytest.raises(AppError, match="no database of Kẻng"):
        copy.stage(foreign, f"sqlite:///{tmp_path / 'keng.db'}")
