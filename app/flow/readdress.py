"""A manage link by mail for whoever lost it, and a change of address that both mailboxes have a say in.

Nobody learns here whether an address is known: the answer to a request is the same, what differs is only the mail.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.domain.addresses import Address
from app.domain.bounces import SuppressionReason
from app.domain.deliveries import PRIORITY, TO_ANOTHER_ADDRESS, DeliveryKind, DeliveryState
from app.domain.errors import conflict, invalid, missing
from app.domain.reconciliation import CHANGE_CONFIRMED
from app.domain.subscriptions import CONFIRMATIONS_AT_MOST, confirmation_due
from app.i18n.dates import today_in_vietnam
from app.store import audit, bodies, ceilings, feedback, moving, outbox, subscriptions, suppressions
from app.store.database import Connection, Database
from app.texts.letterhead import Letterhead
from app.texts.notes import Note, compose_link_note, compose_new_address_note, compose_old_address_note
from app.vault.purposes import MANAGE, bearer
from app.vault.tokens import keyed_hash, new_token, sign, token_hash

CONFIRM_WITHIN = CHANGE_CONFIRMED
UNDO_WITHIN = timedelta(days=14)
CHANGES_A_DAY = 3
_NOT_ASKED = "the new address is not to be asked now"


@dataclass(frozen=True, slots=True)
class AddressDesk:
    """What this needs: the database, the letterhead of the mails, the keys (the current one first), the hourly ceiling."""

    database: Database
    letterhead: Letterhead
    keys: Sequence[bytes]
    most_per_hour: int = 200


class Changing(StrEnum):
    """Where a change of address stands for the bearer of one of its links.

    `taken` is told only to those who proved that they have the mailbox.
    """

    WAITING = "waiting"
    DONE = "done"
    UNDONE = "undone"
    TAKEN = "taken"
    BUSY = "busy"


async def mail_link(desk: AddressDesk, address: Address) -> bool:
    """Mail the manage link to a subscriber who asked for it, once a day and three times a month; say whether it goes.

    The caller must not tell. Nothing is mailed to an address that stands for no confirmed subscription.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        known = await moving.subscriber_of(connection, address.identity)
        if known is None or await suppressions.is_suppressed(connection, known.id):
            return False
        if not await moving.is_asking(connection, known.id):
            return False
        mailed = await moving.last_links(connection, known.id, CONFIRMATIONS_AT_MOST)
        if confirmation_due(now, mailed) > now:
            return False
        token = sign(MANAGE, bearer(known.id, known.moves), desk.keys[0])
        note = _note(desk, known, known.wire, f"/manage/{token}", now)
        await _mail(connection, desk, DeliveryKind.LINK, known.id, note)
        return True


async def ask_change(desk: AddressDesk, subscriber_id: int, address: Address) -> None:
    """Ask the new address whether it takes over, and tell the old one, with the link that undoes it, unless it is suppressed.

    The new one is mailed nothing where it said that it wants no such mail, where a confirmation went to it within a day,
    or where it has subscriptions of its own that are suppressed; the caller must not tell. AppError: invalid for the
    address that it is already, conflict for more than three changes a day, missing for a subscriber who is gone.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        await moving.hold_both(connection, subscriber_id, address.identity)
        own = await moving.subscriber(connection, subscriber_id)
        if own is None or not await moving.is_asking(connection, subscriber_id):
            raise missing("subscriber-missing", "there is nothing to move")
        if own.identity == address.identity:
            raise invalid("address-same", "this is the address already", field="email")
        asked = await moving.asked_before(connection, moving.by_subscriber(subscriber_id), CHANGES_A_DAY)
        if len(asked) == CHANGES_A_DAY and asked[-1] > now - timedelta(days=1):
            raise conflict("address-changes", f"at most {CHANGES_A_DAY} changes a day")
        wanted = await _is_wanted(connection, desk, address, now)
        confirm, undo = new_token(), new_token()
        await moving.add_change(connection, _change(own, address, confirm, undo, now))
        note = _note(desk, own, own.wire, f"/move/{undo}/undo", now, now + UNDO_WITHIN)
        await _tell_old(connection, desk, own.id, note, token_hash(undo))
        due = await ceilings.room_at(connection, now, desk.most_per_hour) if wanted else now
        note = _note(desk, own, address.wire, f"/move/{confirm}", due, now + CONFIRM_WITHIN)
        if wanted:
            await _mail(connection, desk, DeliveryKind.NEW_ADDRESS, own.id, note, token_hash(confirm))
        else:
            await _skip(connection, DeliveryKind.NEW_ADDRESS, own.id, note, token_hash(confirm), _NOT_ASKED)
        await _audit(connection, subscriber_id, "ask_address_change", now)


async def change_waiting(database: Database, token: str) -> Changing | None:
    """Say where the change stands that a link to the new address confirms; None when the link leads nowhere."""
    async with database.reading() as connection:
        now = await database.now(connection)
        return _to_confirm(await moving.change_to_confirm(connection, token_hash(token)), now)


async def confirm_change(database: Database, token: str) -> Changing | None:
    """Let the new address take over, by the link that was mailed to it; None when the link leads nowhere.

    `TAKEN` where it has confirmed subscriptions of its own: two readers are never made one. `BUSY` while a mail to the
    old one is on its way. Confirming again answers the same.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        row = await moving.change_to_confirm(connection, token_hash(token))
        if _to_confirm(row, now) is not Changing.WAITING or row is None:
            return _to_confirm(row, now)
        to = {"address": row.address, "wire": row.wire, "identity": row.identity}
        obstacle = await _moved(connection, row.subscriber_id, to, now)
        if obstacle is not None:
            return obstacle
        await moving.confirm_change(connection, row.id, now)
        await _audit(connection, row.subscriber_id, "change_address", now)
        return Changing.DONE


async def change_to_undo(database: Database, token: str) -> Changing | None:
    """Say where the change stands that a link to the old address undoes; None when the link leads nowhere."""
    async with database.reading() as connection:
        now = await database.now(connection)
        return _to_undo(await moving.change_to_undo(connection, token_hash(token)), now)


async def undo_change(database: Database, token: str) -> Changing | None:
    """Call a change off, or take it back, by the link that was mailed to the old address; answers as `confirm_change`.

    What had stopped the mail to the old address before, or its reader's complaint since, goes on stopping it.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        row = await moving.change_to_undo(connection, token_hash(token))
        standing = _to_undo(row, now)
        if row is None or standing not in {Changing.WAITING, Changing.DONE}:
            return standing
        if standing is Changing.DONE:
            to = {"address": row.old_address, "wire": row.old_wire, "identity": row.old_identity}
            obstacle = await _moved(connection, row.subscriber_id, to, now, left_at=row.confirmed_at)
            if obstacle is not None:
                return obstacle
        await moving.close_change(connection, row, now)
        await _audit(connection, row.subscriber_id, "undo_address_change", now)
        return Changing.UNDONE


async def still_stopped(database: Database, token: str) -> SuppressionReason | None:
    """Say why the mailbox that a link of a change was mailed to gets no mail though its address is the subscriber's."""
    async with database.reading() as connection:
        new = await moving.change_to_confirm(connection, token_hash(token))
        row = new or await moving.change_to_undo(connection, token_hash(token))
        own = None if row is None else await subscriptions.of_number(connection, row.subscriber_id)
        if row is None or own is None or own.identity != (row.identity if new else row.old_identity):
            return None
        return await suppressions.standing(connection, own.id)


async def forget_changes(database: Database) -> int:
    """Drop the changes that nobody can undo any more, with the addresses in them; return how many."""
    async with database.writing() as connection:
        return await moving.forget_changes(connection, await database.now(connection) - UNDO_WITHIN)


def _to_confirm(row: Any | None, now: datetime) -> Changing | None:
    if row is None or row.closed_at is not None or row.asked_at + CONFIRM_WITHIN < now:
        return None
    return Changing.WAITING if row.confirmed_at is None else Changing.DONE


def _to_undo(row: Any | None, now: datetime) -> Changing | None:
    if row is None or row.asked_at + UNDO_WITHIN < now:
        return None
    if row.closed_at is not None:
        return Changing.UNDONE
    return Changing.WAITING if row.confirmed_at is None else Changing.DONE


async def _moved(
    connection: Connection, subscriber_id: int, to: dict[str, str], now: datetime, left_at: datetime | None = None
) -> Changing | None:
    """Move a subscriber to an address, or back to one left at `left_at`; return what stands in the way, if anything does."""
    await moving.hold_both(connection, subscriber_id, to["identity"])
    other = await moving.subscriber_of(connection, to["identity"])
    if other is not None and await moving.is_asking(connection, other.id):
        return Changing.TAKEN
    if await moving.is_handing_over(connection, subscriber_id):
        return Changing.BUSY
    if other is not None:
        await moving.set_idle_aside(connection, other.id, now)
    await moving.move(connection, subscriber_id, to, now)
    former = 0 if other is None else other.id
    those = (
        moving.left_behind(former, now)
        if left_at is None
        else moving.stopped_before(subscriber_id, left_at, former, now)
    )
    await moving.stay_stopped(connection, subscriber_id, those, now)
    return None


async def _is_wanted(connection: Connection, desk: AddressDesk, address: Address, now: datetime) -> bool:
    for key in desk.keys:
        if await subscriptions.is_blocked(connection, keyed_hash(address.identity, key)):
            return False
    known = await moving.subscriber_of(connection, address.identity)
    if known is not None and await suppressions.is_suppressed(connection, known.id):
        return False
    mailed = await moving.asked_before(connection, moving.to_address(address.identity), CONFIRMATIONS_AT_MOST)
    hashes = [keyed_hash(address.abuse_key, key) for key in desk.keys]
    number = known.id if known is not None else 0
    mailed += await subscriptions.last_confirmations(connection, number, hashes, CONFIRMATIONS_AT_MOST)
    return confirmation_due(now, sorted(mailed, reverse=True)) <= now


def _change(own: Any, address: Address, confirm: str, undo: str, now: datetime) -> dict[str, Any]:
    return {
        "subscriber_id": own.id,
        "address": address.typed,
        "wire": address.wire,
        "identity": address.identity,
        "old_address": own.address,
        "old_wire": own.wire,
        "old_identity": own.identity,
        "confirm_hash": token_hash(confirm),
        "undo_hash": token_hash(undo),
        "asked_at": now,
    }


_COMPOSED: dict[DeliveryKind, Callable[[Note, Letterhead], bytes]] = {
    DeliveryKind.LINK: compose_link_note,
    DeliveryKind.NEW_ADDRESS: compose_new_address_note,
    DeliveryKind.OLD_ADDRESS: compose_old_address_note,
}


def _note(desk: AddressDesk, to: Any, recipient: str, path: str, due: datetime, until: datetime | None = None) -> Note:
    return Note(
        recipient=recipient,
        language=to.language,
        url=desk.letterhead.page(path, to.language),
        message_id=f"{uuid.uuid4()}@{desk.letterhead.mail_domain}",
        dated=due,
        until=None if until is None else today_in_vietnam(until),
    )


async def _mail(
    connection: Connection, desk: AddressDesk, kind: DeliveryKind, subscriber_id: int, note: Note, name: str = ""
) -> None:
    """Put a mail about a subscription in the outbox, rendered; `name` is the hash of the token in it, if that is kept."""
    composed = _COMPOSED[kind](note, desk.letterhead)
    row = _row(kind, subscriber_id, note, name) | {
        "recipient": note.recipient if kind in TO_ANOTHER_ADDRESS else None,
        "message_hash": (await bodies.keep(connection, [(composed, note.dated)]))[0],
    }
    await outbox.add_deliveries(connection, [row])


async def _skip(
    connection: Connection, kind: DeliveryKind, subscriber_id: int, note: Note, name: str, because: str
) -> None:
    """Write in the outbox why a mail is not made, so that nobody takes it for lost; not to whom it would have gone."""
    row = _row(kind, subscriber_id, note, name) | {"state": DeliveryState.SKIPPED, "reason": because}
    await outbox.add_deliveries(connection, [row])


async def _tell_old(connection: Connection, desk: AddressDesk, number: int, note: Note, name: str) -> None:
    if await suppressions.is_suppressed(connection, number):
        await _skip(connection, DeliveryKind.OLD_ADDRESS, number, note, name, feedback.SUPPRESSED)
    else:
        await _mail(connection, desk, DeliveryKind.OLD_ADDRESS, number, note, name)


def _row(kind: DeliveryKind, subscriber_id: int, note: Note, name: str) -> dict[str, Any]:
    return {
        "key": f"{kind}:{name or note.message_id}",
        "kind": kind,
        "priority": PRIORITY[kind],
        "subscriber_id": subscriber_id,
        "message_id": note.message_id,
        "state": DeliveryState.PENDING,
        "due_at": note.dated,
        "created_at": note.dated,
    }


async def _audit(connection: Connection, subscriber_id: int, verb: str, now: datetime) -> None:
    subject = f"subscriber:{subscriber_id}"
    await audit.write_audit(connection, subject, verb, subject, {}, now)
