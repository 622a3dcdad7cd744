"""Ask to be told, confirm it, stop it. Nobody is mailed who did not confirm, or whom staff did not vouch for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.addresses import Address
from app.domain.bounces import LIFTED_BY_CONFIRMING
from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.errors import conflict
from app.domain.privacy import network_of
from app.domain.sectors import Facet
from app.domain.subscriptions import (
    CONFIRMATIONS_AT_MOST,
    READ_FACETS,
    Criteria,
    Frequency,
    Language,
    confirmation_due,
)
from app.i18n.dates import today_in_vietnam
from app.i18n.facets import is_listed
from app.store import (
    ceilings,
    deliveries,
    forgetting,
    outbox,
    retention,
    reviews,
    skipping,
    subscriptions,
    suppressions,
)
from app.store.consents import ALERTS
from app.store.database import Connection, Database
from app.texts.consent_wordings import CURRENT
from app.texts.letterhead import Letterhead
from app.texts.mail import ConfirmationMail, compose_confirmation_mail
from app.vault.tokens import keyed_hash, new_token, token_hash

CONFIRM_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class SubscriptionDesk:
    """What asking needs: the database, the letterhead of the confirmation mail, the keys (the current one first).

    `most_per_hour` is how many mails go to addresses that nobody has proved to be theirs, all together (SE-13).
    """

    database: Database
    letterhead: Letterhead
    keys: Sequence[bytes]
    most_per_hour: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRequest:
    """Who asks to be told what, how often and in which language."""

    address: Address
    criteria: Criteria
    frequency: Frequency
    language: Language


@dataclass(frozen=True, slots=True)
class AskedSubscription:
    """The subscription that was asked for; `confirmed` when it stood already. A stranger must not learn which it was."""

    id: int
    confirmed: bool


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
        subscriber = await subscriptions.subscriber(connection, request.address, request.language, now)
        criteria_id = await subscriptions.shared_criteria(connection, request.criteria, now)
        asked = await subscriptions.subscribe(connection, subscriber.id, criteria_id, request.frequency, now)
        if asked.confirmed_at is not None and not await suppressions.is_suppressed(connection, subscriber.id):
            return AskedSubscription(asked.id, confirmed=True)
        hashes = [keyed_hash(request.address.abuse_key, key) for key in desk.keys]
        due = await _confirmation_due(connection, desk, subscriber, asked.id, hashes, now)
        if due is not None:
            due = await ceilings.room_at(connection, due, desk.most_per_hour)
            if asked.confirmed_at is None:
                await subscriptions.set_frequency(connection, asked.id, request.frequency)
            await _mail_confirmation(connection, desk, request, subscriber, asked.id, due)
        return AskedSubscription(asked.id, confirmed=asked.confirmed_at is not None)


async def enrol(
    database: Database, requests: Sequence[SubscriptionRequest], keys: Sequence[bytes]
) -> list[AskedSubscription]:
    """Keep subscriptions whose consent was given to staff, confirmed at once, all or none; nothing is mailed.

    Repeating it changes the frequency and the language, and nothing else. AppError `person-erased` when one of them had
    their data erased: only they can come back, by a confirmation link (PV-03).
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        hashes = [keyed_hash(request.address.identity, key) for request in requests for key in keys]
        if await forgetting.standing(connection, hashes):
            raise conflict("person-erased", "somebody here had their data erased; only they can subscribe again")
        return [await _enrol(connection, request, now) for request in requests]


async def _enrol(connection: Connection, request: SubscriptionRequest, now: datetime) -> AskedSubscription:
    subscriber = await subscriptions.subscriber(connection, request.address, request.language, now)
    await subscriptions.write_in(connection, subscriber.id, request.language)
    criteria_id = await subscriptions.shared_criteria(connection, request.criteria, now)
    asked = await subscriptions.subscribe(connection, subscriber.id, criteria_id, request.frequency, now)
    await subscriptions.set_frequency(connection, asked.id, request.frequency)
    await subscriptions.activate(connection, asked.id, _consent(request.language, "given_to_staff"), now)
    return AskedSubscription(asked.id, confirmed=True)


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
            consent = _consent(page.language if page else confirmed.language, "double_opt_in")
            consent |= {"confirmation": token_hash(token)} | _origin(page.ip if page else None)
            if page is not None:
                await forgetting.lift(connection, [keyed_hash(link.identity, key) for key in page.keys], now)
            for wish in confirmed.wishes:
                await subscriptions.activate(connection, wish.id, consent, now)
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
            await reviews.write_audit(
                connection, actor, "stop", f"subscription:{subscription_id or 'all'}", details, now
            )
        return ended


async def _confirmation_due(
    connection: Connection,
    desk: SubscriptionDesk,
    subscriber: Any,
    subscription_id: int,
    hashes: Sequence[str],
    now: datetime,
) -> datetime | None:
    """Return when the confirmation of a wish goes out; None when the address wants none, or when none is needed.

    Past the ceiling none is needed while another waits, which will confirm this wish too, or while this wish has a link
    that holds: who asks for the same again and again is not mailed day after day.
    """
    identities = [keyed_hash(subscriber.identity, key) for key in desk.keys]
    for name in identities:
        if await subscriptions.is_blocked(connection, name):
            return None
    mailed = await subscriptions.last_confirmations(connection, subscriber.id, hashes, CONFIRMATIONS_AT_MOST)
    mailed += await retention.mailed_before(connection, identities, CONFIRMATIONS_AT_MOST)
    mailed.sort(reverse=True)
    due = confirmation_due(now, mailed)
    if due > now and (mailed[0] > now or await subscriptions.has_link(connection, subscription_id, now)):
        return None
    return due


async def _call_back(connection: Connection, subscriber_id: int, because: str, now: datetime) -> None:
    """Take the confirmation mails that did not go out yet, and the links in those that wait, out of the outbox."""
    await subscriptions.forget_waiting_confirmations(connection, subscriber_id, now)
    await skipping.skip_mails(connection, subscriber_id, [DeliveryKind.CONFIRMATION], because)


async def _mail_confirmation(
    connection: Connection,
    desk: SubscriptionDesk,
    request: SubscriptionRequest,
    subscriber: Any,
    subscription_id: int,
    due: datetime,
) -> None:
    """Put the confirmation mail in the outbox, rendered: the token itself is kept nowhere else.

    All its times count from when it is due: a link that waits holds no shorter, a mail that waits is given up no sooner.
    """
    token, head, language = new_token(), desk.letterhead, request.language
    until, abuse_hash = due + CONFIRM_WITHIN, keyed_hash(request.address.abuse_key, desk.keys[0])
    await subscriptions.add_confirmation(connection, token_hash(token), subscription_id, due, until, abuse_hash)
    message_id = f"{uuid.uuid4()}@{head.mail_domain}"
    names = head.names[language]
    mail = ConfirmationMail(
        recipient=subscriber.wire,
        sender=head.sender,
        language=language,
        frequency=request.frequency,
        sectors=tuple(names[sector].name for sector in request.criteria.sectors if sector in names),
        read=tuple((facet, listed) for facet in READ_FACETS if (listed := _listed(request.criteria, facet))),
        confirm_url=head.page(f"/confirm/{token}", language),
        refuse_url=head.page(f"/confirm/{token}", language),
        expires_on=today_in_vietnam(until),
        message_id=message_id,
        dated=due,
        banner=head.banner,
    )
    row = {
        "key": f"{DeliveryKind.CONFIRMATION}:{token_hash(token)}",
        "kind": DeliveryKind.CONFIRMATION,
        "priority": PRIORITY[DeliveryKind.CONFIRMATION],
        "subscriber_id": subscriber.id,
        "message_id": message_id,
        "message_hash": await deliveries.add_message(connection, compose_confirmation_mail(mail), due),
        "state": DeliveryState.PENDING,
        "due_at": due,
        "created_at": due,
    }
    await outbox.add_deliveries(connection, [row])


def _listed(asked: Criteria, facet: Facet) -> tuple[str, ...]:
    """Return what is asked of a facet as far as it stands in our own tables: a stranger's words are not mailed."""
    return tuple(value for value in asked.labels(facet) if is_listed(facet, value))


def _consent(language: Language, method: str) -> dict[str, Any]:
    return {"purpose": ALERTS, "wording": CURRENT, "language": language, "method": method}


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
