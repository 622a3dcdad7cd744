"""What is asked for and by whom, the consent to it, and the mail that asks whether it was them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.addresses import Address
from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.sectors import Facet
from app.domain.subscriptions import READ_FACETS, Criteria, Frequency, Language
from app.i18n.dates import today_in_vietnam
from app.i18n.facets import is_listed
from app.store import bodies, enlisting, outbox
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
class Asking:
    """A subscription whose confirmation mail goes out at `due`: who asked, for what, at which address."""

    request: SubscriptionRequest
    subscriber: Any
    subscription_id: int
    due: datetime


def consent_of(language: Language, method: str) -> dict[str, Any]:
    """Return the consent to alerts in the wording of today, as it is kept on record."""
    return {"purpose": ALERTS, "wording": CURRENT, "language": language, "method": method}


async def mail_confirmations(connection: Connection, desk: SubscriptionDesk, asking: Sequence[Asking]) -> None:
    """Put confirmation mails in the outbox, rendered: their tokens themselves are kept nowhere else.

    All times count from when a mail is due: a link that waits holds no shorter, a mail that waits is given up no sooner.
    """
    tokens = [new_token() for _ in asking]
    mails = [_composed(desk.letterhead, one, token) for one, token in zip(asking, tokens, strict=True)]
    links = [_link(desk, one, token) for one, token in zip(asking, tokens, strict=True)]
    await enlisting.add_confirmations(connection, links)
    hashes = await bodies.keep(connection, [(compose_confirmation_mail(mail), mail.dated) for mail in mails])
    rows = [
        {
            "key": f"{DeliveryKind.CONFIRMATION}:{link['token_hash']}",
            "kind": DeliveryKind.CONFIRMATION,
            "priority": PRIORITY[DeliveryKind.CONFIRMATION],
            "subscriber_id": one.subscriber.id,
            "message_id": mail.message_id,
            "message_hash": name,
            "state": DeliveryState.PENDING,
            "due_at": one.due,
            "created_at": one.due,
        }
        for one, link, mail, name in zip(asking, links, mails, hashes, strict=True)
    ]
    await outbox.add_deliveries(connection, rows)


def _link(desk: SubscriptionDesk, one: Asking, token: str) -> dict[str, Any]:
    return {
        "token_hash": token_hash(token),
        "subscription_id": one.subscription_id,
        "created_at": one.due,
        "expires_at": one.due + CONFIRM_WITHIN,
        "abuse_hash": keyed_hash(one.request.address.abuse_key, desk.keys[0]),
    }


def _composed(head: Letterhead, one: Asking, token: str) -> ConfirmationMail:
    language, criteria = one.request.language, one.request.criteria
    names = head.names[language]
    return ConfirmationMail(
        recipient=one.subscriber.wire,
        sender=head.sender,
        language=language,
        frequency=one.request.frequency,
        sectors=tuple(names[sector].name for sector in criteria.sectors if sector in names),
        read=tuple((facet, listed) for facet in READ_FACETS if (listed := _listed(criteria, facet))),
        confirm_url=head.page(f"/confirm/{token}", language),
        refuse_url=head.page(f"/confirm/{token}", language),
        expires_on=today_in_vietnam(one.due + CONFIRM_WITHIN),
        message_id=f"{uuid.uuid4()}@{head.mail_domain}",
        dated=one.due,
        banner=head.banner,
    )


def _listed(asked: Criteria, facet: Facet) -> tuple[str, ...]:
    """Return what is asked of a facet as far as it stands in our own tables: a stranger's words are not mailed."""
    return tuple(value for value in asked.labels(facet) if is_listed(facet, value))
