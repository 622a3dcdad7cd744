from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.bootstrap import install, prepare_database
from app.main import create_app
from app.settings import given_settings
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
