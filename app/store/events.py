"""The one log of what happened to measures."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import EventKind
from app.store.filters import open_on as open_for
from app.store.tables import events, measures, notices
from app.store.writes import chunks, insert_missing


async def add(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Log what happened, each fact once."""
    await insert_missing(connection, events, rows)


async def untold_notices(connection: AsyncConnection, notice_ids: Sequence[int]) -> set[int]:
    """Return those of the notices whose alert is still to be fanned out."""
    found: set[int] = set()
    for piece in chunks(notice_ids):
        pending = (events.c.notice_id.in_(piece), events.c.silence.is_(None), events.c.fanned_out_at.is_(None))
        found |= set((await connection.execute(select(events.c.notice_id).where(*pending))).scalars())
    return found


async def unjudged(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return events that the release rule has not looked at as they are now, of notices that are sorted, oldest first."""
    statement = (
        select(
            events.c.id,
            events.c.notice_id,
            notices.c.entered_by,
            notices.c.orphan,
            notices.c.sure,
            notices.c.contradictory,
            notices.c.version,
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .where(
            events.c.silence.is_(None),
            events.c.judged_at.is_(None),
            events.c.released_at.is_(None),
            notices.c.sorted_at.is_not(None),
        )
        .order_by(events.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def let_wait(connection: AsyncConnection, rows: Sequence[tuple[int, str]], now: datetime) -> None:
    """Put events in the queue, each with the reason why it waits."""
    if rows:
        await connection.execute(
            update(events)
            .where(events.c.id == bindparam("number"), events.c.released_at.is_(None))
            .values(waiting=bindparam("reason"), judged_at=now),
            [{"number": number, "reason": reason} for number, reason in rows],
        )


async def release(connection: AsyncConnection, event_ids: Sequence[int], by: str, now: datetime) -> None:
    """Let events go out, as the notice stands now."""
    for piece in chunks(event_ids):
        current = select(notices.c.version).where(notices.c.id == events.c.notice_id).scalar_subquery()
        await connection.execute(
            update(events)
            .where(events.c.id.in_(piece), events.c.released_at.is_(None), events.c.silence.is_(None))
            .values(released_at=now, released_by=by, waiting=None, judged_at=now, version=current)
        )
        concerned = select(events.c.notice_id).where(events.c.id.in_(piece))
        await connection.execute(
            update(notices)
            .where(notices.c.id.in_(concerned), notices.c.released_at.is_(None))
            .values(released_at=now, updated_at=now)
        )


async def judge_again(connection: AsyncConnection, notice_ids: Sequence[int], *, open_on: date | None = None) -> None:
    """Ask the release rule anew about what waits of these notices, because their sorting changed.

    With `open_on` only about those that take comments on that day.
    """
    for piece in chunks(notice_ids):
        still = true() if open_on is None else events.c.notice_id.in_(select(notices.c.id).where(open_for(open_on)))
        await connection.execute(
            update(events)
            .where(events.c.notice_id.in_(piece), events.c.released_at.is_(None), events.c.silence.is_(None), still)
            .values(judged_at=None, waiting=None)
        )


async def mark_told(connection: AsyncConnection, measure_ids: Sequence[int], now: datetime) -> None:
    """Remember that an alert of these measures went out."""
    await connection.execute(
        update(measures).where(measures.c.id.in_(list(measure_ids)), measures.c.told_at.is_(None)).values(told_at=now)
    )


async def of_notice(connection: AsyncConnection, notice_id: int) -> list[int]:
    """Return the events of a notice, oldest first."""
    statement = select(events.c.id).where(events.c.notice_id == notice_id).order_by(events.c.id)
    return list((await connection.execute(statement)).scalars())


async def last_of(connection: AsyncConnection, notice_id: int) -> Any | None:
    """Return the last event of a notice that is told, else the last: how it stands, the notice, its measure's telling."""
    statement = (
        select(
            events,
            notices.c.ref,
            notices.c.type,
            notices.c.withdrawn_at.label("notice_withdrawn_at"),
            measures.c.told_at.label("measure_told_at"),
        )
        .join(notices, notices.c.id == events.c.notice_id)
        .join(measures, measures.c.id == events.c.measure_id)
        .where(events.c.notice_id == notice_id)
        .order_by(events.c.silence.is_not(None), events.c.kind == EventKind.REGROUPED, events.c.id.desc())
        .limit(1)
    )
    return (await connection.execute(statement)).first()


async def set_materiality(connection: AsyncConnection, event_id: int, *, material: bool, by: str, because: str) -> None:
    """Write a person's word on whether an event is worth an alert at once."""
    values = {"material": material, "material_by": by, "material_because": because}
    await connection.execute(update(events).where(events.c.id == event_id).values(**values))


async def number_of(connection: AsyncConnection, key: str) -> int:
    """Return the event that a key names."""
    return int((await connection.execute(select(events.c.id).where(events.c.key == key))).scalar_one())


async def set_matched(connection: AsyncConnection, event_id: int, count: int) -> None:
    """Write how many subscribers an event concerns."""
    await connection.execute(update(events).where(events.c.id == event_id).values(matched=count))
