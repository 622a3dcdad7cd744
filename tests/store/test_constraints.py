"""The schema itself: every unique key holds, the migrations make what the tables say, and they can be undone."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import JSON, Boolean, Column, Date, LargeBinary, Table, Text, create_engine, insert, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import UniqueConstraint

from app.store.database import Database
from app.store.migrations import blocking_url
from app.store.tables import metadata, subscriptions
from app.store.tables.base import Instant
from tests.house import ROOT

Row = dict[str, Any]

_SEARCH = ("notice_search", "ix_notice_texts_search", "vector")
"""The index of full texts, which only the migrations know: it is another one on each database."""
_ORDERED = ("ix_notices_newest",)
"""An index with an order of its own, which Alembic reads back from SQLite without it."""


def keys() -> Iterator[tuple[Table, tuple[str, ...]]]:
    """Every set of columns that may not occur twice."""
    for table in metadata.sorted_tables:
        yield table, tuple(column.name for column in table.primary_key)
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                yield table, tuple(column.name for column in constraint.columns)
        for index in table.indexes:
            if index.unique:
                yield table, tuple(column.name for column in index.columns)


class Rows:
    """Rows that break no rule: the columns that must be filled are, each differently for each number."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._parents: dict[tuple[str, int], Row] = {}

    async def row(self, table: Table, number: int, also: Sequence[str] = ()) -> Row:
        """Return a row, once those are there that it refers to."""
        return {
            column.name: await self._value(column, number)
            for column in table.columns
            if not column.nullable or column.name in also or str(column) in _FILLED
        }

    async def _value(self, column: Column[Any], number: int) -> Any:
        for key in column.foreign_keys:
            parent = key.column.table
            if (parent.name, number) not in self._parents:
                row = self._parents[parent.name, number] = await self.row(parent, number)
                await self._connection.execute(insert(parent).values(row))
            return self._parents[parent.name, number][key.column.name]
        return _AS_IT_BEGINS[str(column)] if str(column) in _AS_IT_BEGINS else _plain(column, number)

    async def taken(self, table: Table, row: Row) -> bool:
        """Say whether the database takes a row; nothing stays of it."""
        async with self._connection.begin_nested() as step:
            try:
                await self._connection.execute(insert(table).values(row))
            except IntegrityError:
                return False
            finally:
                await step.rollback()
        return True


_FILLED = {"assignments.account_id", "translations.written_by"}
"""Columns that may be empty in some rows, but not in every one."""
_AS_IT_BEGINS = {
    "texts.state": "draft",
    "text_steps.from_state": "draft",
    "text_steps.to_state": "in_review",
    "text_steps.break_glass": False,
}
"""Columns of which the database takes only what a new row may say."""


def _plain(column: Column[Any], number: int) -> Any:
    """Return a value that no other column or number has, in the type of the column."""
    if isinstance(column.type, Text):
        return f"{column.name} {number}"
    if isinstance(column.type, LargeBinary):
        return b"%d" % number
    if isinstance(column.type, JSON):
        return [number]
    if isinstance(column.type, Boolean):
        return True
    moment = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=number)
    if isinstance(column.type, Date):
        return moment.date()
    return moment if isinstance(column.type, Instant) else number


async def test_no_unique_key_can_be_taken_twice_and_none_is_narrower_than_it_says(database: Database) -> None:
    for table, key in keys():
        async with database.writing() as connection:
            rows = Rows(connection)
            first, other = await rows.row(table, 1, key), await rows.row(table, 2, key)
            await connection.execute(insert(table).values(first))
            twice = other | {name: first[name] for name in key}
            assert not await rows.taken(table, twice), f"{table.name} takes {key} twice"
            for left_out in key:
                differs = twice | {left_out: other[left_out]}
                assert await rows.taken(table, differs), f"{table.name}: {key} without {left_out} is a key as well"
            await connection.rollback()


async def test_a_subscription_that_ended_does_not_stand_in_the_way_of_a_new_one(database: Database) -> None:
    async with database.writing() as connection:
        rows = Rows(connection)
        ended = await rows.row(subscriptions, 1, ["ended_at"])
        await connection.execute(insert(subscriptions).values(ended))
        again = ended | {"id": 2, "ended_at": None}
        assert await rows.taken(subscriptions, again)
        await connection.execute(insert(subscriptions).values(again))
        assert not await rows.taken(subscriptions, again | {"id": 3})


def test_the_migrations_make_what_the_tables_say(database_url: str) -> None:
    assert differences(database_url) == []


def test_the_migrations_can_be_undone_and_done_again(database_url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    command.downgrade(config, "base")
    engine = create_engine(blocking_url(database_url))
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()

    command.upgrade(config, "head")
    assert differences(database_url) == []


def test_a_migration_that_fails_leaves_nothing_half_made(database_url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    command.downgrade(config, "base")
    engine = create_engine(blocking_url(database_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE matches (in_the_way INTEGER)"))
    with pytest.raises(DBAPIError, match="matches"):
        command.upgrade(config, "head")
    assert sorted(inspect(engine).get_table_names()) == ["alembic_version", "matches"]
    engine.dispose()


def test_alembic_itself_finds_the_migrations_from_another_directory(database_url: str, tmp_path: Path) -> None:
    for words in (("downgrade", "base"), ("upgrade", "head"), ("upgrade", "head")):
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "alembic", "-c", ROOT / "alembic.ini", *words],
            cwd=tmp_path,
            env={"PATH": os.defpath, "KENG_DATABASE_URL": database_url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert differences(database_url) == []


def differences(url: str) -> list[Any]:
    """What Alembic would have to do to a database to make it what the tables say."""
    engine = create_engine(blocking_url(url))
    left_out = _SEARCH if engine.dialect.name == "postgresql" else _SEARCH + _ORDERED

    def is_compared(_item: object, name: str | None, _kind: str, _reflected: bool, _other: object) -> bool:
        return not (name or "").startswith(left_out)

    options = {"include_object": is_compared, "compare_type": True, "compare_server_default": _other_default}
    try:
        with engine.connect() as connection:
            return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
    finally:
        engine.dispose()


def _other_default(*given: Any) -> bool | None:
    """Let Alembic judge defaults, but for the way in which SQLite writes an empty text: it takes that for another."""
    _context, _found_column, _our_column, found, _ours, ours = given
    return False if (found, ours) == ("('')", "") else None
