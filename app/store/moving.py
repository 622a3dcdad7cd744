"""Changing the address of a subscriber: what was asked, what each link may do, and the change itself.

The subscriber stays the same row, so that subscriptions and ledger move along and nobody is told twice.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.bounces import LIFTED_BY_CONFIRMING, SuppressionReason
from app.domain.deliveries import RESTING, WITHOUT_ITEMS, DeliveryKind, DeliveryState
from app.store import feedback, organisations, suppressions, tables
from app.store.fences import FREED
from app.store.forgetting import drop_traces
from app.store.organisations import stands_for_an_organisation
from app.store.outbox import ACTIVE
from app.store.skipping import MAY_HAVE_ARRIVED, make_anew, skip_mails
from app.store.subscriptions import end, forget_waiting_confirmations, hold
from app.store.tables import address_changes, deliveries, subscribers, subscriptions
from app.store.writes import insert

MOVED = "moved"
_STOPPED = tables.suppressions.c
_OPEN = and_(address_changes.c.confirmed_at.is_(None), address_changes.c.closed_at.is_(None))


async def subscriber_of(connection: AsyncConnection, identity: str) -> Any | None:
    """Return the subscriber of an address, held until the transaction ends; None when nobody has it."""
    statement = select(subscribers).where(subscribers.c.identity == identity).with_for_update(key_share=True)
    return (await connection.execute(statement)).one_or_none()


async def hold_both(connection: AsyncConnection, number: int, identity: str) -> None:
    """Hold a subscriber and whoever has an address, in the order in which everybody holds subscribers."""
    both = select(subscribers.c.id).where(or_(subscribers.c.id == number, subscribers.c.identity == identity))
    await connection.execute(both.order_by(subscribers.c.id).with_for_update(key_share=True))


async def subscriber(connection: AsyncConnection, number: int) -> Any | None:
    """Return a subscriber, held until the transaction ends."""
    await hold(connection, number)
    return (await connection.execute(select(subscribers).where(subscribers.c.id == number))).one_or_none()


async def is_asking(connection: AsyncConnection, number: int) -> bool:
    """Say whether a subscriber has a confirmed subscription that did not end, or is an organisation's address."""
    asks = exists().where(subscriptions.c.subscriber_id == number, ACTIVE)
    statement = select(or_(asks, stands_for_an_organisation(number)))
    return bool((await connection.execute(statement)).scalar())


async def last_links(connection: AsyncConnection, number: int, limit: int) -> list[datetime]:
    """Return when a subscriber was last mailed the manage link that was asked for, the newest first."""
    mine = (deliveries.c.subscriber_id == number, deliveries.c.kind == DeliveryKind.LINK)
    statement = select(deliveries.c.created_at).where(*mine).order_by(deliveries.c.created_at.desc()).limit(limit)
    return list((await connection.execute(statement)).scalars())


async def asked_before(connection: AsyncConnection, condition: ColumnElement[bool], limit: int) -> list[datetime]:
    """Return when such changes were asked for, the newest first."""
    statement = select(address_changes.c.asked_at).where(condition).order_by(address_changes.c.asked_at.desc())
    return list((await connection.execute(statement.limit(limit))).scalars())


def by_subscriber(number: int) -> ColumnElement[bool]:
    """Name the changes that a subscriber asked for."""
    return address_changes.c.subscriber_id == number


def to_address(identity: str) -> ColumnElement[bool]:
    """Name the changes to an address."""
    return address_changes.c.identity == identity


async def add_change(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Keep a change that was asked for; an earlier one of the same subscriber that still waits is closed."""
    waiting = (by_subscriber(row["subscriber_id"]), _OPEN)
    await connection.execute(update(address_changes).where(*waiting).values(closed_at=row["asked_at"]))
    await skip_mails(connection, row["subscriber_id"], [DeliveryKind.NEW_ADDRESS], "overtaken")
    await insert(connection, address_changes, [row])


async def change_to_confirm(connection: AsyncConnection, token_hash: str) -> Any | None:
    """Return the change that a link to the new address confirms."""
    statement = select(address_changes).where(address_changes.c.confirm_hash == token_hash)
    return (await connection.execute(statement)).one_or_none()


async def change_to_undo(connection: AsyncConnection, token_hash: str) -> Any | None:
    """Return the change that a link to the old address undoes."""
    statement = select(address_changes).where(address_changes.c.undo_hash == token_hash)
    return (await connection.execute(statement)).one_or_none()


async def confirm_change(connection: AsyncConnection, number: int, now: datetime) -> None:
    """Mark a change as confirmed by the new address."""
    await connection.execute(update(address_changes).where(address_changes.c.id == number).values(confirmed_at=now))


async def close_change(connection: AsyncConnection, row: Any, now: datetime) -> None:
    """Mark a change and those after it as undone: who had the mailbox meanwhile cannot undo in turn."""
    since = (address_changes.c.subscriber_id == row.subscriber_id, address_changes.c.id >= row.id)
    await connection.execute(update(address_changes).where(*since).values(closed_at=now))
    await skip_mails(connection, row.subscriber_id, [DeliveryKind.NEW_ADDRESS], "undone")


async def forget_changes(connection: AsyncConnection, before: datetime) -> int:
    """Drop the changes, with both addresses, that were asked for before a moment; return how many."""
    statement = delete(address_changes).where(address_changes.c.asked_at < before)
    return (await connection.execute(statement)).rowcount


async def is_handing_over(connection: AsyncConnection, number: int) -> bool:
    """Say whether a mail to a subscriber is at this moment handed to the relay."""
    mine = (deliveries.c.subscriber_id == number, deliveries.c.state == DeliveryState.HANDING_OVER)
    return bool((await connection.execute(select(exists().where(*mine)))).scalar_one())


async def set_idle_aside(connection: AsyncConnection, number: int, now: datetime) -> None:
    """Let a subscriber who asks for nothing that is confirmed give up their address to another."""
    await end(connection, number, None, MOVED, now)
    await skip_mails(connection, number, WITHOUT_ITEMS, MOVED)
    await forget_waiting_confirmations(connection, number, now)
    await drop_traces(connection, [number])
    await connection.execute(delete(address_changes).where(address_changes.c.subscriber_id == number))
    await suppressions.release(connection, number, list(SuppressionReason), MOVED, None, now)
    gone = f"{MOVED}:{number}"
    await connection.execute(
        update(subscribers).where(subscribers.c.id == number).values(address="", wire="", identity=gone)
    )


async def move(connection: AsyncConnection, number: int, to: Mapping[str, str], now: datetime) -> None:
    """Give a subscriber another address (`address`, `wire`, `identity`), also for all that is not handed over.

    Wishes that the former mailbox did not confirm end, manage links that were mailed to it open nothing more. A mail
    that may have arrived there is not sent again.
    """
    wishes = (subscriptions.c.subscriber_id == number, subscriptions.c.confirmed_at.is_(None))
    await connection.execute(
        update(subscriptions)
        .where(*wishes, subscriptions.c.ended_at.is_(None))
        .values(ended_at=now, ended_because=MOVED)
    )
    await forget_waiting_confirmations(connection, number, now)
    await skip_mails(connection, number, [DeliveryKind.CONFIRMATION, DeliveryKind.LINK, DeliveryKind.CONTACT], MOVED)
    arrived = (deliveries.c.subscriber_id == number, deliveries.c.ambiguous > 0, deliveries.c.recipient.is_(None))
    await connection.execute(
        update(deliveries)
        .where(*arrived, deliveries.c.state.in_((*RESTING, DeliveryState.NEEDS_HUMAN)))
        .values(state=DeliveryState.SKIPPED, reason=f"{MOVED} ({MAY_HAVE_ARRIVED})", **FREED)
    )
    await organisations.drop_links(connection, number)
    await make_anew(connection, deliveries.c.subscriber_id == number)
    if await suppressions.is_suppressed(connection, number):
        await feedback.drop_word_of_change(connection, number)
    await suppressions.release(connection, number, sorted(LIFTED_BY_CONFIRMING), MOVED, None, now)
    changed = {"moves": subscribers.c.moves + 1}
    await connection.execute(update(subscribers).where(subscribers.c.id == number).values(**dict(to), **changed))


def left_behind(number: int, now: datetime) -> ColumnElement[bool]:
    """Name what had stopped the mail of a row that was set aside just now, but for what a pressed button lifts."""
    return and_(_ended_by_move(number, now), _STOPPED.reason.not_in(LIFTED_BY_CONFIRMING))


def stopped_before(number: int, moved_at: datetime, set_aside: int, now: datetime) -> ColumnElement[bool]:
    """Name what had stopped the mail to an address that a subscriber left at `moved_at` and comes back to now.

    The address may have been another row's meanwhile (`set_aside`). A bounce since then tells of an address that is left
    for good; what a complaint stopped was not ended by any move.
    """
    return or_(_ended_by_move(number, moved_at), _ended_by_move(set_aside, now))


async def stay_stopped(connection: AsyncConnection, number: int, those: ColumnElement[bool], now: datetime) -> None:
    """Let the strongest of what had stopped the mail to an address stop it again, with all that waits for it."""
    if await suppressions.renew(connection, number, those, now):
        await feedback.drop_waiting(connection, number)


def _ended_by_move(number: int, moment: datetime) -> ColumnElement[bool]:
    return and_(_STOPPED.subscriber_id == number, _STOPPED.ended_because == MOVED, _STOPPED.ended_at == moment)
