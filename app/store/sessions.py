"""Sessions on the desk, and how often signing in was tried."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.ledger import in_turn
from app.store.tables import account_links, accounts, openid_requests, sessions, sign_in_tries
from app.store.writes import insert


async def begin(connection: AsyncConnection, account_id: int, token_hash: str, now: datetime) -> None:
    """Begin a session."""
    row = {"token_hash": token_hash, "account_id": account_id, "began_at": now, "seen_at": now}
    await insert(connection, sessions, [row])


async def known(connection: AsyncConnection, token_hash: str) -> Any | None:
    """Return a session with its account's `address` and `role`; None for one of somebody who is disabled."""
    statement = (
        select(sessions, accounts.c.address, accounts.c.role)
        .join(accounts, accounts.c.id == sessions.c.account_id)
        .where(sessions.c.token_hash == token_hash, accounts.c.disabled_at.is_(None))
    )
    return (await connection.execute(statement)).one_or_none()


async def seen(connection: AsyncConnection, token_hash: str, now: datetime) -> None:
    """Write that a session is in use."""
    await connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(seen_at=now))


async def end(connection: AsyncConnection, token_hash: str) -> int | None:
    """End one session; return whose it was."""
    mine = delete(sessions).where(sessions.c.token_hash == token_hash).returning(sessions.c.account_id)
    return (await connection.execute(mine)).scalar_one_or_none()


async def end_all(connection: AsyncConnection, account_id: int) -> int:
    """End every session of an account; return how many there were."""
    return (await connection.execute(delete(sessions).where(sessions.c.account_id == account_id))).rowcount


async def drop_old(connection: AsyncConnection, idle_since: datetime, began_before: datetime, now: datetime) -> int:
    """Destroy sessions, links and sign-ins under way that are over; return how many."""
    ended = (await connection.execute(delete(account_links).where(account_links.c.expires_at <= now))).rowcount
    ended += (await connection.execute(delete(openid_requests).where(openid_requests.c.expires_at <= now))).rowcount
    over = or_(sessions.c.seen_at <= idle_since, sessions.c.began_at <= began_before)
    return ended + (await connection.execute(delete(sessions).where(over))).rowcount


async def tries_since(
    connection: AsyncConnection, counted_for: Sequence[str], since: datetime
) -> Mapping[str, tuple[int, datetime]]:
    """Return how often each of these tried since a moment, and when last; the turn is kept until the transaction ends."""
    await in_turn(connection, "signing in")
    statement = (
        select(sign_in_tries.c.counted_for, func.count(), func.max(sign_in_tries.c.tried_at))
        .where(sign_in_tries.c.counted_for.in_(list(counted_for)), sign_in_tries.c.tried_at > since)
        .group_by(sign_in_tries.c.counted_for)
    )
    return {row[0]: (int(row[1]), row[2]) for row in await connection.execute(statement)}


async def write_try(connection: AsyncConnection, counted_for: Sequence[str], now: datetime) -> None:
    """Write that these tried."""
    await insert(connection, sign_in_tries, [{"counted_for": one, "tried_at": now} for one in counted_for])


async def forgive(connection: AsyncConnection, counted_for: Sequence[str]) -> None:
    """Forget the tries of these, for one of them was right."""
    await connection.execute(delete(sign_in_tries).where(sign_in_tries.c.counted_for.in_(list(counted_for))))


async def drop_tries(connection: AsyncConnection, before: datetime) -> int:
    """Destroy tries that count no more; return how many."""
    return (await connection.execute(delete(sign_in_tries).where(sign_in_tries.c.tried_at <= before))).rowcount
