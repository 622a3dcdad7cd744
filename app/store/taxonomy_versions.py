"""Versions of the taxonomy that staff put in force, and the notices that are sorted by another one."""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, create_engine, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.notices import content_from_json
from app.domain.sectors import Facet
from app.store.attachments import NO_ANNEX, annexes_of
from app.store.migrations import blocking_url
from app.store.tables import accounts, classifications, corrections, notices, taxonomies
from app.store.taxonomies import Unsorted
from app.store.writes import chunks, upsert

_NEWEST = select(taxonomies.c.version).order_by(taxonomies.c.applied_at.desc(), taxonomies.c.version.desc()).limit(1)


async def in_force(connection: AsyncConnection) -> str | None:
    """Return the version that was applied last; None while the one that comes with Kẻng is in force."""
    return (await connection.execute(_NEWEST)).scalar_one_or_none()


async def body_of(connection: AsyncConnection, version: str) -> bytes | None:
    """Return the file of a version; None when it was never applied."""
    statement = select(taxonomies.c.body).where(taxonomies.c.version == version)
    body = (await connection.execute(statement)).scalar_one_or_none()
    return None if body is None else zlib.decompress(body)


def applied_body(url: str) -> bytes | None:
    """Return the file of the version in force, read without an event loop; None when none was applied."""
    engine = create_engine(blocking_url(url))
    try:
        with engine.connect() as connection:
            newest = select(taxonomies.c.body).where(taxonomies.c.version.in_(_NEWEST))
            body = connection.execute(newest).scalar_one_or_none()
    finally:
        engine.dispose()
    return None if body is None else zlib.decompress(body)


async def put_in_force(
    connection: AsyncConnection, version: str, body: bytes, actor: str, because: str, now: datetime
) -> None:
    """Keep a version, compressed, as the one applied last, by whom and why."""
    said = {"applied_at": now, "applied_by": actor, "because": because}
    row = {"version": version, "body": zlib.compress(body), **said}
    await upsert(connection, taxonomies, [row], key=["version"], change=list(said))


async def listed(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return the versions that were applied last, the newest first: when, by whom and why."""
    named = func.coalesce(accounts.c.address, taxonomies.c.applied_by).label("named")
    account = literal("account:") + cast(accounts.c.id, Text)
    statement = (
        select(taxonomies.c.version, taxonomies.c.applied_at, taxonomies.c.because, named)
        .outerjoin(accounts, account == taxonomies.c.applied_by)
        .order_by(taxonomies.c.applied_at.desc(), taxonomies.c.version.desc())
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def count_unsorted(connection: AsyncConnection) -> int:
    """Return how many notices wait to be sorted."""
    waiting = select(func.count()).select_from(notices).where(notices.c.sorted_at.is_(None))
    return int((await connection.execute(waiting)).scalar_one())


async def before_newest(connection: AsyncConnection, count: int) -> tuple[int, int]:
    """Return the number after which the newest `count` notices stand, and how many notices are stored in all."""
    newest = select(notices.c.id).order_by(notices.c.id.desc()).offset(count).limit(1)
    number = (await connection.execute(newest)).scalar_one_or_none()
    stored = (await connection.execute(select(func.count()).select_from(notices))).scalar_one()
    return number or 0, int(stored)


async def has_outdated(connection: AsyncConnection, version: str) -> bool:
    """Say whether a notice stands as another version sorted it."""
    outdated = exists().where(
        notices.c.classification_id == classifications.c.id,
        notices.c.sorted_at.is_not(None),
        classifications.c.taxonomy_version != version,
    )
    return bool((await connection.execute(select(outdated))).scalar_one())


async def mark_outdated(connection: AsyncConnection, version: str, after: int, limit: int) -> tuple[int, int | None]:
    """Let those of the next `limit` notices be sorted anew that another version sorted.

    Return how many these were, and the number to go on after; None at the end.
    """
    page = select(notices.c.id).where(notices.c.id > after).order_by(notices.c.id).limit(limit).subquery()
    last = (await connection.execute(select(func.max(page.c.id)))).scalar_one()
    if last is None:
        return 0, None
    same = select(classifications.c.id).where(classifications.c.taxonomy_version == version)
    result = await connection.execute(
        update(notices)
        .where(
            notices.c.id > after,
            notices.c.id <= last,
            notices.c.sorted_at.is_not(None),
            or_(notices.c.classification_id.is_(None), notices.c.classification_id.not_in(same)),
        )
        .values(sorted_at=None)
    )
    return result.rowcount, last


async def stored_after(connection: AsyncConnection, after: int, limit: int) -> dict[int, tuple[str, Unsorted]]:
    """Return the next notices by their numbers: the ref, and what there is to sort."""
    parents = notices.alias("parents")
    statement = (
        select(notices.c.id, notices.c.ref, notices.c.version, notices.c.content, parents.c.content.label("parent"))
        .outerjoin(parents, parents.c.ref == notices.c.inherits_from)
        .where(notices.c.id > after)
        .order_by(notices.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    annexes = await annexes_of(connection, [row.id for row in rows])
    return {
        row.id: (
            row.ref,
            Unsorted(
                id=row.id,
                version=row.version,
                content=content_from_json(row.content),
                parent=None if row.parent is None else content_from_json(row.parent),
                annex=annexes.get(row.id, NO_ANNEX),
            ),
        )
        for row in rows
    }


async def decided_by_staff(connection: AsyncConnection, notice_ids: Sequence[int]) -> set[tuple[int, str]]:
    """Return the sectors of these notices that a person decided, as (notice, sector)."""
    found: set[tuple[int, str]] = set()
    for piece in chunks(notice_ids):
        statement = select(corrections.c.notice_id, corrections.c.label).where(
            corrections.c.notice_id.in_(piece), corrections.c.facet == Facet.SECTOR
        )
        found |= {(row.notice_id, row.label) for row in await connection.execute(statement)}
    return found
