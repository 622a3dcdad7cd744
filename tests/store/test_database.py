from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from app.store.database import Database
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
