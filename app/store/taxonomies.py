"""How notices were sorted: by which version of the taxonomy, into what, and what people corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, literal, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.notices import Content, content_from_json
from app.domain.sectors import Classification, Evidence, Facet, Label, Role
from app.store.attachments import NO_ANNEX, Annex, annex_hashes, annexes_of
from app.store.notices import serialise_intake
from app.store.tables import classifications, corrections, labels, notices
from app.store.weighing import Weighed, importance
from app.store.writes import chunks, insert, insert_selected, upsert

_Words = Mapping[tuple[Facet, str], str]
"""What people said of labels: the role by facet and label, `none` for what does not apply."""
_LENT = (Facet.SECTOR, Facet.THEME)
"""The facets in which what a person said of a notice holds for those that it lends its goods to."""
SECTORS_CORRECTED = exists().where(corrections.c.notice_id == notices.c.id, corrections.c.facet == Facet.SECTOR)
"""Whether a person corrected the sectors of a notice, there or where its goods are lent from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsorted:
    """A notice to sort: its content as it stands, the content of the parent that lends to it, what its attachments say.

    `lender` names that parent and its version. `sorted_from` is the hash of what the sorter looked at last time, None
    before the first.
    """

    id: int
    version: int
    content: Content
    parent: Content | None
    lender: tuple[int, int] | None = None
    annex: Annex = NO_ANNEX
    sorted_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What the sorter made of a notice; `input_hash` names what it looked at."""

    notice: Unsorted
    input_hash: str
    classification: Classification


async def unsorted(connection: AsyncConnection, limit: int, only: int | None = None) -> list[Unsorted]:
    """Return notices that are not sorted as they are now, oldest first; with `only` that one, if it is not."""
    parents = notices.alias("parents")
    statement = (
        select(
            notices.c.id,
            notices.c.version,
            notices.c.content,
            parents.c.content.label("parent"),
            parents.c.id.label("lender"),
            parents.c.version.label("lent"),
            classifications.c.input_hash,
        )
        .outerjoin(parents, parents.c.ref == notices.c.inherits_from)
        .outerjoin(classifications, classifications.c.id == notices.c.classification_id)
        .where(notices.c.sorted_at.is_(None), *(() if only is None else (notices.c.id == only,)))
        .order_by(notices.c.id)
        .limit(limit)
    )
    rows = (await connection.execute(statement)).all()
    annexes = await annexes_of(connection, [row.id for row in rows])
    return [
        Unsorted(
            id=row.id,
            version=row.version,
            content=content_from_json(row.content),
            parent=None if row.parent is None else content_from_json(row.parent),
            lender=None if row.lender is None else (row.lender, row.lent),
            annex=annexes.get(row.id, NO_ANNEX),
            sorted_from=row.input_hash,
        )
        for row in rows
    ]


async def save(connection: AsyncConnection, batch: Sequence[Sorted], now: datetime) -> list[int]:
    """Write classifications and the labels they amount to once people's corrections are applied.

    A notice that changed since it was read, or whose parent or attachments did, is left to be sorted again. Returns the
    notices that were written.
    """
    await serialise_intake(connection)
    ids = [one.notice.id for one in batch]
    current, annexes = await _versions(connection, ids), await annex_hashes(connection, ids)
    fresh = [
        one
        for one in batch
        if current.get(one.notice.id) == (one.notice.version, one.notice.lender)
        and annexes.get(one.notice.id, NO_ANNEX.hash) == one.notice.annex.hash
    ]
    # The readers of facets may learn more while taxonomy and notice stay the same: the row that stands takes that over.
    await upsert(
        connection,
        classifications,
        [_row(one, now) for one in fresh],
        key=["notice_id", "taxonomy_version", "input_hash"],
        change=["facets"],
    )
    numbers = await _numbers(connection, fresh)
    await _inherit(connection, [one.notice.id for one in fresh], now)
    await _save_labels(connection, fresh)
    await _mark_sorted(connection, fresh, numbers, now)
    return [one.notice.id for one in fresh]


async def correct(
    connection: AsyncConnection, notice_id: int, facet: Facet, roles: Mapping[str, str], said: Mapping[str, Any]
) -> dict[int, str]:
    """Keep a person's word on labels of a notice; it outlives every later sorting. A notice has one importance.

    `said` has because, actor and created_at. The notice waits to be sorted anew, and so do those that take the word over, for
    it lends them its goods: these are returned, by number with their refs.
    """
    await serialise_intake(connection)
    if facet is Facet.IMPORTANCE:
        former = (corrections.c.notice_id == notice_id, corrections.c.facet == facet)
        await connection.execute(delete(corrections).where(*former))
    same = {"notice_id": notice_id, "facet": facet, "inherited": False, **said}
    rows = [same | {"label": label, "role": role} for label, role in roles.items()]
    key, change = ["notice_id", "facet", "label"], ["role", "because", "actor", "created_at", "inherited"]
    await upsert(connection, corrections, rows, key=key, change=change)
    borrowers = await _borrowers(connection, notice_id) if facet in _LENT else {}
    await connection.execute(update(notices).where(notices.c.id.in_([notice_id, *borrowers])).values(sorted_at=None))
    return borrowers


async def _borrowers(connection: AsyncConnection, notice_id: int) -> dict[int, str]:
    lender = notices.alias("lender")
    in_its_thread = and_(notices.c.measure_id == lender.c.measure_id, notices.c.inherits_from == lender.c.ref)
    statement = select(notices.c.id, notices.c.ref).join(lender, in_its_thread).where(lender.c.id == notice_id)
    return {row.id: row.ref for row in await connection.execute(statement.order_by(notices.c.id))}


async def labels_of(
    connection: AsyncConnection, notice_ids: Sequence[int]
) -> dict[int, dict[Facet, tuple[Label, ...]]]:
    """Return the labels of each notice by facet, the surest first; sectors and themes are there even where empty."""
    found: dict[int, dict[Facet, list[Label]]] = {number: {Facet.SECTOR: [], Facet.THEME: []} for number in notice_ids}
    for piece in chunks(notice_ids):
        statement = select(labels).where(labels.c.notice_id.in_(piece))
        for row in await connection.execute(statement.order_by(labels.c.confidence.desc(), labels.c.label)):
            evidence = tuple(Evidence(**one) for one in row.evidence)
            label = Label(row.label, Role(row.role), row.confidence, evidence)
            found[row.notice_id].setdefault(Facet(row.facet), []).append(label)
    return {number: {facet: tuple(values) for facet, values in facets.items()} for number, facets in found.items()}


async def corrected(connection: AsyncConnection, notice_ids: Sequence[int]) -> set[int]:
    """Return those of the notices whose sectors a person corrected, there or where their goods are lent from."""
    found: set[int] = set()
    for piece in chunks(notice_ids):
        statement = select(notices.c.id).where(notices.c.id.in_(piece), SECTORS_CORRECTED)
        found |= set((await connection.execute(statement)).scalars())
    return found


def _row(one: Sorted, now: datetime) -> dict[str, Any]:
    return {
        "notice_id": one.notice.id,
        "taxonomy_version": one.classification.taxonomy_version,
        "input_hash": one.input_hash,
        "sectors": [asdict(label) for label in one.classification.sectors],
        "themes": [asdict(label) for label in one.classification.themes],
        "facets": {
            facet: [asdict(label) for label in given] for facet, given in one.classification.facets.items() if given
        },
        "sure": one.classification.sure,
        "contradictory": one.classification.contradictory,
        "created_at": now,
    }


async def _versions(
    connection: AsyncConnection, notice_ids: Sequence[int]
) -> dict[int, tuple[int, tuple[int, int] | None]]:
    """Return the version of each notice, and its parent with the version of that, as they stand now."""
    parents = notices.alias("parents")
    statement = (
        select(notices.c.id, notices.c.version, parents.c.id.label("lender"), parents.c.version.label("lent"))
        .outerjoin(parents, parents.c.ref == notices.c.inherits_from)
        .where(notices.c.id.in_(list(notice_ids)))
    )
    return {
        row.id: (row.version, None if row.lender is None else (row.lender, row.lent))
        for row in await connection.execute(statement)
    }


async def _numbers(connection: AsyncConnection, batch: Sequence[Sorted]) -> dict[int, int]:
    table = classifications.c
    key = tuple_(table.notice_id, table.taxonomy_version, table.input_hash)
    wanted = [(one.notice.id, one.classification.taxonomy_version, one.input_hash) for one in batch]
    rows = await connection.execute(select(table.notice_id, table.id).where(key.in_(wanted)))
    return {row.notice_id: row.id for row in rows}


async def _inherit(connection: AsyncConnection, notice_ids: Sequence[int], now: datetime) -> None:
    """Take over what people say of the documents that lend their goods; what was said of a notice itself outweighs it.

    What is taken over counts from now on, for it is by its moment that a sorting of the past is understood.
    """
    borrowing, lenders, said = notices.alias("borrowing"), notices.alias("lenders"), corrections.alias("said")
    words = ("facet", "label", "role", "because", "actor")
    lent = (
        select(borrowing.c.id, *(said.c[name] for name in words), literal(now, said.c.created_at.type), true())
        .join(lenders, lenders.c.ref == borrowing.c.inherits_from)
        .join(said, said.c.notice_id == lenders.c.id)
        .where(said.c.facet.in_(_LENT))
    )
    same = (borrowing.c.id == corrections.c.notice_id, *(said.c[name] == corrections.c[name] for name in words))
    for piece in chunks(notice_ids):
        mine = (corrections.c.notice_id.in_(piece), corrections.c.inherited)
        await connection.execute(delete(corrections).where(*mine, ~lent.where(*same).correlate(corrections).exists()))
        names = ("notice_id", *words, "created_at", "inherited")
        await insert_selected(connection, corrections, names, lent.where(borrowing.c.id.in_(piece)))


async def _save_labels(connection: AsyncConnection, batch: Sequence[Sorted]) -> None:
    ids = [one.notice.id for one in batch]
    words = await connection.execute(select(corrections).where(corrections.c.notice_id.in_(ids)))
    said: dict[int, dict[tuple[Facet, str], str]] = {}
    for row in words:
        said.setdefault(row.notice_id, {})[Facet(row.facet), row.label] = row.role
    amount = {one.notice.id: _corrected(one.classification, said.get(one.notice.id, {})) for one in batch}
    contents = {one.notice.id: one.notice.content for one in batch}
    weighed = await importance(connection, {number: Weighed(contents[number], amount[number]) for number in amount})
    await connection.execute(delete(labels).where(labels.c.notice_id.in_(ids)))
    rows = [
        label_row(number, facet, label, given_by=_giver(facet, label.id, said.get(number, {})))
        for number, classification in amount.items()
        for facet, given in _given(classification, weighed[number]).items()
        for label in given
    ]
    await insert(connection, labels, rows)


def _giver(facet: Facet, label: str, said: _Words) -> str:
    return "staff" if (facet, label) in said else "rule"


def _corrected(classification: Classification, said: _Words) -> Classification:
    """Return the sorting with the word of staff on some of its sectors and themes, the surest first."""
    return replace(
        classification,
        sectors=_with_words(classification.sectors, Facet.SECTOR, said),
        themes=_with_words(classification.themes, Facet.THEME, said),
    )


def _with_words(given: Sequence[Label], facet: Facet, said: _Words) -> tuple[Label, ...]:
    kept = [label for label in given if (facet, label.id) not in said]
    named = ((label, role) for (of, label), role in said.items() if of is facet and role != "none")
    kept += (Label(label, Role(role), 1.0, ()) for label, role in named)
    return tuple(sorted(kept, key=lambda label: (-label.confidence, label.id)))


def _given(classification: Classification, weight: Label) -> dict[Facet, tuple[Label, ...]]:
    given = {Facet.SECTOR: classification.sectors, Facet.THEME: classification.themes}
    return given | dict(classification.facets) | {Facet.IMPORTANCE: (weight,)}


def label_row(notice_id: int, facet: Facet, label: Label, given_by: str = "rule") -> dict[str, Any]:
    """Return a label as a row."""
    return {
        "notice_id": notice_id,
        "facet": facet,
        "label": label.id,
        "role": label.role,
        "confidence": label.confidence,
        "given_by": given_by,
        "evidence": [asdict(one) for one in label.evidence],
    }


async def _mark_sorted(
    connection: AsyncConnection, batch: Sequence[Sorted], numbers: Mapping[int, int], now: datetime
) -> None:
    if not batch:
        return
    rows = [
        {
            "number": one.notice.id,
            "classification": numbers[one.notice.id],
            "certain": one.classification.sure,
            "contrary": one.classification.contradictory,
        }
        for one in batch
    ]
    await connection.execute(
        update(notices)
        .where(notices.c.id == bindparam("number"))
        .values(
            classification_id=bindparam("classification"),
            sure=bindparam("certain"),
            contradictory=bindparam("contrary"),
            sorted_at=now,
            updated_at=now,
        ),
        rows,
    )
