"""Alarms that stand or are over, and the mails about them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import Alarm, Finding
from app.store.tables import alarm_mails, alarms
from app.store.writes import insert_missing, upsert

STANDING, RECOVERED = "standing", "recovered"
_KEPT = 50
_KEY = (alarm_mails.c.name, alarm_mails.c.raised_at, alarm_mails.c.news, alarm_mails.c.local_date)


async def note(connection: AsyncConnection, found: Mapping[Alarm, Sequence[Finding]], now: datetime) -> None:
    """Write what was found; an alarm that was over is raised anew, one that stands or came back soon stays as it was."""
    rows = [
        {
            "name": name,
            "raised_at": now,
            "seen_at": now,
            "gone_at": None,
            "recovered_at": None,
            "total": len(findings),
            "findings": [[one.check, one.ref, one.count, one.note] for one in findings[:_KEPT]],
        }
        for name, findings in found.items()
    ]
    over = and_(alarms.c.name.in_(list(found)), alarms.c.recovered_at.is_not(None))
    await connection.execute(update(alarms).where(over).values(raised_at=now, recovered_at=None))
    await upsert(connection, alarms, rows, key=["name"], change=["seen_at", "gone_at", "total", "findings"])


async def clear(connection: AsyncConnection, names: Iterable[Alarm], now: datetime, before: datetime) -> None:
    """Write that these alarms were not found: gone from now on, and over once they are gone since `before`."""
    standing = and_(alarms.c.name.in_(list(names)), alarms.c.recovered_at.is_(None))
    await connection.execute(
        update(alarms)
        .where(standing)
        .values(
            recovered_at=case((alarms.c.gone_at <= before, now), else_=None),
            gone_at=func.coalesce(alarms.c.gone_at, now, type_=alarms.c.gone_at.type),
        )
    )


async def standing(connection: AsyncConnection) -> Sequence[Any]:
    """Return the alarms that the last look still found, the oldest first."""
    statement = select(alarms).where(alarms.c.gone_at.is_(None)).order_by(alarms.c.raised_at, alarms.c.name)
    return (await connection.execute(statement)).all()


async def claim_mails(
    connection: AsyncConnection, recipient: str, today: date, now: datetime, again: datetime
) -> list[tuple[str, Any]]:
    """Return what an operator is to be told now, as (news, alarm), and leave it alone until `again` unless it is sent.

    An alarm that stands is told once a day, that it is over once, to whom its standing was told.
    """
    await insert_missing(connection, alarm_mails, await _news(connection, recipient, today, now))
    due = (alarm_mails.c.recipient == recipient, alarm_mails.c.sent_at.is_(None), alarm_mails.c.due_at <= now)
    stands = and_(alarm_mails.c.news == STANDING, alarms.c.gone_at.is_(None), alarm_mails.c.local_date == today)
    over = and_(alarm_mails.c.news == RECOVERED, alarms.c.recovered_at.is_not(None))
    statement = (
        select(alarm_mails.c.news, alarm_mails.c.local_date, alarms)
        .join(alarms, and_(alarms.c.name == alarm_mails.c.name, alarms.c.raised_at == alarm_mails.c.raised_at))
        .where(*due, stands | over)
        .order_by(alarm_mails.c.news.desc(), alarms.c.raised_at, alarms.c.name)
    )
    rows = (await connection.execute(statement)).all()
    await _set(connection, recipient, rows, due_at=again, tries=alarm_mails.c.tries + 1)
    return [(row.news, row) for row in rows]


async def sent(connection: AsyncConnection, recipient: str, told: Sequence[Any], now: datetime) -> None:
    """Write that an operator was told."""
    await _set(connection, recipient, told, sent_at=now)


async def _news(connection: AsyncConnection, recipient: str, today: date, now: datetime) -> list[dict[str, Any]]:
    common = {"recipient": recipient, "local_date": today, "due_at": now, "tries": 0}
    told = exists().where(
        alarm_mails.c.name == alarms.c.name,
        alarm_mails.c.raised_at == alarms.c.raised_at,
        alarm_mails.c.recipient == recipient,
        alarm_mails.c.sent_at.is_not(None),
        alarm_mails.c.news == STANDING,
    )
    said = exists().where(
        alarm_mails.c.name == alarms.c.name,
        alarm_mails.c.raised_at == alarms.c.raised_at,
        alarm_mails.c.recipient == recipient,
        alarm_mails.c.news == RECOVERED,
    )
    over = select(alarms).where(alarms.c.recovered_at.is_not(None), told, ~said)
    found = [(STANDING, row) for row in await standing(connection)]
    found += [(RECOVERED, row) for row in await connection.execute(over)]
    return [{"name": row.name, "raised_at": row.raised_at, "news": news} | common for news, row in found]


async def _set(connection: AsyncConnection, recipient: str, rows: Sequence[Any], **values: Any) -> None:
    keys = [(row.name, row.raised_at, row.news, row.local_date) for row in rows]
    if keys:
        mine = (alarm_mails.c.recipient == recipient, tuple_(*_KEY).in_(keys))
        await connection.execute(update(alarm_mails).where(*mine).values(**values))
