"""What measures amount to, and who borrows from whom in their threads: said anew when a thread changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.measures import is_orphan, lender, measure_of, with_loan
from app.domain.queries import searchable
from app.domain.symbols import base_symbols, parse_symbol
from app.store import notices
from app.store.notices import StoredNotice
from app.store.tables import break_deadlines, events, measure_symbols, measures, reminders
from app.store.tables import notices as notices_table
from app.store.writes import insert_selected


def bases_of(notice: StoredNotice) -> tuple[str, ...]:
    """Return the names of a notice's measure: its base symbols, or the ref of a warning."""
    symbols = [symbol for symbol in map(parse_symbol, notice.content.symbols) if symbol is not None]
    return tuple(map(str, base_symbols(symbols))) or (notice.ref,)


async def settle(connection: AsyncConnection, numbers: Sequence[int], touched: Collection[int], now: datetime) -> None:
    """Say anew what measures amount to; `touched` are the notices of theirs that say something else than before."""
    rows, standing, codes = [], [], []
    for number, thread in (await notices.load_threads(connection, numbers)).items():
        rows.append(_measure_row(number, thread, now))
        by_symbol = {symbol: notice for notice in thread for symbol in notice.content.symbols}
        said = {symbol: notice.content for symbol, notice in by_symbol.items()}
        for notice in thread:
            parent = lender(notice.content, said)
            lending = by_symbol[parent.symbols[0]] if parent else None
            orphan = is_orphan(notice.content, said)
            now_stands = (orphan, lending.ref if lending else None)
            if now_stands != (notice.orphan, notice.inherits_from) or (lending and lending.id in touched):
                standing.append((notice.id, *now_stands))
            if notice.id in touched or lending:
                full = with_loan(notice.content, parent)
                codes.append((notice.id, full, searchable(full)))
    await notices.save_measures(connection, rows)
    await notices.save_standing(connection, standing)
    await notices.save_codes(connection, codes)


async def move_to_new(
    connection: AsyncConnection, measure_id: int, leaving: Sequence[StoredNotice], name: str, now: datetime
) -> int:
    """Give notices of a measure one of their own, with their events and what its readers were reminded of; return it.

    `name` is not the name of any measure. Told once is told: the new measure was told when the first of its events was.
    """
    row = {"ref": name, "state": "proposed", "created_at": now, "updated_at": now}
    number = int((await connection.execute(measures.insert().values(row).returning(measures.c.id))).scalar_one())
    ids = [one.id for one in leaving]
    bases = sorted({base for one in leaving for base in bases_of(one)})
    named = update(measure_symbols).where(measure_symbols.c.symbol.in_(bases))
    await connection.execute(named.values(measure_id=number))
    await connection.execute(
        update(notices_table).where(notices_table.c.id.in_(ids)).values(measure_id=number, updated_at=now)
    )
    await connection.execute(update(events).where(events.c.notice_id.in_(ids)).values(measure_id=number))
    told = select(func.min(events.c.fanned_out_at)).where(events.c.measure_id == number, events.c.silence.is_(None))
    told_at = (await connection.execute(told)).scalar_one()
    await connection.execute(update(measures).where(measures.c.id == number).values(told_at=told_at))
    await _copy_reminders(connection, measure_id, number)
    lines = break_deadlines.c.measure_id == measure_id
    await connection.execute(
        update(break_deadlines)
        .where(lines, break_deadlines.c.event_id.in_(select(events.c.id).where(events.c.measure_id == number)))
        .values(measure_id=number)
    )
    return number


async def _copy_reminders(connection: AsyncConnection, measure_id: int, number: int) -> None:
    """Let who was reminded of the deadline of the measure before count as reminded of the same one of the new measure."""
    names = [column.name for column in reminders.columns]
    said: list[Any] = [
        literal(number, reminders.c.measure_id.type) if name == "measure_id" else reminders.c[name] for name in names
    ]
    sent = select(*said).where(reminders.c.measure_id == measure_id, reminders.c.delivery_id.is_not(None))
    await insert_selected(connection, reminders, names, sent)


def _measure_row(number: int, thread: Sequence[StoredNotice], now: datetime) -> dict[str, object]:
    measure = measure_of([notice.content for notice in thread])
    symbols = [symbol for notice in thread for symbol in map(parse_symbol, notice.content.symbols) if symbol]
    return {
        "number": number,
        "name": str(min(base_symbols(symbols))) if symbols else thread[0].ref,
        "standing": measure.state,
        "deadline": measure.comment_deadline,
        "adoption": measure.adoption_on,
        "in_force": measure.in_force_on,
        "now": now,
    }
