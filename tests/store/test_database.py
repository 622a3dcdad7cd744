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
