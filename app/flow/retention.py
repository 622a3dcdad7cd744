"""What is old enough goes, once a day (PV-04): counted, in batches of one transaction each, safe to repeat."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

import structlog

from app.domain.privacy import (
    AUDIT_KEPT,
    CONTACT_LINKS_KEPT,
    DELIVERIES_KEPT,
    INACTIVE_KEPT,
    MAILS_KEPT,
    ORIGINS_KEPT,
    REQUESTS_KEPT,
    SIGN_UPS_KEPT,
    SUPPRESSED,
    UNVERIFIED_CONTACTS_KEPT,
    Erasure,
)
from app.domain.subscriptions import CONFIRMATIONS_COUNTED_OVER
from app.store import audit, forgetting, retention
from app.store.database import Connection, Database
from app.vault.tokens import keyed_hash

_log = structlog.get_logger(__name__)

BATCH = 5000
"""Rows of one transaction at most, so that nobody waits for it."""

_REWRITTEN_WITHIN = timedelta(days=3)
"""A person who was forgotten is in no gap of an SQLite file after the next run, or the one after if that failed."""

_Step = Callable[[Connection, datetime, int], Awaitable[int]]

_BY_AGE: Mapping[str, tuple[_Step, timedelta]] = MappingProxyType(
    {
        "messages": (retention.drop_messages, MAILS_KEPT),
        "deliveries": (retention.drop_deliveries, DELIVERIES_KEPT),
        "digests": (retention.drop_digests, DELIVERIES_KEPT),
        "origins": (retention.drop_origins, ORIGINS_KEPT),
        "requests": (retention.drop_requests, REQUESTS_KEPT),
        "contact_links": (retention.drop_contact_links, CONTACT_LINKS_KEPT),
        "contacts": (retention.drop_contacts, UNVERIFIED_CONTACTS_KEPT),
    }
)


async def retain(
    database: Database, keys: Sequence[bytes], batch: int = BATCH, actor: str = audit.ITSELF
) -> dict[str, int]:
    """Destroy what is older than it is kept; return how many rows of each sort.

    The order is that of what holds on to what: contacts nobody verified and wishes nobody confirmed, then people who ask
    for nothing any more. It is written down when it destroyed anything, or when a person asked for it.
    """
    done: Counter[str] = Counter()
    for name, (step, kept) in _BY_AGE.items():
        done[name] = await _all(database, step, kept, batch)
    done["audit"] = await _cut_audit(database, batch)
    done["sign_ups"] = await _forget_wishes(database, keys[0], batch)
    done["people"] = await _forget_inactive(database, keys[0], batch)
    done["traces"] = await _drop_traces(database, batch)
    async with database.writing() as connection:
        now = await database.now(connection)
        done["confirmations"] = await retention.drop_mailed(connection, now - CONFIRMATIONS_COUNTED_OVER)
        gone = await forgetting.forgotten_since(connection, now - _REWRITTEN_WITHIN)
        if done.total() or actor != audit.ITSELF:
            await audit.write_audit(connection, actor, "retain", "database", dict(+done), now)
    await (database.rewrite() if gone else database.empty_journal())
    if done.total():
        _log.info("retained", **done)
    return dict(done)


async def _all(database: Database, step: _Step, kept: timedelta, batch: int) -> int:
    total = 0
    while True:
        async with database.writing() as connection:
            count = await step(connection, await database.now(connection) - kept, batch)
        total += count
        if count < batch:
            return total


async def _cut_audit(database: Database, batch: int) -> int:
    """Destroy the beginning of the audit; the chain is sealed first, for it says itself where it was cut."""
    sealed = batch
    while sealed == batch:
        async with database.writing() as connection:
            _, sealed = await audit.seal(connection, batch)
    total, count = 0, batch
    while count == batch:
        async with database.writing() as connection:
            now = await database.now(connection)
            count = await audit.cut(connection, now - AUDIT_KEPT, batch, now)
        total += count
    return total


async def _forget_wishes(database: Database, key: bytes, batch: int) -> int:
    """Destroy sign-ups that nobody confirmed in time; what counts for the ceilings on confirmation mails is kept hashed."""
    total = 0
    while True:
        async with database.writing() as connection:
            now = await database.now(connection)
            found = await retention.old_wishes(connection, now - SIGN_UPS_KEPT, now, batch)
            await retention.hold_askers(connection, found)
            # Who asked again until they were held has a link that holds.
            numbers = await retention.old_wishes(connection, now - SIGN_UPS_KEPT, now, batch, among=found)
            since = now - CONFIRMATIONS_COUNTED_OVER
            mailed = await retention.mailed_for_subscriptions(connection, numbers, since)
            hashed = [(keyed_hash(row.identity, key), row.created_at) for row in mailed]
            await retention.remember_mailed(connection, hashed)
            await retention.drop_wishes(connection, numbers)
        total += len(numbers)
        if len(found) < batch:
            return total


async def _forget_inactive(database: Database, key: bytes, batch: int) -> int:
    """Forget people who ask for nothing any more; whom nobody may mail stays unmailed by a keyed hash."""
    total = 0
    while True:
        async with database.writing() as connection:
            now = await database.now(connection)
            people = await retention.inactive(connection, now - INACTIVE_KEPT, now - SIGN_UPS_KEPT, batch)
            numbers = [person.id for person in people]
            mailed = await retention.mailed_to_subscribers(connection, numbers, now - CONFIRMATIONS_COUNTED_OVER)
            hashed = [(keyed_hash(row.identity, key), row.created_at) for row in mailed]
            await retention.remember_mailed(connection, hashed)
            kept_out = [keyed_hash(one.identity, key) for one in people if one.suppressed]
            await forgetting.remember(connection, [Erasure(name, SUPPRESSED, now) for name in kept_out])
            await forgetting.forget(connection, numbers, now)
        total += len(people)
        if len(people) < batch:
            return total


async def _drop_traces(database: Database, batch: int) -> int:
    """Destroy what a hand-over that was under way when its reader was forgotten has written since."""
    async with database.writing() as connection:
        numbers = await forgetting.traced(connection, batch)
        await forgetting.drop_traces(connection, numbers)
    return len(numbers)
