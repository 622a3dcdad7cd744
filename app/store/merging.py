"""When two stored notices, or two measures, turn out to be one: everything moves to the one that stays."""

from collections.abc import Sequence

from sqlalchemy import Table, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.store import translations
from app.store.tables import (
    assignments,
    attachments,
    break_deadlines,
    classifications,
    corrections,
    events,
    labels,
    letters,
    measure_symbols,
    measures,
    notice_codes,
    notice_members,
    notice_symbols,
    notice_texts,
    notices,
    records,
    reminders,
    versions,
)


async def merge_notices(connection: AsyncConnection, keep: int, drop: int) -> None:
    """Move everything of the notice `drop` to `keep` and delete it.

    An alert of `drop` that nobody was told yet is silenced, since `keep` speaks for both; what was told stays told.
    """
    newest = select(func.coalesce(func.max(versions.c.number), 0)).where(versions.c.notice_id == keep)
    offset = (await connection.execute(newest)).scalar_one()
    await connection.execute(
        update(versions).where(versions.c.notice_id == drop).values(notice_id=keep, number=versions.c.number + offset)
    )
    await connection.execute(
        update(events)
        .where(events.c.notice_id == drop, events.c.fanned_out_at.is_(None), events.c.silence.is_(None))
        .values(silence="merged")
    )
    for table in (events, records, notice_symbols):
        await connection.execute(update(table).where(table.c.notice_id == drop).values(notice_id=keep))
    await _merge_assignments(connection, keep, drop)
    await _merge_letters(connection, keep, drop)
    # What was taken over comes again with the next sorting, and must not stand before a word about the notice itself.
    taken_over = (corrections.c.notice_id.in_([keep, drop]), corrections.c.inherited)
    await connection.execute(delete(corrections).where(*taken_over))
    own = corrections.alias("own")
    said = exists().where(
        own.c.notice_id == keep, own.c.facet == corrections.c.facet, own.c.label == corrections.c.label
    )
    await connection.execute(update(corrections).where(corrections.c.notice_id == drop, ~said).values(notice_id=keep))
    await translations.move(connection, keep, drop)
    # Those of the notice that stays are listed anew, because its version is another from here on.
    for table in (attachments, corrections, labels, classifications, notice_codes, notice_members, notice_texts):
        await connection.execute(delete(table).where(table.c.notice_id == drop))
    await connection.execute(update(notices).where(notices.c.id == keep).values(version=await _count(connection, keep)))
    await connection.execute(delete(notices).where(notices.c.id == drop))


async def _merge_letters(connection: AsyncConnection, keep: int, drop: int) -> None:
    """Let letters go over; their versions go on from those of the notice that stays."""
    same = letters.alias("same")
    sent = select(func.coalesce(func.max(same.c.version), 0)).where(
        same.c.notice_id == keep, same.c.organisation_id == letters.c.organisation_id
    )
    moved = update(letters).where(letters.c.notice_id == drop)
    await connection.execute(moved.values(notice_id=keep, version=letters.c.version + sent.scalar_subquery()))


async def _merge_assignments(connection: AsyncConnection, keep: int, drop: int) -> None:
    """Let whoever had the notice `drop` in hand have `keep`, unless somebody has that already."""
    kept = assignments.alias("kept")
    taken = exists().where(kept.c.notice_id == keep, kept.c.ended_at.is_(None))
    dropped = assignments.c.notice_id == drop
    await connection.execute(delete(assignments).where(dropped, assignments.c.ended_at.is_(None), taken))
    await connection.execute(update(assignments).where(dropped).values(notice_id=keep))


async def merge_measures(connection: AsyncConnection, keep: int, drop: int) -> None:
    """Move every notice, event and symbol of the measure `drop` to `keep` and delete it; told once is told."""
    told = select(func.min(measures.c.told_at)).where(measures.c.id.in_([keep, drop]))
    told_at = (await connection.execute(told)).scalar_one()
    for table in (notices, events, measure_symbols):
        await connection.execute(update(table).where(table.c.measure_id == drop).values(measure_id=keep))
    await connection.execute(update(measures).where(measures.c.id == keep).values(told_at=told_at))
    await _merge_lines(connection, reminders, ("subscriber_id", "deadline", "stage"), keep, drop)
    await _merge_lines(connection, break_deadlines, ("subscriber_id", "comment_deadline"), keep, drop)
    await connection.execute(delete(measures).where(measures.c.id == drop))


async def _merge_lines(connection: AsyncConnection, lines: Table, same: Sequence[str], keep: int, drop: int) -> None:
    """Let what was said to readers of the measure `drop` count as said of `keep`; what was said of both was said.

    The columns `same`, beside the measure, are the key of a line.
    """
    kept = lines.alias("kept")
    said_twice = exists().where(kept.c.measure_id == keep, *(kept.c[name] == lines.c[name] for name in same))
    dropped = lines.c.measure_id == drop
    await connection.execute(update(lines).where(dropped, ~said_twice).values(measure_id=keep))
    await connection.execute(delete(lines).where(dropped))


async def _count(connection: AsyncConnection, notice_id: int) -> int:
    newest = select(func.max(versions.c.number)).where(versions.c.notice_id == notice_id)
    return int((await connection.execute(newest)).scalar_one())
