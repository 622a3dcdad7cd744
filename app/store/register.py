"""The dispatch register (sổ theo dõi): who was told what, when, in which version, by which mail, with what outcome.

It is read off the ledger that deliveries are made from, so that it cannot say anything else than what happened. A reader
may ask for one notice, one organisation or one address, or for two of these; every way in has an index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind
from app.domain.events import EventKind
from app.domain.scopes import Scope
from app.store.tables import (
    contacts,
    deliveries,
    events,
    items,
    letter_recipients,
    letters,
    notices,
    organisations,
    reminders,
    subscribers,
)
from app.store.writes import chunks

REMINDED = "reminded"
"""What the register calls a deadline that was said again; every alert bears the kind of its event."""
RETRACTED = "retracted"
"""What the register calls an alert that staff took back; a withdrawal is a member's, of its measure."""
_RETRACTS = and_(events.c.kind == EventKind.WITHDRAWN, events.c.because != "")
LETTER = "letter"
"""What the register calls a letter of the ministry."""
NO_ADDRESS = "no address"
"""Why a letter went to nobody, not even past anybody: its organisation had no address at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which entries are wanted: of a notice, of an organisation's addresses, of one subscriber; those given must all hold."""

    notice_id: int | None = None
    organisation_id: int | None = None
    subscriber_id: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the register ends: the next one begins behind this entry."""

    listed_at: datetime
    number: int
    subscriber_id: int


async def told(
    scope: Scope, connection: AsyncConnection, question: Question, limit: int, after: Place | None = None
) -> Sequence[Any]:
    """Return the entries that a question asks for, the newest first.

    Rows of ref, title, what, version, kind, listed_at, state, reason, reply, queued_at, handed_over_at, accepted_at,
    message_id, rendered, deadline, delivery_id, number, subscriber_id, organisation and address, which the caller masks for
    who need not see it. `state` is None for what is not in a mail yet, and where the mail is too old to be kept; `skipped`
    says why nothing went, or `told`; `rendered` whether the bytes of the mail are still kept. A deadline that was said again
    has no version; that of a letter is its own. Only a letter names its `organisation`; one whose organisation had no address
    is an entry with subscriber 0. The numbers of letters count down from zero, so that no two entries have the same place.
    """
    found = _entries(scope, question).subquery()
    place = (found.c.listed_at, found.c.number, found.c.subscriber_id)
    statement = select(*found.c).order_by(*(column.desc() for column in place)).limit(limit)
    if after is not None:
        behind = tuple_(*place) < tuple_(
            literal(after.listed_at, items.c.created_at.type), literal(after.number), literal(after.subscriber_id)
        )
        statement = statement.where(behind)
    return (await connection.execute(statement)).all()


async def counted(scope: Scope, connection: AsyncConnection, question: Question) -> Sequence[Any]:
    """Return how many entries a question has, as rows of state, skipped and entries."""
    found = _entries(scope, question).subquery()
    key = (found.c.state, found.c.skipped)
    return (await connection.execute(select(*key, func.count().label("entries")).group_by(*key))).all()


async def addresses_of(scope: Scope, connection: AsyncConnection, organisation_id: int) -> list[int]:
    """Return the subscribers whose address is an organisation's now."""
    theirs = (contacts.c.organisation_id == organisation_id, contacts.c.ended_at.is_(None))
    statement = select(contacts.c.subscriber_id).where(*theirs, _of_scope(scope, contacts.c.organisation_id))
    return list((await connection.execute(statement.order_by(contacts.c.subscriber_id))).scalars())


async def ref_of(connection: AsyncConnection, notice_id: int) -> str:
    """Return the ref of a notice; empty when there is none of this number."""
    return (await connection.execute(select(notices.c.ref).where(notices.c.id == notice_id))).scalar() or ""


async def organisations_of(
    scope: Scope, connection: AsyncConnection, subscriber_ids: Sequence[int]
) -> Mapping[int, list[str]]:
    """Return by subscriber the keys of the organisations whose address it is or was."""
    found: dict[int, list[str]] = {}
    for piece in chunks(sorted(set(subscriber_ids))):
        statement = (
            select(contacts.c.subscriber_id, organisations.c.key)
            .join(organisations, organisations.c.id == contacts.c.organisation_id)
            .where(contacts.c.subscriber_id.in_(piece), _of_scope(scope, organisations.c.id))
            .distinct()
            .order_by(organisations.c.key)
        )
        for row in await connection.execute(statement):
            found.setdefault(row.subscriber_id, []).append(row.key)
    return found


def _entries(scope: Scope, question: Question) -> CompoundSelect[Any]:
    return union_all(_alerts(scope, question), _reminders(scope, question), _letters(scope, question))


def _alerts(scope: Scope, question: Question) -> Select[Any]:
    statement = (
        select(
            notices.c.ref,
            notices.c.title,
            case((_RETRACTS, RETRACTED), else_=events.c.kind).label("what"),
            events.c.version,
            func.coalesce(deliveries.c.kind, items.c.frequency).label("kind"),
            items.c.created_at.label("listed_at"),
            items.c.skipped,
            *_of_mail(),
            items.c.event_id.label("number"),
            items.c.subscriber_id,
            subscribers.c.address,
            notices.c.comment_deadline.label("deadline"),
            cast(null(), organisations.c.key.type).label("organisation"),
        )
        .select_from(items)
        .join(events, events.c.id == items.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(subscribers, subscribers.c.id == items.c.subscriber_id)
        .outerjoin(deliveries, deliveries.c.id == items.c.delivery_id)
        .where(*_readers(scope, question, items.c.subscriber_id))
    )
    return statement if question.notice_id is None else statement.where(events.c.notice_id == question.notice_id)


def _reminders(scope: Scope, question: Question) -> Select[Any]:
    """Return the deadlines that were said again, as entries of the notice that its measure is named after."""
    base = notices.alias("base")
    first = select(func.min(base.c.id)).where(base.c.measure_id == reminders.c.measure_id).scalar_subquery()
    statement = (
        select(
            notices.c.ref,
            notices.c.title,
            literal(REMINDED),
            cast(null(), events.c.version.type),
            deliveries.c.kind,
            reminders.c.created_at,
            cast(null(), items.c.skipped.type),
            *_of_mail(),
            reminders.c.measure_id,
            reminders.c.subscriber_id,
            subscribers.c.address,
            reminders.c.deadline,
            cast(null(), organisations.c.key.type),
        )
        .select_from(reminders)
        .join(notices, notices.c.id == first)
        .join(subscribers, subscribers.c.id == reminders.c.subscriber_id)
        .join(deliveries, deliveries.c.id == reminders.c.delivery_id)
        .where(*_readers(scope, question, reminders.c.subscriber_id))
    )
    if question.notice_id is None:
        return statement
    measure = select(notices.c.measure_id).where(notices.c.id == question.notice_id).scalar_subquery()
    return statement.where(reminders.c.measure_id == measure)


def _letters(scope: Scope, question: Question) -> Select[Any]:
    """Return the letters with every address that they went to or passed over; an organisation has those sent to it."""
    nobody = case((letter_recipients.c.letter_id.is_(None), NO_ADDRESS), else_=letter_recipients.c.skipped)
    wanted = [
        letters.c.organisation_id == number for number in (question.organisation_id, scope.organisation_id) if number
    ]
    if question.notice_id is not None:
        wanted.append(letters.c.notice_id == question.notice_id)
    if question.subscriber_id is not None:
        wanted.append(letter_recipients.c.subscriber_id == question.subscriber_id)
    return (
        select(
            notices.c.ref,
            notices.c.title,
            literal(LETTER),
            letters.c.version,
            literal(DeliveryKind.LETTER.value),
            letters.c.queued_at,
            nobody,
            *_of_mail(),
            -letters.c.id,
            func.coalesce(letter_recipients.c.subscriber_id, 0),
            func.coalesce(subscribers.c.address, ""),
            notices.c.comment_deadline,
            organisations.c.key,
        )
        .select_from(letters)
        .join(notices, notices.c.id == letters.c.notice_id)
        .join(organisations, organisations.c.id == letters.c.organisation_id)
        .outerjoin(letter_recipients, letter_recipients.c.letter_id == letters.c.id)
        .outerjoin(subscribers, subscribers.c.id == letter_recipients.c.subscriber_id)
        .outerjoin(deliveries, deliveries.c.id == letter_recipients.c.delivery_id)
        .where(*wanted)
    )


def _of_mail() -> tuple[ColumnElement[Any], ...]:
    return (
        deliveries.c.id.label("delivery_id"),
        deliveries.c.message_id,
        deliveries.c.state,
        deliveries.c.reason,
        deliveries.c.reply,
        deliveries.c.created_at.label("queued_at"),
        deliveries.c.handed_over_at,
        deliveries.c.accepted_at,
        deliveries.c.message_hash.is_not(None).label("rendered"),
    )


def _readers(scope: Scope, question: Question, subscriber: Any) -> list[ColumnElement[bool]]:
    """Return the conditions on who was told: two memberships, so that a scope never widens what is asked."""
    wanted = [] if question.subscriber_id is None else [subscriber == question.subscriber_id]
    for number in (question.organisation_id, scope.organisation_id):
        if number is not None:
            theirs = select(contacts.c.subscriber_id).where(contacts.c.organisation_id == number)
            wanted.append(subscriber.in_(theirs))
    return wanted


def _of_scope(scope: Scope, number: Any) -> ColumnElement[bool]:
    return true() if scope.organisation_id is None else number == scope.organisation_id
