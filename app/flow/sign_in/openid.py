"""Sign in with an account of the ministry's issuer: OpenID Connect, authorization code with PKCE.

The issuer says who somebody is, and no more: it makes no account and gives no role. Whatever goes wrong is a value with
one of three reasons, and tells nobody who has an account here; the log says which.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import urlencode

import structlog

from app.domain.access import OPENID_HOLDS, WayIn, two_factors, way_in
from app.domain.addresses import Address
from app.domain.errors import AppError
from app.domain.visits import Fault, FaultKind
from app.flow.sign_in.counting import AT_ONCE, asked_once_more, forgive, wait
from app.flow.sign_in.desk import AccountDesk, begin_session, browser_mark, named, write_down
from app.flow.sign_in.entering import Later, SignedIn, take_code
from app.store import accounts, ledger, openid
from app.store.database import Connection
from app.vault.openid import (
    Claims,
    Distrusted,
    Expected,
    challenge_of,
    key_of,
    nonce_of,
    read_id_token,
    verifier_of,
)
from app.vault.second_factor import step_of
from app.vault.tokens import new_token, token_hash

_log = structlog.get_logger(__name__)

RETURN_PATH = "/sign-in/openid/return"
"""Where the issuer sends browsers back to, in every language; it is registered there."""
_SLOW = {FaultKind.UNREACHABLE, FaultKind.BUSY}


class Provider(Protocol):
    """The issuer, asked over the network."""

    @property
    def issuer(self) -> str:
        """How it names itself."""

    @property
    def client(self) -> str:
        """How it names this installation."""

    async def authorization_endpoint(self) -> str | Fault:
        """Return where people are sent to sign in."""

    async def redeem(self, code: str, verifier: str, return_to: str) -> str | Fault:
        """Return the ID token that a code is worth, once."""

    async def keys(self, wanted: str) -> Sequence[Mapping[str, Any]] | Fault:
        """Return its public keys, the `wanted` one among them if it has it."""

    async def close(self) -> None:
        """Let go of the connections."""


@dataclass(frozen=True, slots=True)
class OpenIdDesk:
    """What is needed to sign somebody in by the issuer; `read_address` reads the address that it tells."""

    desk: AccountDesk
    provider: Provider
    read_address: Callable[[str], Address]

    @property
    def return_to(self) -> str:
        """Where the issuer sends browsers back to."""
        return f"{self.desk.letterhead.base_url}{RETURN_PATH}"


class Refusal(StrEnum):
    """Why nobody came in, as far as it is told."""

    UNFINISHED = "unfinished"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NotIn:
    """Nobody came in; `after` is the page that was wanted, where that is known."""

    why: Refusal
    after: str = ""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Where the browser is to go, and what its cookie holds until it is back."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in, and the page that they wanted."""

    signed_in: SignedIn
    after: str


@dataclass(frozen=True, slots=True)
class CodeWanted:
    """The issuer proved who somebody is; a code of their own second factor is still asked for. `after` as above."""

    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a browser came back with, what its cookie holds, and a session that it had before."""

    state: str
    code: str
    error: str
    issuer: str
    browser: str
    former: str | None = None


async def leave(door: OpenIdDesk, after: str, language: str, network: str | None) -> Leaving | Later | NotIn:
    """Begin a sign-in at the issuer; `after` is the page of the desk that is wanted."""
    database, key = door.desk.database, door.desk.keys[0]
    state, browser = new_token(), new_token()
    async with database.writing() as connection:
        now = await database.now(connection)
        pause = await wait(connection, {}, now, network, key)
        if pause > AT_ONCE:
            return Later(pause)
        await openid.add(connection, token_hash(state), token_hash(browser), after, now, now + OPENID_HOLDS)
    endpoint = await door.provider.authorization_endpoint()
    if isinstance(endpoint, Fault):
        _log.error("openid_unreachable", reason=endpoint.reason)
        return NotIn(Refusal.UNREACHABLE, after)
    asked = {
        "response_type": "code",
        "client_id": door.provider.client,
        "redirect_uri": door.return_to,
        "scope": "openid email",
        "state": state,
        "nonce": nonce_of(state, browser, key),
        "code_challenge": challenge_of(verifier_of(state, browser, key)),
        "code_challenge_method": "S256",
        "ui_locales": language,
    }
    return Leaving(f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", browser)


async def come_back(door: OpenIdDesk, returned: Returned) -> Entered | CodeWanted | NotIn:
    """Let somebody in whom the issuer proved. A state holds once, and in the browser that left with it."""
    database, state = door.desk.database, token_hash(returned.state)
    async with database.writing() as connection:
        now = await database.now(connection)
        after = await openid.take(connection, state, token_hash(returned.browser), now)
    if after is None:
        return _refused(Refusal.UNFINISHED, "the state is unknown, over, used, or another browser's")
    claims = await _proved(door, returned)
    if isinstance(claims, NotIn):
        return NotIn(claims.why, after)
    async with database.writing() as connection:
        now = await database.now(connection)
        return await _judged(connection, door, returned, claims, after, now)


async def is_code_wanted(door: OpenIdDesk, browser: str) -> bool:
    """Say whether a browser came back from the issuer and still owes a code."""
    async with door.desk.database.reading() as connection:
        now = await door.desk.database.now(connection)
        return await openid.waiting(connection, token_hash(browser), now) is not None


async def give_code(
    door: OpenIdDesk, browser: str, code: str, former: str | None, network: str | None
) -> Entered | Later | NotIn | None:
    """Let somebody in whom the issuer proved and who gives a code of their own second factor; None for a wrong one."""
    database, keys, hashed = door.desk.database, door.desk.keys, token_hash(browser)
    async with database.writing() as connection:
        now = await database.now(connection)
        request = await openid.waiting(connection, hashed, now)
        if request is None:
            return _refused(Refusal.UNFINISHED, "no code is awaited from this browser")
        counted = asked_once_more(f"openid {named(request.account_id)}", keys[0])
        pause = await wait(connection, counted, now, network, keys[0])
    if pause > AT_ONCE:
        return Later(pause)
    async with database.writing() as connection:
        now = await database.now(connection)
        account = await _held(connection, door, request.account_id, request.subject)
        if account is None or await openid.waiting(connection, hashed, now) is None:
            return _refused(Refusal.REFUSED, "the account was changed meanwhile", request.account_id)
        step = step_of(code.replace(" ", ""), account.factor_seed, keys, now, account.factor_step)
        if account.factor_seed is None or not await take_code(connection, account.id, step, code):
            _log.warning("openid_refused", reason="the code does not hold", account=account.id)
            return None
        await forgive(connection, counted)
        await openid.drop(connection, request.state_hash)
        factor = "recovery" if step is None else "code"
        entered = await _let_in(connection, door, account, request.subject, former, now, factor=factor)
        return Entered(entered, request.after)


async def _proved(door: OpenIdDesk, returned: Returned) -> Claims | NotIn:
    """Return what the issuer says of whoever came back; no transaction is open while it is asked."""
    provider, key = door.provider, door.desk.keys[0]
    if returned.error or not returned.code or returned.issuer not in {"", provider.issuer}:
        return _refused(Refusal.UNFINISHED, "it came back without a code of this issuer")
    verifier = verifier_of(returned.state, returned.browser, key)
    token = await provider.redeem(returned.code, verifier, door.return_to)
    if isinstance(token, Fault):
        return _refused(Refusal.UNREACHABLE if token.kind in _SLOW else Refusal.UNFINISHED, token.reason)
    keys = await provider.keys(key_of(token))
    if isinstance(keys, Fault):
        return _refused(Refusal.UNREACHABLE, keys.reason)
    async with door.desk.database.reading() as connection:
        now = await door.desk.database.now(connection)
    nonce = nonce_of(returned.state, returned.browser, key)
    claims = read_id_token(token, keys, Expected(issuer=provider.issuer, client=provider.client, nonce=nonce), now)
    if isinstance(claims, Distrusted):
        return _refused(Refusal.UNFINISHED, f"the ID token is not believed: {claims.reason}")
    return claims


async def _judged(
    connection: Connection, door: OpenIdDesk, returned: Returned, claims: Claims, after: str, now: datetime
) -> Entered | CodeWanted | NotIn:
    state = token_hash(returned.state)
    account = await _whose(connection, door, claims)
    if isinstance(account, NotIn):
        await openid.drop(connection, state)
        return NotIn(account.why, after)
    way = way_in(
        linked=account.openid_subject is not None,
        asserted=two_factors(claims.methods, claims.context),
        has_factor=account.factor_seed is not None,
        taken_up=account.password_hash is not None,
    )
    if way is WayIn.CODE:
        await openid.prove(connection, state, account.id, claims.subject, now + OPENID_HOLDS)
        return CodeWanted(after)
    await openid.drop(connection, state)
    if way is WayIn.CLOSED:
        _refused(Refusal.REFUSED, "nobody asserts a second factor, and there is none here", account.id)
        return NotIn(Refusal.REFUSED, after)
    entered = await _let_in(connection, door, account, claims.subject, returned.former, now, factor="issuer")
    return Entered(entered, after)


async def _whose(connection: Connection, door: OpenIdDesk, claims: Claims) -> Any | NotIn:
    """Hold and return the account that the issuer's is linked to, or may be linked to by its verified address."""
    await ledger.in_turn(connection, "signing in")
    found = await openid.linked(connection, door.provider.issuer, claims.subject)
    if found is None:
        if not claims.email_verified:
            return _refused(Refusal.REFUSED, "the issuer did not verify the address")
        try:
            found = await accounts.named(connection, door.read_address(claims.email).identity)
        except AppError:
            return _refused(Refusal.REFUSED, "the issuer tells no address")
    if found is None:
        return _refused(Refusal.REFUSED, "nobody here has this address")
    held = await _held(connection, door, found.id, claims.subject)
    if held is None:
        return _refused(Refusal.REFUSED, "it is disabled, or another account of an issuer is linked to it", found.id)
    return held


async def _held(connection: Connection, door: OpenIdDesk, account_id: int, subject: str) -> Any | None:
    """Hold an account; None when it is disabled, or linked to another account of this or another issuer."""
    account = await accounts.hold(connection, account_id)
    if account is None or account.disabled_at is not None:
        return None
    link = (account.openid_issuer, account.openid_subject)
    return account if link in {(None, None), (door.provider.issuer, subject)} else None


async def _let_in(
    connection: Connection,
    door: OpenIdDesk,
    account: Any,
    subject: str,
    former: str | None,
    now: datetime,
    *,
    factor: str,
) -> SignedIn:
    """Begin a session. The first time, the account is linked, and an invitation that was not taken up ends."""
    actor, issuer = named(account.id), door.provider.issuer
    if account.openid_subject is None:
        linking = {"openid_issuer": issuer, "openid_subject": subject, "linked_at": now}
        await accounts.change(connection, account.id, **linking)
        await accounts.drop_links(connection, account.id)
        await write_down(connection, actor, "link_identity", account.id, now, {"issuer": issuer})
    await accounts.change(connection, account.id, signed_in_at=now)
    token = await begin_session(connection, account.id, former, now)
    await write_down(connection, actor, "sign_in", account.id, now, {"by": "openid", "factor": factor})
    return SignedIn(account.id, token, browser_mark(door.desk, account.identity))


def _refused(why: Refusal, reason: str, account: int | None = None) -> NotIn:
    _log.warning("openid_refused", reason=reason, account=account)
    return NotIn(why)
