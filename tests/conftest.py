"""What every test may ask for: both databases, freshly migrated; a clock that stands still; the shared data."""

import io
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from app.store.database import Database
from app.store.migrations import upgrade
from app.telemetry.logs import configure_logging
from tests import postgres

SHARED_DATA = "KENG_TEST_DATA"
LOOPBACK = ["127.0.0.1", "::1", "localhost"]

_in_ci = os.environ.get("CI") == "true"
_shared_data = os.environ.get(SHARED_DATA)
_numbers = count(1)


class FrozenClock:
    """A clock that stands still until it is moved; calling it tells the time."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **step: float) -> datetime:
        """Move by a step in the words of `timedelta` (`minutes=5`) and return the new time."""
        self.now += timedelta(**step)
        return self.now


def pytest_configure(config: pytest.Config) -> None:
    """Own the run's PostgreSQL in the process that began the run, not in its workers."""
    if not hasattr(config, "workerinput"):
        owning = ExitStack()
        owning.enter_context(postgres.owned())
        config.add_cleanup(owning.close)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests marked `sockets` reach this machine; for all others sockets are off."""
    for item in items:
        if item.get_closest_marker("sockets"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let the run fail in CI when anything was skipped, for there nothing may be missing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if _in_ci and reporter and skipped:
        reporter.write_line(f"\n{len(skipped)} skipped, and in CI nothing may be skipped", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KENG_") and name != SHARED_DATA]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_of_its_own() -> None:
    """Let every test log as the program does, to a place of its own, whatever another test has set up."""
    configure_logging(stream=io.StringIO())


@pytest.fixture
def frozen() -> FrozenClock:
    """A clock that stands on Monday 2 March 2026, 08:30 in Viet Nam."""
    return FrozenClock(datetime(2026, 3, 2, 1, 30, tzinfo=UTC))


@pytest.fixture
def test_data() -> Path:
    """The folder of shared data at KENG_TEST_DATA; without it the test is skipped."""
    if _shared_data is not None and Path(_shared_data).is_dir():
        return Path(_shared_data)
    reason = f"{SHARED_DATA} names no folder of shared data"
    pytest.skip(reason)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema, to be copied."""
    file = tmp_path_factory.mktemp("migrated") / "keng.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    """The run's PostgreSQL, with a database `template` that has the newest schema."""
    return postgres.shared_server(lambda server: upgrade(server.create("template")))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, freshly migrated database that nobody else uses, on each engine in turn."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "keng.db")
        yield f"sqlite+aiosqlite:///{copy}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"test_{os.getpid()}_{next(_numbers)}"
    yield server.create(name, template="template")
    server.drop(name)


@pytest.fixture
def empty_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of the same kind as `database_url` in which there is nothing at all."""
    if database_url.startswith("sqlite"):
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    name = f"empty_{os.getpid()}_{next(_numbers)}"
    yield server.create(name)
    server.drop(name)


@pytest.fixture
async def database(database_url: str, frozen: FrozenClock) -> AsyncIterator[Database]:
    """A fresh database whose clock is `frozen`."""
    opened = Database(database_url, clock=frozen)
    yield opened
    await opened.close()
