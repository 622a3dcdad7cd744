"""Mails to staff on their way: written with the fact, claimed for a while, their bytes destroyed when they came to an end."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.store.tables import account_mails, accounts
from app.store.writes import insert

_PENDING = account_mails.c.state == DeliveryState.PENDING


async def add(connection: AsyncConnection, row: dict[str, Any], body: bytes) -> None:
    """Put a mail on its way; it takes the place of what is still on its way to the same account."""
    waiting = and_(account_mails.c.account_id == row["account_id"], _PENDING)
    await connection.execute(
        update(account_mails).where(waiting).values(state=DeliveryState.SKIPPED, body=None, reply="superseded")
    )
    await insert(connection, account_mails, [row | {"body": zlib.compress(body), "state": DeliveryState.PENDING}])


async def claim(connection: AsyncConnection, now: datetime, again: datetime, limit: int) -> Sequence[Any]:
    """Return mails that are due, with the address they go to and their bytes, and leave them alone until `again`.

    Mails whose link is over, or whose account is disabled, are given up.
    """
    gone = select(accounts.c.id).where(accounts.c.disabled_at.is_not(None))
    over = account_mails.c.expires_at <= now
    await connection.execute(
        update(account_mails)
        .where(_PENDING, over | account_mails.c.account_id.in_(gone))
        .values(state=DeliveryState.SKIPPED, body=None, reply="the link ended before the relay took the mail")
    )
    due = (
        select(
            account_mails.c.id, account_mails.c.message_id, account_mails.c.body, account_mails.c.tries, accounts.c.wire
        )
        .join(accounts, accounts.c.id == account_mails.c.account_id)
        .where(_PENDING, account_mails.c.due_at <= now)
        .order_by(account_mails.c.id)
        .limit(limit)
        .with_for_update(of=account_mails, skip_locked=True)
    )
    rows = (await connection.execute(due)).all()
    mine = account_mails.c.id.in_([row.id for row in rows])
    await connection.execute(update(account_mails).where(mine).values(due_at=again, tries=account_mails.c.tries + 1))
    return rows


def bytes_of(row: Any) -> bytes:
    """Return the bytes of a mail that was claimed."""
    return zlib.decompress(row.body)


async def settle(connection: AsyncConnection, number: int, state: DeliveryState, reply: str) -> None:
    """Write how a mail ended, and destroy its bytes."""
    mine = update(account_mails).where(account_mails.c.id == number, _PENDING)
    await connection.execute(mine.values(state=state, reply=reply, body=None))


async def put_off(connection: AsyncConnection, number: int, reply: str) -> None:
    """Write why a mail could not be handed over; it was claimed until it is tried again."""
    mine = update(account_mails).where(account_mails.c.id == number, _PENDING)
    await connection.execute(mine.values(reply=reply))


async def drop_old(connection: AsyncConnection, before: datetime) -> int:
    """Destroy what is known of mails that ended long ago."""
    old = delete(account_mails).where(
        account_mails.c.created_at < before, account_mails.c.state != DeliveryState.PENDING
    )
    return (await connection.execute(old)).rowcount
