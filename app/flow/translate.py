"""The Vietnamese of a notice's boxes: somebody writes it, somebody else confirms it, a changed original opens it again."""

from dataclasses import dataclass
from datetime import datetime

from app.domain.boxes import (
    Box,
    BoxState,
    Written,
    checked_text,
    is_reopened,
    original_mark,
    original_of,
    wrote_since_review,
)
from app.domain.errors import AppError, Kind, conflict, missing
from app.domain.notices import Content
from app.store import audit, catalogue, translations
from app.store.database import Connection, Database


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw of a box before they acted: the version of its text, 0 for none, and the mark of its original."""

    box: Box
    number: int
    original: str


async def write(database: Database, ref: str, seen: Seen, text: str, account: int, actor: str) -> None:
    """Add a version of a box's text; one that was written before stands as it was.

    AppError: missing without such a notice; conflict where somebody else wrote meanwhile, where the original changed
    meanwhile, or where nothing would change; invalid for a text that cannot be kept.
    """
    kept = checked_text(text)
    async with database.writing() as connection:
        notice_id, content, standing = await _held(connection, ref, seen)
        same = standing is not None and standing.text == kept and not is_reopened(standing, content)
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
        if standing.state is BoxState.REVIEWED and not is_reopened(standing, content):
            raise conflict("nothing-changed", f"{ref}: the text of {seen.box} was reviewed already")
        history = await translations.history(connection, notice_id, seen.box)
        if standing.written_by == account or wrote_since_review(history, account):
            raise AppError(Kind.FORBIDDEN, "own-text", f"{ref}: nobody confirms what they wrote themselves")
        now = await database.now(connection)
        written = _version(seen, standing.text, content, standing.written_by, now, account)
        await _add(connection, (notice_id, ref), written, actor)


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
    seen: Seen, text: str, content: Content, writer: int, now: datetime, reviewer: int | None = None
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
    verb = "translate" if written.reviewed_by is None else "review_translation"
    details = {"box": written.box, "number": written.number}
    await audit.write_audit(connection, actor, verb, ref, details, written.at)
