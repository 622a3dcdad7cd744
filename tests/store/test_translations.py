"""The Vietnamese of boxes in the database: two people, versions that are only added to, and what a merger keeps."""

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from app.domain.access import Role
from app.domain.boxes import Box
from app.store import merging, translations
from app.store.database import Database
from app.store.tables import translations as table
from app.store.tables import versions
from tests.conftest import FrozenClock
from tests.staff import hire
from tests.surfaces.rows import STORED_AT, keep, regular

ROW: dict[str, Any] = {
    "notice_id": 1,
    "box": "title",
    "number": 1,
    "text": "Dự thảo",
    "state": "translated",
    "original": "Draft",
    "written_by": 1,
    "at": STORED_AT,
}


@pytest.fixture
async def furnished(database: Database, frozen: FrozenClock) -> Database:
    await hire(database, frozen, Role.EDITOR)
    await hire(database, frozen, Role.APPROVER, "minh@moit.gov.vn")
    await keep(database, regular("G/TBT/N/USA/1"))
    await keep(database, regular("G/TBT/N/USA/2"))
    return database


async def insert(database: Database, **values: Any) -> None:
    async with database.writing() as connection:
        await connection.execute(table.insert().values(ROW | values))


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "reviewed", "reviewed_by": 1},
        {"state": "reviewed"},
        {"state": "translated", "reviewed_by": 2},
        {"written_by": 9},
        {"written_by": None},
        {"state": "machine"},
        {"state": "machine", "written_by": None},
        {"state": "machine", "written_by": None, "asked_by": 1, "reviewed_by": 2},
        {"state": "reviewed", "written_by": None, "asked_by": 1, "reviewed_by": 2},
        {"asked_by": 1},
    ],
)
async def test_the_database_itself_wants_two_people(furnished: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        await insert(furnished, **wrong)
    await insert(furnished, state="reviewed", reviewed_by=2)
    await insert(furnished, state="machine", written_by=None, asked_by=1, number=2)


async def test_a_version_is_there_once(furnished: Database) -> None:
    await insert(furnished)
    with pytest.raises(IntegrityError):
        await insert(furnished, text="khác")


async def test_of_two_notices_that_turn_out_to_be_one_the_word_of_the_one_that_stays_counts(
    furnished: Database,
) -> None:
    for values in (
        {"text": "của tin ở lại"},
        {"text": "của tin ở lại, bản sau", "number": 2},
        {"notice_id": 2, "text": "của tin kia"},
        {"notice_id": 2, "text": "của tin kia, bản sau", "number": 2},
        {"notice_id": 2, "text": "chỉ tin kia có", "box": "products"},
    ):
        await insert(furnished, **values)
    async with furnished.writing() as connection:
        stated = {"number": 1, "fingerprint": "x", "content": {}, "changes": [], "created_at": STORED_AT}
        await connection.execute(versions.insert(), [stated | {"notice_id": number} for number in (1, 2)])
        await merging.merge_notices(connection, 1, 2)
        standing = (await translations.standing(connection, [1, 2]))[1]
        history = await translations.history(connection, 1, Box.TITLE)
    assert {box: one.text for box, one in standing.items()} == {
        Box.TITLE: "của tin ở lại, bản sau",
        Box.PRODUCTS: "chỉ tin kia có",
    }
    assert [one.text for one in history][:2] == ["của tin kia", "của tin kia, bản sau"]
