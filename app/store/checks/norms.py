"""What is usual: which alerts found a reader, which notices got a sector, the newest first."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.events import EventKind
from app.domain.sectors import Facet, Role
from app.store.tables import events, labels, notices


async def alerts_matched(connection: AsyncConnection, since: datetime) -> Mapping[str, list[tuple[str, bool]]]:
    """Return by class (sector and type of notice) the alerts since then: the ref, and whether anybody matched."""
    given = and_(labels.c.notice_id == notices.c.id, labels.c.facet == Facet.SECTOR, labels.c.role == Role.PRIMARY)
    statement = (
        select(notices.c.ref, notices.c.type, labels.c.label, events.c.matched)
        .join(notices, notices.c.id == events.c.notice_id)
        .join(labels, given)
        .where(
            events.c.fanned_out_at >= since,
            events.c.silence.is_(None),
            events.c.kind != EventKind.WITHDRAWN,
            events.c.matched.is_not(None),
        )
        .order_by(events.c.fanned_out_at.desc(), events.c.id.desc())
    )
    found: dict[str, list[tuple[str, bool]]] = {}
    for row in await connection.execute(statement):
        found.setdefault(f"{row.label}/{row.type}", []).append((row.ref, row.matched > 0))
    return found


async def notices_labelled(connection: AsyncConnection, since: datetime) -> list[tuple[datetime, bool]]:
    """Return when each notice since then was stored, and whether it was given a sector; unsorted ones are left out."""
    given = exists().where(labels.c.notice_id == notices.c.id, labels.c.facet == Facet.SECTOR)
    statement = (
        select(notices.c.stored_at, func.coalesce(given, False).label("labelled"))
        .where(notices.c.stored_at >= since, notices.c.sorted_at.is_not(None))
        .order_by(notices.c.stored_at.desc(), notices.c.id.desc())
    )
    return [(row.stored_at, bool(row.labelled)) for row in await connection.execute(statement)]
