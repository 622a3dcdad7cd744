"""The importance of what is sorted already, weighed anew."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.notices import Content, content_from_json
from app.domain.sectors import Classification, Facet, Label
from app.domain.subscriptions import READ_FACETS
from app.store.notices import serialise_intake
from app.store.tables import labels, notices
from app.store.taxonomies import label_row, labels_of
from app.store.weighing import Weighed, importance
from app.store.writes import chunks, insert


async def weigh_again(connection: AsyncConnection, after: int, limit: int, now: datetime) -> tuple[list[int], int]:
    """Weigh the next sorted notices anew; return their numbers and how many matter otherwise than before."""
    await serialise_intake(connection)
    page = (
        select(notices.c.id, notices.c.content)
        .where(notices.c.id > after, notices.c.sorted_at.is_not(None))
        .order_by(notices.c.id)
        .limit(limit)
    )
    contents = {row.id: content_from_json(row.content) for row in await connection.execute(page)}
    given = await labels_of(connection, list(contents))
    found = await importance(connection, {number: _as_sorted(contents[number], given[number]) for number in contents})
    other = {number: label for number, label in found.items() if given[number].get(Facet.IMPORTANCE) != (label,)}
    await _replace(connection, other, now)
    return list(contents), len(other)


async def _replace(connection: AsyncConnection, given: Mapping[int, Label], now: datetime) -> None:
    for piece in chunks(list(given)):
        old = (labels.c.notice_id.in_(piece), labels.c.facet == Facet.IMPORTANCE)
        await connection.execute(delete(labels).where(*old))
        await connection.execute(update(notices).where(notices.c.id.in_(piece)).values(updated_at=now))
    await insert(connection, labels, [label_row(number, Facet.IMPORTANCE, label) for number, label in given.items()])


def _as_sorted(content: Content, given: Mapping[Facet, tuple[Label, ...]]) -> Weighed:
    read: dict[Facet, tuple[Label, ...]] = {facet: given[facet] for facet in READ_FACETS if facet in given}
    classification = Classification(
        taxonomy_version="",
        sectors=given[Facet.SECTOR],
        themes=given[Facet.THEME],
        sure=False,
        contradictory=False,
        facets=read,
    )
    return Weighed(content, classification)
