"""Sign in with password and second factor, come back with a session, sign out.

An address that nobody knows, a wrong password, a wrong code and a disabled account are answered alike, and as fast: there
is one form, one statement order and one hash, and nothing is written for those who are known (SE-03).
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from app.domain.access import SEEN_EVERY, Role, session_is_alive
from app.flow.sign_in.counting import AT_ONCE, Counted, counted_for, forgive, wait
from app.flow.sign_in.desk import AccountDesk, begin_session, browser_mark, named, write_down
from app.store import accounts, sessions
from app.store.database import Connection, Database
from app.vault.passwords import hash_password, is_outdated, verify_password
from app.vault.purposes import BROWSER, browser_of
from app.vault.second_factor import recovery_hash, step_of
from app.vault.tokens import token_hash, verify

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What somebody typed, from which network, with what their browser had from us: its mark, and a former session."""

    identity: str
    password: str
    code: str
    network: str | None = None
    browser: str | None = None
    former: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody is in: the token of their session and the mark of their browser, both for cookies."""

    account_id: int
    token: str
    browser: str


@dataclass(frozen=True, slots=True)
class Later:
    """Too many tries; how long to wait for the next."""

    wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in."""

    account_id: int
    address: str
    role: Role
    token: str

    @property
    def actor(self) -> str:
        """How the audit names them."""
        return named(self.account_id)


async def sign_in(desk: AccountDesk, entry: Entry) -> SignedIn | Later | None:
    """Let somebody in who gave password and second factor; None for anything else, whatever was wrong."""
    counted = _counted(desk, entry)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        account = await accounts.named(connection, entry.identity)
        recovery = await accounts.recovery_of(connection, account.id if account is not None else 0)
        pause = await wait(connection, counted, now, entry.network, desk.keys[0])
    if pause > AT_ONCE:
        return Later(pause)
    known = account if account is not None and account.disabled_at is None else None
    stored, seed, after = (known.password_hash, known.factor_seed, known.factor_step) if known else (None, None, 0)
    right = await asyncio.to_thread(verify_password, entry.password, stored)
    step = step_of(entry.code.replace(" ", ""), seed, desk.keys, now, after)
    spare = recovery_hash(entry.code)
    if known is None or not right or seed is None or (step is None and spare not in recovery):
        _log.warning("sign_in_refused", account=getattr(known, "id", None))
        return None
    return await _let_in(desk, entry, known, step, counted)


async def resume(database: Database, token: str) -> Session | None:
    """Return who a session's token stands for; None when it is over. That it is in use is written once a minute."""
    hashed = token_hash(token)
    async with database.reading() as connection:
        row, now = await sessions.known(connection, hashed), await database.now(connection)
    if row is None or not session_is_alive(row.began_at, row.seen_at, now):
        return None
    if now - row.seen_at >= SEEN_EVERY:
        async with database.writing() as connection:
            await sessions.seen(connection, hashed, now)
    return Session(account_id=row.account_id, address=row.address, role=Role(row.role), token=token)


async def sign_out(database: Database, token: str) -> None:
    """End a session; once more is as good as once."""
    async with database.writing() as connection:
        account_id = await sessions.end(connection, token_hash(token))
        if account_id is not None:
            await write_down(connection, named(account_id), "sign_out", account_id, await database.now(connection))


async def sign_out_everywhere(database: Database, account_id: int) -> int:
    """End every session that somebody has; return how many there were."""
    async with database.writing() as connection:
        now = await database.now(connection)
        await accounts.hold(connection, account_id)
        ended = await sessions.end_all(connection, account_id)
        await write_down(connection, named(account_id), "sign_out_everywhere", account_id, now, {"sessions": ended})
        return ended


async def _let_in(desk: AccountDesk, entry: Entry, account: Any, step: int | None, counted: Counted) -> SignedIn | None:
    renewed = {}
    if is_outdated(account.password_hash):
        renewed = {"password_hash": await asyncio.to_thread(hash_password, entry.password)}
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        if not await is_still(connection, account) or not await take_code(connection, account.id, step, entry.code):
            return None
        await forgive(connection, counted)
        await accounts.change(connection, account.id, signed_in_at=now, **renewed)
        token = await begin_session(connection, account.id, entry.former, now)
        details = {"factor": "recovery" if step is None else "code"}
        await write_down(connection, named(account.id), "sign_in", account.id, now, details)
    return SignedIn(account.id, token, browser_mark(desk, account.identity))


async def is_still(connection: Connection, account: Any) -> bool:
    """Hold an account, and say whether password, second factor and right to be here are as they were when checked."""
    now = await accounts.hold(connection, account.id)
    checked = (account.password_hash, account.factor_seed, None)
    return now is not None and (now.password_hash, now.factor_seed, now.disabled_at) == checked


async def take_code(connection: Connection, account_id: int, step: int | None, code: str) -> bool:
    """Take the code of a step of time, or a recovery code where there is no step; False when it does not hold."""
    if step is not None:
        return await accounts.take_step(connection, account_id, step)
    return await accounts.take_recovery(connection, account_id, recovery_hash(code))


def _counted(desk: AccountDesk, entry: Entry) -> Counted:
    """Return what this try counts for; by the browser's mark alone, so that nothing is told by a look-up."""
    mark = verify(BROWSER, entry.browser or "", desk.keys)
    known = mark is not None and mark == browser_of(entry.identity)
    return counted_for(entry.identity, entry.network, desk.keys[0], known_browser=known)
