"""The audit: rows are only ever appended, then sealed into one chain, apart and in order (MO-08).

Who writes a row takes no lock for it: a chain that is sealed in the writer's own transaction would let every act wait for
the slowest, and two of them for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.addresses import mask_addresses
from app.domain.audit import ACCEPT, BEGIN, CUT, Break, Entry, Fault, Head, Seal, sealed
from app.store.ledger import in_turn
from app.store.origins import origin
from app.store.tables import audit, audit_heads, audit_seals
from app.store.writes import chunks, insert

ITSELF = "kẻng"
"""The actor of what no person asked for."""

_LATE = 10_000
"""Rows that may be written while one transaction is open; what commits later still is sealed when the chain is verified."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A break that somebody explained, and when."""

    what: Break
    at: datetime


async def write_audit(
    connection: AsyncConnection, actor: str, verb: str, subject: str, details: Mapping[str, Any], now: datetime
) -> int:
    """Write down who did what to what; return the row's id. No address is kept: people are named by number or keyed hash."""
    (row,) = _rows(actor, verb, {subject: details}, now)
    return int((await connection.execute(audit.insert().values(row).returning(audit.c.id))).scalar_one())


async def write_each(
    connection: AsyncConnection, actor: str, verb: str, subjects: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    """Write down who did one thing to each of several subjects, in their order, with the details of each."""
    await insert(connection, audit, _rows(actor, verb, subjects, now))


async def row_of(connection: AsyncConnection, audit_id: int) -> Any | None:
    """Return one row; None when there is none of this id."""
    return (await connection.execute(select(audit).where(audit.c.id == audit_id))).one_or_none()


async def last_of(connection: AsyncConnection, verb: str) -> Any | None:
    """Return the newest row with a verb; None when nothing of the kind was written."""
    newest_one = select(audit).where(audit.c.verb == verb).order_by(audit.c.id.desc()).limit(1)
    return (await connection.execute(newest_one)).one_or_none()


async def seal(connection: AsyncConnection, limit: int, *, everything: bool = False) -> tuple[Head, int]:
    """Seal the next rows that are not, at most `limit`; return the head of the chain and how many were sealed.

    Those are looked for from a little before the last one on, or with `everything` among all. One transaction at a time.
    """
    await in_turn(connection, "audit")
    head = await newest(connection)
    entries = [_entry(row) for row in await _unsealed(connection, limit, everything=everything)]
    seals = list(sealed(entries, head))
    await insert(connection, audit_seals, [_seal_row(one) for one in seals])
    return (Head(seals[-1].number, seals[-1].hash) if seals else head), len(seals)


async def newest(connection: AsyncConnection) -> Head:
    """Return the head of the chain as its last seal has it; `BEGIN` when nothing is sealed."""
    last = select(audit_seals.c.number, audit_seals.c.hash).order_by(audit_seals.c.number.desc()).limit(1)
    row = (await connection.execute(last)).one_or_none()
    return BEGIN if row is None else Head(row.number, row.hash)


async def beginning(connection: AsyncConnection) -> Head | None:
    """Return what stands before the first row that is kept; None when nothing is sealed."""
    first = select(audit_seals.c.number, audit_seals.c.previous).order_by(audit_seals.c.number).limit(1)
    row = (await connection.execute(first)).one_or_none()
    return None if row is None else Head(row.number - 1, row.previous)


async def was_cut_at(connection: AsyncConnection, head: Head) -> bool:
    """Say whether the chain itself says that it was cut here for its age."""
    said = await _said(connection, CUT)
    return any((details.get("number"), details.get("hash")) == (head.number, head.hash) for details, _ in said)


async def page(connection: AsyncConnection, after: int, limit: int) -> list[tuple[Seal, Entry | None]]:
    """Return the next rows of the chain after a number, each with its seal; None for one that is gone or no row any more.

    One page may be shorter than the limit; only an empty one is the last.
    """
    statement = (
        select(audit_seals, audit)
        .outerjoin(audit, audit.c.id == audit_seals.c.audit_id)
        .where(audit_seals.c.number > after)
        .order_by(audit_seals.c.number)
        .limit(limit)
    )
    try:
        rows = (await connection.execute(statement)).all()
    except ValueError:  # SQLite takes any text for a moment or for JSON
        return await (_unread(connection, after) if limit == 1 else page(connection, after, 1))
    return [
        (Seal(row.number, row.audit_id, row.previous, row.hash), None if row.id is None else _entry(row))
        for row in rows
    ]


async def _said(connection: AsyncConnection, verb: str) -> list[tuple[Mapping[str, Any], datetime]]:
    """Return what the rows with a verb of the chain's own say, and when; nothing where they cannot be read any more."""
    try:
        rows = (await connection.execute(select(audit.c.details, audit.c.at).where(audit.c.verb == verb))).all()
    except ValueError:
        return []
    return [(row.details, row.at) for row in rows if isinstance(row.details, Mapping)]


async def _unread(connection: AsyncConnection, after: int) -> list[tuple[Seal, Entry | None]]:
    following = select(audit_seals).where(audit_seals.c.number > after).order_by(audit_seals.c.number).limit(1)
    row = (await connection.execute(following)).one()
    return [(Seal(row.number, row.audit_id, row.previous, row.hash), None)]


async def note_head(connection: AsyncConnection, head: Head, fault: str | None, now: datetime) -> None:
    """Note how far the chain was when it was verified, or how it is broken after that."""
    row = {"at": now, "number": head.number, "hash": head.hash, "fault": fault}
    await insert(connection, audit_heads, [row])


async def noted_heads(connection: AsyncConnection) -> Sequence[Any]:
    """Return every head that was noted, each with its number, its hash and when it was noted."""
    whole = select(audit_heads.c.number, audit_heads.c.hash, audit_heads.c.at).where(audit_heads.c.number > 0)
    return (await connection.execute(whole)).all()


async def accepted_breaks(connection: AsyncConnection) -> list[Accepted]:
    """Return the breaks that people accepted; what does not say which one accepts none."""
    said = [(_explained(details), at) for details, at in await _said(connection, ACCEPT)]
    return [Accepted(what, at) for what, at in said if what is not None]


def explanation(broken: Break) -> dict[str, Any]:
    """Return a break as the row holds it that explains it."""
    resumes = None if broken.resumes is None else str(broken.resumes)
    return {"number": broken.number, "fault": broken.fault, "resumes": resumes, "row": broken.row}


def _explained(details: Mapping[str, Any]) -> Break | None:
    number, fault, row = details.get("number"), details.get("fault"), details.get("row")
    try:
        resumes = Head.read(str(details["resumes"]))
        found = Fault(str(fault))
    except (KeyError, ValueError):
        return None
    return Break(number, None, found, resumes, row) if isinstance(number, int) else None


async def last_verified(connection: AsyncConnection) -> Any | None:
    """Return the row of the last verification: at, number, hash, fault; None before the first."""
    newest_one = select(audit_heads).order_by(audit_heads.c.id.desc()).limit(1)
    return (await connection.execute(newest_one)).one_or_none()


async def owner_among_us(connection: AsyncConnection) -> str | None:
    """Return our own role where it owns the tables of the audit, or may act for who does; None where it does not.

    Such a role can switch the triggers off that keep the rows. On SQLite whoever has the file can, and there is no role.
    """
    if connection.dialect.name == "sqlite":
        return None
    names = [table.name for table in (audit, audit_seals, audit_heads)]
    owned = text(
        "SELECT current_user FROM pg_class WHERE oid = ANY(SELECT to_regclass(name) FROM unnest(CAST(:names AS text[])) name)"
        " AND pg_has_role(current_user, relowner, 'MEMBER') LIMIT 1"
    )
    return (await connection.execute(owned, {"names": names})).scalar_one_or_none()


async def listed(
    connection: AsyncConnection,
    limit: int,
    *,
    subject: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
) -> Sequence[Any]:
    """Return the newest rows that are about a subject, by an actor, since a moment, with their numbers in the chain."""
    statement = select(audit, audit_seals.c.number).outerjoin(audit_seals, audit_seals.c.audit_id == audit.c.id)
    if subject is not None:
        statement = statement.where(audit.c.subject == subject)
    if actor is not None:
        statement = statement.where(audit.c.actor == actor)
    if since is not None:
        statement = statement.where(audit.c.at >= since)
    return (await connection.execute(statement.order_by(audit.c.id.desc()).limit(limit))).all()


async def cut(connection: AsyncConnection, before: datetime, limit: int, now: datetime) -> int:
    """Destroy the rows at the beginning of the chain that are older than a moment, and write how far; return how many."""
    await in_turn(connection, "audit")
    last = await newest(connection)
    old = (
        select(audit_seals.c.number, audit_seals.c.audit_id, audit_seals.c.hash, audit.c.at)
        .join(audit, audit.c.id == audit_seals.c.audit_id)
        .order_by(audit_seals.c.number)
        .limit(limit)
    )
    gone = []
    for row in await connection.execute(old):
        if row.at >= before or row.number == last.number:  # the next row follows on the last one, however old
            break
        gone.append(row)
    await connection.execute(delete(audit_heads).where(audit_heads.c.at < before))
    if gone:
        details = {"number": gone[-1].number, "hash": gone[-1].hash, "rows": len(gone)}
        await write_audit(connection, ITSELF, CUT, "audit", details, now)
        await connection.execute(delete(audit_seals).where(audit_seals.c.number <= gone[-1].number))
        for piece in chunks([row.audit_id for row in gone]):
            await connection.execute(delete(audit).where(audit.c.id.in_(piece)))
    return len(gone)


async def _unsealed(connection: AsyncConnection, limit: int, *, everything: bool) -> Sequence[Any]:
    statement = (
        select(audit)
        .outerjoin(audit_seals, audit_seals.c.audit_id == audit.c.id)
        .where(audit_seals.c.number.is_(None))
        .order_by(audit.c.id)
        .limit(limit)
    )
    if not everything:
        newest_id = func.coalesce(select(func.max(audit_seals.c.audit_id)).scalar_subquery(), 0)
        statement = statement.where(audit.c.id > newest_id - _LATE)
    return (await connection.execute(statement)).all()


def _rows(actor: str, verb: str, subjects: Mapping[str, Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    same = {"at": now, "actor": mask_addresses(actor), "origin": origin(), "verb": verb}
    return [
        same | {"subject": mask_addresses(subject), "details": _masked(details)}
        for subject, details in subjects.items()
    ]


def _entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        at=row.at,
        actor=row.actor,
        origin=row.origin,
        verb=row.verb,
        subject=row.subject,
        details=row.details,
    )


def _seal_row(one: Seal) -> dict[str, Any]:
    return {"number": one.number, "audit_id": one.audit_id, "previous": one.previous, "hash": one.hash}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_addresses(value)
    if isinstance(value, Mapping):
        return {str(name): _masked(one) for name, one in value.items()}
    return [_masked(one) for one in value] if isinstance(value, list | tuple) else value
