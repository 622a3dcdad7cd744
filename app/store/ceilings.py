"""Ceilings that hold for all processes together (SE-13): mails to unproven addresses, and requests of one network."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.brakes import AN_HOUR
from app.domain.ceilings import HourlyCeiling
from app.domain.deliveries import DeliveryKind, DeliveryState
from app.store.ledger import in_turn
from app.store.tables import callers, deliveries
from app.store.writes import insert

_UNPROVEN = (
    deliveries.c.kind.in_([DeliveryKind.CONFIRMATION, DeliveryKind.NEW_ADDRESS, DeliveryKind.CONTACT]),
    deliveries.c.state != DeliveryState.SKIPPED,
)


async def take_turn(connection: AsyncConnection) -> None:
    """Let one transaction at a time count what was mailed to unproven addresses, and add to it."""
    await in_turn(connection, "confirming")


async def room_at(connection: AsyncConnection, due: datetime, most: int) -> datetime:
    """Return when a mail to an unproven address may go: at `due`, or behind all that wait where its hour is full.

    No hour, wherever it begins, holds more than `most` of them. The turn is kept until the transaction ends.
    """
    await take_turn(connection)
    around = deliveries.c.created_at.between(due - AN_HOUR, due + AN_HOUR)
    count = select(func.count()).select_from(deliveries).where(*_UNPROVEN, around)
    if (await connection.execute(count)).scalar_one() < most:
        return due
    newest = select(deliveries.c.created_at).where(*_UNPROVEN).order_by(deliveries.c.created_at.desc())
    last = (await connection.execute(newest.offset(most - 1).limit(1))).scalar_one_or_none()
    return due if last is None else max(due, last + AN_HOUR)


async def rooms(connection: AsyncConnection, now: datetime, most: int) -> HourlyCeiling:
    """Return the same ceiling for many mails, none due before `now`. The turn is kept until the transaction ends."""
    await take_turn(connection)
    taken = select(deliveries.c.created_at).where(*_UNPROVEN, deliveries.c.created_at >= now - AN_HOUR)
    return HourlyCeiling((await connection.execute(taken)).scalars(), most)


async def requests_since(connection: AsyncConnection, network_hashes: Sequence[str], since: datetime) -> list[datetime]:
    """Return when a network, or a colleague, asked since a moment, oldest first; the turn is kept until the transaction ends."""
    await in_turn(connection, f"asking.{network_hashes[0]}")
    statement = (
        select(callers.c.asked_at)
        .where(callers.c.network_hash.in_(list(network_hashes)), callers.c.asked_at > since)
        .order_by(callers.c.asked_at)
    )
    return list((await connection.execute(statement)).scalars())


async def write_request(connection: AsyncConnection, network_hashes: Sequence[str], now: datetime) -> None:
    """Write that networks asked, and forget what was asked more than an hour ago."""
    await connection.execute(delete(callers).where(callers.c.asked_at <= now - AN_HOUR))
    await insert(connection, callers, [{"network_hash": one, "asked_at": now} for one in network_hashes])
