from datetime import UTC, datetime

from sqlalchemy import literal, select

from app.store.database import Database
from app.store.tables import lifted_holds
from app.store.writes import insert_selected


async def test_what_a_query_yields_is_counted_where_it_was_new(database: Database) -> None:
    moment = literal(datetime(2026, 3, 2, tzinfo=UTC), lifted_holds.c.lifted_at.type)
    first = select(literal("brake"), moment)
    both = first.union_all(select(literal("restored"), moment)).subquery()
    async with database.writing() as connection:
        columns = ["name", "lifted_at"]
        assert await insert_selected(connection, lifted_holds, columns, first) == 1
        assert await insert_selected(connection, lifted_holds, columns, select(both).where(literal(value=True))) == 1
        assert await insert_selected(connection, lifted_holds, columns, select(both).where(literal(value=True))) == 0
