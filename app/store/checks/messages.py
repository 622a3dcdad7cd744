"""From what each reader is to be told to the relay: items without a message, messages that are gone or do not move."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alarms import Check, Finding
from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.reconciliation import CHANGE_CONFIRMED, DUE, DUE_OTHERWISE, LEASE, STAGE, UNKNOWN
from app.domain.subscriptions import Frequency
from app.store.checks.stages import MOST
from app.store.suppressions import suppressed
from app.store.tables import (
    address_changes,
    confirmations,
    contact_links,
    deliveries,
    digest_runs,
    events,
    heartbeats,
    holds,
    items,
    notices,
    stops,
    subscribers,
    subscriptions,
)

_HELD = (DeliveryState.LEASED, DeliveryState.HANDING_OVER)
_WAITING = (DeliveryState.PENDING, DeliveryState.DEFERRED)
_STOPPED = or_(exists(select(holds.c.name)), exists().where(stops.c.kind == deliveries.c.kind))
_UNTOLD = and_(items.c.delivery_id.is_(None), items.c.skipped.is_(None), ~suppressed(subscribers.c.id))


async def not_gathered(connection: AsyncConnection, now: datetime, pause: timedelta) -> list[Finding]:
    """Find what is to be told at once and stands in no message, though its reader had none for `pause`."""
    free = or_(subscribers.c.last_instant_at.is_(None), subscribers.c.last_instant_at <= now - pause - STAGE)
    long_here = and_(items.c.frequency == Frequency.INSTANT, items.c.created_at <= now - STAGE, free)
    return await _items(connection, Check.NOT_GATHERED, _UNTOLD, long_here)


async def digests_missing(
    connection: AsyncConnection, frequency: Frequency, close: datetime, day: date
) -> list[Finding]:
    """Find what should stand in the digest that closed at that moment, and the digest itself where none was made.

    That a window is not marked as closed counts only where a worker closes them.
    """
    found = await _items(
        connection, Check.DIGEST_MISSING, _UNTOLD, items.c.frequency == frequency, items.c.created_at < close
    )
    newest = select(func.max(digest_runs.c.local_date)).where(digest_runs.c.frequency == frequency).scalar_subquery()
    row = (await connection.execute(select(newest, exists().where(heartbeats.c.job == "digests")))).one()
    if row[0] is not None and row[1] and row[0] < day:
        found.append(Finding(Check.DIGEST_MISSING, day.isoformat(), note=frequency))
    return found


async def deliveries_gone(connection: AsyncConnection, since: datetime) -> list[Finding]:
    """Find the items that name a message which is not there, or is another reader's: SQLite gives out numbers anew."""
    gone = ~exists().where(deliveries.c.id == items.c.delivery_id, deliveries.c.subscriber_id == items.c.subscriber_id)
    return await _items(
        connection, Check.DELIVERY_GONE, items.c.delivery_id.is_not(None), gone, items.c.created_at >= since
    )


async def confirmations_gone(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Find subscriptions, and changes of address, that wait to be confirmed by a mail which does not exist."""
    written = _written(DeliveryKind.CONFIRMATION, confirmations.c.token_hash)
    rows = await connection.execute(
        select(subscriptions.c.id)
        .join(confirmations, confirmations.c.subscription_id == subscriptions.c.id)
        .where(
            subscriptions.c.confirmed_at.is_(None),
            subscriptions.c.ended_at.is_(None),
            confirmations.c.used_at.is_(None),
            confirmations.c.expires_at > now,
            ~written,
        )
        .distinct()
        .limit(MOST)
    )
    found = [Finding(Check.CONFIRMATION_GONE, f"subscription {number}") for number in rows.scalars()]
    changes = await connection.execute(
        select(address_changes.c.id)
        .where(
            address_changes.c.confirmed_at.is_(None),
            address_changes.c.closed_at.is_(None),
            address_changes.c.asked_at > now - CHANGE_CONFIRMED,
            ~_written(DeliveryKind.NEW_ADDRESS, address_changes.c.confirm_hash),
        )
        .order_by(address_changes.c.id)
        .limit(MOST)
    )
    found += [Finding(Check.CONFIRMATION_GONE, f"address change {number}") for number in changes.scalars()]
    return found + await _links_gone(connection, now)


async def _links_gone(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Find addresses of organisations that wait to be verified by a mail which does not exist."""
    rows = await connection.execute(
        select(contact_links.c.contact_id)
        .where(
            contact_links.c.used_at.is_(None),
            contact_links.c.expires_at > now,
            ~_written(DeliveryKind.CONTACT, contact_links.c.token_hash),
        )
        .order_by(contact_links.c.contact_id)
        .limit(MOST)
    )
    return [Finding(Check.CONFIRMATION_GONE, f"contact {number}") for number in rows.scalars()]


async def overdue(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Find messages that have been due for longer than a healthy relay needs, and that nobody stopped."""
    late = or_(
        false(),
        *(and_(deliveries.c.kind == kind, deliveries.c.due_at <= now - patience) for kind, patience in DUE.items()),
        and_(deliveries.c.kind.not_in(list(DUE)), deliveries.c.due_at <= now - DUE_OTHERWISE),
    )
    return await _messages(connection, Check.DELIVERY_OVERDUE, deliveries.c.state.in_(_WAITING), late, ~_STOPPED)


async def leases_lost(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Find messages that a worker holds whose lease was over long ago."""
    lost = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= now - LEASE)
    return await _messages(connection, Check.LEASE_LOST, deliveries.c.state.in_(_HELD), lost)


async def unknown_for_long(connection: AsyncConnection, now: datetime) -> list[Finding]:
    """Find hand-overs whose end nobody knows and nobody settled (DL-05)."""
    unsettled = and_(deliveries.c.state == DeliveryState.UNKNOWN, deliveries.c.due_at <= now - UNKNOWN)
    return await _messages(connection, Check.UNKNOWN_FOR_LONG, unsettled, ~_STOPPED)


async def needs_human(connection: AsyncConnection) -> list[Finding]:
    """Find messages that only a person can settle."""
    statement = (
        select(deliveries.c.id, deliveries.c.reason)
        .where(deliveries.c.state == DeliveryState.NEEDS_HUMAN)
        .order_by(deliveries.c.id)
        .limit(MOST)
    )
    return [
        Finding(Check.NEEDS_HUMAN, f"delivery {row.id}", note=row.reason or "")
        for row in await connection.execute(statement)
    ]


def _written(kind: DeliveryKind, token_hash: Any) -> ColumnElement[bool]:
    """Whether the outbox holds, or held, the mail that brings a link."""
    return exists().where(deliveries.c.key == literal(f"{kind}:").concat(token_hash))


async def _items(connection: AsyncConnection, check: Check, *conditions: Any) -> list[Finding]:
    """Count the readers concerned, notice by notice."""
    rows = await connection.execute(
        select(notices.c.ref, func.count().label("readers"))
        .select_from(items)
        .join(subscribers, subscribers.c.id == items.c.subscriber_id)
        .join(events, events.c.id == items.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .where(*conditions)
        .group_by(notices.c.ref)
        .order_by(notices.c.ref)
        .limit(MOST)
    )
    return [Finding(check, row.ref, row.readers) for row in rows]


async def _messages(connection: AsyncConnection, check: Check, *conditions: Any) -> list[Finding]:
    """Count messages by kind and by why they are where they are, with the moment that the oldest has waited since."""
    reason = func.coalesce(deliveries.c.reason, "")
    since = func.min(deliveries.c.due_at, type_=deliveries.c.due_at.type)
    rows = await connection.execute(
        select(deliveries.c.kind, reason.label("because"), func.count().label("messages"), since.label("since"))
        .where(*conditions)
        .group_by(deliveries.c.kind, reason)
        .order_by(deliveries.c.kind, reason)
        .limit(MOST)
    )
    return [Finding(check, row.kind, row.messages, _told(row._mapping)) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def _told(row: Mapping[Any, Any]) -> str:
    since = f"{row['since']:%Y-%m-%d %H:%M} UTC"
    return f"{row['because']}, {since}" if row["because"] else since
