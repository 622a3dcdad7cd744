"""Notices put straight into a database, for tests of what is read from it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import httpx
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.notices import Content, NoticeType
from app.domain.queries import searchable
from app.domain.sectors import Label
from app.domain.symbols import Area, base_symbols, parse_symbol
from app.store import notices as store
from app.store.database import Database
from app.store.tables import events, labels, measures, notices

STORED_AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


def regular(symbol: str, **fields: Any) -> Content:
    """Return the content of an ordinary notification with this symbol."""
    parsed = parse_symbol(symbol)
    assert parsed is not None
    values: dict[str, Any] = {
        "symbols": (symbol,),
        "area": Area(parsed.area),
        "members": (parsed.member,),
        "titles": (("en", f"Draft measure of {symbol}"),),
        "distributed_on": date(2026, 2, 20),
    }
    return Content(**(values | fields))


async def keep(
    database: Database,
    content: Content,
    *,
    source: str = "eping",
    ref: str | None = None,
    at: datetime = STORED_AT,
    **columns: Any,
) -> int:
    """Store one notice with its measure, names, codes and words; return its number."""
    async with database.writing() as connection:
        return await keep_in(connection, content, source=source, ref=ref, at=at, **columns)


async def keep_in(
    connection: AsyncConnection,
    content: Content,
    *,
    source: str = "eping",
    ref: str | None = None,
    at: datetime = STORED_AT,
    **columns: Any,
) -> int:
    """Store one notice inside a transaction; `columns` are set on its row."""
    name = ref or content.symbols[0]
    bases = [str(symbol) for symbol in base_symbols(filter(None, map(parse_symbol, content.symbols)))] or [name]
    known = await store.measures_of(connection, bases)
    measure = next(iter(known.values()), None)
    if measure is None:
        measure = (await store.add_measures(connection, bases[:1], at))[bases[0]]
    if content.type is not NoticeType.WARNING:
        await store.name_measures(connection, dict.fromkeys(bases, measure))
    number = (await store.add_notices(connection, [(source, measure, name, content)], at))[name]
    await store.save_names(connection, [(number, content)])
    await store.save_codes(connection, [(number, content, searchable(content))])
    deadline = {"comment_deadline": content.comment_deadline} if content.comment_deadline else {}
    if deadline:
        await connection.execute(update(measures).where(measures.c.id == measure).values(**deadline))
    if columns:
        await connection.execute(update(notices).where(notices.c.id == number).values(**columns))
    return number


async def label(database: Database, number: int, given: Sequence[Label], facet: str = "sector") -> None:
    """Give labels to a notice."""
    rows = [
        {
            "notice_id": number,
            "facet": facet,
            "label": one.id,
            "role": one.role,
            "confidence": one.confidence,
            "given_by": "rule",
            "evidence": [asdict(evidence) for evidence in one.evidence],
        }
        for one in given
    ]
    async with database.writing() as connection:
        await connection.execute(labels.insert(), rows)


async def happen(database: Database, number: int, kind: str, **columns: Any) -> None:
    """Write an event of a notice to the log."""
    async with database.writing() as connection:
        row = (await connection.execute(notices.select().where(notices.c.id == number))).one()
        values: dict[str, Any] = {
            "key": f"{number}/{kind}/{len(columns)}",
            "measure_id": row.measure_id,
            "notice_id": number,
            "version": row.version,
            "kind": kind,
            "changes": [],
            "created_at": STORED_AT,
        }
        await connection.execute(events.insert().values(values | columns))


async def refs(client: httpx.AsyncClient, **asked: Any) -> list[str]:
    """Return the refs of a page of notices, as the API lists them."""
    answer = await client.get("/api/v1/notices", params=asked)
    assert answer.status_code == 200, answer.text
    return [item["ref"] for item in answer.json()["items"]]
