import os

import pytest

from app.store.database import Database
from tests import postgres
from tests.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def client_programs(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    """Let the client programs be those of the server that the tests run on, which Debian's may be older than."""
    if database_url.startswith("postgresql") and (programs := postgres.client_programs()) is not None:
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
