"""One person asks to be told, confirms it, says that it was not them, or stops it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.bounces import LIFTED_BY_CONFIRMING
from app.domain.deliveries import DeliveryKind
from app.domain.privacy import network_of
from app.domain.subscriptions import CONFIRMATIONS_AT_MOST, Criteria, Frequency, Language, confirmation_wanted
from app.flow.subscribe.requests import (
    AskedSubscription,
    Asking,
    SubscriptionDesk,
    SubscriptionRequest,
    consent_of,
    mail_confirmations,
)
from app.store import audit, ceilings, enlisting, forgetting, retention, skipping, subscriptions, suppressions
from app.store.database import Connection, Database
from app.vault.tokens import keyed_hash, token_hash


@dataclass(frozen=True, slots=True)
class Wish:
    """One subscription as it was asked for."""

    id: int
    criteria: Criteria
    frequency: Frequency


@dataclass(frozen=True, slots=True)
class ConfirmedSubscriptions:
    """What a confirmation link confirms, or would confirm: everything that this subscriber asked for and not yet did."""

    subscriber_id: int
    language: Language
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationPage:
    """The page on which the button was pressed: its language, the keys, and the machine that it was pressed on."""

    language: Language
    keys: Sequence[bytes]
    ip: str | None


async def ask(desk: SubscriptionDesk, request: SubscriptionRequest) -> AskedSubscription:
    """Keep a wish to be told and mail its confirmation link, at most once a day and three times a month (SE-13).

    Past that ceiling the mail waits in the outbox until it may go. A subscription that stands already is left alone: a
    stranger cannot change it; only where bounces suppressed the address its link is mailed, for confirming anew proves that
    the mailbox works again. One link confirms all that the same address asked for, so that one mail waits at most.
    """
    async with desk.database.writing() as connection:
        now = await desk.database.now(connection)
        identity = request.address.identity
        people = await enlisting.subscribers_of(connection, {identity: (request.address, request.language)}, now)
        subscriber, questions = people[identity], await enlisting.shared_criteria(connection, {request.criteria}, now)
        pair = (subscriber.id, questions[request.criteria])
        asked = (await enlisting.subscribe(connection, {pair: request.frequency}, now))[pair]
        if asked.confirmed_at is not None and not await suppressions.is_suppressed(connection, subscriber.id):
            return AskedSubscription(asked.id, confirmed=True)
        hashes = [keyed_hash(request.address.abuse_key, key) for key in desk.keys]
        await ceilings.take_turn(connection)
        due = await _confirmation_due(connection, desk, subscriber, asked.id, hashes, now)
        if due is not None:
            due = await ceilings.room_at(connection, due, desk.most_per_hour)
            if asked.confirmed_at is None:
                await enlisting.set_frequencies(connection, {asked.id: request.frequency})
            await mail_confirmations(connection, desk, [Asking(request, subscriber, asked.id, due)])
        return AskedSubscription(asked.id, confirmed=asked.confirmed_at is not None)


async def awaiting(database: Database, token: str) -> ConfirmedSubscriptions | None:
    """Return what a confirmation link would confirm, changing nothing; None when it is unknown, expired or overtaken."""
    async with database.reading() as connection:
        now = await database.now(connection)
        link = await subscriptions.confirmation(connection, token_hash(token))
        return await _wishes(connection, link, now)


async def confirm(
    database: Database, token: str, page: ConfirmationPage | None = None
) -> ConfirmedSubscriptions | None:
    """Confirm all that an address asked for by its mailed link; None when the link is unknown, expired or overtaken.

    Confirming again within the link's life answers the same and changes nothing. Who comes back after an erasure may be
    mailed again. Without a page the consent is in the subscriber's language, and an erasure keeps staff from enrolling.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold_confirmation(connection, token_hash(token))
        link = await subscriptions.confirmation(connection, token_hash(token))
        confirmed = await _wishes(connection, link, now)
        if link is not None and confirmed is not None:
            consent = consent_of(page.language if page else confirmed.language, "double_opt_in")
            consent |= {"confirmation": token_hash(token)} | _origin(page.ip if page else None)
            if page is not None:
                await forgetting.lift(connection, [keyed_hash(link.identity, key) for key in page.keys], now)
            await enlisting.activate(connection, {wish.id: consent for wish in confirmed.wishes}, now)
            await subscriptions.use_confirmation(connection, token_hash(token), now)
            await _call_back(connection, confirmed.subscriber_id, "confirmed", now)
        if confirmed is not None and link is not None and link.used_at is None:
            lifted = sorted(LIFTED_BY_CONFIRMING)
            await suppressions.release(connection, confirmed.subscriber_id, lifted, "confirmed", None, now)
        return confirmed


async def block(database: Database, token: str, keys: Sequence[bytes]) -> bool:
    """Take "that was not me": end what is unconfirmed and send this address no further confirmation mail.

    False when the link is unknown or expired. A subscription that was confirmed is not touched.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold_confirmation(connection, token_hash(token))
        row = await subscriptions.confirmation(connection, token_hash(token))
        if row is None or row.expires_at < now:
            return False
        if row.confirmed_at is None:
            for wish in await subscriptions.of_subscriber(connection, row.subscriber_id):
                if wish.confirmed_at is None:
                    await subscriptions.end(connection, row.subscriber_id, wish.id, "not_me", now)
            await subscriptions.block(connection, keyed_hash(row.identity, keys[0]), now)
            await _call_back(connection, row.subscriber_id, "not_me", now)
        return True


async def stop(database: Database, subscriber_id: int, subscription_id: int | None, because: str = "asked") -> int:
    """End one subscription, or all of a subscriber; return how many ended. It holds for all not yet handed over (EM-05)."""
    async with database.writing() as connection:
        now = await database.now(connection)
        await subscriptions.hold(connection, subscriber_id)
        if subscription_id is None:
            await _call_back(connection, subscriber_id, because, now)
        ended = await subscriptions.end(connection, subscriber_id, subscription_id, because, now)
        if ended:
            actor, details = f"subscriber:{subscriber_id}", {"ended": ended, "because": because}
            await audit.write_audit(connection, actor, "stop", f"subscription:{subscription_id or 'all'}", details, now)
        return ended


async def _confirmation_due(
    connection: Connection,
    desk: SubscriptionDesk,
    subscriber: Any,
    subscription_id: int,
    hashes: Sequence[str],
    now: datetime,
) -> datetime | None:
    """Return when the confirmation of a wish goes out; None when the address wants none, or when none is needed."""
    identities = [keyed_hash(subscriber.identity, key) for key in desk.keys]
    for name in identities:
        if await subscriptions.is_blocked(connection, name):
            return None
    mailed = await subscriptions.last_confirmations(connection, subscriber.id, hashes, CONFIRMATIONS_AT_MOST)
    before = await retention.mailed_before(connection, sorted({*identities, *hashes}), CONFIRMATIONS_AT_MOST)
    mailed += [min(at, now) for at in before]  # what waits there confirms no wish: it counts as if it went now
    mailed.sort(reverse=True)
    linked = await subscriptions.has_link(connection, subscription_id, now)
    return confirmation_wanted(now, mailed, linked=linked)


async def _call_back(connection: Connection, subscriber_id: int, because: str, now: datetime) -> None:
    """Take the confirmation mails that did not go out yet, and the links in those that wait, out of the outbox."""
    await subscriptions.forget_waiting_confirmations(connection, subscriber_id, now)
    await skipping.skip_mails(connection, subscriber_id, [DeliveryKind.CONFIRMATION], because)


def _origin(ip: str | None) -> dict[str, Any]:
    network = None if ip is None else network_of(ip)
    return {"ip": ip, "network": network} if network is not None else {"ip": None, "network": None}


async def _wishes(connection: Connection, link: Any | None, now: datetime) -> ConfirmedSubscriptions | None:
    if link is None or link.expires_at < now:
        return None
    standing = await subscriptions.of_subscriber(connection, link.subscriber_id)
    wishes = [
        Wish(row.id, Criteria.from_json(row.body), Frequency(row.frequency))
        for row in standing
        if row.confirmed_at is None or row.id == link.id
    ]
    return ConfirmedSubscriptions(link.subscriber_id, Language(link.language), tuple(wishes)) if wishes else None
