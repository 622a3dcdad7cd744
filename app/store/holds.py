"""Holds: while one stands no mail is claimed or handed over, until a person lifts it by its name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, literal, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.audit import ITSELF, write_audit
from app.store.tables import holds, lifted_holds
from app.store.writes import insert_selected, upsert

RESTORED = "restored"
"""The name of the hold that a restored database starts with."""


async def hold(connection: AsyncConnection, name: str, because: str, actor: str, now: datetime) -> bool:
    """Keep every mail in the outbox; False when a hold stands under this name, which stays as it is."""
    columns = ["name", "because", "actor", "held_at"]
    row = select(literal(name), literal(because), literal(actor), literal(now, holds.c.held_at.type))
    return bool(await insert_selected(connection, holds, columns, row.where(true())))


async def hold_by_itself(connection: AsyncConnection, name: str, because: str, now: datetime) -> None:
    """Keep every mail in the outbox though no person asked for it, and write down why."""
    if await hold(connection, name, because, ITSELF, now):
        await write_audit(connection, ITSELF, "hold", name, {"because": because}, now)


async def lift(connection: AsyncConnection, name: str, now: datetime) -> Any | None:
    """Lift one hold, remember when, and return its row; None when none stood under this name."""
    row = (await connection.execute(select(holds).where(holds.c.name == name).with_for_update())).one_or_none()
    if row is not None:
        await connection.execute(delete(holds).where(holds.c.name == name))
        await upsert(connection, lifted_holds, [{"name": name, "lifted_at": now}], key=["name"], change=["lifted_at"])
    return row


async def standing(connection: AsyncConnection) -> Sequence[Any]:
    """Return the holds that stand, the oldest first."""
    return (await connection.execute(select(holds).order_by(holds.c.held_at, holds.c.name))).all()
