"""What the notices of a measure said otherwise later: every version after the first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.notices import FieldChange
from app.store.filters import public
from app.store.tables import measures, notices, versions

MOST_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class LaterVersion:
    """A notice that its source states otherwise since a moment: its number, 2 or more, and what differs."""

    ref: str
    number: int
    changes: tuple[FieldChange, ...]
    created_at: datetime


async def later_versions(connection: AsyncConnection, measure_ref: str) -> list[LaterVersion]:
    """Return the later versions of a measure's notices, the newest first, at most `MOST_VERSIONS`."""
    statement = (
        select(notices.c.ref, versions.c.number, versions.c.changes, versions.c.created_at)
        .join(notices, notices.c.id == versions.c.notice_id)
        .join(measures, measures.c.id == notices.c.measure_id)
        .where(measures.c.ref == measure_ref, versions.c.number > 1, public())
        .order_by(versions.c.created_at.desc(), versions.c.id.desc())
        .limit(MOST_VERSIONS)
    )
    return [
        LaterVersion(row.ref, row.number, tuple(FieldChange(*one) for one in row.changes), row.created_at)
        for row in await connection.execute(statement)
    ]
