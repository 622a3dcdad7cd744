"""The schema, step by step, from whatever directory the program was started in."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.store.database import async_url

_ROOT = Path(__file__).resolve().parents[2]


def upgrade(url: str) -> None:
    """Bring the database to the newest schema; safe to repeat."""
    command.upgrade(_config(url), "head")


def missing_revisions(url: str) -> bool:
    """Say whether the database lacks a part of the schema that this program needs."""
    return _present(url) != set(ScriptDirectory.from_config(_config(url)).get_heads())


def unknown_revisions(url: str) -> str:
    """Return the revisions of the database that this program does not know, as it was made by a newer one; else ""."""
    known = {script.revision for script in ScriptDirectory.from_config(_config(url)).walk_revisions()}
    return ", ".join(sorted(_present(url) - known))


def blocking_url(url: str) -> str:
    """Return the URL with a driver that Alembic can use without an event loop."""
    parsed = async_url(url)
    driver = "sqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def _present(url: str) -> set[str]:
    engine = create_engine(blocking_url(url))
    try:
        with engine.connect() as connection:
            return set(MigrationContext.configure(connection).get_current_heads())
    finally:
        engine.dispose()


def _config(url: str) -> Config:
    config = Config(_ROOT / "alembic.ini")
    config.set_main_option("script_location", str(_ROOT / "alembic"))
    config.attributes["url"] = blocking_url(url)
    return config
