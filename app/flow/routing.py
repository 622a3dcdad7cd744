"""Where a notice goes: who would get a letter, who a copy, and whether any address of theirs may be written to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.domain.articles import deadline_of
from app.domain.errors import missing
from app.domain.internal_deadlines import InternalDeadline, internal_deadline
from app.domain.organisations import Organisation
from app.domain.routing import Destination, Directory, NoDispatch, Subject, route, sectors_of
from app.domain.scopes import EVERYTHING
from app.domain.sectors import Facet
from app.domain.working_days import WorkingCalendar
from app.i18n.dates import today_in_vietnam
from app.store import catalogue, notices, organisations, taxonomies
from app.store.catalogue import CataloguedNotice
from app.store.database import Connection, Database
from app.store.filters import Filters
from app.store.notices import StoredNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """One organisation that a notice goes to, why, and how many of its addresses may be written to."""

    organisation: Organisation
    destination: Destination
    writable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Where a notice goes. `asked_by` is the internal deadline of a letter sent today; None when nobody is asked.

    `comment_deadline` is the date stated, else the one that a stated period comes to.
    """

    ref: str
    comment_deadline: date | None
    asked_by: InternalDeadline | None
    dispatches: tuple[Dispatch, ...]
    none_because: NoDispatch | None


async def planned(database: Database, ref: str, parents: Mapping[str, str], calendar: WorkingCalendar) -> Plan:
    """Say who would get a letter about a notice today, who a copy, and why. AppError `no-such-notice`."""
    async with database.reading() as connection:
        today = today_in_vietnam(await database.now(connection))
        notice = await _notice(connection, ref)
        subject = await _subject(connection, notice)
        concerned = await organisations.listed(EVERYTHING, connection, naming=sectors_of(subject, parents))
        found = route(subject, Directory(concerned, parents))
        reach = await organisations.reach(EVERYTHING, connection, [one.organisation for one in found.destinations])
    named = {one.key: one for one in concerned}
    dispatches = tuple(
        Dispatch(
            organisation=named[one.organisation],
            destination=one,
            writable=reach.get(one.organisation, (0, 0))[1],
        )
        for one in found.destinations
    )
    deadline = deadline_of(notice.content)
    asked_by = None if deadline is None else internal_deadline(deadline.day, today, calendar)
    return Plan(
        ref=notice.ref,
        comment_deadline=None if deadline is None else deadline.day,
        asked_by=asked_by,
        dispatches=dispatches,
        none_because=found.none_because,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """One notice that an organisation would get a letter about or a copy of, and why."""

    notice: CataloguedNotice
    destination: Destination


async def foreseen(
    database: Database, key: str, parents: Mapping[str, str], looked_at: int
) -> tuple[list[Foreseen], int]:
    """Return which of the newest notices would go to an organisation today, and how many were looked at."""
    async with database.reading() as connection:
        directory = Directory(await organisations.listed(EVERYTHING, connection), parents)
        newest, _ = await catalogue.newest(connection, Filters(), None, looked_at)
    found = [
        Foreseen(notice=notice, destination=one)
        for notice in newest
        for one in route(_said_of(notice), directory).destinations
        if one.organisation == key
    ]
    return found, len(newest)


def _said_of(notice: CataloguedNotice) -> Subject:
    return Subject(
        area=notice.content.area,
        members=notice.content.members,
        sectors=notice.sectors,
        themes=notice.themes,
        affected=tuple(one.id for one in notice.facets.get(Facet.AFFECTED, ())),
        hs=notice.content.hs,
    )


async def _subject(connection: Connection, notice: StoredNotice) -> Subject:
    labels = (await taxonomies.labels_of(connection, [notice.id]))[notice.id]
    return Subject(
        area=notice.content.area,
        members=notice.content.members,
        sectors=labels[Facet.SECTOR],
        themes=labels[Facet.THEME],
        affected=tuple(one.id for one in labels.get(Facet.AFFECTED, ())),
        hs=notice.content.hs,
    )


async def _notice(connection: Connection, ref: str) -> StoredNotice:
    number = await notices.notice_id_of(connection, ref)
    if number is None:
        raise missing("no-such-notice", f"{ref}: no such notice")
    return (await notices.load(connection, [number]))[number]
