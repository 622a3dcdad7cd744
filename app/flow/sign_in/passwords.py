"""Another password, by who is signed in."""

import asyncio
from datetime import datetime

from app.domain.access import session_is_alive
from app.domain.errors import conflict
from app.flow.sign_in.counting import AT_ONCE, asked_once_more, forgive, wait
from app.flow.sign_in.desk import AccountDesk, begin_session, new_password_hash, write_down, wrong_password
from app.flow.sign_in.entering import Session, is_still
from app.store import accounts, sessions
from app.store.database import Connection
from app.vault.passwords import verify_password
from app.vault.tokens import token_hash


async def change_password(desk: AccountDesk, session: Session, standing: str, new: str) -> str:
    """Change somebody's password and return the token of their new session; all the others end (SE-06).

    AppError: invalid on `standing` or `password`, conflict for too many tries, or when the session ended or the account
    was changed while the password was checked.
    """
    counted = asked_once_more(session.actor, desk.keys[0])
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        account = await accounts.of_number(connection, session.account_id)
        pause = await wait(connection, counted, now)
    if pause > AT_ONCE:
        raise conflict("too-many-tries", "too many tries; wait a quarter of an hour")
    if account is None or not await asyncio.to_thread(verify_password, standing, account.password_hash):
        raise wrong_password()
    hashed = await new_password_hash(new, account.address)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        if not await is_still(connection, account) or not await _lives(connection, session, now):
            raise conflict("account-changed", "the account was changed meanwhile, or the session ended")
        await forgive(connection, counted)
        await accounts.change(connection, account.id, password_hash=hashed)
        await accounts.drop_links(connection, account.id)
        await sessions.end_all(connection, account.id)
        await write_down(connection, session.actor, "change_password", account.id, now)
        return await begin_session(connection, account.id, None, now)


async def _lives(connection: Connection, session: Session, now: datetime) -> bool:
    row = await sessions.known(connection, token_hash(session.token))
    return row is not None and session_is_alive(row.began_at, row.seen_at, now)
