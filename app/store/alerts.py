"""Released events as people are told them: one value that holds all that a mail, a page or the matcher needs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.alerts import Alert
from app.domain.boxes import Box, Written, vietnamese_of
from app.domain.events import Audience, EventKind
from app.domain.measures import with_loan
from app.domain.notices import Content, FieldChange, NoticeType, content_from_json
from app.domain.sectors import Facet, Label
from app.domain.subscriptions import READ_FACETS
from app.domain.symbols import parse_symbol
from app.store import translations
from app.store.asking import AWAKE, answers
from app.store.tables import event_criteria, events, measures, notices, versions
from app.store.taxonomies import SECTORS_CORRECTED, labels_of
from app.store.writes import chunks

_BY_RULE = "rule"


_PARENTS = notices.alias("parents")
_TOLD = (
    select(
        events.c.id,
        events.c.notice_id,
        events.c.kind,
        events.c.changes,
        events.c.because,
        events.c.audience,
        events.c.released_by,
        notices.c.ref,
        notices.c.inherits_from,
        notices.c.source,
        measures.c.ref.label("measure"),
        versions.c.content,
        _PARENTS.c.content.label("parent"),
        SECTORS_CORRECTED.label("corrected"),
    )
    .join(notices, notices.c.id == events.c.notice_id)
    .join(measures, measures.c.id == events.c.measure_id)
    .join(versions, and_(versions.c.notice_id == events.c.notice_id, versions.c.number == events.c.version))
    .outerjoin(_PARENTS, _PARENTS.c.ref == notices.c.inherits_from)
)


async def alerts(connection: AsyncConnection, event_ids: Sequence[int]) -> dict[int, Alert]:
    """Return the alerts of events, each as its notice stood when the event was released."""
    rows: list[Any] = []
    for piece in chunks(event_ids):
        rows += (await connection.execute(_TOLD.where(events.c.id.in_(piece)))).all()
    notice_ids = sorted({row.notice_id for row in rows})
    labels = await labels_of(connection, notice_ids)
    written = await translations.standing(connection, notice_ids)
    return {row.id: _alert(row, labels[row.notice_id], written.get(row.notice_id, {})) for row in rows}


async def reasons(
    connection: AsyncConnection, delivery_ids: Sequence[int]
) -> dict[tuple[int, int], list[tuple[str, str]]]:
    """Return by (message, event) why its reader gets it: (facet, value) of every subscription of theirs that matched."""
    answered = await answers(connection, delivery_ids, AWAKE)
    kept = await _kept_reasons(connection, {(one.event_id, one.criteria_id) for one in answered})
    found: dict[tuple[int, int], list[tuple[str, str]]] = {}
    for one in answered:
        told = found.setdefault((one.delivery_id, one.event_id), [])
        told += [(facet, value) for facet, value in kept[one.event_id, one.criteria_id] if (facet, value) not in told]
    return found


async def only_asking(connection: AsyncConnection, delivery_ids: Sequence[int]) -> dict[int, int]:
    """Return by message the subscription that asks for all of it; messages that answer several are left out."""
    asking: dict[int, set[int]] = {}
    for one in await answers(connection, delivery_ids, AWAKE):
        asking.setdefault(one.delivery_id, set()).add(one.subscription_id)
    return {message: next(iter(numbers)) for message, numbers in asking.items() if len(numbers) == 1}


async def _kept_reasons(
    connection: AsyncConnection, questions: Collection[tuple[int, int]]
) -> dict[tuple[int, int], list[tuple[str, str]]]:
    """Return by (event, question) why the one answers the other."""
    found: dict[tuple[int, int], list[tuple[str, str]]] = {question: [] for question in questions}
    key = tuple_(event_criteria.c.event_id, event_criteria.c.criteria_id)
    for piece in chunks(sorted(questions)):
        for row in await connection.execute(select(event_criteria).where(key.in_(piece))):
            found[row.event_id, row.criteria_id] = [(facet, value) for facet, value in row.reasons]
    return found


def _alert(row: Any, labels: Mapping[Facet, tuple[Label, ...]], written: Mapping[Box, Written]) -> Alert:
    own = content_from_json(row.content)
    content = with_loan(own, None if row.parent is None else content_from_json(row.parent))
    return Alert(
        event_id=row.id,
        measure=row.measure,
        source=row.source,
        ref=row.ref,
        kind=EventKind(row.kind),
        update=row.audience == Audience.UPDATES,
        content=content,
        sectors=labels[Facet.SECTOR],
        themes=labels[Facet.THEME],
        facets={facet: labels[facet] for facet in READ_FACETS if facet in labels},
        changes=tuple(FieldChange(*change) for change in row.changes),
        inherited_from=row.inherits_from or "",
        parent_ref=_parent_ref(own),
        because=row.because,
        reviewed=row.corrected or row.released_by not in {None, _BY_RULE},
        vietnamese=vietnamese_of(written, content, only_reviewed=True),
    )


def _parent_ref(content: Content) -> str:
    symbol = parse_symbol(content.symbols[0]) if content.symbols and content.type is not NoticeType.WARNING else None
    return "" if symbol is None or symbol.parent is None else str(symbol.parent)
