"""Twenty thousand deliveries, written as rows, and how a database finds its way among them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.database import Database

Statements = list[tuple[str, Any]]

_PEOPLE, _ALERTS, _EACH = 2000, 2000, 10
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
_AT = "'2026-03-02 01:30:00+00:00'"
_CROWD = (
    (
        _PEOPLE,
        (
            "INSERT INTO subscribers (id, address, wire, identity, language, created_at) {numbers}"
            " SELECT i, 'p' || i || '@x.vn', 'p' || i || '@x.vn', 'p' || i || '@x.vn', 'vi', {at} FROM n"
        ),
    ),
    (1, "INSERT INTO measures (id, ref, state, created_at, updated_at) VALUES (1, 'm', 'proposed', {at}, {at})"),
    (
        _ALERTS,
        (
            "INSERT INTO notices (id, ref, measure_id, source, type, emergency, title, content, fingerprint, version,"
            " flags, orphan, sure, contradictory, stored_at, updated_at, distributed_on, comment_deadline) {numbers}"
            " SELECT i, 'n' || i, 1, 'eping', 'regular', {no}, 't', '{{}}', '', 1, '[]', {no}, {no}, {no}, {at}, {at},"
            " CASE WHEN i <= 20 THEN date('2026-03-05') ELSE date('2020-03-05') END, date('2026-05-05') FROM n"
        ),
    ),
    (
        _ALERTS,
        (
            "INSERT INTO events (id, key, measure_id, notice_id, version, kind, changes, created_at) {numbers}"
            " SELECT i, 'e' || i, 1, i, 1, 'notified', '[]', {at} FROM n"
        ),
    ),
    (
        _ALERTS * _EACH,
        (
            "INSERT INTO deliveries (id, key, kind, priority, subscriber_id, message_id, state, due_at, created_at,"
            " accepted_at)"
            " {numbers} SELECT i, 'd' || i, 'instant', 2, 1 + i % {people}, i || '@x', 'accepted', {at}, {at}, {at} FROM n"
        ),
    ),
    (
        _ALERTS * _EACH,
        (
            "INSERT INTO items (event_id, subscriber_id, frequency, delivery_id, created_at) {numbers}"
            " SELECT 1 + (i - 1) / {each}, 1 + i % {people}, 'instant', i, {at} FROM n"
        ),
    ),
    (
        1,
        (
            "INSERT INTO organisations (id, key, kind, level, name_vi, name_en, abbreviation, hs, website, note, created_at,"
            " updated_at) VALUES (1, 'o', 'association', 'national', 'o', '', '', '[]', '', '', {at}, {at})"
        ),
    ),
    (
        1,
        (
            "INSERT INTO contacts (organisation_id, subscriber_id, role, created_at, verified_at)"
            " VALUES (1, 7, '', {at}, {at})"
        ),
    ),
)


async def crowd(database: Database) -> None:
    """Write 20,000 deliveries, ten readers to each of 2,000 alerts, and let the database count them."""
    no = "0" if database.dialect == "sqlite" else "false"
    async with database.writing() as connection:
        for last, statement in _CROWD:
            numbers = _NUMBERS.format(last=last)
            filled = statement.format(numbers=numbers, at=_AT, no=no, people=_PEOPLE, each=_EACH)
            await connection.execute(text(filled))
        await connection.execute(text("ANALYZE"))


@contextmanager
def planned(connection: AsyncConnection) -> Iterator[Statements]:
    """Gather the statements that a connection runs, with their values."""
    ran: Statements = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        ran.append((statement, parameters))

    event.listen(connection.sync_connection, "before_cursor_execute", keep)
    yield ran
    event.remove(connection.sync_connection, "before_cursor_execute", keep)


async def plans(connection: AsyncConnection, statements: Sequence[tuple[str, Any]]) -> str:
    """Return how the database finds the answers to statements."""
    how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    lines = [
        line
        for statement, parameters in statements
        for line in await connection.exec_driver_sql(how + statement, parameters)
    ]
    return "\n".join(str(line[-1]) for line in lines)
