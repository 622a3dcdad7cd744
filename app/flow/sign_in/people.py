"""Look after who may use the desk. Each change is written in the audit with who made it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.access import LinkPurpose, Role
from app.domain.addresses import Address
from app.domain.errors import conflict, invalid, missing
from app.flow.sign_in.desk import AccountDesk, mail_link, named, new_password_hash, write_down
from app.store import accounts, assignments, openid, sessions
from app.store.database import Connection, Database
from app.vault.second_factor import enrolment_uri, new_recovery_codes, new_seed, recovery_hash, secret_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An account with the secrets of its second factor, which are shown this once."""

    account_id: int
    secret: str
    uri: str
    recovery_codes: tuple[str, ...]


async def add(desk: AccountDesk, address: Address, role: Role, language: str, password: str, actor: str) -> Made:
    """Make an account that may sign in at once. AppError: conflict where there is one, invalid on `password`."""
    hashed = await new_password_hash(password, address.typed)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        number = await _added(connection, address, role, language, now)
        await write_down(connection, actor, "add_account", number, now, {"role": role})
        await accounts.change(connection, number, password_hash=hashed)
        return await _made(connection, desk, number, address.typed)


async def remake(desk: AccountDesk, number: int, because: str, actor: str, password: str | None = None) -> Made:
    """Give somebody another second factor here and now, and another password where one is given; their sessions end.

    AppError: missing, conflict for an account that is disabled or not taken up yet, invalid.
    """
    _reasoned(because)
    async with desk.database.reading() as connection:
        known = await accounts.of_number(connection, number)
    hashed = None
    if known is not None and password is not None:
        hashed = await new_password_hash(password, known.address)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        account = await _usable(connection, number)
        if hashed is not None:
            await accounts.change(connection, number, password_hash=hashed)
        elif account.password_hash is None:
            raise _not_taken_up()
        await _shut(connection, number)
        details = {"because": because, "password": password is not None}
        await write_down(connection, actor, "reset_second_factor", number, now, details)
        return await _made(connection, desk, number, account.address)


async def invite(desk: AccountDesk, address: Address, role: Role, language: str, actor: str) -> int:
    """Write somebody down and mail them the invitation; return their number. AppError: conflict where there is one."""
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        number = await _added(connection, address, role, language, now)
        await write_down(connection, actor, "invite", number, now, {"role": role})
        await mail_link(connection, desk, await accounts.of_number(connection, number), LinkPurpose.INVITATION, now)
        return number


async def send_again(desk: AccountDesk, number: int, actor: str) -> None:
    """Mail the invitation, or the link for another second factor, once more; the earlier link ends.

    AppError: missing, conflict for somebody who can sign in already, or who is disabled.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        account = await _usable(connection, number)
        if account.password_hash is not None and account.factor_seed is not None:
            raise conflict("account-taken-up", "this account can sign in already")
        purpose = LinkPurpose.INVITATION if account.password_hash is None else LinkPurpose.SECOND_FACTOR
        await mail_link(connection, desk, account, purpose, now)
        await write_down(connection, actor, "send_link_again", number, now, {"purpose": purpose})


async def set_role(database: Database, number: int, role: Role, actor: str) -> None:
    """Give somebody another role; their sessions end. AppError: missing, conflict for oneself or the last administrator."""
    async with database.writing() as connection:
        now = await database.now(connection)
        account = await _other(connection, number, actor)
        if account.role == role:
            return
        await accounts.change(connection, number, role=role)
        await sessions.end_all(connection, number)
        await write_down(connection, actor, "set_role", number, now, {"from": account.role, "to": role})


async def disable(database: Database, number: int, because: str, actor: str) -> None:
    """Keep somebody out from this moment; links and sessions end. AppError as for `set_role`; invalid without a reason."""
    _reasoned(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        await _other(connection, number, actor)
        await accounts.change(connection, number, disabled_at=now)
        await assignments.end_of(connection, number, now)
        await _shut(connection, number)
        await write_down(connection, actor, "disable_account", number, now, {"because": because})


async def enable(database: Database, number: int, because: str, actor: str) -> None:
    """Let somebody in again who was kept out. AppError: missing, also for who was erased; invalid without a reason."""
    _reasoned(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        account = await accounts.hold(connection, number)
        if account is None or account.disabled_at is None or not account.wire:
            raise missing("account-missing", "no disabled account has this number")
        await accounts.change(connection, number, disabled_at=None)
        await write_down(connection, actor, "enable_account", number, now, {"because": because})


async def reset_factor(desk: AccountDesk, number: int, because: str, actor: str) -> None:
    """Take somebody's second factor away and mail them the link for another; they need their password for it.

    AppError: missing, conflict for an account that is disabled or not taken up yet, invalid without a reason.
    """
    _reasoned(because)
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        account = await _usable(connection, number)
        if account.password_hash is None:
            raise _not_taken_up()
        await accounts.set_factor(connection, number, None, 0, ())
        await _shut(connection, number)
        await mail_link(connection, desk, account, LinkPurpose.SECOND_FACTOR, now)
        await write_down(connection, actor, "reset_second_factor", number, now, {"because": because})


async def erase(database: Database, number: int, because: str, actor: str) -> None:
    """Destroy what names somebody who was kept out: the audit goes on naming them by number. AppError: conflict, missing."""
    _reasoned(because)
    async with database.writing() as connection:
        account = await accounts.hold(connection, number)
        if account is None:
            raise missing("account-missing", "no account has this number")
        if account.disabled_at is None:
            raise conflict("account-enabled", "disable the account first")
        now = await database.now(connection)
        await accounts.erase(connection, number)
        await assignments.end_of(connection, number, now)
        await write_down(connection, actor, "erase_account", number, now, {"because": because})
    await database.empty_journal()


async def unlink(database: Database, number: int, because: str, actor: str) -> None:
    """Part somebody from their account of the issuer, so that another may be linked; their sessions end.

    AppError: missing where none is linked, invalid without a reason.
    """
    _reasoned(because)
    async with database.writing() as connection:
        now = await database.now(connection)
        account = await accounts.hold(connection, number)
        if account is None or account.openid_subject is None:
            raise missing("account-missing", "no linked account has this number")
        await accounts.change(connection, number, openid_issuer=None, openid_subject=None, linked_at=None)
        await _shut(connection, number)
        await write_down(connection, actor, "unlink_identity", number, now, {"because": because})


async def find(database: Database, address: Address) -> int:
    """Return the number of an address's account; AppError (missing) where it has none."""
    async with database.reading() as connection:
        account = await accounts.named(connection, address.identity)
    if account is None:
        raise missing("account-missing", "nobody on the staff has this address")
    return int(account.id)


async def _added(connection: Connection, address: Address, role: Role, language: str, now: datetime) -> int:
    number = await accounts.add(connection, address, role, language, now)
    if number is None:
        raise conflict("account-known", "this address has an account")
    return number


async def _made(connection: Connection, desk: AccountDesk, number: int, address: str) -> Made:
    seed, codes = new_seed(), new_recovery_codes()
    await accounts.set_factor(connection, number, seed, 0, [recovery_hash(one) for one in codes])
    secret = secret_of(seed, desk.keys[0])
    return Made(account_id=number, secret=secret, uri=enrolment_uri(secret, address), recovery_codes=tuple(codes))


async def _usable(connection: Connection, number: int) -> Any:
    """Hold an account that is not disabled, and return it."""
    account = await accounts.hold(connection, number)
    if account is None:
        raise missing("account-missing", "no account has this number")
    if account.disabled_at is not None:
        raise conflict("account-disabled", "this account is disabled")
    return account


async def _other(connection: Connection, number: int, actor: str) -> Any:
    """Return an account that the actor may change: not their own, and not the last administrator's."""
    living = await accounts.hold_all(connection)
    account = next((one for one in living if one.id == number), None)
    if account is None:
        raise missing("account-missing", "no account that is not disabled has this number")
    if named(number) == actor:
        raise conflict("account-own", "nobody changes what they may do themselves")
    if [one.id for one in living if _looks_after_people(one)] == [number]:
        raise conflict("account-last", "somebody has to look after people: this is the last administrator")
    return account


def _looks_after_people(account: Any) -> bool:
    """Say whether an account that is not disabled is an administrator's who can sign in."""
    can_sign_in = account.password_hash is not None and account.factor_seed is not None
    return account.role == Role.ADMINISTRATOR and can_sign_in


async def _shut(connection: Connection, number: int) -> None:
    """End every way in that somebody has open."""
    await accounts.drop_links(connection, number)
    await openid.drop_of(connection, number)
    await sessions.end_all(connection, number)


def _reasoned(because: str) -> None:
    if not because.strip():
        raise invalid("because-missing", "give the reason", field="because")


def _not_taken_up() -> Exception:
    return conflict("account-new", "this invitation was not taken up yet; send it again instead")
