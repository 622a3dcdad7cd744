"""The dispatch register (sổ theo dõi): who was told what, when, in which version, by which mail, with what outcome.

It is read off the ledger that deliveries are made from, so that it cannot say anything else than what happened. A reader
may ask for one notice, one organisation or one address, or for two of these; every way in has an index.

An entry is an organisation's when its mail was handed over, or where none was, when it was listed, while the address was the
organisation's verified contact. What an address got before or afterwards is its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Table,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
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
_BASE = notices.alias("base")
LETTER = "letter"
"""What the register calls a letter of the ministry."""
NO_ADDRESS = "no address"
"""Why a letter went to nobody, not even past anybody: its organisation had no address at all."""

_Ledger = tuple[Select[Any], tuple[ColumnElement[Any], ...]]
"""A statement of entries, and the columns by which they are put in order: when, the number, the subscriber."""


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with who asks it, and who was ever a verified contact of the organisations of both, by their numbers."""

    scope: Scope
    question: Question
    contacts: Mapping[int, Sequence[int]]


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
    found = union_all(*_entries(await _asked(connection, scope, question), limit, after)).subquery()
    place = (found.c.listed_at, found.c.number, found.c.subscriber_id)
    statement = select(*found.c).order_by(*(column.desc() for column in place)).limit(limit)
    return (await connection.execute(statement)).all()


async def counted(scope: Scope, connection: AsyncConnection, question: Question) -> Sequence[Any]:
    """Return how many entries a question has, as rows of state, skipped and entries."""
    listed = _listed(await _asked(connection, scope, question))
    mails = union_all(*(select(one.c.delivery_id, one.c.skipped) for one in listed)).subquery()
    key = (deliveries.c.state, mails.c.skipped)
    statement = select(*key, func.count().label("entries")).select_from(mails)
    joined = statement.outerjoin(deliveries, deliveries.c.id == mails.c.delivery_id)
    return (await connection.execute(joined.group_by(*key))).all()


async def addresses_of(scope: Scope, connection: AsyncConnection, organisation_id: int) -> list[int]:
    """Return the subscribers whose address is an organisation's now, and known to be."""
    living = (contacts.c.verified_at.is_not(None), contacts.c.ended_at.is_(None))
    theirs = (contacts.c.organisation_id == organisation_id, *living)
    statement = select(contacts.c.subscriber_id).where(*theirs, _of_scope(scope, contacts.c.organisation_id))
    return list((await connection.execute(statement.order_by(contacts.c.subscriber_id))).scalars())


async def ref_of(connection: AsyncConnection, notice_id: int) -> str:
    """Return the ref of a notice; empty when there is none of this number."""
    return (await connection.execute(select(notices.c.ref).where(notices.c.id == notice_id))).scalar() or ""


async def told_anyhow(connection: AsyncConnection, notice_id: int, subscriber_ids: Sequence[int]) -> set[int]:
    """Return those of some subscribers who have an entry of a notice, whosever address it was then."""
    found: set[int] = set()
    for piece in chunks(sorted(set(subscriber_ids))):
        statement = (
            select(items.c.subscriber_id)
            .join(events, events.c.id == items.c.event_id)
            .where(events.c.notice_id == notice_id, items.c.subscriber_id.in_(piece))
        )
        found |= set((await connection.execute(statement)).scalars())
    return found


async def organisations_of(scope: Scope, connection: AsyncConnection, entries: Sequence[Any]) -> list[list[str]]:
    """Return for each entry, as `told` has it, the keys of the organisations that it is an entry of."""
    periods: dict[int, list[Any]] = {}
    for piece in chunks(sorted({entry.subscriber_id for entry in entries})):
        statement = (
            select(contacts.c.subscriber_id, contacts.c.verified_at, contacts.c.ended_at, organisations.c.key)
            .join(organisations, organisations.c.id == contacts.c.organisation_id)
            .where(contacts.c.subscriber_id.in_(piece), contacts.c.verified_at.is_not(None))
            .where(_of_scope(scope, organisations.c.id))
        )
        for row in await connection.execute(statement):
            periods.setdefault(row.subscriber_id, []).append(row)
    return [_named(entry, periods.get(entry.subscriber_id, ())) for entry in entries]


def _named(entry: Any, periods: Sequence[Any]) -> list[str]:
    if entry.organisation is not None:
        return [entry.organisation]
    moment = entry.handed_over_at or entry.listed_at
    return sorted(
        {one.key for one in periods if one.verified_at <= moment and (one.ended_at is None or moment < one.ended_at)}
    )


async def _asked(connection: AsyncConnection, scope: Scope, question: Question) -> _Asked:
    """Look up the few readers of an organisation, for no plan finds by itself that they are few."""
    numbers = {number for number in (question.organisation_id, scope.organisation_id) if number is not None}
    found: dict[int, list[int]] = {number: [] for number in numbers}
    if numbers:
        theirs = (contacts.c.organisation_id.in_(numbers), contacts.c.verified_at.is_not(None))
        statement = select(contacts.c.organisation_id, contacts.c.subscriber_id).where(*theirs).distinct()
        for row in await connection.execute(statement):
            found[row.organisation_id].append(row.subscriber_id)
    return _Asked(scope, question, found)


def _listed(asked: _Asked, limit: int | None = None, after: Place | None = None) -> tuple[Subquery, Subquery, Subquery]:
    """Return the entries by their keys alone, of alerts, reminders and letters: with a limit each the newest behind a place.

    Only what is shown is looked up in the other tables: one question may have as many entries as there are readers.
    """
    ledgers = (_alerts(asked), _reminders(asked), _letters(asked))
    found = []
    for ledger, place in ledgers:
        statement = ledger.order_by(*(column.desc() for column in place)).limit(limit) if limit is not None else ledger
        if after is not None:
            behind = (
                literal(after.listed_at, items.c.created_at.type),
                literal(after.number),
                literal(after.subscriber_id),
            )
            statement = statement.where(tuple_(*place) < tuple_(*behind))
        found.append(statement.subquery())
    return (found[0], found[1], found[2])


def _alerts(asked: _Asked) -> _Ledger:
    place = (items.c.created_at, items.c.event_id, items.c.subscriber_id)
    statement = select(
        *_placed(place), items.c.skipped, items.c.delivery_id, items.c.frequency, items.c.event_id
    ).where(*_readers(asked, items))
    if asked.question.notice_id is not None:
        mine = select(events.c.id).where(events.c.notice_id == asked.question.notice_id)
        statement = statement.where(items.c.event_id.in_(mine))
    return statement, place


def _reminders(asked: _Asked) -> _Ledger:
    place = (reminders.c.created_at, reminders.c.measure_id, reminders.c.subscriber_id)
    statement = select(
        *_placed(place),
        cast(null(), items.c.skipped.type).label("skipped"),
        reminders.c.delivery_id,
        reminders.c.deadline,
    ).where(reminders.c.delivery_id.is_not(None), *_readers(asked, reminders))
    if asked.question.notice_id is not None:
        measure = select(notices.c.measure_id).where(notices.c.id == asked.question.notice_id).scalar_subquery()
        statement = statement.where(reminders.c.measure_id == measure)
    return statement, place


def _letters(asked: _Asked) -> _Ledger:
    """Return the letters with every address that they went to or passed over; an organisation has those sent to it."""
    nobody = case((letter_recipients.c.letter_id.is_(None), NO_ADDRESS), else_=letter_recipients.c.skipped)
    place = (letters.c.queued_at, -letters.c.id, func.coalesce(letter_recipients.c.subscriber_id, 0))
    question = asked.question
    wanted = [letters.c.organisation_id == number for number in asked.contacts]
    if question.notice_id is not None:
        wanted.append(letters.c.notice_id == question.notice_id)
    if question.subscriber_id is not None:
        wanted.append(letter_recipients.c.subscriber_id == question.subscriber_id)
    statement = (
        select(
            *_placed(place), nobody.label("skipped"), letter_recipients.c.delivery_id, letters.c.id.label("letter_id")
        )
        .select_from(letters)
        .outerjoin(letter_recipients, letter_recipients.c.letter_id == letters.c.id)
        .where(*wanted)
    )
    return statement, place


def _placed(place: Sequence[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    return [column.label(name) for column, name in zip(place, ("listed_at", "number", "subscriber_id"), strict=True)]


def _entries(asked: _Asked, limit: int, after: Place | None) -> tuple[Select[Any], ...]:
    alert, reminder, letter = _listed(asked, limit, after)
    return _alert_entries(alert), _reminder_entries(reminder), _letter_entries(letter)


def _alert_entries(listed: Subquery) -> Select[Any]:
    kind = func.coalesce(deliveries.c.kind, listed.c.frequency)
    no_organisation = cast(null(), organisations.c.key.type)
    what = case((_RETRACTS, RETRACTED), else_=events.c.kind)
    return (
        select(*_shown(listed, what, events.c.version, kind, notices.c.comment_deadline, no_organisation))
        .select_from(listed)
        .join(events, events.c.id == listed.c.event_id)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(subscribers, subscribers.c.id == listed.c.subscriber_id)
        .outerjoin(deliveries, deliveries.c.id == listed.c.delivery_id)
    )


def _reminder_entries(listed: Subquery) -> Select[Any]:
    """Return the deadlines that were said again, as entries of the notice that its measure is named after."""
    first = select(func.min(_BASE.c.id)).where(_BASE.c.measure_id == listed.c.number).scalar_subquery()
    no_version, no_organisation = cast(null(), events.c.version.type), cast(null(), organisations.c.key.type)
    said = (literal(REMINDED), no_version, deliveries.c.kind, listed.c.deadline, no_organisation)
    return (
        select(*_shown(listed, *said))
        .select_from(listed)
        .join(notices, notices.c.id == first)
        .join(subscribers, subscribers.c.id == listed.c.subscriber_id)
        .join(deliveries, deliveries.c.id == listed.c.delivery_id)
    )


def _letter_entries(listed: Subquery) -> Select[Any]:
    kind = literal(DeliveryKind.LETTER.value)
    said = (literal(LETTER), letters.c.version, kind, notices.c.comment_deadline, organisations.c.key)
    return (
        select(*_shown(listed, *said))
        .select_from(listed)
        .join(letters, letters.c.id == listed.c.letter_id)
        .join(notices, notices.c.id == letters.c.notice_id)
        .join(organisations, organisations.c.id == letters.c.organisation_id)
        .outerjoin(subscribers, subscribers.c.id == listed.c.subscriber_id)
        .outerjoin(deliveries, deliveries.c.id == listed.c.delivery_id)
    )


def _shown(listed: Subquery, what: Any, version: Any, kind: Any, deadline: Any, organisation: Any) -> list[Any]:
    """Return the columns of an entry, the same of every ledger."""
    return [
        notices.c.ref,
        notices.c.title,
        what.label("what"),
        version.label("version"),
        kind.label("kind"),
        listed.c.listed_at,
        listed.c.skipped,
        *_of_mail(),
        listed.c.number,
        listed.c.subscriber_id,
        func.coalesce(subscribers.c.address, "").label("address"),
        deadline.label("deadline"),
        organisation.label("organisation"),
    ]


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


def _readers(asked: _Asked, ledger: Table) -> list[ColumnElement[bool]]:
    """Return the conditions on who was told: two memberships, so that a scope never widens what is asked."""
    subscriber, one = ledger.c.subscriber_id, asked.question.subscriber_id
    wanted = [] if one is None else [subscriber == one]
    for number, readers in asked.contacts.items():
        theirs = and_(contacts.c.organisation_id == number, contacts.c.subscriber_id == subscriber)
        was = exists().where(theirs, _was_a_contact(ledger)).correlate(ledger)
        wanted += [subscriber.in_(readers), was]
    return wanted


def _was_a_contact(ledger: Table) -> ColumnElement[bool]:
    """Whether an address was verified when its mail was handed over, and still the organisation's.

    Nothing is handed over before it is listed, so that most are told without a look at the mail.
    """
    handed_over = select(deliveries.c.handed_over_at).where(deliveries.c.id == ledger.c.delivery_id).correlate(ledger)
    moment = func.coalesce(handed_over.scalar_subquery(), ledger.c.created_at)
    living = contacts.c.ended_at.is_(None)
    return or_(
        and_(contacts.c.verified_at <= ledger.c.created_at, living),
        and_(contacts.c.verified_at <= moment, or_(living, contacts.c.ended_at > moment)),
    )


def _of_scope(scope: Scope, number: Any) -> ColumnElement[bool]:
    return true() if scope.organisation_id is None else number == scope.organisation_id
