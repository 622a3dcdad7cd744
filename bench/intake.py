"""Import rate, beside a bare `executemany` of the same rows."""

import argparse
from datetime import date, timedelta

from app.domain.events import Telling
from app.domain.notices import Record, content_to_json
from app.flow.ingest import import_pages
from app.store.database import Database
from app.store.tables import records
from bench.report import line, measured, ratio
from tests.builders import a_page, a_record

_PAGE = 1000


async def measure(database: Database, asked: argparse.Namespace) -> None:
    """Import rows of about the size of real ones, then import them again, then write them bare."""
    rows = [_row(number) for number in range(asked.rows)]
    pages = [a_page(*rows[start : start + _PAGE], body=str(start).encode()) for start in range(0, len(rows), _PAGE)]
    with measured() as first:
        await import_pages(database, "bench", pages, baseline_days=7, telling=Telling.NONE)
    line("import", len(rows), "rows", first.seconds)
    with measured() as again:
        await import_pages(database, "bench", pages, baseline_days=7, telling=Telling.NONE)
    line("import of the same rows again", len(rows), "rows", again.seconds)
    with measured() as bare:
        async with database.writing() as connection:
            now = await database.now(connection)
            values = [
                {
                    "source": "bare",
                    "key": row.key,
                    "language": "en",
                    "revision": 1,
                    "notice_id": 1,
                    "distributed_on": row.content.distributed_on,
                    "content": content_to_json(row.content),
                    "fingerprint": "0",
                    "payload_hash": "0",
                    "first_seen_at": now,
                    "last_changed_at": now,
                }
                for row in rows
            ]
            await connection.execute(records.insert(), values)
    line("bare executemany of the same rows into one table", len(rows), "rows", bare.seconds)
    ratio("import / bare", first.seconds, bare.seconds)


def _row(number: int) -> Record:
    words = (
        f"Draft technical regulation number {number} on the labelling, fibre composition and care of textile products. "
        * 4
    )
    return a_record(
        f"G/TBT/N/USA/{number + 1}",
        key=str(number),
        description=words,
        distributed_on=date(2025, 1, 1) + timedelta(days=number % 400),
        hs=("61", "62", f"{number % 97 + 1:02}"),
        ics=("59.080", "61.020"),
        keywords=("Labelling", "Human health"),
        objectives=("Consumer information, labelling (TBT)",),
    )
