"""The Vietnamese of a notice's boxes: somebody writes it, somebody else confirms it, a changed original opens it again.

A machine may draft it first, when somebody asks; what it says is nobody's word until a person takes it over.
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from app.domain.boxes import (
    Box,
    BoxState,
    Written,
    checked_text,
    is_draftable,
    is_reopened,
    original_mark,
    original_of,
    tongue_of,
    wrote_since_review,
)
from app.domain.brakes import AN_HOUR
from app.domain.errors import AppError, Kind, conflict, missing, unavailable
from app.domain.notices import Content
from app.domain.visits import Fault
from app.store import audit, catalogue, ceilings, ledger, translations
from app.store.database import Connection, Database
from app.vault.tokens import keyed_hash

MOST_DRAFTS: Final = 60
"""Drafts that one colleague may ask for in an hour: the four boxes of fifteen notices."""
_RUNNING: Final = timedelta(minutes=5)
"""A request to a machine is over by then, whatever became of it: two tries of a minute."""

_VERBS: Final = {
    BoxState.MACHINE: "keep_draft",
    BoxState.TRANSLATED: "translate",
    BoxState.REVIEWED: "review_translation",
}

_log = structlog.get_logger(__name__)

Drafter = Callable[[str, str], Awaitable[str | Fault]]
"""What drafts a text in Vietnamese, given the text and its language; or says why it could not."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw of a box before they acted: the version of its text, 0 for none, and the mark of its original."""

    box: Box
    number: int
    original: str


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a draft: their account, their name in the audit, and by which hash their requests are counted."""

    account: int
    actor: str
    hash: str

    @classmethod
    def of(cls, account: int, actor: str, key: bytes) -> "Asker":
        """Return a colleague who asks."""
        return cls(account, actor, keyed_hash(f"drafts for account {account}", key))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is sent to a machine, and the name of the lease under which it is."""

    text: str
    tongue: str
    lease: str


async def write(database: Database, ref: str, seen: Seen, text: str, account: int, actor: str) -> None:
    """Add a version of a box's text; one that was written before stands as it was. A machine's becomes the writer's own.

    AppError: missing without such a notice; conflict where somebody else wrote meanwhile, where the original changed
    meanwhile, or where nothing would change; invalid for a text that cannot be kept.
    """
    kept = checked_text(text)
    async with database.writing() as connection:
        notice_id, content, standing = await _held(connection, ref, seen)
        same = (
            standing is not None
            and standing.state is not BoxState.MACHINE
            and standing.text == kept
            and not is_reopened(standing, content)
        )
        if same or (standing is None and not kept):
            raise conflict("nothing-changed", f"{ref}: the text of {seen.box} stands so already")
        now = await database.now(connection)
        written = _version(seen, kept, content, account, now)
        await _add(connection, (notice_id, ref), written, actor)


async def confirm(database: Database, ref: str, seen: Seen, account: int, actor: str) -> None:
    """Let somebody who wrote none of it confirm the text of a box as it stands against the original of today.

    AppError: missing, conflict as for `write`; forbidden where they wrote it, or a version since the last review.
    """
    async with database.writing() as connection:
        notice_id, content, standing = await _held(connection, ref, seen)
        if standing is None or not standing.text:
            raise conflict("nothing-written", f"{ref}: nothing is written for {seen.box}")
        if standing.state is BoxState.MACHINE:
            raise conflict("machine-text", f"{ref}: nobody stands behind the text of {seen.box} yet")
        if standing.state is BoxState.REVIEWED and not is_reopened(standing, content):
            raise conflict("nothing-changed", f"{ref}: the text of {seen.box} was reviewed already")
        history = await translations.history(connection, notice_id, seen.box)
        if standing.written_by == account or wrote_since_review(history, account):
            raise AppError(Kind.FORBIDDEN, "own-text", f"{ref}: nobody confirms what they wrote themselves")
        now = await database.now(connection)
        written = _version(seen, standing.text, content, standing.written_by, now, account)
        await _add(connection, (notice_id, ref), written, actor)


async def draft(database: Database, drafter: Drafter, ref: str, seen: Seen, asker: Asker) -> Fault | None:
    """Let a machine draft an empty box; return why it could not. Its words stand as its own, bound to the original.

    One request at a time runs for a notice, and `MOST_DRAFTS` an hour for a colleague. AppError: missing and conflict as
    for `write`; conflict where a box has no original or a person's text, or where a request is running; unavailable
    past the ceiling.
    """
    owner = f"{asker.actor}:{secrets.token_hex(8)}"
    asked = await _asked(database, ref, seen, asker, owner)
    try:
        said = await drafter(asked.text, asked.tongue)
        if isinstance(said, Fault):
            _log.warning("draft_failed", ref=ref, box=seen.box, kind=said.kind, reason=said.reason)
            return said
        await _keep_draft(database, ref, seen, checked_text(said), asker)
    finally:
        async with database.writing() as connection:
            await ledger.drop(connection, asked.lease, owner)
    return None


async def _asked(database: Database, ref: str, seen: Seen, asker: Asker, owner: str) -> _Asked:
    """Write down that somebody sends the words of a box to a machine, and that nobody else may for this notice."""
    async with database.writing() as connection:
        notice_id, content, standing = await _held(connection, ref, seen)
        if not is_draftable(standing, content, seen.box):
            raise conflict("not-draftable", f"{ref}: {seen.box} has no original, or a person's text")
        now = await database.now(connection)
        lease = f"draft:{notice_id}"
        if not await ledger.hold(connection, lease, owner, now, now + _RUNNING):
            raise conflict("draft-running", f"{ref}: a machine is drafting a box of this notice")
        if len(await ceilings.requests_since(connection, [asker.hash], now - AN_HOUR)) >= MOST_DRAFTS:
            raise unavailable("drafts-many", f"{asker.actor} asked for {MOST_DRAFTS} drafts within an hour")
        await ceilings.write_request(connection, [asker.hash], now)
        await audit.write_audit(connection, asker.actor, "ask_draft", ref, {"box": seen.box}, now)
    return _Asked(original_of(content, seen.box), tongue_of(content, seen.box), lease)


async def _keep_draft(database: Database, ref: str, seen: Seen, text: str, asker: Asker) -> None:
    """Keep what a machine said, unless somebody wrote or the original changed while it thought."""
    async with database.writing() as connection:
        notice_id, content, _ = await _held(connection, ref, seen)
        now = await database.now(connection)
        written = replace(_version(seen, text, content, None, now), state=BoxState.MACHINE, asked_by=asker.account)
        await _add(connection, (notice_id, ref), written, asker.actor)


async def _held(connection: Connection, ref: str, seen: Seen) -> tuple[int, Content, Written | None]:
    """Hold a notice and return it with the standing text of a box, both as they were seen."""
    notice = await catalogue.notice(connection, ref)
    if notice is None:
        raise missing("no-such-notice", f"{ref}: no such notice")
    await translations.hold(connection, notice.id)
    standing = (await translations.standing(connection, [notice.id])).get(notice.id, {}).get(seen.box)
    if (0 if standing is None else standing.number) != seen.number:
        raise conflict("text-newer", f"{ref}: somebody else wrote for {seen.box} meanwhile")
    if original_mark(original_of(notice.content, seen.box)) != seen.original:
        raise conflict("original-newer", f"{ref}: the original of {seen.box} changed meanwhile")
    return notice.id, notice.content, standing


def _version(
    seen: Seen, text: str, content: Content, writer: int | None, now: datetime, reviewer: int | None = None
) -> Written:
    return Written(
        box=seen.box,
        number=seen.number + 1,
        text=text,
        state=BoxState.TRANSLATED if reviewer is None else BoxState.REVIEWED,
        original=original_of(content, seen.box),
        written_by=writer,
        reviewed_by=reviewer,
        at=now,
    )


async def _add(connection: Connection, notice: tuple[int, str], written: Written, actor: str) -> None:
    number, ref = notice
    await translations.add(connection, number, written)
    verb = _VERBS[written.state]
    details = {"box": written.box, "number": written.number}
    await audit.write_audit(connection, actor, verb, ref, details, written.at)
