"""How much there is to read: in all, open for comments, and by area, primary sector and member."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.sectors import Role
from app.store.filters import open_on, public
from app.store.tables import labels, notice_members, notices, sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is to read: in all, still open for comments, and by area, primary sector and member."""

    notices: int
    open: int
    measures: int
    newest_on: date | None
    by_area: Mapping[str, int]
    by_sector: Mapping[str, int]
    by_member: Mapping[str, int]
    last_success_at: Mapping[str, datetime | None]


async def counts(connection: AsyncConnection, today: date) -> Counts:
    """Return how much there is to read; `today` is the day in Viet Nam by which comments are open."""
    is_open = case((open_on(today), 1), else_=0)
    totals = select(notices.c.area, func.count(), func.sum(is_open), func.max(notices.c.distributed_on))
    by_area = (await connection.execute(totals.where(public()).group_by(notices.c.area))).all()
    sectors = (
        select(labels.c.label, func.count())
        .join(notices, notices.c.id == labels.c.notice_id)
        .where(labels.c.facet == "sector", labels.c.role == Role.PRIMARY, public())
        .group_by(labels.c.label)
    )
    members = (
        select(notice_members.c.code, func.count())
        .join(notices, notices.c.id == notice_members.c.notice_id)
        .where(public())
        .group_by(notice_members.c.code)
    )
    visits = await connection.execute(select(sources.c.name, sources.c.last_success_at).order_by(sources.c.name))
    threads = select(func.count(notices.c.measure_id.distinct())).where(public())
    return Counts(
        notices=sum(row[1] for row in by_area),
        open=sum(row[2] for row in by_area),
        measures=(await connection.execute(threads)).scalar_one(),
        newest_on=max((row[3] for row in by_area if row[3] is not None), default=None),
        by_area={row[0] or "": row[1] for row in by_area},
        by_sector={row[0]: row[1] for row in await connection.execute(sectors)},
        by_member={row[0]: row[1] for row in await connection.execute(members)},
        last_success_at={row[0]: row[1] for row in visits},
    )
