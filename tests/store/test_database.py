import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from app.store.database import Database, DatabaseFault
from app.store.tables import subscribers

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


async def test_an_error_of_the_database_does_not_print_what_was_to_be_written(database: Database) -> None:
    row = {"address": "nga@hiephoi.vn", "wire": "nga@hiephoi.vn", "identity": None, "language": "vi"}
    with pytest.raises(IntegrityError) as refused:
        async with database.writing() as connection:
            await connection.execute(subscribers.insert(), [row | {"created_at": datetime.now(UTC)}])
    assert "parameters hidden" in str(refused.value)


async def test_a_transaction_that_nobody_goes_on_with_is_undone_after_a_minute(database: Database) -> None:
    async with database.writing() as connection:
        if database.dialect == "postgresql":
            longest = await connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout")
            assert longest.scalar_one() == "1min"
        else:
            assert (await connection.exec_driver_sql("PRAGMA busy_timeout")).scalar_one() == 10_000


async def go_on_too_late(database: Database) -> None:
    async with database.writing() as connection:
        await connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        await asyncio.sleep(0.5)
        await connection.exec_driver_sql("SELECT 1")


@pytest.fixture(params=["psycopg", "asyncpg"])
async def driven(database_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """PostgreSQL through each of the drivers."""
    database = Database(
        make_url(database_url).set(drivername=f"postgresql+{request.param}").render_as_string(hide_password=False)
    )
    yield database
    await database.close()


@on_postgresql
async def test_what_was_undone_so_is_a_fault_that_is_tried_again(driven: Database) -> None:
    with pytest.raises(DatabaseFault):
        await go_on_too_late(driven)
    async with driven.writing() as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar_one() == 1


@on_postgresql
async def test_a_task_that_is_cancelled_in_a_statement_ends_so_and_by_no_fault_that_is_tried_again(
    driven: Database,
) -> None:
    begun = asyncio.Event()

    async def sleep_long() -> None:
        async with driven.writing() as connection:
            begun.set()
            await connection.exec_driver_sql("SELECT pg_sleep(60)")

    sleeping = asyncio.create_task(sleep_long())
    await begun.wait()
    await asyncio.sleep(0.2)  # a cancellation that overtakes its statement is only heard after five seconds
    sleeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeping
    async with driven.writing() as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar_one() == 1
