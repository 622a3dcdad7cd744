"""Subscribers, their subscriptions, and the proof that they asked."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.i18n.dates import today_in_vietnam
from app.store import consents as given
from app.store.asking import AWAKE, asked, matching, soonest, withdrawn
from app.store.outbox import ACTIVE
from app.store.pausing import let_rest
from app.store.reminders import take_back_of_subscriber
from app.store.skipping import bring_back, skip_items
from app.store.tables import (
    blocked_confirmations,
    confirmations,
    consents,
    criteria,
    items,
    subscribers,
    subscriptions,
)
from app.store.writes import insert_missing, insert_selected

_LIVING = subscriptions.c.ended_at.is_(None)
STOPPED_BY_SUBSCRIBER = ("asked", "one_click")
"""Why a subscription ended, where its subscriber may have it back."""
_SHOWN = (
    subscriptions.c.id,
    subscriptions.c.frequency,
    subscriptions.c.created_at,
    subscriptions.c.confirmed_at,
    subscriptions.c.paused_at,
    subscriptions.c.paused_until,
    subscriptions.c.resumes_with,
    criteria.c.body,
)


async def confirmation(connection: AsyncConnection, token_hash: str) -> Any | None:
    """Return what a confirmation link is for, with the subscription and the subscriber as they stand."""
    statement = (
        select(
            confirmations.c.expires_at,
            confirmations.c.used_at,
            subscriptions.c.id,
            subscriptions.c.subscriber_id,
            subscriptions.c.frequency,
            subscriptions.c.confirmed_at,
            subscriptions.c.ended_at,
            subscribers.c.language,
            subscribers.c.identity,
            criteria.c.body,
        )
        .join(subscriptions, subscriptions.c.id == confirmations.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .join(criteria, criteria.c.id == subscriptions.c.criteria_id)
        .where(confirmations.c.token_hash == token_hash)
    )
    return (await connection.execute(statement)).one_or_none()


async def hold_confirmation(connection: AsyncConnection, token_hash: str) -> None:
    """Hold the subscriber of a confirmation link until the transaction ends: who answers it second sees the first."""
    link = select(subscriptions.c.subscriber_id).join(confirmations).where(confirmations.c.token_hash == token_hash)
    await connection.execute(select(subscribers.c.id).where(subscribers.c.id.in_(link)).with_for_update(key_share=True))


async def use_confirmation(connection: AsyncConnection, token_hash: str, now: datetime) -> None:
    """Mark a confirmation link as used."""
    unused = (confirmations.c.token_hash == token_hash, confirmations.c.used_at.is_(None))
    await connection.execute(update(confirmations).where(*unused).values(used_at=now))


async def last_confirmations(
    connection: AsyncConnection, subscriber_id: int, hashes: Sequence[str], limit: int
) -> list[datetime]:
    """Return when a subscriber, or another spelling of their address, was last mailed a confirmation link.

    The newest comes first; one that waits lies ahead.
    """
    mine = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    statement = (
        select(confirmations.c.created_at)
        .where(or_(confirmations.c.subscription_id.in_(mine), confirmations.c.abuse_hash.in_(list(hashes))))
        .order_by(confirmations.c.created_at.desc())
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def has_link(connection: AsyncConnection, subscription_id: int, now: datetime) -> bool:
    """Say whether a confirmation link was made for a subscription that still holds."""
    mine = (confirmations.c.subscription_id == subscription_id, confirmations.c.expires_at >= now)
    return bool((await connection.execute(select(exists().where(*mine)))).scalar_one())


async def forget_waiting_confirmations(connection: AsyncConnection, subscriber_id: int, now: datetime) -> None:
    """Drop the links of confirmation mails that were to go out after this moment; they count for no ceiling."""
    mine = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
    await connection.execute(
        delete(confirmations).where(confirmations.c.subscription_id.in_(mine), confirmations.c.created_at > now)
    )


async def block(connection: AsyncConnection, identity_hash: str, now: datetime) -> None:
    """Remember that an address wants no further confirmation mail."""
    await insert_missing(connection, blocked_confirmations, [{"identity_hash": identity_hash, "created_at": now}])


async def is_blocked(connection: AsyncConnection, identity_hash: str) -> bool:
    """Say whether an address wants no confirmation mail."""
    statement = select(exists().where(blocked_confirmations.c.identity_hash == identity_hash))
    return bool((await connection.execute(statement)).scalar_one())


async def end(
    connection: AsyncConnection, subscriber_id: int, subscription_id: int | None, because: str, now: datetime
) -> int:
    """End one subscription of a subscriber, or all; what waits because of them is no longer told. Return how many."""
    await hold(connection, subscriber_id)
    mine = and_(subscriptions.c.subscriber_id == subscriber_id, _LIVING)
    if subscription_id is not None:
        mine = and_(mine, subscriptions.c.id == subscription_id)
    result = await connection.execute(update(subscriptions).where(mine).values(ended_at=now, ended_because=because))
    await given.withdraw_ended(connection, subscriber_id, because, now)
    await skip_items(connection, and_(items.c.subscriber_id == subscriber_id, ~asked(ACTIVE)), because)
    await let_rest(connection, subscriber_id)
    await take_back_of_subscriber(connection, subscriber_id, today_in_vietnam(now))
    return result.rowcount


async def hold(connection: AsyncConnection, subscriber_id: int) -> None:
    """Hold a subscriber until the transaction ends: a hand-over to them is over before, or begins after."""
    mine = select(subscribers.c.id).where(subscribers.c.id == subscriber_id)
    await connection.execute(mine.with_for_update(key_share=True))


async def stopped_since(connection: AsyncConnection, subscriber_id: int, since: datetime) -> Sequence[Any]:
    """Return the confirmed subscriptions that a subscriber stopped since a moment and asks no more, the last first."""
    asked_anew = subscriptions.alias("asked_anew")
    anew = exists().where(
        asked_anew.c.subscriber_id == subscriptions.c.subscriber_id,
        asked_anew.c.criteria_id == subscriptions.c.criteria_id,
        asked_anew.c.ended_at.is_(None),
    )
    statement = (
        select(*_SHOWN, subscriptions.c.ended_at)
        .join(criteria, criteria.c.id == subscriptions.c.criteria_id)
        .where(
            subscriptions.c.subscriber_id == subscriber_id,
            subscriptions.c.confirmed_at.is_not(None),
            subscriptions.c.ended_at >= since,
            subscriptions.c.ended_because.in_(STOPPED_BY_SUBSCRIBER),
            ~anew,
        )
        .order_by(subscriptions.c.ended_at.desc(), subscriptions.c.id)
    )
    return (await connection.execute(statement)).all()


async def restore(connection: AsyncConnection, numbers: Sequence[int], now: datetime) -> None:
    """Let stopped subscriptions stand again as they were, and what waited because of them; write the consent down anew."""
    these = subscriptions.c.id.in_(list(numbers))
    await connection.execute(update(subscriptions).where(these).values(ended_at=None, ended_because=None))
    await _consent_again(connection, numbers, now)
    whose = select(subscriptions.c.subscriber_id).where(these)
    taken = and_(
        items.c.subscriber_id.in_(whose), items.c.skipped.in_(STOPPED_BY_SUBSCRIBER), asked(and_(AWAKE, these))
    )
    await bring_back(connection, and_(taken, ~withdrawn()), soonest(and_(AWAKE, matching())), now)


async def number_of(connection: AsyncConnection, identity: str) -> int | None:
    """Return the number of the subscriber with an address, as addresses are compared; None for nobody."""
    statement = select(subscribers.c.id).where(subscribers.c.identity == identity)
    return (await connection.execute(statement)).scalar_one_or_none()


async def of_number(connection: AsyncConnection, subscriber_id: int) -> Any | None:
    """Return a subscriber; None when there is none."""
    return (await connection.execute(select(subscribers).where(subscribers.c.id == subscriber_id))).one_or_none()


async def of_subscriber(connection: AsyncConnection, subscriber_id: int) -> Sequence[Any]:
    """Return the living subscriptions of a subscriber with their questions."""
    statement = (
        select(*_SHOWN)
        .join(criteria, criteria.c.id == subscriptions.c.criteria_id)
        .where(subscriptions.c.subscriber_id == subscriber_id, _LIVING)
        .order_by(subscriptions.c.id)
    )
    return (await connection.execute(statement)).all()


async def _consent_again(connection: AsyncConnection, numbers: Sequence[int], now: datetime) -> None:
    last = select(func.max(consents.c.id)).where(consents.c.subscription_id.in_(list(numbers)))
    given = select(
        consents.c.subscription_id,
        consents.c.purpose,
        consents.c.wording,
        consents.c.language,
        literal("stop_undone"),
        literal(now, consents.c.given_at.type),
    ).where(consents.c.id.in_(last.group_by(consents.c.subscription_id)))
    columns = ["subscription_id", "purpose", "wording", "language", "method", "given_at"]
    await insert_selected(connection, consents, columns, given)


async def of_bearer(connection: AsyncConnection, subscriber_id: int, moves: int) -> int | None:
    """Return the subscriber of a manage token; None where their address changed after it was mailed."""
    known = select(subscribers.c.moves).where(subscribers.c.id == subscriber_id)
    changed = (await connection.execute(known)).scalar_one_or_none()
    return subscriber_id if changed in (None, moves) else None
