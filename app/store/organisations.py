"""Organisations and their addresses. An address is a subscriber's, so that suppressions, erasure and the register know it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind
from app.domain.folding import fold
from app.domain.organisations import (
    Level,
    Organisation,
    OrganisationKind,
    Responsibility,
    Verification,
)
from app.domain.scopes import Scope
from app.store.skipping import skip_deliveries
from app.store.suppressions import suppressed
from app.store.tables import contact_links, contacts, deliveries, organisation_sectors, organisations, subscribers
from app.store.writes import chunks, insert, insert_missing, upsert

REMOVED = "address removed"
"""Why what waits for an address goes out no more: it is the organisation's no longer."""
_LIVING = contacts.c.ended_at.is_(None)
_STANDING = organisations.c.ended_at.is_(None)
_BETWEEN, _BEHIND = "\x1f", "\x1e"
"""What parts keys, names and organisations of one text: no key holds it, and no name, of which blanks are mended."""
_COLUMNS = ("key", "kind", "level", "name_vi", "name_en", "abbreviation", "hs", "website", "note")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One address of an organisation, and how it is known to be theirs. Nothing goes to one that is not `writable`."""

    id: int
    organisation: str
    subscriber_id: int
    address: str
    role: str
    verified_at: datetime | None
    verified_by: Verification | None
    because: str
    source: str
    suppressed: bool

    @property
    def writable(self) -> bool:
        """Whether letters and alerts may go there: it is verified and not suppressed."""
        return self.verified_at is not None and not self.suppressed


async def add_missing(connection: AsyncConnection, wanted: Sequence[Organisation], now: datetime) -> list[str]:
    """Add the organisations whose keys are not taken, with their sectors; return their keys. The others stay."""
    taken = set(await numbers_of(connection, [one.key for one in wanted]))
    fresh = [one for one in wanted if one.key not in taken]
    await insert_missing(connection, organisations, [_row(one, now) for one in fresh])
    await _answer_for(connection, fresh)
    return [one.key for one in fresh]


async def save(connection: AsyncConnection, one: Organisation, now: datetime) -> None:
    """Write an organisation as it is now, new or known by its key, with all of its sectors."""
    change = [name for name in _COLUMNS if name != "key"] + ["folded", "updated_at"]
    await upsert(connection, organisations, [_row(one, now)], key=["key"], change=change)
    number = select(organisations.c.id).where(organisations.c.key == one.key).scalar_subquery()
    await connection.execute(delete(organisation_sectors).where(organisation_sectors.c.organisation_id == number))
    await _answer_for(connection, [one])


async def numbers_of(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, int]:
    """Return the numbers of organisations by key; those that are not known are missing."""
    found: dict[str, int] = {}
    for piece in chunks(keys):
        rows = await connection.execute(
            select(organisations.c.key, organisations.c.id).where(organisations.c.key.in_(piece))
        )
        found |= {row.key: row.id for row in rows}
    return found


async def key_of(connection: AsyncConnection, number: int) -> str:
    """Return the key of an organisation; empty when there is none of this number."""
    return (await connection.execute(select(organisations.c.key).where(organisations.c.id == number))).scalar() or ""


async def listed(
    scope: Scope, connection: AsyncConnection, *, ended: bool = False, naming: Collection[str] | None = None
) -> list[Organisation]:
    """Return the organisations that did not end, or with `ended` all, by key, with the sectors that they answer for.

    `naming` leaves out those that name none of these sectors.
    """
    own = select(organisations).where(_own(scope), true() if ended else _STANDING)
    sectors = select(organisation_sectors).order_by(organisation_sectors.c.sector)
    if naming is not None:
        named = select(organisation_sectors.c.organisation_id).where(organisation_sectors.c.sector.in_(naming))
        own = own.where(organisations.c.id.in_(named))
        sectors = sectors.where(organisation_sectors.c.organisation_id.in_(named))
    rows = (await connection.execute(own.order_by(organisations.c.key))).all()
    answered: dict[int, list[tuple[str, Responsibility]]] = {row.id: [] for row in rows}
    for row in await connection.execute(sectors):
        if row.organisation_id in answered:
            answered[row.organisation_id].append((row.sector, Responsibility(row.responsibility)))
    return [_organisation(row, answered[row.id]) for row in rows]


async def names(scope: Scope, connection: AsyncConnection) -> list[tuple[str, str]]:
    """Return key and Vietnamese name of every organisation that did not end, by key: what a field proposes.

    They come as one row: hundreds of them, each of which SQLite's thread waits for, stand on every page with that field.
    """
    pair = organisations.c.key.concat(_BETWEEN).concat(organisations.c.name_vi)
    statement = select(func.aggregate_strings(pair, _BEHIND)).where(_own(scope), _STANDING)
    listed = (await connection.execute(statement)).scalar_one() or ""
    parted = (one.partition(_BETWEEN) for one in listed.split(_BEHIND) if one)
    return sorted((key, name) for key, _, name in parted)


async def one_of(scope: Scope, connection: AsyncConnection, key: str) -> Organisation | None:
    """Return an organisation by its key; None when there is none, or none for this reader."""
    row = (await connection.execute(select(organisations).where(_own(scope), organisations.c.key == key))).one_or_none()
    if row is None:
        return None
    theirs = select(organisation_sectors).where(organisation_sectors.c.organisation_id == row.id)
    rows = await connection.execute(theirs.order_by(organisation_sectors.c.sector))
    return _organisation(row, [(one.sector, Responsibility(one.responsibility)) for one in rows])


async def contacts_of(scope: Scope, connection: AsyncConnection, keys: Sequence[str]) -> list[Contact]:
    """Return the addresses of organisations, neither of which ended, in the order in which they were added."""
    found: list[Contact] = []
    for piece in chunks(keys):
        statement = _contacts().where(_own(scope), _STANDING, _LIVING, organisations.c.key.in_(piece))
        found += [_contact(row) for row in await connection.execute(statement.order_by(contacts.c.id))]
    return found


async def reach(
    scope: Scope, connection: AsyncConnection, keys: Collection[str] | None = None
) -> dict[str, tuple[int, int]]:
    """Return by key how many addresses each organisation has, and how many of them are verified and not suppressed.

    With `keys` only of those organisations; who has no address is missing.
    """
    writable = and_(contacts.c.verified_at.is_not(None), ~suppressed(contacts.c.subscriber_id))
    statement = (
        select(organisations.c.key, func.count().label("known"), func.count().filter(writable).label("writable"))
        .join(contacts, contacts.c.organisation_id == organisations.c.id)
        .where(_own(scope), _LIVING, true() if keys is None else organisations.c.key.in_(keys))
        .group_by(organisations.c.key)
    )
    return {row.key: (row.known, row.writable) for row in await connection.execute(statement)}


async def add_contact(
    connection: AsyncConnection, organisation_id: int, subscriber_id: int, role: str, now: datetime
) -> None:
    """Let an address be an organisation's, unverified; one that is known stays as it is."""
    row = {"organisation_id": organisation_id, "subscriber_id": subscriber_id, "role": role, "created_at": now}
    await insert_missing(connection, contacts, [row])


async def contact(scope: Scope, connection: AsyncConnection, key: str, identity: str) -> Contact | None:
    """Return an address of an organisation by the identity of the address; None when it is not theirs."""
    mine = (_own(scope), _LIVING, organisations.c.key == key, subscribers.c.identity == identity)
    row = (await connection.execute(_contacts().where(*mine))).one_or_none()
    return None if row is None else _contact(row)


async def verify(
    connection: AsyncConnection, contact_id: int, by: Verification, now: datetime, because: str = "", source: str = ""
) -> bool:
    """Write that an address is the organisation's, and how that is known; False where it is known already.

    The first moment stays: the register counts from it.
    """
    said = {"verified_at": now, "verified_by": by, "because": because, "source": source}
    unproven = (contacts.c.id == contact_id, contacts.c.verified_at.is_(None), _LIVING)
    return (await connection.execute(update(contacts).where(*unproven).values(**said))).rowcount > 0


async def end_contact(connection: AsyncConnection, contact_id: int, now: datetime) -> None:
    """Let an address be the organisation's no longer; links verify nothing more, and those that wait are not mailed."""
    waiting = select(literal(f"{DeliveryKind.CONTACT}:") + contact_links.c.token_hash)
    theirs = contact_links.c.contact_id == contact_id
    await skip_deliveries(connection, deliveries.c.key.in_(waiting.where(theirs)), REMOVED)
    await connection.execute(delete(contact_links).where(theirs))
    await connection.execute(update(contacts).where(contacts.c.id == contact_id).values(ended_at=now))


async def add_link(
    connection: AsyncConnection, token_hash: str, contact_id: int, now: datetime, expires_at: datetime
) -> None:
    """Keep the hash of a link that was mailed to an address."""
    row = {"token_hash": token_hash, "contact_id": contact_id, "asked_at": now, "expires_at": expires_at}
    await insert(connection, contact_links, [row])


async def hold_linked(connection: AsyncConnection, token_hash: str) -> None:
    """Hold the subscriber whom a link was mailed to until the transaction ends: who acts second sees the first."""
    link = select(contacts.c.subscriber_id).join(contact_links).where(contact_links.c.token_hash == token_hash)
    await connection.execute(select(subscribers.c.id).where(subscribers.c.id.in_(link)).with_for_update(key_share=True))


async def drop_links(connection: AsyncConnection, subscriber_id: int) -> None:
    """Void the links that were mailed to an address which its subscriber leaves."""
    mine = select(contacts.c.id).where(contacts.c.subscriber_id == subscriber_id)
    await connection.execute(delete(contact_links).where(contact_links.c.contact_id.in_(mine)))


async def linked(connection: AsyncConnection, token_hash: str) -> Any | None:
    """Return what a mailed link verifies: its contact with the organisation's names; None when it leads nowhere."""
    shown = (organisations.c.name_vi, organisations.c.name_en, organisations.c.key)
    statement = (
        select(contact_links, contacts.c.verified_at, *shown)
        .join(contacts, contacts.c.id == contact_links.c.contact_id)
        .join(organisations, organisations.c.id == contacts.c.organisation_id)
        .where(contact_links.c.token_hash == token_hash, _LIVING)
    )
    return (await connection.execute(statement)).one_or_none()


async def use_link(connection: AsyncConnection, token_hash: str, now: datetime) -> None:
    """Mark a link as used."""
    await connection.execute(update(contact_links).where(contact_links.c.token_hash == token_hash).values(used_at=now))


async def forget(connection: AsyncConnection, subscriber_ids: Iterable[int], now: datetime) -> None:
    """End the contacts of people who are forgotten, with every word about them; that they were contacts stays."""
    for piece in chunks(sorted(subscriber_ids)):
        mine = contacts.c.subscriber_id.in_(piece)
        links = contact_links.c.contact_id.in_(select(contacts.c.id).where(mine))
        await connection.execute(delete(contact_links).where(links))
        moment = literal(now, contacts.c.ended_at.type)
        ended = func.coalesce(contacts.c.ended_at, moment)
        await connection.execute(update(contacts).where(mine).values(role="", because="", source="", ended_at=ended))


def stands_for_an_organisation(subscriber: Any, ended_before: datetime | None = None) -> ColumnElement[bool]:
    """Return the condition that a subscriber, given by its column or number, is an address of an organisation.

    An organisation that ended before a moment is one no longer.
    """
    mine = select(contacts.c.id).where(contacts.c.subscriber_id == subscriber, _LIVING)
    if ended_before is None:
        return mine.exists()
    stands = or_(_STANDING, organisations.c.ended_at >= ended_before)
    return mine.join(organisations, organisations.c.id == contacts.c.organisation_id).where(stands).exists()


def _own(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.organisation_id is None else organisations.c.id == scope.organisation_id


def _contacts() -> Select[Any]:
    shown = (organisations.c.key, subscribers.c.address, suppressed(subscribers.c.id).label("suppressed"))
    return (
        select(contacts, *shown)
        .join(organisations, organisations.c.id == contacts.c.organisation_id)
        .join(subscribers, subscribers.c.id == contacts.c.subscriber_id)
    )


async def _answer_for(connection: AsyncConnection, those: Sequence[Organisation]) -> None:
    numbers = await numbers_of(connection, [one.key for one in those])
    rows = [
        {"organisation_id": numbers[one.key], "sector": sector, "responsibility": responsibility}
        for one in those
        for sector, responsibility in one.sectors
    ]
    await insert_missing(connection, organisation_sectors, rows)


def _row(one: Organisation, now: datetime) -> Mapping[str, Any]:
    return {name: getattr(one, name) for name in _COLUMNS} | {
        "hs": list(one.hs),
        "folded": fold(f"{one.key} {one.abbreviation} {one.name_vi} {one.name_en}"),
        "created_at": now,
        "updated_at": now,
    }


def _organisation(row: Any, sectors: Sequence[tuple[str, Responsibility]]) -> Organisation:
    return Organisation(
        key=row.key,
        kind=OrganisationKind(row.kind),
        level=Level(row.level),
        name_vi=row.name_vi,
        name_en=row.name_en,
        abbreviation=row.abbreviation,
        sectors=tuple(sectors),
        hs=tuple(row.hs),
        website=row.website,
        note=row.note,
    )


def _contact(row: Any) -> Contact:
    return Contact(
        id=row.id,
        organisation=row.key,
        subscriber_id=row.subscriber_id,
        address=row.address,
        role=row.role,
        verified_at=row.verified_at,
        verified_by=None if row.verified_by is None else Verification(row.verified_by),
        because=row.because,
        source=row.source,
        suppressed=bool(row.suppressed),
    )
