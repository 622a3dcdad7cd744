"""Ask the dispatch register: did X get Y. Whoever looks a person up, or reads addresses, is written down before (PV-06).

The row of the audit that says so is also the permit to look: who wrote it may read by it what it names, for as long as a
session lives. So no address, and no person's number, stands in the address of a page.
"""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.domain.access import LONGEST_SESSION
from app.domain.errors import missing
from app.domain.register import Answer, answer_of, decisive
from app.domain.scopes import Scope
from app.store import audit, register, subscriptions
from app.store.database import Database
from app.store.register import Place, Question

LOOK_UP: Final = "look_up_person"
READ_ADDRESSES: Final = "read_addresses"
EXPORT: Final = "export_register"
_LOOKS: Final = frozenset({LOOK_UP, READ_ADDRESSES})
_WEIGHED = 500
"""Entries of a notice that an answer is taken from, the newest: all there are, but where very many readers share a question."""
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer to a question and the newest entries behind it.

    `decisive` is the entry that decides, None when there is none. `newest` is what the newest entry answers. `named` has
    for each entry the organisations that it is an entry of. `entries` has one page; `more` says that others follow; `now` is
    when it was answered.
    """

    entries: Sequence[Any]
    more: bool
    counts: Mapping[Answer, int]
    decisive: Any | None
    newest: Answer | None
    named: Sequence[list[str]]
    now: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """Some entries, each with the organisations that it is an entry of."""

    rows: Sequence[Any]
    named: Sequence[list[str]]


async def answer(
    scope: Scope, database: Database, question: Question, limit: int, after: Place | None = None
) -> Answered:
    """Return what the register answers, with a page of its entries, the newest first, that begins behind a place.

    Only a question of a notice has an entry that decides it; of others the entries of the page are weighed.
    """
    async with database.reading() as connection:
        most = limit + 1 if question.notice_id is None or after is not None else max(limit + 1, _WEIGHED)
        rows = await register.told(scope, connection, question, most, after)
        answers = [answer_of(row.state, row.skipped) for row in rows]
        counts = Counter(answers)
        if after is not None or len(rows) == most:
            counts = await _counts(scope, connection, question)
        page = rows[:limit]
        named = await register.organisations_of(scope, connection, page)
        now = await database.now(connection)
    place = decisive(answers)
    return Answered(
        entries=page,
        more=len(rows) > limit,
        counts=counts,
        decisive=None if place is None else rows[place],
        newest=answers[0] if answers else None,
        named=named,
        now=now,
    )


async def _counts(scope: Scope, connection: Any, question: Question) -> Counter[Answer]:
    """Count the entries of a question where they were not all read."""
    counts: Counter[Answer] = Counter()
    for row in await register.counted(scope, connection, question):
        counts[answer_of(row.state, row.skipped)] += row.entries
    return counts


async def look_up(database: Database, who: str | int, notice_id: int | None, actor: str) -> int:
    """Write down that somebody looks a person up, by the identity of their address or their number; return the permit.

    AppError `subscriber-missing` when nobody was ever written to under it; that it was asked stays written down.
    """
    async with database.writing() as connection:
        now = await database.now(connection)
        person = await _person(connection, who)
        subject = "people" if person is None else f"person:{person}"
        details = {"notice": notice_id, "organisation": None, "person": person}
        permit = await audit.write_audit(connection, actor, LOOK_UP, subject, details, now)
    if person is None:
        raise missing("subscriber-missing", "nobody was ever written to under this address or number")
    return permit


async def read_addresses(database: Database, question: Question, actor: str) -> int:
    """Write down that somebody reads the addresses behind an answer; return the permit."""
    return await _written(database, question, READ_ADDRESSES, actor)


async def permitted(database: Database, permit: int, actor: str) -> Question:
    """Return what a permit lets its owner read; AppError `look-over` for anybody else, and when it is over."""
    async with database.reading() as connection:
        row = await audit.row_of(connection, permit)
        now = await database.now(connection)
    if row is None or row.verb not in _LOOKS or row.actor != actor or now - row.at > LONGEST_SESSION:
        raise missing("look-over", "this look is over, or was somebody else's; ask again")
    return Question(
        notice_id=row.details["notice"],
        organisation_id=row.details["organisation"],
        subscriber_id=row.details["person"],
    )


async def export(scope: Scope, database: Database, question: Question, actor: str) -> AsyncIterator[Listed]:
    """Write down that the register leaves the house, then yield all entries of a question, some hundred at a time."""
    await _written(database, question, EXPORT, actor)
    return _pages(scope, database, question)


async def _pages(scope: Scope, database: Database, question: Question) -> AsyncIterator[Listed]:
    """Yield page after page; no connection is held between two of them."""
    after = None
    while True:
        async with database.reading() as connection:
            rows = await register.told(scope, connection, question, _PAGE, after)
            named = await register.organisations_of(scope, connection, rows)
        if rows:
            yield Listed(rows, named)
        if len(rows) < _PAGE:
            return
        after = Place(rows[-1].listed_at, rows[-1].number, rows[-1].subscriber_id)


async def _written(database: Database, question: Question, verb: str, actor: str) -> int:
    details = {
        "notice": question.notice_id,
        "organisation": question.organisation_id,
        "person": question.subscriber_id,
    }
    subject = "register" if question.subscriber_id is None else f"person:{question.subscriber_id}"
    async with database.writing() as connection:
        return await audit.write_audit(connection, actor, verb, subject, details, await database.now(connection))


async def _person(connection: Any, who: str | int) -> int | None:
    if isinstance(who, str):
        return await subscriptions.number_of(connection, who)
    return None if await subscriptions.of_number(connection, who) is None else who
