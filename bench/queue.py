"""How long the desk's queue takes: its counts and a page, with many notices, deliveries and much that waits."""

import argparse
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, Text, cast, literal, literal_column, select, text

from app.domain.queue import Order, Tab
from app.domain.symbols import Area
from app.i18n.dates import today_in_vietnam
from app.store import catalogue, queue
from app.store.database import Database
from app.store.filters import Filters
from app.store.queue import Place, Wanted
from app.store.tables import deliveries, events, labels, measures, notice_members, notices, subscribers
from bench.report import line, measured, percentiles

_STORED_AT = datetime(2026, 3, 1, tzinfo=UTC)
_TODAY = today_in_vietnam(_STORED_AT)
_BATCH = 10_000
_PAGE = 50
_MEMBERS = ("USA", "CHN", "EU", "JPN", "KOR", "BRA", "UGA", "TZA")
_SECTORS = ("textiles", "footwear", "food", "seafood", "chemicals", "machinery")
_READERS = 1000


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Read the queue of `--notices` notices: one in 20 waits, one in 10 found nobody, one in 100 is an orphan."""
    lots = random.Random(5)  # noqa: S311 - the same rows in every run
    with measured() as filling:
        await _fill(database, asked.notices, asked.deliveries, lots)
    line("notices stored, with their deliveries", asked.notices, "notices", filling.seconds)
    for name, wanted in _questions().items():
        await _ask(database, name, wanted)
    async with database.writing() as connection:
        await connection.execute(text("ANALYZE"))
    for name, wanted in _questions().items():
        await _ask(database, f"{name}, after ANALYZE", wanted)


def _questions() -> dict[str, Wanted]:
    return {
        "queue, all": Wanted(today=_TODAY, account=1),
        "queue, unsure, by age": Wanted(today=_TODAY, account=1, tab=Tab.UNSURE, order=Order.AGE),
        "queue, matched nobody, one sector": Wanted(
            today=_TODAY, account=1, tab=Tab.UNMATCHED, filters=Filters(sectors=("textiles",))
        ),
        "queue, SPS of one member within 14 days": Wanted(
            today=_TODAY,
            account=1,
            within=_TODAY + timedelta(days=14),
            filters=Filters(members=("CHN",), area=Area.SPS),
        ),
    }


async def _ask(database: Database, name: str, wanted: Wanted) -> None:
    """Ask for counts and pages, going on from page to page as staff do."""
    took: list[float] = []
    after: Place | None = None
    for _ in range(40):
        began = time.perf_counter()
        async with database.reading() as connection:
            await queue.counts(connection, wanted)
            found, after = await queue.page(connection, wanted, after, _PAGE)
            await catalogue.numbered(connection, [one.id for one in found])
        took.append(time.perf_counter() - began)
    percentiles(name, took)


async def _fill(database: Database, count: int, mails: int, lots: random.Random) -> None:
    await _insert(database, measures, (_measure(number) for number in range(1, count + 1)))
    await _insert(database, notices, (_notice(number, lots) for number in range(1, count + 1)))
    named = ({"notice_id": n, "code": lots.choice(_MEMBERS), "position": 0} for n in range(1, count + 1))
    await _insert(database, notice_members, named)
    await _insert(database, labels, (_label(number, lots) for number in range(1, count + 1) if number % 20))
    await _insert(database, events, (_event(number) for number in range(1, count + 1)))
    await _insert(database, subscribers, (_subscriber(number) for number in range(1, _READERS + 1)))
    await _deliver(database, mails)


async def _insert(database: Database, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            await _write(database, table, batch)
            batch = []
    await _write(database, table, batch)


async def _write(database: Database, table: Table, batch: list[dict[str, Any]]) -> None:
    if batch:
        async with database.writing() as connection:
            await connection.execute(table.insert(), batch)


def _measure(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "ref": _ref(number),
        "state": "proposed",
        "created_at": _STORED_AT,
        "updated_at": _STORED_AT,
    }


def _ref(number: int) -> str:
    return f"G/{'SPS' if number % 3 else 'TBT'}/N/USA/{number}"


def _notice(number: int, lots: random.Random) -> dict[str, Any]:
    deadline: date | None = _TODAY + timedelta(days=60 - lots.randrange(4000)) if number % 5 else None
    words = "Draft regulation on the labelling and safety of goods placed on the market. " * 8
    content = {
        "symbols": [_ref(number)],
        "titles": [["en", words[:120]]],
        "description": words,
        **({} if deadline is None else {"comment_deadline": deadline.isoformat()}),
    }
    return {
        "id": number,
        "ref": _ref(number),
        "measure_id": number,
        "source": "eping",
        "area": "SPS" if number % 3 else "TBT",
        "type": "regular",
        "title": words[:120],
        "comment_deadline": deadline,
        "content": content,
        "fingerprint": str(number),
        "version": 1,
        "flags": [],
        "orphan": number % 100 == 0,
        "contradictory": number % 60 == 0,
        "sorted_at": _STORED_AT,
        "stored_at": _STORED_AT,
        "updated_at": _STORED_AT,
    }


def _label(number: int, lots: random.Random) -> dict[str, Any]:
    return {
        "notice_id": number,
        "facet": "sector",
        "label": lots.choice(_SECTORS),
        "role": "primary",
        "confidence": 0.8,
        "given_by": "rule",
        "evidence": [],
    }


def _event(number: int) -> dict[str, Any]:
    """Let one in 20 wait, two in 20 have found nobody, and the rest have been told."""
    fate = number % 20
    told = {"released_at": _STORED_AT, "released_by": "rule", "fanned_out_at": _STORED_AT}
    untold = {"released_at": None, "released_by": None, "fanned_out_at": None}
    return {
        "key": f"bench:{number}",
        "measure_id": number,
        "notice_id": number,
        "version": 1,
        "kind": "notified",
        "changes": [],
        "created_at": _STORED_AT - timedelta(minutes=number % 9000),
        "judged_at": _STORED_AT,
        "waiting": None if fate else ("unlabelled", "unsure", "orphan")[number // 20 % 3],
        "matched": None if not fate else 0 if fate in {1, 2} else 9,
        **(told if fate else untold),
    }


def _subscriber(number: int) -> dict[str, Any]:
    address = f"reader{number}@example.org"
    return {
        "id": number,
        "address": address,
        "wire": address,
        "identity": address,
        "language": "vi",
        "created_at": _STORED_AT,
    }


async def _deliver(database: Database, mails: int) -> None:
    """Let the database make the rows of the deliveries, which nobody has to read one by one."""
    numbers = select(literal_column("1").label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < mails))
    name = cast(numbers.c.number, Text)
    made = {
        deliveries.c.id: numbers.c.number,
        deliveries.c.key: name,
        deliveries.c.kind: literal("instant"),
        deliveries.c.priority: literal(1),
        deliveries.c.subscriber_id: numbers.c.number % _READERS + 1,
        deliveries.c.message_id: name,
        deliveries.c.state: literal("accepted"),
        deliveries.c.created_at: literal(_STORED_AT, deliveries.c.created_at.type),
        deliveries.c.due_at: literal(_STORED_AT, deliveries.c.due_at.type),
    }
    async with database.writing() as connection:
        await connection.execute(deliveries.insert().from_select(list(made), select(*made.values())))
