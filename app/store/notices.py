"""Notices and measures: what is known of them, and how new facts are written, always for many at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, literal, or_, select, text, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.intake import fingerprint
from app.domain.notices import Content, Record, content_from_json, content_to_json
from app.store.search import place_among_all
from app.store.tables import (
    measure_symbols,
    measures,
    notice_codes,
    notice_members,
    notice_symbols,
    notice_texts,
    notice_writers,
    notices,
    records,
    versions,
)
from app.store.writes import chunks, insert, insert_missing, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """A notice as it stands: its current version and its place in a measure."""

    id: int
    ref: str
    measure_id: int
    version: int
    fingerprint: str
    content: Content
    orphan: bool
    inherits_from: str | None


async def serialise_intake(connection: AsyncConnection) -> None:
    """Let one transaction at a time take notices in or sort them; on SQLite every writing transaction already does."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('keng.intake'))"))


async def unseen(connection: AsyncConnection, batch: Sequence[Record]) -> list[Record]:
    """Return the records that say something that is not recorded yet; of repeats in the batch, the last."""
    latest = {(record.source, record.key, record.language): record for record in batch}
    known: dict[tuple[str, str, str], str] = {}
    key = tuple_(records.c.source, records.c.key, records.c.language)
    for piece in chunks(list(latest), 300):
        rows = await connection.execute(
            select(records.c.source, records.c.key, records.c.language, records.c.fingerprint).where(key.in_(piece))
        )
        known |= {(row.source, row.key, row.language): row.fingerprint for row in rows}
    return [record for name, record in latest.items() if known.get(name) != fingerprint(record.content)]


async def homes_of(connection: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    """Return which stored notice bears each name (a symbol or a ref)."""
    homes: dict[str, int] = {}
    by_ref = select(notices.c.ref.label("name"), notices.c.id.label("number"), literal(0).label("rank"))
    by_symbol = select(notice_symbols.c.symbol, notice_symbols.c.notice_id, literal(1))
    for piece in chunks(sorted(set(names))):
        either = union_all(by_ref.where(notices.c.ref.in_(piece)), by_symbol.where(notice_symbols.c.symbol.in_(piece)))
        homes |= {row.name: row.number for row in await connection.execute(either.order_by("rank"))}
    return homes


async def records_of(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, list[Record]]:
    """Return everything recorded of each notice."""
    found: dict[int, list[Record]] = {}
    for piece in chunks(notice_ids):
        for row in await connection.execute(select(records).where(records.c.notice_id.in_(piece))):
            found.setdefault(row.notice_id, []).append(_record(row))
    return found


async def load(connection: AsyncConnection, notice_ids: Sequence[int]) -> dict[int, StoredNotice]:
    """Return the notices as they stand."""
    return await _load(connection, notices.c.id, notice_ids)


async def load_threads(connection: AsyncConnection, measure_ids: Sequence[int]) -> dict[int, list[StoredNotice]]:
    """Return every notice of each measure."""
    threads: dict[int, list[StoredNotice]] = {number: [] for number in measure_ids}
    for notice in (await _load(connection, notices.c.measure_id, measure_ids)).values():
        threads[notice.measure_id].append(notice)
    return threads


async def notice_id_of(connection: AsyncConnection, ref: str) -> int | None:
    """Return the notice that a ref or any of its symbols names."""
    return (await homes_of(connection, [ref])).get(ref)


async def hand_of(connection: AsyncConnection, notice_id: int) -> Any:
    """Return who entered a notice by hand, None when a source brought it, and when it was released and withdrawn."""
    shown = (notices.c.entered_by, notices.c.released_at, notices.c.withdrawn_at)
    return (await connection.execute(select(*shown).where(notices.c.id == notice_id))).one()


async def mark_entered(connection: AsyncConnection, ref: str, by: str) -> None:
    """Keep who last wrote a notice by hand; the database itself adds them to its writers, for good."""
    await connection.execute(update(notices).where(notices.c.ref == ref).values(entered_by=by))


async def writers_of(connection: AsyncConnection, notice_id: int) -> set[str]:
    """Return everybody who entered or changed a notice by hand."""
    statement = select(notice_writers.c.actor).where(notice_writers.c.notice_id == notice_id)
    return set((await connection.execute(statement)).scalars())


async def written_by(connection: AsyncConnection, notice_ids: Sequence[int], actor: str) -> set[int]:
    """Return those of some notices that somebody entered or changed by hand."""
    found: set[int] = set()
    for piece in chunks(notice_ids):
        mine = (notice_writers.c.notice_id.in_(piece), notice_writers.c.actor == actor)
        found |= set((await connection.execute(select(notice_writers.c.notice_id).where(*mine))).scalars())
    return found


async def measures_of(connection: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    """Return the measure of each base symbol, and of each ref of a warning."""
    found: dict[str, int] = {}
    for piece in chunks(sorted(set(names))):
        by_symbol = await connection.execute(
            select(measure_symbols.c.symbol, measure_symbols.c.measure_id).where(measure_symbols.c.symbol.in_(piece))
        )
        found |= {row.symbol: row.measure_id for row in by_symbol}
        by_ref = await connection.execute(select(measures.c.ref, measures.c.id).where(measures.c.ref.in_(piece)))
        found |= {row.ref: row.id for row in by_ref}
    return found


async def add_measures(connection: AsyncConnection, refs: Sequence[str], now: datetime) -> dict[str, int]:
    """Begin a measure for each ref and return their ids."""
    rows = [{"ref": ref, "state": "proposed", "created_at": now, "updated_at": now} for ref in refs]
    await insert(connection, measures, rows)
    return await measures_of(connection, refs)


async def name_measures(connection: AsyncConnection, symbols: Mapping[str, int]) -> None:
    """File base symbols under their measure."""
    rows = [{"symbol": symbol, "measure_id": measure_id} for symbol, measure_id in symbols.items()]
    await upsert(connection, measure_symbols, rows, key=["symbol"], change=["measure_id"])


async def save_measures(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what measures amount to: `number`, `ref`, `state`, the dates and `now`."""
    if rows:
        await connection.execute(
            update(measures)
            .where(measures.c.id == bindparam("number"))
            .values(
                ref=bindparam("name"),
                state=bindparam("standing"),
                comment_deadline=bindparam("deadline"),
                adoption_on=bindparam("adoption"),
                in_force_on=bindparam("in_force"),
                updated_at=bindparam("now"),
            ),
            list(rows),
        )


async def add_notices(
    connection: AsyncConnection, batch: Sequence[tuple[str, int, str, Content]], now: datetime
) -> dict[str, int]:
    """Store new notices given as (source, measure, ref, content); return the id of each ref."""
    rows = [
        {**_columns(content), "source": source, "measure_id": measure_id, "ref": ref, "version": 1}
        | {"stored_at": now, "updated_at": now}
        for source, measure_id, ref, content in batch
    ]
    await insert(connection, notices, rows)
    found: dict[str, int] = {}
    for piece in chunks([ref for _, _, ref, _ in batch]):
        result = await connection.execute(select(notices.c.ref, notices.c.id).where(notices.c.ref.in_(piece)))
        found |= {row.ref: row.id for row in result}
    return found


async def save_notices(
    connection: AsyncConnection, batch: Sequence[tuple[int, int, int, str, Content]], now: datetime
) -> None:
    """Write the current version of notices given as (id, measure, version, ref, content)."""
    if not batch:
        return
    names = [*_columns(Content()), "ref", "measure_id", "version"]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    values |= {"updated_at": now, "sorted_at": None}
    rows = [
        {f"new_{name}": value for name, value in _columns(content).items()}
        | {"number": notice_id, "new_ref": ref, "new_measure_id": measure_id, "new_version": version}
        for notice_id, measure_id, version, ref, content in batch
    ]
    await connection.execute(update(notices).where(notices.c.id == bindparam("number")).values(values), rows)


async def save_versions(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what notices said at one time."""
    await insert_missing(connection, versions, rows)


async def save_records(connection: AsyncConnection, batch: Sequence[tuple[int, Record]], now: datetime) -> None:
    """Write what sources say, each with the notice it speaks of."""
    rows = [
        {
            "source": record.source,
            "key": record.key,
            "language": record.language,
            "revision": record.revision,
            "notice_id": notice_id,
            "distributed_on": record.content.distributed_on,
            "content": content_to_json(record.content),
            "fingerprint": fingerprint(record.content),
            "payload_hash": record.payload_hash,
            "first_seen_at": now,
            "last_changed_at": now,
        }
        for notice_id, record in batch
    ]
    change = ["revision", "notice_id", "distributed_on", "content", "fingerprint", "payload_hash", "last_changed_at"]
    await upsert(connection, records, rows, key=["source", "key", "language"], change=change)


async def save_names(connection: AsyncConnection, batch: Sequence[tuple[int, Content]]) -> None:
    """File symbols and members of notices; a symbol once borne is never forgotten, so that old links lead on."""
    ids = [notice_id for notice_id, _ in batch]
    for piece in chunks(ids):
        await connection.execute(delete(notice_members).where(notice_members.c.notice_id.in_(piece)))
    symbols = [
        {"symbol": symbol, "notice_id": notice_id, "position": position}
        for notice_id, content in batch
        for position, symbol in enumerate(content.symbols)
    ]
    await upsert(connection, notice_symbols, symbols, key=["symbol"], change=["notice_id", "position"])
    members = [
        {"notice_id": notice_id, "code": code, "position": position}
        for notice_id, content in batch
        for position, code in enumerate(content.members)
    ]
    await insert(connection, notice_members, members)


async def save_codes(connection: AsyncConnection, batch: Sequence[tuple[int, Content, str]]) -> None:
    """File the codes of notices, own or borrowed, and the folded text that search looks in."""
    ids = [notice_id for notice_id, _, _ in batch]
    for piece in chunks(ids):
        await connection.execute(delete(notice_codes).where(notice_codes.c.notice_id.in_(piece)))
    codes = [
        {"notice_id": notice_id, "nomenclature": nomenclature, "code": code}
        for notice_id, content, _ in batch
        for nomenclature, values in (("hs", content.hs), ("ics", content.ics))
        for code in dict.fromkeys(values)
    ]
    await insert(connection, notice_codes, codes)
    texts = [
        {"notice_id": notice_id, "folded": words, "place": place_among_all(content.distributed_on, notice_id)}
        for notice_id, content, words in batch
    ]
    await upsert(connection, notice_texts, texts, key=["notice_id"], change=["folded", "place"])


async def save_standing(connection: AsyncConnection, batch: Sequence[tuple[int, bool, str | None]]) -> None:
    """Write which notices are orphans and which borrow from a parent; they are sorted anew."""
    if batch:
        rows = [{"number": number, "lonely": orphan, "parent": parent} for number, orphan, parent in batch]
        await connection.execute(
            update(notices)
            .where(notices.c.id == bindparam("number"))
            .values(orphan=bindparam("lonely"), inherits_from=bindparam("parent"), sorted_at=None),
            rows,
        )


async def count_records(connection: AsyncConnection, source: str, first: date, last: date) -> int:
    """Return how many records a source has given for the days from `first` to `last`."""
    window = records.c.distributed_on.between(first, last)
    statement = select(func.count()).select_from(records).where(records.c.source == source, window)
    return int((await connection.execute(statement)).scalar_one())


async def orphans(
    connection: AsyncConnection, source: str, circulated_since: date, sought_before: datetime, limit: int
) -> dict[int, str]:
    """Return recent orphans of a source whose parent was not asked for lately: their symbol by id, newest first."""
    statement = (
        select(notices.c.id, notices.c.ref)
        .where(
            notices.c.source == source,
            notices.c.orphan,
            notices.c.distributed_on >= circulated_since,
            or_(notices.c.sought_at.is_(None), notices.c.sought_at < sought_before),
        )
        .order_by(notices.c.distributed_on.desc(), notices.c.id.desc())
        .limit(limit)
    )
    return {row.id: row.ref for row in await connection.execute(statement)}


async def mark_sought(connection: AsyncConnection, notice_ids: Sequence[int], now: datetime) -> None:
    """Remember that the parents of these notices were asked for."""
    await connection.execute(update(notices).where(notices.c.id.in_(list(notice_ids))).values(sought_at=now))


async def _load(connection: AsyncConnection, column: Any, values: Sequence[int]) -> dict[int, StoredNotice]:
    found: dict[int, StoredNotice] = {}
    for piece in chunks(values):
        for row in await connection.execute(select(notices).where(column.in_(piece)).order_by(notices.c.id)):
            found[row.id] = StoredNotice(
                id=row.id,
                ref=row.ref,
                measure_id=row.measure_id,
                version=row.version,
                fingerprint=row.fingerprint,
                content=content_from_json(row.content),
                orphan=row.orphan,
                inherits_from=row.inherits_from,
            )
    return found


def _record(row: Any) -> Record:
    return Record(
        source=row.source,
        key=row.key,
        language=row.language,
        revision=row.revision,
        content=content_from_json(row.content),
        position="",
        payload_hash=row.payload_hash,
    )


def _columns(content: Content) -> dict[str, Any]:
    return {
        "area": content.area,
        "type": content.type,
        "emergency": content.emergency,
        "title": content.title,
        "distributed_on": content.distributed_on,
        "comment_deadline": content.comment_deadline,
        "adoption_on": content.adoption_on,
        "in_force_on": content.in_force_on,
        "content": content_to_json(content),
        "fingerprint": fingerprint(content),
        "flags": [[flag.field, flag.code, flag.detail] for flag in content.flags],
    }
