"""The PostgreSQL of the tests is a real one, found or asked for in one line, and nothing is skipped in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.store.database import Database
from tests import postgres
from tests.conftest import SHARED_DATA
from tests.house import ROOT
from tests.postgres import Server


async def test_it_knows_vietnamese_letters_and_has_the_schema(database: Database) -> None:
    if database.dialect == "postgresql":
        async with database.reading() as connection:
            assert (await connection.execute(text("SELECT lower('ĐƯỜNG ƯỚP')"))).scalar_one() == "đường ướp"
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM alembic_version"))).scalar_one() == 1


async def test_a_database_is_a_copy_that_nobody_else_sees(postgres_server: Server) -> None:
    one = postgres_server.create("house_one", template="template")
    other = postgres_server.create("house_other", template="template")
    database = Database(one)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE only_here (id integer)"))
    await database.close()
    database = Database(other)
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT to_regclass('only_here')"))).scalar_one() is None
    await database.close()
    postgres_server.drop("house_one")
    postgres_server.drop("house_other")


def test_without_any_postgresql_the_one_line_to_type_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "_candidates", lambda folder: iter([folder / "nowhere"]))
    with pytest.raises(RuntimeError, match=r"run: python3 dev\.py install"):
        postgres.start(tmp_path)


def test_what_a_killed_run_left_is_swept_away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(postgres, "_temporary_folder", lambda: tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left, in_use = tmp_path / f"keng-pg-{ended.pid}-x", tmp_path / f"keng-pg-{os.getpid()}-x"
    left.mkdir()
    in_use.mkdir()
    monkeypatch.setenv(postgres.FOLDER, "")
    with postgres.owned():
        assert not left.exists()
        assert in_use.exists()


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_a_skipped_test_fails_the_run_in_ci_only(ci: str, code: int) -> None:
    environment = {name: value for name, value in os.environ.items() if name != SHARED_DATA} | {"CI": ci}
    chosen = "tests/house/test_postgres.py::test_that_needs_shared_data"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", chosen]
    run = subprocess.run(  # noqa: S603 - our own interpreter and test
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == code, run.stdout
    assert "1 skipped" in run.stdout


def test_that_needs_shared_data(test_data: Path) -> None:
    assert (test_data / "README.md").exists()
