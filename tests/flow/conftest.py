import pytest

from app.store.database import Database
from tests.office import Office


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)
