from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.bootstrap import install, prepare_database
from app.flow.taxonomy import put_in_force
from app.main import create_app
from app.settings import given_settings
from app.sources.taxonomy_file import read_taxonomy
from app.store.database import Database
from tests.surfaces.conftest import asking


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[FastAPI]:
    settings = given_settings(
        database_url=f"sqlite:///{tmp_path / 'keng.db'}",
        feeds="rasff",
        metrics_token="a long metrics token",
        rate_limits=False,
    )
    prepare_database(settings)
    installation = install(settings)
    yield create_app(installation, worker_expected=True)
    await installation.database.close()


async def test_an_installation_answers_on_both_surfaces(installed: FastAPI) -> None:
    async with asking(installed) as client:
        assert (await client.get("/api/v1/notices")).json() == {"items": [], "next_cursor": None, "also_searched": []}
        assert "KẺNG" in (await client.get("/")).text
        assert [check["name"] for check in (await client.get("/readyz")).json()["checks"] if not check["ok"]] == [
            "worker"
        ]
        bearing = {"Authorization": "Bearer a long metrics token"}
        assert (await client.get("/metrics", headers=bearing)).status_code == 200


async def test_both_surfaces_follow_a_taxonomy_that_another_process_applied(
    installed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = installed.state.api.database
    body = (
        files("app").joinpath("data", "taxonomy.yaml").read_bytes().replace("Dệt may".encode(), "Vải vóc".encode(), 1)
    )
    taxonomy = read_taxonomy(body, "own.yaml").taxonomy
    assert taxonomy is not None
    async with asking(installed) as client:

        async def first_name() -> str:
            name: str = (await client.get("/api/v1/sectors")).json()["items"][0]["name_vi"]
            return name

        assert await first_name() == "Dệt may"
        await put_in_force(database, taxonomy.version, body, "staff")
        assert await first_name() == "Dệt may", "a look at each request would cost a query each"
        assert installed.state.web.letterhead.names["vi"]["textiles"].name == "Dệt may"

        monkeypatch.setattr("app.main._LOOK_EVERY", 0)
        assert (await client.get("/healthz")).status_code == 200
        assert installed.state.web.letterhead.names["vi"]["textiles"].name == "Dệt may"
        assert await first_name() == "Vải vóc"
        assert installed.state.web.letterhead.names["vi"]["textiles"].name == "Vải vóc"
        assert installed.state.api.desk.letterhead.names["vi"]["textiles"].name == "Vải vóc"


async def test_a_taxonomy_that_cannot_be_read_leaves_the_surfaces_as_they_are(
    installed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.main._LOOK_EVERY", 0)
    await put_in_force(installed.state.api.database, "of a later Kẻng", b"no: taxonomy", "staff")
    async with asking(installed) as client:
        assert (await client.get("/api/v1/sectors")).json()["items"][0]["name_vi"] == "Dệt may"


async def test_the_database_is_closed_when_the_application_ends(
    installed: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Database] = []
    close = Database.close

    async def note(database: Database) -> None:
        closed.append(database)
        await close(database)

    monkeypatch.setattr(Database, "close", note)
    async with installed.router.lifespan_context(installed):
        assert closed == []
    assert closed == [installed.state.api.database]
