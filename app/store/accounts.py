"""The people who may use the desk, their second factors and the links that were mailed to them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.access import LinkPurpose, Role
from app.domain.addresses import Address
from app.store.tables import account_links, account_mails, accounts, openid_requests, recovery_codes, sessions
from app.store.writes import insert, insert_missing


async def add(connection: AsyncConnection, address: Address, role: Role, language: str, now: datetime) -> int | None:
    """Write somebody down who may not sign in yet; None when the address has an account."""
    row = {
        "address": address.typed,
        "wire": address.wire,
        "identity": address.identity,
        "role": role,
        "language": language,
        "created_at": now,
    }
    if await named(connection, address.identity) is not None:
        return None
    await insert_missing(connection, accounts, [row])
    mine = select(accounts.c.id).where(accounts.c.identity == address.identity, accounts.c.created_at == now)
    return (await connection.execute(mine)).scalar_one_or_none()


async def named(connection: AsyncConnection, identity: str) -> Any | None:
    """Return the account of an address, disabled or not."""
    return (await connection.execute(select(accounts).where(accounts.c.identity == identity))).one_or_none()


async def of_number(connection: AsyncConnection, number: int) -> Any | None:
    """Return an account by its number, disabled or not."""
    return (await connection.execute(select(accounts).where(accounts.c.id == number))).one_or_none()


async def listed(connection: AsyncConnection) -> Sequence[Any]:
    """Return everybody with an account, who is not disabled first, each with the newest mail that went to them."""
    newest = (
        select(account_mails.c.account_id, func.max(account_mails.c.id).label("id"))
        .group_by(account_mails.c.account_id)
        .subquery()
    )
    statement = (
        select(
            accounts,
            account_mails.c.purpose.label("mail_purpose"),
            account_mails.c.state.label("mail_state"),
            account_mails.c.expires_at.label("mail_expires_at"),
        )
        .outerjoin(newest, newest.c.account_id == accounts.c.id)
        .outerjoin(account_mails, account_mails.c.id == newest.c.id)
        .order_by(accounts.c.disabled_at.is_not(None), accounts.c.identity)
    )
    return (await connection.execute(statement)).all()


async def hold(connection: AsyncConnection, number: int) -> Any | None:
    """Hold an account until the transaction ends, and return it as it is then, disabled or not.

    Whoever changes an account, or what belongs to it, holds it before anything else: so nobody changes it on the ground
    of what was, and no two wait for each other.
    """
    return (await connection.execute(select(accounts).where(accounts.c.id == number).with_for_update())).one_or_none()


async def hold_all(connection: AsyncConnection) -> list[Any]:
    """Hold every account that may sign in until the transaction ends, in one order, and return them."""
    living = select(accounts).where(accounts.c.disabled_at.is_(None)).order_by(accounts.c.id)
    return list(await connection.execute(living.with_for_update()))


async def change(connection: AsyncConnection, number: int, **values: Any) -> None:
    """Set columns of an account."""
    await connection.execute(update(accounts).where(accounts.c.id == number).values(**values))


async def take_step(connection: AsyncConnection, number: int, step: int) -> bool:
    """Take the code of a step of time; False when it, or a later one, was taken before (RFC 6238 section 5.2)."""
    mine = (accounts.c.id == number, accounts.c.factor_step < step, accounts.c.disabled_at.is_(None))
    return bool((await connection.execute(update(accounts).where(*mine).values(factor_step=step))).rowcount)


async def recovery_of(connection: AsyncConnection, number: int) -> set[str]:
    """Return the hashes of the recovery codes that somebody has left."""
    mine = select(recovery_codes.c.code_hash).where(recovery_codes.c.account_id == number)
    return set((await connection.execute(mine)).scalars())


async def take_recovery(connection: AsyncConnection, number: int, code_hash: str) -> bool:
    """Take a recovery code; False when it was taken before."""
    mine = (recovery_codes.c.account_id == number, recovery_codes.c.code_hash == code_hash)
    return bool((await connection.execute(delete(recovery_codes).where(*mine))).rowcount)


async def set_factor(
    connection: AsyncConnection, number: int, seed: str | None, step: int, recovery: Sequence[str]
) -> None:
    """Give an account another second factor with the hashes of its recovery codes, or take it away (`seed` None)."""
    await connection.execute(delete(recovery_codes).where(recovery_codes.c.account_id == number))
    await insert(connection, recovery_codes, [{"account_id": number, "code_hash": one} for one in recovery])
    await change(connection, number, factor_seed=seed, factor_step=step)


async def add_link(
    connection: AsyncConnection, number: int, purpose: LinkPurpose, token_hash: str, now: datetime, until: datetime
) -> None:
    """Write a link down; it takes the place of every earlier one of the account."""
    await drop_links(connection, number)
    row = {"token_hash": token_hash, "account_id": number, "purpose": purpose, "created_at": now, "expires_at": until}
    await insert(connection, account_links, [row])


async def link(connection: AsyncConnection, token_hash: str, now: datetime) -> Any | None:
    """Return the account that a link holds for, with its `purpose`; None when it is used, over, or of nobody who is here."""
    statement = (
        select(accounts, account_links.c.purpose)
        .join(accounts, accounts.c.id == account_links.c.account_id)
        .where(
            account_links.c.token_hash == token_hash,
            account_links.c.expires_at > now,
            accounts.c.disabled_at.is_(None),
        )
    )
    return (await connection.execute(statement)).one_or_none()


async def drop_links(connection: AsyncConnection, number: int) -> None:
    """Let every link of an account end."""
    await connection.execute(delete(account_links).where(account_links.c.account_id == number))


async def last_link(connection: AsyncConnection, number: int, purpose: LinkPurpose) -> datetime | None:
    """Return when somebody was last mailed a link of this purpose."""
    mine = (account_mails.c.account_id == number, account_mails.c.purpose == purpose)
    newest = select(account_mails.c.created_at).where(*mine).order_by(account_mails.c.id.desc()).limit(1)
    return (await connection.execute(newest)).scalar_one_or_none()


async def erase(connection: AsyncConnection, number: int) -> None:
    """Destroy what names somebody who is disabled, and all that they could sign in with; their number stays."""
    for table in (recovery_codes, sessions, account_links, account_mails, openid_requests):
        await connection.execute(delete(table).where(table.c.account_id == number))
    empty = dict.fromkeys(("password_hash", "factor_seed", "openid_issuer", "openid_subject", "linked_at"))
    await change(connection, number, address="", wire="", identity=f"erased:{number}", **empty)
