"""Starting: what Kẻng makes by itself, what it asks for by name, and that it works from any directory."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Done, Keng
from tests.stories.serving import served
from tests.stories.town import letters
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

MAIN = "import sys; from app.cli import main; sys.argv[0] = 'keng'; main()"
ON_POSTGRESQL_ONLY = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def fresh(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command in an interpreter of its own, as a shell in `folder` would."""
    environment = {"PATH": os.defpath, **{f"KENG_{name.upper()}": value for name, value in settings.items()}}
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", MAIN, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def sentences(refused: Done) -> list[str]:
    """What it said to people on stderr; a server logs there as well."""
    assert refused.out == ""
    return [line for line in refused.err.splitlines() if not line.startswith("{")]


def test_with_no_settings_at_all_a_database_is_made_where_the_command_was_started(tmp_path: Path) -> None:
    done = fresh(tmp_path, "queue", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["waiting"] == []
    assert (tmp_path / "keng.db").exists()


@on_sqlite_only
async def test_on_sqlite_a_key_is_made_beside_the_database_once_for_its_owner_alone(
    keng: Keng, relay: SmtpPeer
) -> None:
    keng = keng.with_settings(secret_key=None, database_url=f"sqlite:///{keng.folder}/new.db")
    await keng("subscribe", "nga@example.org", "--sector", "textiles")
    file = keng.folder / "new.db.key"
    key = file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert len(key.strip()) >= 32

    await keng("deliver", "--once")
    assert len(letters(relay)) == 1
    assert file.read_bytes() == key


@on_sqlite_only
async def test_commands_that_start_at_once_where_nothing_is_yet_share_one_database_and_one_key(
    keng: Keng, relay: SmtpPeer
) -> None:
    keng = keng.with_settings(secret_key=None, database_url=f"sqlite:///{keng.folder}/new.db")
    started = [keng.start("subscribe", f"reader{number}@example.org", "--sector", "textiles") for number in range(6)]
    for one in started:
        keng.judged(await one.ended(), one.words, 0)
    await keng("deliver", "--once")
    assert len(letters(relay)) == 6


@on_sqlite_only
async def test_a_key_file_without_a_key_is_not_taken_for_one(keng: Keng) -> None:
    file = keng.folder / "keng.db.key"
    file.write_text("")
    keng = keng.with_settings(secret_key=None, database_url=f"sqlite:///{keng.folder}/keng.db")
    (refused,) = sentences(await keng("deliver", "--once", exits=2))
    assert str(file) in refused


@ON_POSTGRESQL_ONLY
async def test_on_postgresql_the_key_must_be_given_and_the_line_that_makes_one_is_said(keng: Keng) -> None:
    keng = keng.with_settings(secret_key=None)
    for words in (("deliver", "--once"), ("serve",), ("worker",), ("subscribe", "nga@example.org")):
        (refused,) = sentences(await keng(*words, exits=2))
        assert refused.startswith("keng: KENG_SECRET_KEY: is not set")
        assert "export KENG_SECRET_KEY=" in refused


@ON_POSTGRESQL_ONLY
async def test_on_postgresql_a_missing_schema_is_named_with_the_command_that_makes_it(
    keng: Keng, postgres_server: postgres.Server
) -> None:
    name = f"empty_{os.getpid()}"
    url = postgres_server.create(name)
    try:
        keng = keng.with_settings(database_url=url)
        for words in (("queue",), ("pull", "eping"), ("deliver", "--once"), ("serve",), ("worker",)):
            refused = await keng(*words, exits=2)
            assert sentences(refused) == [
                "keng: KENG_DATABASE_URL: the database lacks the newest schema; run: keng db upgrade"
            ]
        for _ in range(2):
            await keng("db", "upgrade", folder=keng.folder.parent)
        await keng("queue")
    finally:
        postgres_server.drop(name)


@on_sqlite_only
async def test_a_database_that_cannot_be_reached_is_named_without_a_traceback_or_its_password(keng: Keng) -> None:
    for url in (f"sqlite:///{keng.folder}/nowhere/keng.db", "postgresql://keng:a-password@127.0.0.1:1/keng"):
        (refused,) = sentences(await keng.with_settings(database_url=url)("queue", exits=2))
        assert refused.startswith("keng: KENG_DATABASE_URL: the database cannot be used: ")
        assert "a-password" not in refused


@on_sqlite_only
async def test_every_setting_at_fault_is_named_and_a_missing_relay_too(keng: Keng) -> None:
    refused = await keng.with_settings(
        secret_key="short", base_url="http://keng.example", smtp_url="smtp://mx.example"
    )("deliver", "--once", exits=2)
    named = {line.split(":")[1].strip() for line in refused.err.splitlines()}
    assert named == {"KENG_SECRET_KEY", "KENG_BASE_URL", "KENG_SMTP_URL"}

    for words in (("deliver", "--once"), ("serve", "--worker"), ("worker",)):
        assert "KENG_SMTP_URL: is not set" in (await keng.with_settings(smtp_url=None)(*words, exits=2)).err


@on_sqlite_only
async def test_labels_are_printed_for_the_notices_of_a_file_and_nothing_is_stored(keng: Keng) -> None:
    lines = [
        {"id": "one", "title": "Labelling of garments", "hs": ["61"], "language": "en"},
        {"id": "two", "title": "Tractors", "language": "en"},
    ]
    file = keng.folder / "notices.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    elsewhere = keng.folder / "elsewhere"
    elsewhere.mkdir()

    told = (await keng("classify", str(file), "--json", folder=elsewhere)).value
    predicted = {row["id"]: [(one["id"], one["role"]) for one in row["predicted"]] for row in told["rows"]}
    assert predicted["one"] == [("textiles", "primary")]
    assert ("textiles", "primary") not in predicted["two"]
    assert "one  textiles (primary" in (await keng("classify", str(file))).out
    assert list(elsewhere.iterdir()) == []


@on_sqlite_only
async def test_a_server_answers_whether_it_is_well_and_ends_in_order(keng: Keng) -> None:
    async with served(keng, "--no-worker") as server:
        for path in ("/healthz", "/readyz", "/", "/openapi.json", "/api/v1/sectors"):
            assert (await server.ask("GET", path)).status_code == 200, path
        taken = await keng("serve", "--no-worker", "--port", str(server.port), exits=3)
        assert "address already in use" in taken.err
