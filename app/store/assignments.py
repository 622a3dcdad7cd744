"""Who has which notice in hand: a unit of the ministry or somebody on the staff, one at a time."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.organisations import OrganisationKind
from app.domain.queue import Holder
from app.store.tables import accounts, assignments, organisations
from app.store.writes import chunks, insert

_LIVING = assignments.c.ended_at.is_(None)
_IS_UNIT = organisations.c.kind == OrganisationKind.MINISTRY_UNIT


async def units(connection: AsyncConnection) -> Sequence[Any]:
    """Return the units of the ministry, by name: id, key, name_vi, name_en."""
    shown = (organisations.c.id, organisations.c.key, organisations.c.name_vi, organisations.c.name_en)
    return (await connection.execute(select(*shown).where(_IS_UNIT).order_by(organisations.c.name_vi))).all()


async def people(connection: AsyncConnection) -> Sequence[Any]:
    """Return everybody on the staff who was not kept out, by address: id, address."""
    living = select(accounts.c.id, accounts.c.address).where(accounts.c.disabled_at.is_(None))
    return (await connection.execute(living.order_by(accounts.c.identity))).all()


async def columns_of(connection: AsyncConnection, holder: Holder) -> dict[str, int] | None:
    """Return how a holder is written in the table; None for a unit that is none and for somebody who was kept out."""
    if holder.unit:
        known = select(organisations.c.id).where(_IS_UNIT, organisations.c.key == holder.unit)
    else:
        known = select(accounts.c.id).where(accounts.c.id == holder.account, accounts.c.disabled_at.is_(None))
    number = (await connection.execute(known)).scalar_one_or_none()
    if number is None:
        return None
    return {"organisation_id" if holder.unit else "account_id": number}


async def holders(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, Holder]:
    """Return who has which of these notices in hand; those that nobody has are missing."""
    found: dict[int, Holder] = {}
    for piece in chunks(notice_ids):
        statement = (
            select(assignments.c.notice_id, organisations.c.key, assignments.c.account_id)
            .outerjoin(organisations, organisations.c.id == assignments.c.organisation_id)
            .where(assignments.c.notice_id.in_(piece), _LIVING)
        )
        rows = await connection.execute(statement)
        found |= {row.notice_id: Holder(row.key or "", row.account_id or 0) for row in rows}
    return found


async def give(
    connection: AsyncConnection, notice_ids: Sequence[int], holder: Mapping[str, int], by: str, now: datetime
) -> None:
    """Put notices that nobody has into somebody's hands; `holder` is as `columns_of` returns it."""
    row = {"organisation_id": None, "account_id": None, **holder, "assigned_by": by, "assigned_at": now}
    await insert(connection, assignments, [row | {"notice_id": number} for number in notice_ids])


async def take(connection: AsyncConnection, notice_ids: Sequence[int], now: datetime) -> None:
    """Take notices out of the hands that they are in."""
    for piece in chunks(notice_ids):
        mine = update(assignments).where(assignments.c.notice_id.in_(piece), _LIVING)
        await connection.execute(mine.values(ended_at=now))


async def end_of(connection: AsyncConnection, account_id: int, now: datetime) -> None:
    """Take all that somebody has out of their hands, because they are here no more: it is nobody's again."""
    theirs = update(assignments).where(assignments.c.account_id == account_id, _LIVING)
    await connection.execute(theirs.values(ended_at=now))
