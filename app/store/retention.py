"""What is old enough to go (PV-04): found and destroyed in batches, each of which may be the last one for a while.

Every function takes a moment, destroys at most `limit` rows of what is older, and returns how many; a repeat finds the
rest, or nothing. What a repeat of a message needs stays, and who was told stays told.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, and_, delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import ENDED, DeliveryState
from app.store.organisations import stands_for_an_organisation
from app.store.suppressions import suppressed
from app.store.tables import (
    attempts,
    break_deadlines,
    confirmations,
    consents,
    contact_links,
    contacts,
    deliveries,
    digests,
    feedback,
    items,
    letter_recipients,
    mailed_confirmations,
    matches,
    messages,
    person_requests,
    reminders,
    subscribers,
    subscriptions,
)
from app.store.writes import chunks, insert_missing

TOLD = "told"
"""Why an item without a delivery is not told again: it was, and the delivery is too old to be kept."""
NOT_TOLD = "not_told"
_TOLD = (DeliveryState.ACCEPTED,)
_LIVING_MESSAGE = exists().where(deliveries.c.message_hash == messages.c.hash, deliveries.c.state.not_in(ENDED))


async def drop_messages(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy rendered mails; the hash of what was sent stays with its attempt."""
    old = select(messages.c.hash).where(messages.c.created_at < before, ~_LIVING_MESSAGE).limit(limit)
    hashes = sorted((await connection.execute(old)).scalars())
    for piece in chunks(hashes):
        sent = update(deliveries).where(deliveries.c.message_hash.in_(piece))
        await connection.execute(sent.values(message_hash=None))
        await connection.execute(delete(messages).where(messages.c.hash.in_(piece)))
    return len(hashes)


async def drop_deliveries(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy deliveries that came to an end; what they told stays in the ledger, so that nobody is told twice."""
    old = (
        select(deliveries.c.id, deliveries.c.state)
        .where(deliveries.c.created_at < before, deliveries.c.state.in_(ENDED))
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(old)).all()
    for piece in chunks(rows):
        for told in (True, False):
            numbers = [row.id for row in piece if (row.state in _TOLD) is told]
            await _drop_deliveries(connection, numbers, TOLD if told else NOT_TOLD)
    return len(rows)


async def drop_digests(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy digests of which no delivery is left."""
    used = exists().where(deliveries.c.digest_id == digests.c.id)
    return await _drop(connection, digests.c.id, and_(digests.c.local_date < before.date(), ~used), limit)


async def old_wishes(
    connection: AsyncConnection, before: datetime, now: datetime, limit: int, among: Sequence[int] | None = None
) -> list[int]:
    """Return subscriptions, or those among some, that nobody confirmed and that no link can confirm any more."""
    mine = subscriptions.alias()
    holds = (
        exists()
        .where(
            mine.c.subscriber_id == subscriptions.c.subscriber_id,
            confirmations.c.subscription_id == mine.c.id,
            confirmations.c.expires_at >= now,
        )
        .correlate(subscriptions)
    )
    statement = (
        select(subscriptions.c.id)
        .where(
            subscriptions.c.confirmed_at.is_(None),
            subscriptions.c.created_at < before,
            ~holds,
            ~exists().where(consents.c.subscription_id == subscriptions.c.id),
            ~exists().where(matches.c.subscription_id == subscriptions.c.id),
        )
        .order_by(subscriptions.c.id)
        .limit(limit)
    )
    if among is None:
        return list((await connection.execute(statement)).scalars())
    found: list[int] = []
    for piece in chunks(among):
        found += (await connection.execute(statement.where(subscriptions.c.id.in_(piece)))).scalars()
    return found


async def hold_askers(connection: AsyncConnection, subscription_ids: Sequence[int]) -> None:
    """Hold the subscribers of these subscriptions until the transaction ends: who asks again meanwhile waits."""
    for piece in chunks(subscription_ids):
        theirs = select(subscriptions.c.subscriber_id).where(subscriptions.c.id.in_(piece))
        held = select(subscribers.c.id).where(subscribers.c.id.in_(theirs)).order_by(subscribers.c.id)
        await connection.execute(held.with_for_update(key_share=True))


async def drop_wishes(connection: AsyncConnection, subscription_ids: Sequence[int]) -> None:
    """Destroy unconfirmed subscriptions with their links."""
    for piece in chunks(subscription_ids):
        await connection.execute(delete(confirmations).where(confirmations.c.subscription_id.in_(piece)))
        await connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(piece)))


async def inactive(
    connection: AsyncConnection, stopped_before: datetime, asked_before: datetime, limit: int
) -> Sequence[Any]:
    """Return subscribers who ask for nothing any more and stand for no organisation, of whom nothing waits or was asked."""
    still_here = or_(subscriptions.c.ended_at.is_(None), subscriptions.c.ended_at >= stopped_before)
    under_way = deliveries.c.state.not_in(ENDED)
    statement = (
        select(subscribers.c.id, subscribers.c.identity, suppressed(subscribers.c.id).label("suppressed"))
        .where(
            subscribers.c.forgotten_at.is_(None),
            subscribers.c.created_at < asked_before,
            ~exists().where(subscriptions.c.subscriber_id == subscribers.c.id, still_here),
            ~exists().where(deliveries.c.subscriber_id == subscribers.c.id, under_way),
            ~stands_for_an_organisation(subscribers.c.id, stopped_before),
            ~exists().where(
                person_requests.c.subscriber_id == subscribers.c.id, person_requests.c.finished_at.is_(None)
            ),
        )
        .order_by(subscribers.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await connection.execute(statement)).all()


async def drop_origins(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy the addresses of machines from which consent came; their networks stay."""
    old = select(consents.c.id).where(consents.c.ip.is_not(None), consents.c.given_at < before).limit(limit)
    return (await connection.execute(update(consents).where(consents.c.id.in_(old)).values(ip=None))).rowcount


async def drop_requests(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy what people asked about their data, and what came of it."""
    return await _drop(connection, person_requests.c.id, person_requests.c.finished_at < before, limit)


async def drop_contact_links(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy links by which addresses were asked whether they are an organisation's, spent and void ones alike."""
    return await _drop(connection, contact_links.c.token_hash, contact_links.c.asked_at < before, limit)


async def drop_contacts(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Destroy contacts that nobody verified and that were not asked since: they never were an organisation's."""
    asked = exists().where(contact_links.c.contact_id == contacts.c.id, contact_links.c.asked_at >= before)
    unproven = and_(contacts.c.verified_at.is_(None), contacts.c.created_at < before, ~asked)
    held = select(contacts.c.id).where(unproven).order_by(contacts.c.id).limit(limit).with_for_update(skip_locked=True)
    numbers = list((await connection.execute(held)).scalars())
    for piece in chunks(numbers):
        await connection.execute(delete(contact_links).where(contact_links.c.contact_id.in_(piece)))
        await connection.execute(delete(contacts).where(contacts.c.id.in_(piece)))
    return len(numbers)


async def drop_mailed(connection: AsyncConnection, before: datetime) -> int:
    """Destroy what counts for no ceiling on confirmation mails any more."""
    old = delete(mailed_confirmations).where(mailed_confirmations.c.mailed_at < before)
    return (await connection.execute(old)).rowcount


async def mailed_to_subscribers(connection: AsyncConnection, ids: Sequence[int], since: datetime) -> Sequence[Any]:
    """Return the identities of these subscribers with each moment at which they were mailed a confirmation."""
    return await _mailed(connection, subscribers.c.id, ids, since)


async def mailed_for_subscriptions(connection: AsyncConnection, ids: Sequence[int], since: datetime) -> Sequence[Any]:
    """Return the same of the subscribers of these subscriptions, as far as it was for them."""
    return await _mailed(connection, subscriptions.c.id, ids, since)


async def _mailed(
    connection: AsyncConnection, column: Column[Any], ids: Sequence[int], since: datetime
) -> Sequence[Any]:
    found: list[Any] = []
    for piece in chunks(ids):
        statement = (
            select(subscribers.c.identity, confirmations.c.created_at)
            .join(subscriptions, subscriptions.c.id == confirmations.c.subscription_id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(column.in_(piece), confirmations.c.created_at >= since)
        )
        found += (await connection.execute(statement)).all()
    return found


async def remember_mailed(connection: AsyncConnection, mailed: Iterable[tuple[str, datetime]]) -> None:
    """Remember by keyed hashes when confirmations were mailed, so that forgetting a wish opens no ceiling (SE-13).

    What asks an address whether it is an organisation's is one of these from the beginning: the contact may be taken away.
    """
    rows = [{"identity_hash": name, "mailed_at": at} for name, at in mailed]
    await insert_missing(connection, mailed_confirmations, rows)


async def mailed_before(connection: AsyncConnection, identity_hashes: Sequence[str], limit: int) -> list[datetime]:
    """Return when an address whose wishes were forgotten was mailed a confirmation, the newest first."""
    statement = (
        select(mailed_confirmations.c.mailed_at)
        .where(mailed_confirmations.c.identity_hash.in_(list(identity_hashes)))
        .order_by(mailed_confirmations.c.mailed_at.desc())
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def _drop_deliveries(connection: AsyncConnection, numbers: Sequence[int], because: str) -> None:
    for ledger in (items, letter_recipients):
        told = update(ledger).where(ledger.c.delivery_id.in_(numbers))
        await connection.execute(told.values(delivery_id=None, skipped=func.coalesce(ledger.c.skipped, because)))
    for table in (attempts, feedback, reminders, break_deadlines):
        await connection.execute(delete(table).where(table.c.delivery_id.in_(numbers)))
    await connection.execute(delete(deliveries).where(deliveries.c.id.in_(numbers)))


async def _drop(connection: AsyncConnection, key: Column[Any], condition: Any, limit: int) -> int:
    table = key.table
    assert isinstance(table, Table)  # noqa: S101 - a column of ours has a table
    old = select(key).where(condition).order_by(key).limit(limit)
    return (await connection.execute(delete(table).where(key.in_(old)))).rowcount
