"""Documents behind the links of notices: what is to be fetched, what was read, and what it adds up to for a notice."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, false, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.attachments import (
    MOST_TRIES,
    Attachment,
    AttachmentKind,
    AttachmentState,
    Document,
    documents_of,
)
from app.domain.notices import Content, content_from_json
from app.store.notices import serialise_intake
from app.store.tables import attachment_hosts, attachment_texts, attachments, notice_texts, notices
from app.store.visits import keep_body
from app.store.writes import chunks, insert_missing, upsert

Placed = tuple[str, AttachmentState]
"""The host of a link, and the state that it begins in."""


@dataclass(frozen=True, slots=True)
class Annex:
    """What the attachments of a notice say together, the official notice first; `hash` names the documents.

    The texts stay compressed until somebody reads them: a batch of notices may have hundreds of thousands of words.
    """

    hash: str
    packed: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """The text that the offsets of evidence count in."""
        return "\n".join(zlib.decompress(one).decode() for one in self.packed)


NO_ANNEX = Annex("", ())
"""What there is before any attachment was read, and where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A document that this process is to bring; `attempts` counts this try."""

    id: int
    notice_id: int
    url: str
    host: str
    attempts: int


async def unlisted(connection: AsyncConnection, since: date, limit: int) -> list[tuple[int, int, Content]]:
    """Return notices circulated since a day whose links are not listed as they stand: (id, version, content)."""
    statement = (
        select(notices.c.id, notices.c.version, notices.c.content)
        .where(
            or_(notices.c.linked_version.is_(None), notices.c.linked_version < notices.c.version),
            notices.c.distributed_on >= since,
        )
        .order_by(notices.c.distributed_on.desc(), notices.c.id.desc())
        .limit(limit)
    )
    return [(row.id, row.version, content_from_json(row.content)) for row in await connection.execute(statement)]


async def list_links(
    connection: AsyncConnection, batch: Sequence[tuple[int, int, Content]], placed: Mapping[str, Placed]
) -> None:
    """List the links of notices as they stand, `placed` by link; what a notice no longer links to is forgotten."""
    await serialise_intake(connection)  # before any row is held: `keep` takes both in the same order
    rows: list[dict[str, Any]] = [
        {"notice_id": number, "kind": kind, "position": position, "url": link, "host": host, "state": state}
        for number, _, content in batch
        for position, (kind, link) in enumerate(documents_of(content))
        for host, state in [placed[link]]
    ]
    await _forget_others(
        connection, {number for number, _, _ in batch}, {(row["notice_id"], row["url"]) for row in rows}
    )
    await upsert(connection, attachments, rows, key=["notice_id", "url"], change=["kind", "position"])
    await connection.execute(
        update(notices).where(notices.c.id == bindparam("number")).values(linked_version=bindparam("listed")),
        [{"number": number, "listed": version} for number, version, _ in batch],
    )


async def _forget_others(connection: AsyncConnection, ids: set[int], kept: set[tuple[int, str]]) -> None:
    known = select(attachments.c.id, attachments.c.notice_id, attachments.c.url).where(attachments.c.notice_id.in_(ids))
    gone = [row for row in await connection.execute(known) if (row.notice_id, row.url) not in kept]
    if gone:
        await connection.execute(delete(attachments).where(attachments.c.id.in_([row.id for row in gone])))
        await mark_due(connection, {row.notice_id for row in gone})


async def admit(connection: AsyncConnection, hosts: Iterable[str]) -> None:
    """Let links be tried whose host was put on the list after they were listed."""
    await connection.execute(
        update(attachments)
        .where(
            attachments.c.state == AttachmentState.FORBIDDEN,
            attachments.c.attempts == 0,
            attachments.c.host.in_(sorted(hosts)),
        )
        .values(state=AttachmentState.WAITING, reason="")
    )


async def give_up(connection: AsyncConnection, now: datetime) -> None:
    """Give up documents whose last try ended with its process."""
    await connection.execute(
        update(attachments)
        .where(
            attachments.c.state == AttachmentState.WAITING,
            attachments.c.attempts >= MOST_TRIES,
            attachments.c.next_try_at <= now,
        )
        .values(state=AttachmentState.UNREACHABLE, reason="Each try ended with the process.", next_try_at=None)
    )


async def claim(connection: AsyncConnection, now: datetime, until: datetime) -> Claimed | None:
    """Take the next document to bring, of the newest notice first; nobody else takes it before `until`.

    The try is counted now, so that a document that ends the process is not tried for ever.
    """
    resting = select(attachment_hosts.c.host).where(attachment_hosts.c.resume_at > now)
    statement = (
        select(attachments)
        .join(notices, notices.c.id == attachments.c.notice_id)
        .where(
            attachments.c.state == AttachmentState.WAITING,
            attachments.c.attempts < MOST_TRIES,
            or_(attachments.c.next_try_at.is_(None), attachments.c.next_try_at <= now),
            attachments.c.host.not_in(resting),
        )
        .order_by(notices.c.distributed_on.desc(), attachments.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=attachments)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    tried = row.attempts + 1
    await connection.execute(
        update(attachments).where(attachments.c.id == row.id).values(attempts=tried, next_try_at=until)
    )
    return Claimed(id=row.id, notice_id=row.notice_id, url=row.url, host=row.host, attempts=tried)


async def settle(connection: AsyncConnection, claimed: Claimed, **values: Any) -> bool:
    """Write how a try ended; False when the document is no longer this process's to write of."""
    result = await connection.execute(
        update(attachments)
        .where(attachments.c.id == claimed.id, attachments.c.attempts == claimed.attempts)
        .where(attachments.c.state == AttachmentState.WAITING)
        .values(values)
    )
    return result.rowcount == 1


async def keep(connection: AsyncConnection, claimed: Claimed, document: Document, now: datetime) -> bool:
    """Keep a document with what was read in it, once however often it comes, and let its notice be sorted anew.

    False when it is no longer this process's to write of; then nothing is kept.
    """
    reading = document.reading
    await serialise_intake(connection)  # before any row is held: `list_links` takes both in the same order
    settled = await settle(
        connection,
        claimed,
        state=reading.state,
        reason=reading.reason,
        next_try_at=None,
        hash=document.payload.hash,
        pages=reading.pages,
        characters=len(reading.text) if reading.text else None,
        fetched_at=now,
    )
    if settled:
        await keep_body(connection, document.payload, now)
        if reading.text:
            row = {"hash": document.payload.hash, "body": zlib.compress(reading.text.encode())}
            await insert_missing(connection, attachment_texts, [row])
            await mark_due(connection, {claimed.notice_id})
    return settled


async def mark_due(connection: AsyncConnection, notice_ids: Iterable[int]) -> None:
    """Let notices be sorted and indexed anew, because what their attachments say changed.

    The caller has the turn of those who change notices (`serialise_intake`).
    """
    ids = list(notice_ids)
    await connection.execute(update(notices).where(notices.c.id.in_(ids)).values(sorted_at=None))
    await connection.execute(update(notice_texts).where(notice_texts.c.notice_id.in_(ids)).values(annex_due=true()))


async def failures_of(connection: AsyncConnection, host: str) -> int:
    """Return how many requests in a row a host did not serve."""
    statement = select(attachment_hosts.c.failures).where(attachment_hosts.c.host == host)
    return (await connection.execute(statement)).scalar_one_or_none() or 0


async def save_host(connection: AsyncConnection, host: str, failures: int, resume_at: datetime | None) -> None:
    """Write how a host serves, and when it may be asked again."""
    row = {"host": host, "failures": failures, "resume_at": resume_at}
    await upsert(connection, attachment_hosts, [row], key=["host"], change=["failures", "resume_at"])


async def annexes_of(connection: AsyncConnection, notice_ids: Iterable[int]) -> dict[int, Annex]:
    """Return what the attachments of notices say; nothing for those of which none was read."""
    found: dict[int, dict[str, bytes]] = {}
    for piece in chunks(list(notice_ids)):
        for row in await connection.execute(_read(attachment_texts.c.body).where(attachments.c.notice_id.in_(piece))):
            found.setdefault(row.notice_id, {})[row.hash] = row.body
    return {number: Annex(_hash_of(texts), tuple(texts.values())) for number, texts in found.items()}


async def annex_hashes(connection: AsyncConnection, notice_ids: Iterable[int]) -> dict[int, str]:
    """Return the hashes that `annexes_of` would, without reading the texts."""
    found: dict[int, dict[str, None]] = {}
    for piece in chunks(list(notice_ids)):
        for row in await connection.execute(_read().where(attachments.c.notice_id.in_(piece))):
            found.setdefault(row.notice_id, {})[row.hash] = None
    return {number: _hash_of(hashes) for number, hashes in found.items()}


async def due_for_index(connection: AsyncConnection, limit: int) -> dict[int, Annex]:
    """Return notices whose annex is to be indexed anew, with it."""
    statement = select(notice_texts.c.notice_id).where(notice_texts.c.annex_due).order_by(notice_texts.c.notice_id)
    ids = list((await connection.execute(statement.limit(limit))).scalars())
    found = await annexes_of(connection, ids)
    return {number: found.get(number, NO_ANNEX) for number in ids}


async def save_words(connection: AsyncConnection, number: int, annex: Annex, words: str) -> None:
    """Write the words of a notice's annex for search, unless its attachments are others by now."""
    await serialise_intake(connection)
    now_read = await annex_hashes(connection, [number])
    if now_read.get(number, NO_ANNEX.hash) == annex.hash:
        values = {"annex": words, "annex_due": false()}
        await connection.execute(update(notice_texts).where(notice_texts.c.notice_id == number).values(values))


async def of_notices(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, tuple[Attachment, ...]]:
    """Return the attachments of notices in the order of their links: one statement, however many there are."""
    if not notice_ids:
        return {}
    found: dict[int, list[Attachment]] = {}
    statement = select(attachments).where(attachments.c.notice_id.in_(list(notice_ids)))
    for row in await connection.execute(statement.order_by(attachments.c.position, attachments.c.id)):
        found.setdefault(row.notice_id, []).append(_attachment(row))
    return {number: tuple(listed) for number, listed in found.items()}


def _read(*columns: Any) -> Any:
    """Select the attachments that text was read in, in the order in which they make an annex."""
    return (
        select(attachments.c.notice_id, attachments.c.hash, *columns)
        .join(
            attachment_texts,
            and_(attachment_texts.c.hash == attachments.c.hash, attachments.c.state == AttachmentState.READ),
        )
        .order_by(attachments.c.notice_id, attachments.c.kind, attachments.c.position, attachments.c.id)
    )


def _hash_of(hashes: Iterable[str]) -> str:
    return hashlib.sha256(",".join(hashes).encode()).hexdigest()


def _attachment(row: Any) -> Attachment:
    return Attachment(
        url=row.url,
        kind=AttachmentKind(row.kind),
        state=AttachmentState(row.state),
        reason=row.reason,
        sha256=row.hash,
        pages=row.pages,
        characters=row.characters,
        fetched_at=row.fetched_at,
    )
