"""Destroying what names a person, and remembering by a keyed hash that they were forgotten (PV-03).

What stays of a forgotten person is a number: their subscriptions, consents and what they were told, without an address.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, case, cast, delete, exists, literal, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import ENDED, DeliveryState
from app.domain.privacy import Erasure
from app.store import organisations
from app.store.fences import FREED
from app.store.tables import (
    address_changes,
    attempts,
    confirmations,
    consents,
    deliveries,
    erased_identities,
    items,
    messages,
    subject_keys,
    subscribers,
    subscriptions,
    suppressions,
)
from app.store.writes import chunks, insert_missing

_BEING_HANDED_OVER = DeliveryState.HANDING_OVER


async def hold(connection: AsyncConnection, subscriber_id: int) -> Any | None:
    """Hold a subscriber until the transaction ends and return the row; None when there is none or it was forgotten."""
    statement = select(subscribers).where(subscribers.c.id == subscriber_id, subscribers.c.forgotten_at.is_(None))
    return (await connection.execute(statement.with_for_update(key_share=True))).one_or_none()


async def called_off(connection: AsyncConnection, subscriber_ids: Collection[int], because: str) -> None:
    """Take everything that is not handed over yet out of the outbox, and what is being handed over out of every repeat."""
    for piece in chunks(sorted(subscriber_ids)):
        mine = deliveries.c.subscriber_id.in_(piece)
        waiting = and_(mine, deliveries.c.state.not_in([*ENDED, _BEING_HANDED_OVER]))
        open_ones = select(deliveries.c.id).where(mine, deliveries.c.state.not_in(ENDED))
        await connection.execute(open_ones.order_by(deliveries.c.id).with_for_update())
        await connection.execute(
            update(items)
            .where(
                items.c.subscriber_id.in_(piece),
                items.c.skipped.is_(None),
                or_(items.c.delivery_id.is_(None), items.c.delivery_id.in_(open_ones)),
            )
            .values(skipped=because)
        )
        await connection.execute(
            update(deliveries).where(waiting).values(state=DeliveryState.SKIPPED, reason=because, **FREED)
        )


async def end_all(connection: AsyncConnection, subscriber_ids: Collection[int], because: str, now: datetime) -> None:
    """End every subscription of these people and write the withdrawal of every consent."""
    for piece in chunks(sorted(subscriber_ids)):
        mine = subscriptions.c.subscriber_id.in_(piece)
        living = update(subscriptions).where(mine, subscriptions.c.ended_at.is_(None))
        await connection.execute(living.values(ended_at=now, ended_because=because))
        standing_ones = update(consents).where(
            consents.c.subscription_id.in_(select(subscriptions.c.id).where(mine)), consents.c.withdrawn_at.is_(None)
        )
        await connection.execute(standing_ones.values(withdrawn_at=now, withdrawn_because=because))


async def forget(connection: AsyncConnection, subscriber_ids: Collection[int], now: datetime) -> None:
    """Destroy what names these people: address and identity, rendered mails, words of servers, links, keys, origins."""
    await drop_traces(connection, subscriber_ids)
    await organisations.forget(connection, subscriber_ids, now)
    for piece in chunks(sorted(subscriber_ids)):
        mine = select(subscriptions.c.id).where(subscriptions.c.subscriber_id.in_(piece))
        await connection.execute(delete(confirmations).where(confirmations.c.subscription_id.in_(mine)))
        origins = update(consents).where(consents.c.subscription_id.in_(mine))
        await connection.execute(origins.values(ip=None, network=None, confirmation=None))
        await connection.execute(delete(address_changes).where(address_changes.c.subscriber_id.in_(piece)))
        await connection.execute(
            update(suppressions).where(suppressions.c.subscriber_id.in_(piece)).values(detail="", ended_by=None)
        )
        await connection.execute(delete(subject_keys).where(subject_keys.c.subscriber_id.in_(piece)))
        await connection.execute(
            update(subscribers)
            .where(subscribers.c.id.in_(piece), subscribers.c.forgotten_at.is_(None))
            .values(
                address="",
                wire="",
                identity=literal("forgotten:") + cast(subscribers.c.id, String),
                last_instant_at=None,
                forgotten_at=now,
            )
        )


async def drop_traces(connection: AsyncConnection, subscriber_ids: Collection[int]) -> None:
    """Destroy the rendered mails of these people and what servers said about them."""
    for piece in chunks(sorted(subscriber_ids)):
        mine = deliveries.c.subscriber_id.in_(piece)
        numbers = select(deliveries.c.id).where(mine)
        kept = select(deliveries.c.message_hash).where(mine, deliveries.c.message_hash.is_not(None))
        hashes = sorted((await connection.execute(kept)).scalars())
        ours = case((deliveries.c.state == DeliveryState.SKIPPED, deliveries.c.reason), else_=null())
        await connection.execute(
            update(deliveries).where(mine).values(message_hash=None, recipient=None, reply=None, reason=ours)
        )
        await connection.execute(update(attempts).where(attempts.c.delivery_id.in_(numbers)).values(reply=None))
        for names in chunks(hashes):
            await connection.execute(delete(messages).where(messages.c.hash.in_(names)))


async def traced(connection: AsyncConnection, limit: int) -> list[int]:
    """Return forgotten people of whom a hand-over that was under way has left bytes or words of a server since."""
    theirs = and_(deliveries.c.state != DeliveryState.SKIPPED, deliveries.c.reason.is_not(None))
    kept = (deliveries.c.message_hash, deliveries.c.reply, attempts.c.reply)
    left = or_(theirs, *(column.is_not(None) for column in kept))
    statement = (
        select(subscribers.c.id)
        .join(deliveries, deliveries.c.subscriber_id == subscribers.c.id)
        .outerjoin(attempts, attempts.c.delivery_id == deliveries.c.id)
        .where(subscribers.c.forgotten_at.is_not(None), deliveries.c.state != _BEING_HANDED_OVER, left)
        .distinct()
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def forgotten_since(connection: AsyncConnection, moment: datetime) -> bool:
    """Say whether anybody was forgotten since a moment."""
    return bool((await connection.execute(select(exists().where(subscribers.c.forgotten_at >= moment)))).scalar_one())


async def remember(connection: AsyncConnection, erasures: Iterable[Erasure]) -> None:
    """Remember by their keyed hashes who was forgotten."""
    rows = [
        {"identity_hash": one.identity_hash, "because": one.because, "erased_at": one.erased_at} for one in erasures
    ]
    await insert_missing(connection, erased_identities, rows)


async def lift(connection: AsyncConnection, identity_hashes: Sequence[str], now: datetime) -> None:
    """Let people be mailed again who came back by themselves."""
    mine = erased_identities.c.identity_hash.in_(list(identity_hashes))
    await connection.execute(
        update(erased_identities).where(mine, erased_identities.c.lifted_at.is_(None)).values(lifted_at=now)
    )


async def standing(connection: AsyncConnection, identity_hashes: Sequence[str]) -> set[str]:
    """Return which of these keyed hashes are of people who were forgotten and did not come back."""
    found: set[str] = set()
    for piece in chunks(identity_hashes):
        mine = (erased_identities.c.identity_hash.in_(piece), erased_identities.c.lifted_at.is_(None))
        found |= set((await connection.execute(select(erased_identities.c.identity_hash).where(*mine))).scalars())
    return found


async def remembered(connection: AsyncConnection) -> list[Erasure]:
    """Return everybody who was forgotten, the earliest first, also who came back since."""
    rows = await connection.execute(
        select(erased_identities).order_by(erased_identities.c.erased_at, erased_identities.c.identity_hash)
    )
    return [Erasure(row.identity_hash, row.because, row.erased_at) for row in rows]


async def known_after(connection: AsyncConnection, after: int, limit: int) -> Sequence[Any]:
    """Return the next subscribers, by their numbers, whose address is known."""
    statement = (
        select(subscribers.c.id, subscribers.c.identity, subscribers.c.created_at)
        .where(subscribers.c.id > after, subscribers.c.forgotten_at.is_(None))
        .order_by(subscribers.c.id)
        .limit(limit)
        .with_for_update(key_share=True)
    )
    return (await connection.execute(statement)).all()
