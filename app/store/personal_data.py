"""All that is held about one person, section by section and page by page, and whose data was here when (PV-02, PV-05).

`SECTIONS`, `NOTHING_PERSONAL` and `STAFF` together name every table that leads to a person; a test finds the one that is
missing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store.tables import (
    address_changes,
    audit,
    confirmations,
    consents,
    contacts,
    criteria,
    deliveries,
    events,
    items,
    letter_recipients,
    letters,
    notices,
    organisations,
    person_requests,
    subject_keys,
    subscribers,
    subscriptions,
    suppressions,
)
from app.store.writes import insert_missing

PERSON: Final = "person"
CONSENTS: Final = "consents"

NOTHING_PERSONAL: Mapping[str, str] = {
    "attempts": "each try of a mail, whose last answer `mails` tells",
    "break_deadlines": "which deadline inside a break a digest named; `mails` names the digest",
    "catch_ups": "how much a catch-up mail told; `mails` names the mail",
    "digests": "which day a digest was of; `mails` names the mail",
    "feedback": "what came back of a mail, as a code; `mails` tells its end",
    "matches": "which subscription a notice answered; `told` names the notice",
    "reminders": "which deadline was said again; `mails` names the mail",
    "subject_keys": "random; destroyed with the person",
}
"""Tables that lead to a person and whose rows no section shows, each with the reason."""

STAFF: Mapping[str, str] = {
    "accounts": "the address, role, last sign-in and the issuer's name of who works here; `keng staff list` shows them",
    "account_links": "hashes of links that hold for hours",
    "account_mails": "what became of a mail with such a link; kept thirty days, its bytes only until it is sent",
    "assignments": "which notice somebody has in hand, by number; ended when the account is disabled or erased",
    "openid_requests": "who is signing in at the issuer just now; over within ten minutes",
    "recovery_codes": "hashes; destroyed with the second factor",
    "sessions": "hashes of sessions that are over within twelve hours",
    "text_steps": "who approved and published a text, by the number of their account, which outlives its erasure",
    "text_tasks": "who looked again at what its writer approved, by number",
    "text_versions": "who wrote a text of the ministry, by number",
    "translations": "who wrote, reviewed or asked a machine for the Vietnamese of a notice, by number",
}
"""Tables about staff, who are here by their office and not by consent: `keng staff erase` destroys what names them."""

EXPORTS: Final = ("export_person", "list_concerned", "list_suppressed", "export_suppressed")
"""What staff do by which personal data leaves the house."""


def _person(subscriber_id: int) -> Select[Any]:
    shown = ("address", "language", "created_at")
    columns = (subscribers.c[name] for name in shown)
    return select(subscribers.c.id.label("number"), *columns).where(subscribers.c.id == subscriber_id)


def _subscriptions(subscriber_id: int) -> Select[Any]:
    shown = ("frequency", "created_at", "confirmed_at", "ended_at", "ended_because")
    columns = (subscriptions.c[name] for name in shown)
    return (
        select(subscriptions.c.id.label("number"), criteria.c.body.label("asked"), *columns)
        .join(criteria, criteria.c.id == subscriptions.c.criteria_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
    )


def _consents(subscriber_id: int) -> Select[Any]:
    hidden = {"id", "subscription_id", "confirmation"}
    columns = (column for column in consents.c if column.name not in hidden)
    return (
        select(consents.c.id.label("number"), consents.c.subscription_id.label("subscription"), *columns)
        .join(subscriptions, subscriptions.c.id == consents.c.subscription_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
    )


def _confirmations(subscriber_id: int) -> Select[Any]:
    number = func.row_number().over(order_by=(confirmations.c.created_at, confirmations.c.token_hash))
    found = (
        select(
            number.label("number"),
            confirmations.c.subscription_id.label("subscription"),
            confirmations.c.created_at,
            confirmations.c.expires_at,
            confirmations.c.used_at,
        )
        .join(subscriptions, subscriptions.c.id == confirmations.c.subscription_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .subquery()
    )
    return select(*found.c)


def _mails(subscriber_id: int) -> Select[Any]:
    shown = (
        "kind",
        "message_id",
        "state",
        "reason",
        "reply",
        "attempts",
        "created_at",
        "handed_over_at",
        "accepted_at",
    )
    columns = (deliveries.c[name] for name in shown)
    return select(deliveries.c.id.label("number"), *columns).where(deliveries.c.subscriber_id == subscriber_id)


def _told(subscriber_id: int) -> Select[Any]:
    return (
        select(
            items.c.event_id.label("number"),
            notices.c.ref.label("notice"),
            events.c.kind.label("event"),
            items.c.frequency,
            items.c.created_at,
            items.c.skipped,
            items.c.delivery_id.label("mail"),
            deliveries.c.message_id,
            deliveries.c.state,
            deliveries.c.accepted_at,
        )
        .join(events, events.c.id == items.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .outerjoin(deliveries, deliveries.c.id == items.c.delivery_id)
        .where(items.c.subscriber_id == subscriber_id)
    )


def _requests(subscriber_id: int) -> Select[Any]:
    columns = (column for column in person_requests.c if column.name not in {"id", "subscriber_id"})
    mine = person_requests.c.subscriber_id == subscriber_id
    return select(person_requests.c.id.label("number"), *columns).where(mine)


def _suppressions(subscriber_id: int) -> Select[Any]:
    columns = (suppressions.c[name] for name in ("reason", "detail", "began_at", "expires_at", "ended_at"))
    mine = suppressions.c.subscriber_id == subscriber_id
    return select(suppressions.c.id.label("number"), *columns).where(mine)


def _address_changes(subscriber_id: int) -> Select[Any]:
    columns = (address_changes.c[name] for name in ("address", "old_address", "asked_at", "confirmed_at", "closed_at"))
    return select(address_changes.c.id.label("number"), *columns).where(
        address_changes.c.subscriber_id == subscriber_id
    )


def _contacts(subscriber_id: int) -> Select[Any]:
    shown = ("role", "created_at", "verified_at", "verified_by", "because", "source", "ended_at")
    columns = (contacts.c[name] for name in shown)
    return (
        select(contacts.c.id.label("number"), organisations.c.name_vi.label("organisation"), *columns)
        .join(organisations, organisations.c.id == contacts.c.organisation_id)
        .where(contacts.c.subscriber_id == subscriber_id)
    )


def _letters(subscriber_id: int) -> Select[Any]:
    return (
        select(
            letters.c.id.label("number"),
            notices.c.ref.label("notice"),
            organisations.c.name_vi.label("organisation"),
            letters.c.version,
            letter_recipients.c.created_at,
            letter_recipients.c.skipped,
            letter_recipients.c.delivery_id.label("mail"),
        )
        .join(letters, letters.c.id == letter_recipients.c.letter_id)
        .join(notices, notices.c.id == letters.c.notice_id)
        .join(organisations, organisations.c.id == letters.c.organisation_id)
        .where(letter_recipients.c.subscriber_id == subscriber_id)
    )


SECTIONS: Mapping[str, Any] = {
    PERSON: _person,
    "subscriptions": _subscriptions,
    CONSENTS: _consents,
    "confirmations": _confirmations,
    "mails": _mails,
    "told": _told,
    "requests": _requests,
    "suppressions": _suppressions,
    "address_changes": _address_changes,
    "contacts": _contacts,
    "letters": _letters,
}
"""What is handed out, by name, each with the query that finds it; its first column numbers the records."""

SHOWN = frozenset(
    {
        "subscribers",
        "subscriptions",
        "consents",
        "confirmations",
        "deliveries",
        "items",
        "person_requests",
        "suppressions",
        "address_changes",
        "contacts",
        "letter_recipients",
    }
)
"""The tables that the sections show."""


async def page(
    connection: AsyncConnection, section: str, subscriber_id: int, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return the next records of a section about a person, by their numbers."""
    found = SECTIONS[section](subscriber_id).subquery()
    statement = select(*found.c).where(found.c.number > after).order_by(found.c.number).limit(limit)
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def summary(connection: AsyncConnection, subscriber_id: int) -> dict[str, int]:
    """Return how many records each section holds about a person."""
    counts = {}
    for section, found in SECTIONS.items():
        statement = select(func.count()).select_from(found(subscriber_id).subquery())
        counts[section] = int((await connection.execute(statement)).scalar_one())
    return counts


async def known(connection: AsyncConnection, subscriber_id: int) -> Any | None:
    """Return a subscriber who was not forgotten; None otherwise."""
    statement = select(subscribers).where(subscribers.c.id == subscriber_id, subscribers.c.forgotten_at.is_(None))
    return (await connection.execute(statement)).one_or_none()


async def named(connection: AsyncConnection, identity: str) -> Any | None:
    """Return the subscriber with an identity; None when nobody has it."""
    return (await connection.execute(select(subscribers).where(subscribers.c.identity == identity))).one_or_none()


async def concerned(
    connection: AsyncConnection, since: datetime, until: datetime, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return the next people, by their numbers, whose data was here between two moments, the second not included.

    Who was forgotten since is a number without an address.
    """
    here = or_(subscribers.c.forgotten_at.is_(None), subscribers.c.forgotten_at >= since)
    shown = (subscribers.c.address, subscribers.c.language, subscribers.c.created_at, subscribers.c.forgotten_at)
    statement = (
        select(subscribers.c.id.label("number"), *shown)
        .where(and_(subscribers.c.id > after, subscribers.c.created_at < until, here))
        .order_by(subscribers.c.id)
        .limit(limit)
    )
    return [dict(row) for row in (await connection.execute(statement)).mappings()]


async def handed_out(connection: AsyncConnection, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Return what of the audit says that personal data left the house between two moments."""
    within = (audit.c.at >= since, audit.c.at < until, audit.c.verb.in_(EXPORTS))
    rows = await connection.execute(select(audit).where(*within).order_by(audit.c.id))
    return [dict(row) for row in rows.mappings()]


async def subject_key(connection: AsyncConnection, subscriber_id: int, new: str) -> str:
    """Return the key of the hashes that stand for a person in the audit: theirs, or `new` where they have none."""
    await insert_missing(connection, subject_keys, [{"subscriber_id": subscriber_id, "key": new}])
    mine = select(subject_keys.c.key).where(subject_keys.c.subscriber_id == subscriber_id)
    return str((await connection.execute(mine)).scalar_one())
