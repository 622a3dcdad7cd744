"""What was entered by hand stays unread before its release across the step of the schema that gave it a column."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from app.store.migrations import blocking_url
from tests.house import ROOT

MOMENT = "'2026-03-02 01:30:00+00:00'"
NOTICE = (
    "INSERT INTO notices (id, ref, measure_id, source, type, emergency, title, content, fingerprint, version, flags, orphan,"
    " sure, contradictory, stored_at, updated_at{columns}) VALUES ({id}, '{source}/{id}', {id}, '{source}', 'warning', false,"
    " '', '{{}}', '', 1, '[]', false, false, false, {moment}, {moment}{values})"
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(blocking_url(database_url))
    yield made
    made.dispose()


@pytest.fixture
def config(database_url: str) -> Config:
    made = Config(ROOT / "alembic.ini")
    made.attributes["url"] = blocking_url(database_url)
    return made


def add(connection: Connection, number: int, source: str, columns: str = "", values: str = "") -> None:
    measure = f"INSERT INTO measures (id, ref, state, created_at, updated_at) VALUES ({number}, '{number}', 'proposed', {MOMENT}, {MOMENT})"  # noqa: S608 - our own words
    connection.execute(text(measure))
    connection.execute(
        text(NOTICE.format(id=number, source=source, moment=MOMENT, columns=columns, values=values).replace(":", r"\:"))
    )


def read(connection: Connection, column: str) -> list[str | None]:
    return list(connection.execute(text(f"SELECT {column} FROM notices ORDER BY id")).scalars())  # noqa: S608 - our own words


def test_what_its_source_alone_said_is_said_by_the_column(config: Config, engine: Engine) -> None:
    command.downgrade(config, "0015")
    with engine.begin() as connection:
        for number, source in enumerate(("staff", "manual", "rasff", "eping"), start=1):
            add(connection, number, source)
    command.upgrade(config, "head")
    with engine.begin() as connection:
        assert read(connection, "entered_by") == ["staff", "manual", None, None]


def test_going_back_hides_what_nobody_released(config: Config, engine: Engine) -> None:
    with engine.begin() as connection:
        add(connection, 1, "rasff", ", entered_by", ", 'nga'")
        add(connection, 2, "rasff", ", entered_by, released_at", f", 'nga', {MOMENT}")
        add(connection, 3, "rasff")
    command.downgrade(config, "0015")
    with engine.begin() as connection:
        assert read(connection, "source") == ["staff", "rasff", "rasff"]
