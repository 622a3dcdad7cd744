"""What all of this needs, and what several of its intentions do in their transactions."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.access import LINK_HOLDS, LinkPurpose
from app.domain.errors import AppError, invalid
from app.domain.passwords import FEWEST_GUESSES, check_length, easy_to_guess, guessable_words, readings
from app.store import account_mails, accounts, audit, sessions
from app.store.database import Connection, Database
from app.texts.letterhead import Letterhead
from app.texts.notes import Note
from app.texts.staff_notes import compose_staff_note
from app.vault.passwords import guesses, hash_password
from app.vault.purposes import BROWSER, browser_of
from app.vault.tokens import new_token, sign, token_hash

WRONG_CODE = "code-wrong"
WRONG_PASSWORD = "password-wrong"  # noqa: S105 - the code of a refusal


@dataclass(frozen=True, slots=True)
class AccountDesk:
    """The database, the letterhead of the mails, and the keys, the current one first."""

    database: Database
    letterhead: Letterhead
    keys: Sequence[bytes]


async def new_password_hash(password: str, address: str) -> str:
    """Return the hash of a password that is taken; AppError (invalid) on field `password` when it is short or common."""
    check_length(password)
    words = tuple(guessable_words(address))
    for reading in readings(password):
        if await asyncio.to_thread(guesses, reading, words) < FEWEST_GUESSES:
            raise easy_to_guess()
    return await asyncio.to_thread(hash_password, password)


async def mail_link(
    connection: Connection, desk: AccountDesk, account: Any, purpose: LinkPurpose, now: datetime
) -> None:
    """Write a link down and put the mail that brings it on its way; earlier links of the account end."""
    token, until = new_token(), now + LINK_HOLDS[purpose]
    await accounts.add_link(connection, account.id, purpose, token_hash(token), now, until)
    note = Note(
        recipient=account.wire,
        language=account.language,
        url=desk.letterhead.page(f"/sign-in/link/{token}", account.language),
        message_id=f"{uuid.uuid4()}@{desk.letterhead.mail_domain}",
        dated=now,
    )
    row = {
        "account_id": account.id,
        "purpose": purpose,
        "message_id": note.message_id,
        "created_at": now,
        "due_at": now,
        "expires_at": until,
    }
    await account_mails.add(connection, row, compose_staff_note(purpose, note, desk.letterhead))


def browser_mark(desk: AccountDesk, identity: str) -> str:
    """Return what a browser keeps of somebody who signed in with it; it opens nothing."""
    return sign(BROWSER, browser_of(identity), desk.keys[0])


async def begin_session(connection: Connection, account_id: int, former: str | None, now: datetime) -> str:
    """Begin a session and return its token; the one that the browser had before ends (SE-06)."""
    if former is not None:
        await sessions.end(connection, token_hash(former))
    token = new_token()
    await sessions.begin(connection, account_id, token_hash(token), now)
    return token


async def write_down(
    connection: Connection,
    actor: str,
    verb: str,
    account_id: int,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write in the audit what was done to an account. People are named by their numbers."""
    await audit.write_audit(connection, actor, verb, named(account_id), details or {}, now)


def named(account_id: int) -> str:
    """Return how the audit names somebody on the staff."""
    return f"account:{account_id}"


def wrong_code() -> AppError:
    """Return the refusal of a code of the second factor."""
    return invalid(WRONG_CODE, "this code does not hold, or held already", field="code")


def wrong_password() -> AppError:
    """Return the refusal of a password that somebody had to give once more."""
    return invalid(WRONG_PASSWORD, "this is not the password", field="password")
