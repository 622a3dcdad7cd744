"""Organisations as staff look after them: found by words, kind and sector, ended and restored, with all their addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.folding import fold
from app.domain.organisations import OrganisationKind, Responsibility, Verification
from app.store.suppressions import suppressed
from app.store.tables import contact_links, contacts, organisation_sectors, organisations, subscribers

_MINE = and_(contacts.c.organisation_id == organisations.c.id, contacts.c.ended_at.is_(None))
_WRITABLE = and_(_MINE, contacts.c.verified_at.is_not(None), ~suppressed(contacts.c.subscriber_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which organisations are looked for: all words, one kind, one sector, none to write to, ended; empty asks nothing."""

    words: str = ""
    kind: OrganisationKind | None = None
    sector: str = ""
    unreachable: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One organisation of a list, with how many addresses it has and how many of them may be written to."""

    key: str
    kind: OrganisationKind
    name_vi: str
    name_en: str
    abbreviation: str
    sectors: tuple[tuple[str, Responsibility], ...]
    addresses: int
    writable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """One address that is or was an organisation's, with all that became of it; of an erased one only that it was."""

    id: int
    address: str
    role: str
    asked_at: datetime | None
    verified_at: datetime | None
    verified_by: Verification | None
    because: str
    source: str
    suppressed: bool
    ended_at: datetime | None
    erased: bool


async def found(
    connection: AsyncConnection, wanted: Wanted, after: str, limit: int
) -> tuple[Sequence[Entry], bool, int]:
    """Return the next organisations by key after `after`, whether there are more, and how many there are in all."""
    conditions = list(_conditions(wanted))
    page = _entries().where(*conditions, organisations.c.key > after).order_by(organisations.c.key).limit(limit + 1)
    rows = (await connection.execute(page)).all()
    total = select(func.count()).select_from(organisations).where(*conditions)
    sectors = await _sectors_of(connection, [row.id for row in rows])
    entries = [_entry(row, sectors.get(row.id, ())) for row in rows[:limit]]
    return entries, len(rows) > limit, int((await connection.execute(total)).scalar_one())


async def standing(connection: AsyncConnection, key: str) -> Any | None:
    """Return when and why an organisation ended, both empty while it stands; None when there is none of this key."""
    shown = (organisations.c.ended_at, organisations.c.ended_because)
    return (await connection.execute(select(*shown).where(organisations.c.key == key))).one_or_none()


async def end(connection: AsyncConnection, key: str, because: str, now: datetime) -> None:
    """Let an organisation end."""
    change = {"ended_at": now, "ended_because": because, "updated_at": now}
    await connection.execute(update(organisations).where(organisations.c.key == key).values(**change))


async def restore(connection: AsyncConnection, key: str, now: datetime) -> None:
    """Let an organisation stand again."""
    change = {"ended_at": None, "ended_because": "", "updated_at": now}
    await connection.execute(update(organisations).where(organisations.c.key == key).values(**change))


async def addresses_of(connection: AsyncConnection, key: str) -> list[KnownContact]:
    """Return every address that is or was an organisation's, those of today first, in the order of being added."""
    statement = _addresses().where(organisations.c.key == key)
    order = (contacts.c.ended_at.is_not(None), contacts.c.id)
    return [_known(row) for row in await connection.execute(statement.order_by(*order))]


async def address_numbered(connection: AsyncConnection, key: str, number: int) -> KnownContact | None:
    """Return an address that is an organisation's today by its number; None when it is not theirs."""
    mine = (organisations.c.key == key, contacts.c.id == number, contacts.c.ended_at.is_(None))
    row = (await connection.execute(_addresses().where(*mine))).one_or_none()
    return None if row is None else _known(row)


def _conditions(wanted: Wanted) -> Sequence[ColumnElement[bool]]:
    ended = organisations.c.ended_at.is_not(None) if wanted.ended else organisations.c.ended_at.is_(None)
    asked = [ended, *(organisations.c.folded.contains(word, autoescape=True) for word in fold(wanted.words).split())]
    if wanted.kind is not None:
        asked.append(organisations.c.kind == wanted.kind)
    if wanted.sector:
        theirs = organisation_sectors.c.organisation_id == organisations.c.id
        asked.append(exists().where(theirs, organisation_sectors.c.sector == wanted.sector))
    if wanted.unreachable:
        asked.append(~exists().where(_WRITABLE))
    return asked


def _entries() -> Select[Any]:
    counts = [
        select(func.count()).select_from(contacts).where(condition).correlate(organisations).scalar_subquery()
        for condition in (_MINE, _WRITABLE)
    ]
    return select(organisations, counts[0].label("addresses"), counts[1].label("writable"))


async def _sectors_of(
    connection: AsyncConnection, numbers: Sequence[int]
) -> dict[int, tuple[tuple[str, Responsibility], ...]]:
    theirs = select(organisation_sectors).where(organisation_sectors.c.organisation_id.in_(numbers))
    order = (organisation_sectors.c.responsibility, organisation_sectors.c.sector)
    sectors: dict[int, tuple[tuple[str, Responsibility], ...]] = {}
    for row in await connection.execute(theirs.order_by(*order)):
        pair = (row.sector, Responsibility(row.responsibility))
        sectors[row.organisation_id] = (*sectors.get(row.organisation_id, ()), pair)
    return sectors


def _entry(row: Any, sectors: tuple[tuple[str, Responsibility], ...]) -> Entry:
    return Entry(
        key=row.key,
        kind=OrganisationKind(row.kind),
        name_vi=row.name_vi,
        name_en=row.name_en,
        abbreviation=row.abbreviation,
        sectors=sectors,
        addresses=row.addresses,
        writable=row.writable,
    )


def _addresses() -> Select[Any]:
    links = select(func.max(contact_links.c.asked_at)).where(contact_links.c.contact_id == contacts.c.id)
    return (
        select(
            contacts,
            subscribers.c.address,
            subscribers.c.forgotten_at,
            links.scalar_subquery().label("asked_at"),
            suppressed(subscribers.c.id).label("suppressed"),
        )
        .join(organisations, organisations.c.id == contacts.c.organisation_id)
        .join(subscribers, subscribers.c.id == contacts.c.subscriber_id)
    )


def _known(row: Any) -> KnownContact:
    return KnownContact(
        id=row.id,
        address=row.address,
        role=row.role,
        asked_at=row.asked_at,
        verified_at=row.verified_at,
        verified_by=None if row.verified_by is None else Verification(row.verified_by),
        because=row.because,
        source=row.source,
        suppressed=bool(row.suppressed),
        ended_at=row.ended_at,
        erased=row.forgotten_at is not None,
    )
