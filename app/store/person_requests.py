"""What people asked about their data, by when it is to be answered and done, and what came of it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.privacy import RequestKind, answer_by, finish_by
from app.i18n.dates import today_in_vietnam
from app.store.tables import person_requests

BY_PAGE = "page"
BY_STAFF = "staff"
_OPEN = person_requests.c.finished_at.is_(None)


async def add(
    connection: AsyncConnection, subscriber_id: int | None, kind: RequestKind, method: str, received_at: datetime
) -> int:
    """Write a request down with its clock; return its number."""
    received = today_in_vietnam(received_at)
    row = {
        "subscriber_id": subscriber_id,
        "kind": kind,
        "method": method,
        "received_at": received_at,
        "answer_by": answer_by(received),
        "finish_by": finish_by(kind, received),
    }
    return int(
        (await connection.execute(person_requests.insert().values(row).returning(person_requests.c.id))).scalar_one()
    )


async def finish(connection: AsyncConnection, number: int, result: str, now: datetime) -> bool:
    """Write that a request is answered and done; False when none with that number is open."""
    return bool(await _finish(connection, person_requests.c.id == number, result, now))


async def finish_all(
    connection: AsyncConnection, subscriber_id: int, result: str, now: datetime, kind: RequestKind | None = None
) -> int:
    """Write that all open requests of a person, or those of one kind, are done; return how many were."""
    mine = person_requests.c.subscriber_id == subscriber_id
    return await _finish(connection, mine if kind is None else and_(mine, person_requests.c.kind == kind), result, now)


async def answer(connection: AsyncConnection, number: int, now: datetime) -> bool:
    """Write that a request was answered, and is yet to be done; False when none with that number is open."""
    waiting = update(person_requests).where(person_requests.c.id == number, _OPEN)
    return bool((await connection.execute(waiting.values(answered_at=now))).rowcount)


async def listed(connection: AsyncConnection, limit: int, *, finished: bool = False) -> Sequence[Any]:
    """Return the open requests, what is due first first; with `finished` all, the newest first."""
    order = person_requests.c.id.desc() if finished else person_requests.c.finish_by
    statement = select(person_requests).order_by(order, person_requests.c.id).limit(limit)
    return (await connection.execute(statement if finished else statement.where(_OPEN))).all()


async def overdue(connection: AsyncConnection, today: date, limit: int) -> Sequence[Any]:
    """Return the open requests whose day to be answered, or to be done, is past."""
    unanswered = and_(person_requests.c.answered_at.is_(None), person_requests.c.answer_by < today)
    late = or_(unanswered, person_requests.c.finish_by < today)
    columns = (
        person_requests.c.id,
        person_requests.c.kind,
        person_requests.c.answer_by,
        person_requests.c.finish_by,
        person_requests.c.answered_at,
    )
    statement = select(*columns).where(_OPEN, late).order_by(person_requests.c.finish_by, person_requests.c.id)
    return (await connection.execute(statement.limit(limit))).all()


async def _finish(connection: AsyncConnection, condition: Any, said: str, now: datetime) -> int:
    result = await connection.execute(
        update(person_requests)
        .where(condition, _OPEN)
        .values(finished_at=now, outcome=said, answered_at=func.coalesce(person_requests.c.answered_at, now))
    )
    return result.rowcount
