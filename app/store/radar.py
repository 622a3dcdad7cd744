"""What nobody looks after: addenda whose base is not here, and open measures that no reader was told of (N20)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Text, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measures import MeasureState
from app.domain.organisations import Responsibility
from app.domain.sectors.labels import Facet, Role
from app.domain.subscriptions import Criteria
from app.store.asking import AWAKE
from app.store.outbox import read_question
from app.store.retention import TOLD
from app.store.suppressions import suppressed
from app.store.tables import (
    contacts,
    criteria,
    events,
    items,
    labels,
    measures,
    notices,
    organisation_sectors,
    subscriptions,
)
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


async def answered_for(connection: AsyncConnection) -> dict[str, int]:
    """Return by sector how many organisations answer for it, and can be written to; `*` stands for every sector."""
    writable = exists().where(
        contacts.c.organisation_id == organisation_sectors.c.organisation_id,
        contacts.c.ended_at.is_(None),
        contacts.c.verified_at.is_not(None),
        ~suppressed(contacts.c.subscriber_id),
    )
    statement = (
        select(organisation_sectors.c.sector, func.count())
        .where(organisation_sectors.c.responsibility == Responsibility.PRIMARY, writable)
        .group_by(organisation_sectors.c.sector)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}


async def asked_for(connection: AsyncConnection) -> list[tuple[Criteria, int]]:
    """Return every question that is asked now, and by how many subscriptions: told ones, neither stopped nor paused."""
    asking = select(subscriptions.c.criteria_id, func.count().label("asking")).where(AWAKE)
    counted = asking.group_by(subscriptions.c.criteria_id).subquery()
    statement = select(cast(criteria.c.body, Text), counted.c.asking).join(
        counted, counted.c.criteria_id == criteria.c.id
    )
    return [(read_question(body), count) for body, count in await connection.execute(statement)]


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
