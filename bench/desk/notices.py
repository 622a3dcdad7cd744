"""Notices as the desk finds them: sorted, in their threads, most of them told, some waiting; with their Vietnamese."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, text

from app.bootstrap import open_sorter, open_taxonomy
from app.domain.facets import importance_of
from app.domain.notices import Content, type_of
from app.domain.sectors import Classification, Facet, Sorter
from app.domain.symbols import Area, parse_symbol
from app.i18n.members import member_of_code
from app.store.database import Database
from app.store.tables import classifications, events, labels, translations
from app.store.taxonomies import label_row
from bench.desk.calendar import Scale
from bench.search import fill, made_up

_BATCH = 5000
_WAITS = ("unsure", "unsure", "staff", "unlabelled", "contradictory")
_SELECTED = (
    "DELETE FROM measures WHERE NOT EXISTS (SELECT 1 FROM notices WHERE notices.measure_id = measures.id)",
    "INSERT INTO measure_symbols (symbol, measure_id) SELECT ref, id FROM measures",
    """INSERT INTO notice_writers (notice_id, actor) SELECT id, entered_by FROM notices WHERE entered_by IS NOT NULL
       ON CONFLICT DO NOTHING""",
    """INSERT INTO versions (notice_id, number, fingerprint, content, changes, created_at)
       SELECT id, 1, fingerprint, content, '[]', stored_at FROM notices""",
    """INSERT INTO versions (notice_id, number, fingerprint, content, changes, created_at)
       SELECT id, 2, fingerprint, content, '[["comment_deadline", "2026-01-01", "2026-02-01"]]', updated_at
       FROM notices WHERE id % 20 = 9""",
    """INSERT INTO attachments (notice_id, url, host, kind, position, state, fetched_at)
       SELECT id, 'https://docs.wto.example/' || id || '.pdf', 'docs.wto.example', 'text', 0, 'read', stored_at
       FROM notices""",
    """INSERT INTO corrections (notice_id, facet, label, role, because, actor, created_at)
       SELECT notice_id, facet, label, role, 'nêu trong phụ lục', 'account:2', notices.stored_at
       FROM labels JOIN notices ON notices.id = labels.notice_id
       WHERE facet = 'sector' AND role = 'primary' AND notice_id % 50 = 5""",
    """INSERT INTO assignments (notice_id, account_id, assigned_by, assigned_at)
       SELECT notice_id, 1 + notice_id % 3, 'account:2', created_at FROM events
       WHERE waiting IS NOT NULL AND notice_id % 5 = 1""",
)


async def fill_notices(database: Database, scale: Scale) -> None:
    """Store notices, as sorting, release and people left them."""
    contents = _contents(scale)
    await fill(database, contents, lambda number, one: _standing(scale, number, one))
    numbered = list(enumerate(contents, 1))
    await insert_all(database, classifications, (_classification(scale, *one) for one in numbered))
    await insert_all(database, labels, (row for one in numbered for row in _labels(*one)))
    await insert_all(database, events, (_event(scale, number) for number, _ in numbered))
    await insert_all(database, translations, _translations(scale, contents))
    async with database.writing() as connection:
        for statement in _SELECTED:
            await connection.execute(text(statement))


async def insert_all(database: Database, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
    """Insert rows, some thousand to a transaction; return how many."""
    count, batch = 0, []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            count += await _insert(database, table, batch)
            batch = []
    return count + await _insert(database, table, batch)


async def _insert(database: Database, table: Table, batch: list[Mapping[str, Any]]) -> int:
    if batch:
        async with database.writing() as connection:
            await connection.execute(table.insert(), batch)
    return len(batch)


def _contents(scale: Scale) -> list[Content]:
    made = made_up(scale.notices, random.Random(64))  # noqa: S311 - the same in every run
    return [_dated(scale, number, one, made) for number, one in enumerate(made, 1)]


def _dated(scale: Scale, number: int, own: Content, made: list[Content]) -> Content:
    """Give a notice its day, its deadline (one in eight has none), its members and its place in a thread."""
    base, day = scale.base(number), scale.day(number)
    symbol = made[base - 1].symbols[0] + (f"/Add.{number - base}" if base != number else "")
    member = member_of_code(symbol.split("/")[3]) or "USA"
    return replace(
        own,
        symbols=(symbol,),
        area=Area(symbol.split("/")[1]),
        type=type_of(parse_symbol(symbol)),
        members=(member,),
        distributed_on=day,
        comment_deadline=None if number % 8 == 3 else day + timedelta(days=30 + 30 * (number % 2)),  # noqa: PLR2004 - one notice in some
    )


def _standing(scale: Scale, number: int, content: Content) -> dict[str, Any]:
    """Return what stands in the row of a notice beside what it says."""
    sorted_by, moment = _sorting(content), scale.moment(number)
    return {
        "measure_id": scale.base(number),
        "type": content.type.value,
        "comment_deadline": content.comment_deadline,
        "entered_by": "account:2" if scale.is_by_hand(number) else None,
        "source": "trade-office" if scale.is_by_hand(number) else "eping",
        "orphan": scale.is_orphan(number),
        "classification_id": number,
        "sorted_at": moment,
        "sure": sorted_by.sure,
        "contradictory": sorted_by.contradictory,
        "linked_version": 1,
        "stored_at": moment,
        "updated_at": moment,
        "released_at": None if scale.is_waiting(number) else moment,
    }


def _event(scale: Scale, number: int) -> dict[str, Any]:
    moment, base = scale.moment(number), scale.base(number)
    waiting = _waits(scale, number) if scale.is_waiting(number) else None
    out = scale.is_recent(number) and waiting is None
    return {
        "id": number,
        "key": f"bench-{number}",
        "measure_id": base,
        "notice_id": number,
        "version": 1,
        "kind": "notified" if base == number else "deadline_changed",
        "changes": [],
        "happened_on": scale.day(number),
        "created_at": moment,
        "judged_at": moment,
        "silence": None if scale.is_recent(number) else "baseline",
        "waiting": waiting,
        "released_at": moment if out else None,
        "released_by": ("account:3" if number % 20 == 5 else "rule") if out else None,  # noqa: PLR2004 - one in twenty
        "audience": "additions" if out else None,
        "fanned_out_at": scale.told_at(number) if out else None,
        "matched": None if not out else 0 if scale.is_unmatched(number) else 40,
        "set_aside_at": moment if scale.is_set_aside(number) else None,
        "set_aside_by": "account:3" if scale.is_set_aside(number) else None,
    }


def _waits(scale: Scale, number: int) -> str:
    return "manual" if scale.is_by_hand(number) else _WAITS[number % len(_WAITS)]


def _classification(scale: Scale, number: int, content: Content) -> dict[str, Any]:
    made = _sorting(content)
    return {
        "id": number,
        "notice_id": number,
        "taxonomy_version": made.taxonomy_version,
        "input_hash": str(number),
        "sectors": [asdict(label) for label in made.sectors],
        "themes": [asdict(label) for label in made.themes],
        "facets": {},
        "sure": made.sure,
        "contradictory": made.contradictory,
        "created_at": scale.moment(number),
    }


def _labels(number: int, content: Content) -> Iterable[dict[str, Any]]:
    """Yield the labels that the sorter gives; where it knows none, the sector that a person would have given."""
    made = _sorting(content)
    given = {Facet.SECTOR: made.sectors, Facet.THEME: made.themes, **made.facets}
    given[Facet.IMPORTANCE] = (importance_of(content, made, None),)
    for facet, found in given.items():
        for label in found:
            yield label_row(number, facet, label)


def _sorting(content: Content) -> Classification:
    return _sorted_once(content.titles, content.products, content.hs)


@cache
def _sorted_once(titles: tuple[tuple[str, str], ...], products: str, hs: tuple[str, ...]) -> Classification:
    """Sort by what notices of one title have in common: their descriptions are made up of many others'."""
    return _sorter().classify(Content(titles=titles, products=products, hs=hs))


@cache
def _sorter() -> Sorter:
    return open_sorter()


@cache
def sectors() -> tuple[str, ...]:
    """Return the sectors of the taxonomy."""
    return tuple(one.id for one in open_taxonomy().sectors)


def _translations(scale: Scale, contents: list[Content]) -> Iterable[dict[str, Any]]:
    """Yield the Vietnamese of the last notices: a title and a description of each, half of them reviewed."""
    for number in range(max(1, scale.notices - 3000), scale.notices + 1):
        original = contents[number - 1]
        for box, words in (("title", original.title), ("description", original.description)):
            reviewed = number % 2 == 0
            yield {
                "notice_id": number,
                "box": box,
                "number": 1,
                "text": f"Dự thảo quy chuẩn kỹ thuật số {number} về ghi nhãn, thành phần và điều kiện lưu hành.",
                "state": "reviewed" if reviewed else "translated",
                "original": words,
                "written_by": 2,
                "reviewed_by": 3 if reviewed else None,
                "at": scale.moment(number),
            }
