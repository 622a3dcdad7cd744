"""The rows of subscriptions that are asked for: of one, or of a block of five hundred in as many statements."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.addresses import Address
from app.domain.subscriptions import Criteria, Frequency, Language
from app.store.ledger import in_turn
from app.store.suppressions import suppressed
from app.store.tables import (
    blocked_confirmations,
    confirmations,
    consents,
    criteria,
    mailed_confirmations,
    subscribers,
    subscriptions,
)
from app.store.writes import Rows, chunks, insert, insert_missing

T = TypeVar("T")

_LIVING: Final = subscriptions.c.ended_at.is_(None)


async def alone(connection: AsyncConnection) -> None:
    """Let one block at a time be written, so that two lists with the same people never wait for each other in a ring."""
    await in_turn(connection, "enlisting")


async def hold(connection: AsyncConnection, identities: Collection[str]) -> dict[str, Any]:
    """Hold the subscribers with these identities until the transaction ends, in the order of their numbers."""
    numbers = await _all(connection, lambda piece: _number(subscribers.c.identity.in_(piece)), sorted(identities))
    held = await _all(connection, _held, sorted(row.id for row in numbers))
    return {row.identity: row for row in held if row.identity in identities}


async def subscribers_of(
    connection: AsyncConnection, asked: Mapping[str, tuple[Address, Language]], now: datetime
) -> dict[str, Any]:
    """Return the subscribers of addresses by identity, new or known, held; a known one keeps the address as first typed."""
    rows = [
        {
            "address": address.typed,
            "wire": address.wire,
            "identity": identity,
            "language": language,
            "created_at": now,
        }
        for identity, (address, language) in sorted(asked.items())
    ]
    held: dict[str, Any] = {}
    while missing := [row for row in rows if row["identity"] not in held]:
        # Who was waited for while their address was forgotten is gone then, and begins anew.
        await insert_missing(connection, subscribers, missing)
        held |= await hold(connection, {str(row["identity"]) for row in missing})
    return held


async def shared_criteria(
    connection: AsyncConnection, asked: Collection[Criteria], now: datetime
) -> dict[Criteria, int]:
    """Return the rows of questions; all who ask the same share one."""
    canonical = {one: one.canonical() for one in asked}
    rows = {one.digest: {"digest": one.digest, "body": one.to_json(), "created_at": now} for one in canonical.values()}
    await insert_missing(connection, criteria, [rows[digest] for digest in sorted(rows)])
    found = await _all(
        connection,
        lambda piece: select(criteria.c.digest, criteria.c.id).where(criteria.c.digest.in_(piece)),
        list(rows),
    )
    numbers = {row.digest: row.id for row in found}
    return {one: numbers[tidied.digest] for one, tidied in canonical.items()}


async def subscribe(
    connection: AsyncConnection, asked: Mapping[tuple[int, int], Frequency], now: datetime
) -> dict[tuple[int, int], Any]:
    """Return the living subscriptions by subscriber and question, new or known; their subscribers are held."""
    rows = [
        {"subscriber_id": person, "criteria_id": question, "frequency": frequency, "created_at": now}
        for (person, question), frequency in asked.items()
    ]
    await insert_missing(connection, subscriptions, rows)
    found = await _all(
        connection,
        lambda piece: select(subscriptions).where(subscriptions.c.subscriber_id.in_(piece), _LIVING),
        sorted({person for person, _ in asked}),
    )
    return {(row.subscriber_id, row.criteria_id): row for row in found}


async def write_in(connection: AsyncConnection, languages: Mapping[int, Language]) -> None:
    """Set the language that subscribers are written to in."""
    for language, numbers in _by_value(languages).items():
        for piece in chunks(numbers):
            other = (subscribers.c.id.in_(piece), subscribers.c.language != language)
            await connection.execute(update(subscribers).where(*other).values(language=language))


async def set_frequencies(connection: AsyncConnection, frequencies: Mapping[int, Frequency]) -> None:
    """Set how often subscriptions are told."""
    for frequency, numbers in _by_value(frequencies).items():
        for piece in chunks(numbers):
            other = (subscriptions.c.id.in_(piece), subscriptions.c.frequency != frequency)
            await connection.execute(update(subscriptions).where(*other).values(frequency=frequency))


async def activate(connection: AsyncConnection, agreed: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    """Confirm subscriptions and write down the consent that each rests on, once."""
    for piece in chunks(sorted(agreed)):
        unconfirmed = (subscriptions.c.id.in_(piece), subscriptions.c.confirmed_at.is_(None), _LIVING)
        confirming = update(subscriptions).where(*unconfirmed).values(confirmed_at=now).returning(subscriptions.c.id)
        changed = sorted((await connection.execute(confirming)).scalars())
        await insert(
            connection, consents, [{**agreed[number], "subscription_id": number, "given_at": now} for number in changed]
        )


async def suppressed_among(connection: AsyncConnection, subscriber_ids: Collection[int]) -> set[int]:
    """Return which of these subscribers are not written to."""
    rows = await _all(
        connection,
        lambda piece: _number(subscribers.c.id.in_(piece), suppressed(subscribers.c.id)),
        sorted(subscriber_ids),
    )
    return {row.id for row in rows}


async def blocked_among(connection: AsyncConnection, identity_hashes: Collection[str]) -> set[str]:
    """Return which of these keyed hashes are of addresses that want no confirmation mail."""
    name = blocked_confirmations.c.identity_hash
    rows = await _all(connection, lambda piece: select(name).where(name.in_(piece)), sorted(identity_hashes))
    return {row.identity_hash for row in rows}


async def mailed_to(
    connection: AsyncConnection, subscriber_ids: Collection[int], abuse_hashes: Collection[str]
) -> list[Any]:
    """Return the confirmation links that were mailed, or wait, to subscribers or to other spellings of their addresses.

    A row has token_hash, subscriber_id, subscription_id, abuse_hash, created_at and expires_at.
    """
    told = select(confirmations, subscriptions.c.subscriber_id).join(
        subscriptions, subscriptions.c.id == confirmations.c.subscription_id
    )
    mine = await _all(
        connection, lambda piece: told.where(subscriptions.c.subscriber_id.in_(piece)), sorted(subscriber_ids)
    )
    alike = await _all(
        connection, lambda piece: told.where(confirmations.c.abuse_hash.in_(piece)), sorted(abuse_hashes)
    )
    return list({row.token_hash: row for row in (*mine, *alike)}.values())


async def mailed_before(connection: AsyncConnection, identity_hashes: Collection[str]) -> list[Any]:
    """Return when addresses whose wishes were forgotten were mailed confirmations: rows of identity_hash and mailed_at."""
    name = mailed_confirmations.c.identity_hash
    return await _all(
        connection,
        lambda piece: select(name, mailed_confirmations.c.mailed_at).where(name.in_(piece)),
        sorted(identity_hashes),
    )


async def add_confirmations(connection: AsyncConnection, rows: Rows) -> None:
    """Keep the hashes of confirmation links, each with the hash that all spellings of its address are counted under."""
    await insert(connection, confirmations, rows)


def _number(*conditions: ColumnElement[bool]) -> Select[Any]:
    return select(subscribers.c.id).where(*conditions)


def _held(numbers: Sequence[int]) -> Select[Any]:
    mine = select(subscribers).where(subscribers.c.id.in_(numbers)).order_by(subscribers.c.id)
    return mine.with_for_update(key_share=True)


async def _all(
    connection: AsyncConnection, statement: Callable[[Sequence[T]], Select[Any]], values: Sequence[T]
) -> list[Any]:
    """Return the rows of one statement asked of all values, in as few pieces as their number allows."""
    found: list[Any] = []
    for piece in chunks(values):
        found += (await connection.execute(statement(piece))).all()
    return found


def _by_value(values: Mapping[int, T]) -> dict[T, list[int]]:
    grouped: defaultdict[T, list[int]] = defaultdict(list)
    for number, value in sorted(values.items()):
        grouped[value].append(number)
    return grouped
