"""Warnings that people entered and nobody released yet."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Text, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import accounts, notice_writers, notices

_WAITING = (notices.c.entered_by.is_not(None), notices.c.released_at.is_(None), notices.c.withdrawn_at.is_(None))


async def waiting(connection: AsyncConnection, before: int | None, limit: int) -> tuple[Sequence[Any], int]:
    """Return the warnings that wait for a release, the newest first, those before a number; and how many wait in all."""
    page = _warnings().where(*_WAITING).order_by(notices.c.id.desc()).limit(limit)
    if before is not None:
        page = page.where(notices.c.id < before)
    rows = (await connection.execute(page)).all()
    total = select(func.count()).select_from(notices).where(*_WAITING)
    return rows, int((await connection.execute(total)).scalar_one())


async def one(connection: AsyncConnection, number: int) -> Any | None:
    """Return a notice that somebody entered by hand; None when there is none of this number."""
    mine = (notices.c.id == number, notices.c.entered_by.is_not(None))
    return (await connection.execute(_warnings().where(*mine))).one_or_none()


async def writers(connection: AsyncConnection, number: int) -> list[tuple[str, str]]:
    """Return who entered or changed a warning: the actor, and the address of their account if they have one."""
    named = func.coalesce(accounts.c.address, notice_writers.c.actor)
    statement = (
        select(notice_writers.c.actor, named)
        .outerjoin(accounts, literal("account:") + cast(accounts.c.id, Text) == notice_writers.c.actor)
        .where(notice_writers.c.notice_id == number)
        .order_by(named)
    )
    return [(actor, name) for actor, name in await connection.execute(statement)]


def _warnings() -> Select[Any]:
    named = func.coalesce(accounts.c.address, notices.c.entered_by).label("writer")
    account = literal("account:") + cast(accounts.c.id, Text)
    return select(notices, named).outerjoin(accounts, account == notices.c.entered_by)
