"""The links that are mailed to staff. Opening one changes nothing; each holds once, for one thing (SE-04)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.domain.access import LINK_HOLDS, LinkPurpose
from app.domain.errors import conflict, missing
from app.flow.sign_in.counting import AT_ONCE, asked_once_more, wait
from app.flow.sign_in.desk import (
    AccountDesk,
    begin_session,
    browser_mark,
    mail_link,
    named,
    new_password_hash,
    write_down,
    wrong_code,
    wrong_password,
)
from app.flow.sign_in.entering import SignedIn
from app.store import accounts, sessions
from app.store.database import Connection
from app.vault.passwords import verify_password
from app.vault.second_factor import (
    enrolment_uri,
    new_recovery_codes,
    recovery_hash,
    secret_of,
    seed_of_link,
    step_of,
)
from app.vault.tokens import token_hash

_BETWEEN_LINKS = LINK_HOLDS[LinkPurpose.PASSWORD]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a link lets its bearer do; `secret` and `uri` of the second factor that it would set, where it sets one."""

    purpose: LinkPurpose
    address: str
    secret: str = ""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAnswer:
    """What somebody typed behind a link, what their browser alone knows, and a session that it had before."""

    password: str
    code: str
    browser: str
    former: str | None = None


@dataclass(frozen=True, slots=True)
class TakenUp:
    """What came of a link: somebody is in, with recovery codes that are shown once where a second factor was set."""

    signed_in: SignedIn
    recovery_codes: Sequence[str] = field(default_factory=tuple)


async def open_link(desk: AccountDesk, token: str, browser: str) -> Opened | None:
    """Say what a link is for; None when it leads nowhere.

    The second factor that it shows belongs to `browser`, what that browser alone knows, and is the same there each time.
    """
    async with desk.database.reading() as connection:
        row = await accounts.link(connection, token_hash(token), await desk.database.now(connection))
    if row is None:
        return None
    purpose = LinkPurpose(row.purpose)
    if purpose is LinkPurpose.PASSWORD:
        return Opened(purpose=purpose, address=row.address)
    secret = secret_of(seed_of_link(token, browser), desk.keys[0])
    return Opened(purpose=purpose, address=row.address, secret=secret, uri=enrolment_uri(secret, row.address))


async def take_up(desk: AccountDesk, token: str, answer: LinkAnswer) -> TakenUp:
    """Do what a link is for, once, and sign its bearer in; every other link and session of theirs ends.

    An invitation takes a new password and a code of the second factor that this browser was shown; a link for another
    password takes that and a code of the standing second factor, or a recovery code; one for another second factor takes
    the standing password and a code of the new one. AppError: missing when the link leads nowhere, invalid on `password`
    or `code`, conflict for too many tries.
    """
    row, now = await _counted(desk, token)
    purpose = LinkPurpose(row.purpose)
    changed = await _password(purpose, answer.password, row)
    standing = (row.factor_seed, row.factor_step)
    seed, after = standing if purpose is LinkPurpose.PASSWORD else (seed_of_link(token, answer.browser), 0)
    step = step_of(answer.code.replace(" ", ""), seed, desk.keys, now, after)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        await accounts.hold(connection, row.id)
        if await accounts.link(connection, token_hash(token), now) is None:
            raise _gone()
        recovery: list[str] = []
        if purpose is LinkPurpose.PASSWORD:
            await _prove(connection, row.id, step, answer.code)
        elif step is None:
            raise wrong_code()
        else:
            recovery = new_recovery_codes()
            await accounts.set_factor(connection, row.id, seed, step, [recovery_hash(one) for one in recovery])
        await accounts.change(connection, row.id, signed_in_at=now, **changed)
        await accounts.drop_links(connection, row.id)
        await sessions.end_all(connection, row.id)
        session = await begin_session(connection, row.id, answer.former, now)
        await write_down(connection, named(row.id), f"take_up_{purpose}", row.id, now)
    return TakenUp(SignedIn(row.id, session, browser_mark(desk, row.identity)), recovery)


async def ask_password_link(desk: AccountDesk, identity: str) -> bool:
    """Mail a link for another password to somebody who can use it, once an hour; the caller must not tell whether."""
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        known = await accounts.named(connection, identity)
        account = None if known is None else await accounts.hold(connection, known.id)
        if account is None or account.disabled_at is not None or None in {account.password_hash, account.factor_seed}:
            return False
        last = await accounts.last_link(connection, account.id, LinkPurpose.PASSWORD)
        if last is not None and last > now - _BETWEEN_LINKS:
            return False
        await mail_link(connection, desk, account, LinkPurpose.PASSWORD, now)
        await write_down(connection, named(account.id), "ask_password_link", account.id, now)
        return True


async def _password(purpose: LinkPurpose, password: str, account: Any) -> dict[str, str]:
    """Return the new password's hash as a column of the account; nothing where a link takes the standing password."""
    if purpose is not LinkPurpose.SECOND_FACTOR:
        return {"password_hash": await new_password_hash(password, account.address)}
    if not await asyncio.to_thread(verify_password, password, account.password_hash):
        raise wrong_password()
    return {}


async def _counted(desk: AccountDesk, token: str) -> tuple[Any, datetime]:
    """Count a try with a link, and return whom it is for and the moment."""
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        row = await accounts.link(connection, token_hash(token), now)
        if row is None:
            raise _gone()
        if await wait(connection, asked_once_more(token_hash(token), desk.keys[0]), now) > AT_ONCE:
            raise conflict("too-many-tries", "too many tries; wait a quarter of an hour")
        return row, now


async def _prove(connection: Connection, account_id: int, step: int | None, code: str) -> None:
    """Take a code of the standing second factor, or a recovery code."""
    if step is not None and await accounts.take_step(connection, account_id, step):
        return
    if not await accounts.take_recovery(connection, account_id, recovery_hash(code)):
        raise wrong_code()


def _gone() -> Exception:
    return missing("link-missing", "this link was used, or is too old")
