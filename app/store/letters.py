"""Letters in the outbox: written once, to every address of an organisation that may be written to, the others named."""

import hashlib
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import PRIORITY, RESTING, DeliveryKind, DeliveryState
from app.domain.letters import Addressed, Enqueued, LetterBody, NotSent, ReadyLetter, Unwritable, refusal
from app.domain.scopes import Scope
from app.store import notices
from app.store.audit import write_audit
from app.store.fences import FREED
from app.store.outbox import add_deliveries
from app.store.skipping import skip_deliveries
from app.store.suppressions import suppressed
from app.store.tables import (
    contacts,
    deliveries,
    letter_files,
    letter_recipients,
    letters,
    organisations,
    subscribers,
)
from app.store.tables import notices as notices_table
from app.store.writes import chunks, insert, insert_missing

_OVERTAKEN = "a later version of the letter"


@dataclass(frozen=True, slots=True)
class Written:
    """What a mail is made of that carries a letter: the notice, what was approved, the two Word files."""

    ref: str
    body: LetterBody
    letter: bytes
    form: bytes | None


async def enqueue(
    connection: AsyncConnection, ready: ReadyLetter, actor: str, now: datetime, mail_domain: str
) -> Enqueued | NotSent:
    """Write a letter and a message for each address that may be written to, in the caller's transaction.

    Notice, organisation and version are its key: whoever runs it twice finds what stands. Addresses that get nothing are
    written down with the reason. An earlier version that is not handed over yet goes out no more.
    """
    found = await _concerned(connection, ready)
    if isinstance(found, NotSent):
        return found
    notice_id, organisation_id = found
    stands = await _hold(connection, organisation_id)
    standing = await _standing(connection, notice_id, organisation_id, ready)
    if standing is not None:
        return standing
    if not stands:
        return NotSent.ORGANISATION_ENDED
    hashes = [await _keep_file(connection, document, now) for document in (ready.letter, ready.form)]
    row = {
        "notice_id": notice_id,
        "organisation_id": organisation_id,
        "version": ready.version,
        "body": ready.body.to_json(),
        "letter_hash": hashes[0],
        "form_hash": hashes[1],
        "sent_by": actor,
        "queued_at": now,
    }
    number = int((await connection.execute(letters.insert().values(row).returning(letters.c.id))).scalar_one())
    addressed = await _addresses(connection, organisation_id)
    await _address(connection, number, addressed, now, mail_domain)
    await _overtake(connection, notice_id, organisation_id, ready.version)
    return Enqueued(number, addressed)


async def send(
    connection: AsyncConnection, ready: ReadyLetter, mail_domain: str, actor: str, now: datetime
) -> Enqueued:
    """Put a letter into the outbox, with its row in the audit; say which addresses may be written to and which not.

    That nobody could be written to is an answer as well, and stands in the register. Nothing is written when this version
    stands already. AppError: missing for an unknown notice or organisation; conflict when the notice was withdrawn, a later
    version was sent, or this one in other words, or when the organisation ended.
    """
    done = await enqueue(connection, ready, actor, now, mail_domain)
    if isinstance(done, NotSent):
        raise refusal(done, ready)
    if done.fresh:
        left_out = {str(one.subscriber_id): one.unwritable for one in done.addressed if one.unwritable is not None}
        details = {
            "letter": done.letter_id,
            "organisation": ready.organisation,
            "version": ready.version,
            "written": done.written,
            "left_out": left_out,
        }
        await write_audit(connection, actor, "send_letter", ready.ref, details, now)
    return done


async def addressed_by(scope: Scope, connection: AsyncConnection, letter_id: int) -> tuple[Addressed, ...]:
    """Return the addresses of the organisation as they stood when a letter was sent, with why nothing went to some."""
    own = true() if scope.organisation_id is None else letters.c.organisation_id == scope.organisation_id
    statement = (
        select(letter_recipients)
        .join(letters, letters.c.id == letter_recipients.c.letter_id)
        .where(letters.c.id == letter_id, own)
        .order_by(letter_recipients.c.subscriber_id)
    )
    reasons = {str(one): one for one in Unwritable}
    return tuple(Addressed(row.subscriber_id, reasons.get(row.skipped)) for row in await connection.execute(statement))


async def of_deliveries(connection: AsyncConnection, delivery_ids: Sequence[int]) -> dict[int, Written]:
    """Return by message the letter that it carries, as far as that is still to go; each document is read once."""
    columns = (letters.c.body, letters.c.letter_hash, letters.c.form_hash, notices_table.c.ref)
    statement = (
        select(deliveries.c.id, *columns)
        .join(letter_recipients, letter_recipients.c.delivery_id == deliveries.c.id)
        .join(letters, letters.c.id == letter_recipients.c.letter_id)
        .join(notices_table, notices_table.c.id == letters.c.notice_id)
        .where(deliveries.c.id.in_(list(delivery_ids)), wanted())
    )
    rows = (await connection.execute(statement)).all()
    named = {row.letter_hash for row in rows} | {row.form_hash for row in rows if row.form_hash is not None}
    files = await _files(connection, sorted(named))
    return {
        row.id: Written(row.ref, LetterBody.from_json(row.body), files[row.letter_hash], files.get(row.form_hash))
        for row in rows
    }


def wanted() -> ColumnElement[bool]:
    """Whether a message carries a letter that is still to go.

    Its notice stands, no later version was sent, and the address is still the organisation's, and verified.
    """
    later = letters.alias("later")
    overtaken = exists().where(
        later.c.notice_id == letters.c.notice_id,
        later.c.organisation_id == letters.c.organisation_id,
        later.c.version > letters.c.version,
    )
    theirs = exists().where(
        contacts.c.organisation_id == letters.c.organisation_id,
        contacts.c.subscriber_id == letter_recipients.c.subscriber_id,
        contacts.c.verified_at.is_not(None),
        contacts.c.ended_at.is_(None),
    )
    carried = (
        select(letters.c.id)
        .join(letter_recipients, letter_recipients.c.letter_id == letters.c.id)
        .join(notices_table, notices_table.c.id == letters.c.notice_id)
        .where(
            letter_recipients.c.delivery_id == deliveries.c.id,
            letter_recipients.c.skipped.is_(None),
            notices_table.c.withdrawn_at.is_(None),
            ~overtaken.correlate(letters),
            theirs.correlate(letters, letter_recipients),
        )
    )
    return and_(deliveries.c.kind == DeliveryKind.LETTER, carried.correlate(deliveries).exists())


async def call_off(
    connection: AsyncConnection, notice_id: int, reason: str, *, organisation_id: int | None = None
) -> None:
    """Let the letters about a notice, or only those to one organisation, go out no more where they are not handed over."""
    mine = letters.c.notice_id == notice_id
    if organisation_id is not None:
        mine = and_(mine, letters.c.organisation_id == organisation_id)
    await skip_deliveries(connection, deliveries.c.id.in_(_carrying(mine)), reason)


async def call_off_to(connection: AsyncConnection, key: str, reason: str, subscriber_id: int | None = None) -> None:
    """Let the letters to an organisation, or to one of its addresses, go out no more where they are not handed over."""
    named = select(organisations.c.id).where(organisations.c.key == key)
    mine: ColumnElement[bool] = letters.c.organisation_id.in_(named)
    if subscriber_id is not None:
        mine = and_(mine, letter_recipients.c.subscriber_id == subscriber_id)
    await skip_deliveries(connection, deliveries.c.id.in_(_carrying(mine)), reason)


async def _concerned(connection: AsyncConnection, ready: ReadyLetter) -> tuple[int, int] | NotSent:
    """Return the numbers of notice and organisation, or why there is none to write about or to."""
    notice_id = await notices.notice_id_of(connection, ready.ref)
    if notice_id is None:
        return NotSent.NO_NOTICE
    withdrawn = select(notices_table.c.withdrawn_at).where(notices_table.c.id == notice_id)
    if (await connection.execute(withdrawn)).scalar_one() is not None:
        return NotSent.NOTICE_WITHDRAWN
    named = select(organisations.c.id).where(organisations.c.key == ready.organisation)
    organisation_id = (await connection.execute(named)).scalar_one_or_none()
    return NotSent.NO_ORGANISATION if organisation_id is None else (notice_id, organisation_id)


async def _hold(connection: AsyncConnection, organisation_id: int) -> bool:
    """Hold the people of an organisation and then itself; say whether it did not end.

    An erasure, a new address or its end comes before this or after it.
    """
    theirs = select(contacts.c.subscriber_id).where(contacts.c.organisation_id == organisation_id)
    people = select(subscribers.c.id).where(subscribers.c.id.in_(theirs)).order_by(subscribers.c.id)
    await connection.execute(people.with_for_update(key_share=True))
    itself = select(organisations.c.ended_at).where(organisations.c.id == organisation_id)
    return (await connection.execute(itself.with_for_update())).scalar_one() is None


async def _standing(
    connection: AsyncConnection, notice_id: int, organisation_id: int, ready: ReadyLetter
) -> Enqueued | NotSent | None:
    """Return the letter as it was sent before, or what speaks against sending it; None where it is new."""
    statement = (
        select(letters.c.id, letters.c.version, letters.c.body)
        .where(
            letters.c.notice_id == notice_id,
            letters.c.organisation_id == organisation_id,
            letters.c.version >= ready.version,
        )
        .order_by(letters.c.version)
        .limit(1)
    )
    row = (await connection.execute(statement)).one_or_none()
    if row is None:
        return None
    if row.version > ready.version:
        return NotSent.OVERTAKEN
    if LetterBody.from_json(row.body) != ready.body:
        return NotSent.OTHER_WORDS
    return Enqueued(row.id, await addressed_by(Scope(organisation_id), connection, row.id), fresh=False)


async def _addresses(connection: AsyncConnection, organisation_id: int) -> tuple[Addressed, ...]:
    """Return the addresses of an organisation, and those of people who were erased while theirs was one, each once."""
    statement = (
        select(
            contacts.c.subscriber_id,
            contacts.c.verified_at,
            subscribers.c.forgotten_at,
            suppressed(subscribers.c.id).label("suppressed"),
        )
        .join(subscribers, subscribers.c.id == contacts.c.subscriber_id)
        .where(
            contacts.c.organisation_id == organisation_id,
            or_(contacts.c.ended_at.is_(None), contacts.c.ended_at >= subscribers.c.forgotten_at),
        )
        .order_by(contacts.c.subscriber_id, contacts.c.id)
    )
    rows = {row.subscriber_id: row for row in await connection.execute(statement)}
    return tuple(Addressed(number, _why_not(row)) for number, row in rows.items())


def _why_not(row: Any) -> Unwritable | None:
    if row.forgotten_at is not None:
        return Unwritable.ERASED
    if row.verified_at is None:
        return Unwritable.UNVERIFIED
    return Unwritable.SUPPRESSED if row.suppressed else None


async def _address(
    connection: AsyncConnection, letter_id: int, addressed: Sequence[Addressed], now: datetime, mail_domain: str
) -> None:
    keys = {one.subscriber_id: f"{DeliveryKind.LETTER}:{letter_id}:{one.subscriber_id}" for one in addressed}
    messages = [
        {
            "key": keys[one.subscriber_id],
            "kind": DeliveryKind.LETTER,
            "priority": PRIORITY[DeliveryKind.LETTER],
            "subscriber_id": one.subscriber_id,
            "message_id": f"{uuid.uuid4()}@{mail_domain}",
            "state": DeliveryState.PENDING,
            "due_at": now,
            "created_at": now,
        }
        for one in addressed
        if one.unwritable is None
    ]
    numbers = await add_deliveries(connection, messages)
    rows = [
        {
            "letter_id": letter_id,
            "subscriber_id": one.subscriber_id,
            "delivery_id": numbers.get(keys[one.subscriber_id]),
            "skipped": one.unwritable,
            "created_at": now,
        }
        for one in addressed
    ]
    await insert(connection, letter_recipients, rows)


async def _overtake(connection: AsyncConnection, notice_id: int, organisation_id: int, version: int) -> None:
    """Take earlier versions that surely did not arrive out of the outbox; what may have arrived waits for its end."""
    earlier = and_(
        letters.c.notice_id == notice_id, letters.c.organisation_id == organisation_id, letters.c.version < version
    )
    mine = (deliveries.c.id.in_(_carrying(earlier)), deliveries.c.state.in_(RESTING), deliveries.c.ambiguous == 0)
    ended = {"state": DeliveryState.SUPERSEDED, "reason": _OVERTAKEN}
    await connection.execute(update(deliveries).where(*mine).values(ended | FREED))


def _carrying(condition: ColumnElement[bool]) -> Any:
    return (
        select(letter_recipients.c.delivery_id)
        .join(letters, letters.c.id == letter_recipients.c.letter_id)
        .where(condition, letter_recipients.c.delivery_id.is_not(None))
    )


async def _keep_file(connection: AsyncConnection, document: bytes | None, now: datetime) -> str | None:
    if document is None:
        return None
    name = hashlib.sha256(document).hexdigest()
    await insert_missing(connection, letter_files, [{"hash": name, "body": zlib.compress(document), "created_at": now}])
    return name


async def _files(connection: AsyncConnection, hashes: Sequence[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for piece in chunks(hashes):
        rows = await connection.execute(select(letter_files).where(letter_files.c.hash.in_(piece)))
        found |= {row.hash: zlib.decompress(row.body) for row in rows}
    return found
