"""Who is away at the issuer to sign in there, and who came back and still owes a code of their own second factor."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import accounts, openid_requests
from app.store.writes import insert


async def add(
    connection: AsyncConnection, state_hash: str, browser_hash: str, after: str, now: datetime, until: datetime
) -> None:
    """Write down that a browser leaves for the issuer, and which page it wants to see afterwards."""
    row = {
        "state_hash": state_hash,
        "browser_hash": browser_hash,
        "after": after,
        "created_at": now,
        "expires_at": until,
    }
    await insert(connection, openid_requests, [row])


async def take(connection: AsyncConnection, state_hash: str, browser_hash: str, now: datetime) -> str | None:
    """Take a state that came back and return the page that was wanted; None when it is unknown, over, used or another's."""
    mine = (
        openid_requests.c.state_hash == state_hash,
        openid_requests.c.browser_hash == browser_hash,
        openid_requests.c.expires_at > now,
        openid_requests.c.taken_at.is_(None),
    )
    taken = update(openid_requests).where(*mine).values(taken_at=now).returning(openid_requests.c.after)
    after: str | None = (await connection.execute(taken)).scalar_one_or_none()
    return after


async def prove(connection: AsyncConnection, state_hash: str, account_id: int, subject: str, until: datetime) -> None:
    """Write whom the issuer proved; until then they may give a code of their own second factor."""
    mine = openid_requests.c.state_hash == state_hash
    proved = {"account_id": account_id, "subject": subject, "expires_at": until}
    await connection.execute(update(openid_requests).where(mine).values(**proved))


async def waiting(connection: AsyncConnection, browser_hash: str, now: datetime) -> Any | None:
    """Return the request of a browser from which a code is awaited; None when there is none."""
    mine = (
        openid_requests.c.browser_hash == browser_hash,
        openid_requests.c.expires_at > now,
        openid_requests.c.account_id.is_not(None),
    )
    return (await connection.execute(select(openid_requests).where(*mine))).one_or_none()


async def drop(connection: AsyncConnection, state_hash: str) -> None:
    """Let a request end."""
    await connection.execute(delete(openid_requests).where(openid_requests.c.state_hash == state_hash))


async def drop_of(connection: AsyncConnection, account_id: int) -> None:
    """Let every request end from which a code of somebody is awaited."""
    await connection.execute(delete(openid_requests).where(openid_requests.c.account_id == account_id))


async def linked(connection: AsyncConnection, issuer: str, subject: str) -> Any | None:
    """Return the account that an account of an issuer is linked to, disabled or not."""
    mine = (accounts.c.openid_issuer == issuer, accounts.c.openid_subject == subject)
    return (await connection.execute(select(accounts).where(*mine))).one_or_none()
