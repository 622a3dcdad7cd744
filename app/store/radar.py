"""What nobody looks after: addenda whose base is not here, and open measures that no reader was told of (N20)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measures import MeasureState
from app.domain.sectors.labels import Facet, Role
from app.store.retention import TOLD
from app.store.tables import events, items, labels, measures, notices
from app.store.waiting import orphaned


async def orphans(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Return the addenda and corrigenda whose base is not here, the nearest deadline first, those without one last."""
    statement = (
        select(
            notices.c.ref, notices.c.title, notices.c.distributed_on, notices.c.comment_deadline, notices.c.sought_at
        )
        .where(orphaned())
        .order_by(notices.c.comment_deadline.is_(None), notices.c.comment_deadline, notices.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()


async def unfollowed(connection: AsyncConnection, today: date, limit: int) -> Sequence[Any]:
    """Return the measures that take comments today, concern a sector, and were told to nobody; the nearest deadline first.

    What waits for a person is not among them: it stands in the queue already. A measure leaves the list when its first
    reader is put on the list of those to be told.
    """
    told = exists().where(
        events.c.measure_id == notices.c.measure_id,
        items.c.event_id == events.c.id,
        or_(items.c.skipped.is_(None), items.c.skipped == TOLD),
    )
    sorted_into = exists().where(
        labels.c.notice_id == notices.c.id, labels.c.facet == Facet.SECTOR, labels.c.role == Role.PRIMARY
    )
    fanned_out = exists().where(events.c.notice_id == notices.c.id, events.c.fanned_out_at.is_not(None))
    statement = (
        select(measures.c.ref, func.min(notices.c.title).label("title"), measures.c.comment_deadline)
        .join(measures, measures.c.id == notices.c.measure_id)
        .where(
            notices.c.comment_deadline >= today,
            notices.c.withdrawn_at.is_(None),
            measures.c.state != MeasureState.WITHDRAWN,
            sorted_into,
            fanned_out,
            ~told,
        )
        .group_by(measures.c.id, measures.c.ref, measures.c.comment_deadline)
        .order_by(measures.c.comment_deadline.is_(None), measures.c.comment_deadline, measures.c.id)
        .limit(limit)
    )
    return (await connection.execute(statement)).all()
