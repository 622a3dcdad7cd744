"""Nobody releases a warning that they wrote: the flow refuses it, and so does the database to whoever goes past the flow."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.domain.errors import AppError
from app.flow import ingest, review
from app.store import tables
from tests.flow.test_warnings import REF, a_warning
from tests.office import Office

MOMENT = "'2026-03-02 01:30:00+00:00'"
EVENT = "UPDATE events SET released_at = {moment}, released_by = '{by}' WHERE kind <> 'withdrawn'"
NEW_EVENT = (
    "INSERT INTO events (key, measure_id, notice_id, version, kind, changes, happened_on, created_at, released_at,"
    " released_by) SELECT 'again', measure_id, notice_id, version, kind, '[]', happened_on, created_at, {moment}, '{by}'"
    " FROM events WHERE notice_id = 1"
)
NOTICE = "UPDATE notices SET released_at = {moment}"
PAST_THE_FLOW = (
    EVENT.format(moment=MOMENT, by="nga"),
    EVENT.format(moment=MOMENT, by="an"),
    EVENT.format(moment=MOMENT, by="rule"),
    "UPDATE events SET released_at = created_at",
    NEW_EVENT.format(moment=MOMENT, by="nga"),
    NOTICE.format(moment=MOMENT),
    "UPDATE notices SET entered_by = NULL",
    "UPDATE notice_writers SET actor = 'somebody else'",
    "DELETE FROM notice_writers WHERE actor = 'nga'",
)


@pytest.fixture
async def written(office: Office) -> Office:
    """A warning that Nga entered and An changed."""
    await ingest.enter_warning(office.database, a_warning(), "nga")
    await ingest.enter_warning(office.database, a_warning("Ethylene oxide on shoe bags"), "an", again=True)
    return office


async def run(office: Office, statement: str) -> None:
    async with office.database.writing() as connection:
        await connection.execute(text(statement.replace(":", r"\:")))


@pytest.mark.parametrize("statement", PAST_THE_FLOW, ids=range(len(PAST_THE_FLOW)))
async def test_the_database_refuses_what_goes_past_the_flow(written: Office, statement: str) -> None:
    before = await written.snapshot(tables.notices, tables.events, tables.notice_writers)
    with pytest.raises(DBAPIError, match=r"four eyes|only added"):
        await run(written, statement)
    assert await written.snapshot(tables.notices, tables.events, tables.notice_writers) == before


async def test_whoever_puts_another_name_to_it_stays_a_writer(written: Office) -> None:
    await run(written, "UPDATE notices SET entered_by = 'lan'")
    assert [row[1] for row in await written.snapshot(tables.notice_writers)] == ["an", "lan", "nga"]


async def test_somebody_else_releases_it_also_past_the_flow(written: Office) -> None:
    await run(written, EVENT.format(moment=MOMENT, by="minh"))
    await run(written, NOTICE.format(moment=MOMENT))


@pytest.mark.parametrize("writer", ["nga", "an"])
async def test_the_flow_refuses_every_writer_and_takes_anybody_else(written: Office, writer: str) -> None:
    with pytest.raises(AppError) as refused:
        await review.release(written.database, REF, writer)
    assert refused.value.code == "own-warning"
    assert await review.release(written.database, REF, "minh") > 0


async def test_what_was_discarded_is_neither_released_nor_changed(written: Office) -> None:
    await ingest.discard_warning(written.database, REF, "a double", "nga")
    for doing in (
        review.release(written.database, REF, "minh"),
        ingest.enter_warning(written.database, a_warning("Other"), "lan", again=True),
        ingest.discard_warning(written.database, REF, "again", "lan"),
    ):
        with pytest.raises(AppError):
            await doing
