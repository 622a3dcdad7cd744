import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from app.store.database import Database, DatabaseFault
from app.store.tables import subscribers


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


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
async def test_what_was_undone_so_is_a_fault_that_is_tried_again(database_url: str, driver: str) -> None:
    url = make_url(database_url).set(drivername=f"postgresql+{driver}").render_as_string(hide_password=False)
    database = Database(url)
    with pytest.raises(DatabaseFault):
        await go_on_too_late(database)
    async with database.writing() as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar_one() == 1
    await database.close()
