"""Inserts that are safe to repeat, in the one form that both databases compile to their own."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.expression import Select

T = TypeVar("T")
Rows = Sequence[Mapping[str, Any]]

_CHUNK = 500
"""Keys in one IN list: well under SQLite's limit of variables, and one round trip for a usual page."""


async def insert(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Insert rows that cannot be there yet."""
    if rows:
        await connection.execute(table.insert(), list(rows))


async def insert_missing(connection: AsyncConnection, table: Table, rows: Rows) -> None:
    """Insert the rows whose unique key is not taken; the others stay as they are."""
    if rows:
        await connection.execute(_insert(connection, table).on_conflict_do_nothing(), list(rows))


async def upsert(
    connection: AsyncConnection, table: Table, rows: Rows, *, key: Sequence[str], change: Sequence[str]
) -> None:
    """Insert rows; where the key is taken, take over the columns named in `change`."""
    if rows:
        statement = _insert(connection, table)
        new = {name: statement.excluded[name] for name in change}
        await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=new), list(rows))


async def insert_selected(
    connection: AsyncConnection, table: Table, columns: Sequence[str], source: Select[Any]
) -> int:
    """Insert what a query yields, leaving alone what is there; return how many rows were new."""
    statement = _insert(connection, table).from_select(list(columns), source).on_conflict_do_nothing()
    # Of an INSERT the number of rows is not kept unless it is asked for.
    return (await connection.execute(statement, execution_options={"preserve_rowcount": True})).rowcount


def chunks(values: Sequence[T], size: int = _CHUNK) -> list[Sequence[T]]:
    """Cut a sequence into pieces of at most `size`."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def _insert(connection: AsyncConnection, table: Table) -> Any:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
