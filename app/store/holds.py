"""Holds: while one stands no mail is claimed or handed over, until a person lifts it by its name."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import holds, lifted_holds
from app.store.writes import insert_missing, upsert

ITSELF = "kẻng"
"""The actor of a hold that no person asked for."""


async def hold(connection: AsyncConnection, name: str, because: str, actor: str, now: datetime) -> None:
    """Keep every mail in the outbox; a hold that stands under this name stays as it is."""
    await insert_missing(connection, holds, [{"name": name, "because": because, "actor": actor, "held_at": now}])


async def lift(connection: AsyncConnection, name: str, now: datetime) -> bool:
    """Lift one hold and remember when; False when none stood under this name."""
    lifted = bool((await connection.execute(delete(holds).where(holds.c.name == name))).rowcount)
    if lifted:
        await upsert(connection, lifted_holds, [{"name": name, "lifted_at": now}], key=["name"], change=["lifted_at"])
    return lifted


async def standing(connection: AsyncConnection) -> Sequence[Any]:
    """Return the holds that stand, the oldest first."""
    return (await connection.execute(select(holds).order_by(holds.c.held_at, holds.c.name))).all()
