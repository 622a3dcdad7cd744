"""What people decide about threads: two measures are one, or a notice does not belong to the one that it stands in.

A thread is known by its base symbols, and so is what people decide: a later document files itself where they put it.
"""

from collections.abc import Sequence

from app.domain.errors import conflict, invalid, missing
from app.domain.events import EventKind
from app.domain.intake import components
from app.i18n.dates import today_in_vietnam
from app.store import audit, deadlines, events, ledger, merging, notices, threads
from app.store.database import Connection, Database
from app.store.notices import StoredNotice

SILENT = "regrouped"
"""Why nobody is told of it: it changes our filing and not the measure."""


async def merge(database: Database, ref: str, other: str, because: str, actor: str) -> str:
    """Let the measures of two notices be one; what anybody was told of either stays told. Return the other notice's ref.

    AppError: invalid without a reason, missing when either is not there, conflict when they are one measure already.
    """
    _check(because)
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        await notices.serialise_intake(connection)
        kept, dropped = await _notice(connection, ref, "ref"), await _notice(connection, other, "other")
        if kept.measure_id == dropped.measure_id:
            raise conflict("one-measure", f"{kept.ref} and {dropped.ref} are of one measure already")
        moved = (await notices.load_threads(connection, [dropped.measure_id]))[dropped.measure_id]
        await merging.merge_measures(connection, kept.measure_id, dropped.measure_id)
        refs = [one.ref for one in moved]
        await _settled(connection, database, kept, [kept.measure_id], ("merge_measures", because, actor, refs))
        return dropped.ref


async def split(database: Database, ref: str, because: str, actor: str) -> tuple[str, ...]:
    """Give a notice a measure apart, with all that share its base symbols; return the refs that left the others.

    AppError: invalid without a reason, missing when it is not there, conflict when all notices of its measure share one
    base symbol: there the WTO's own numbers say that they belong together.
    """
    _check(because)
    async with database.writing() as connection:
        await ledger.in_turn(connection, "telling")
        await notices.serialise_intake(connection)
        notice = await _notice(connection, ref, "ref")
        thread = (await notices.load_threads(connection, [notice.measure_id]))[notice.measure_id]
        own = kindred(notice, thread)
        if len(own) == len(thread):
            raise conflict("one-base", f"{notice.ref}: all notices of its measure share a base symbol")
        now = await database.now(connection)
        name = f"{notice.ref} ({now.isoformat()})"  # until the two are named by what is left in them
        number = await threads.move_to_new(connection, notice.measure_id, own, name, now)
        # Whoever keeps the row of the measure may lose its name to the other.
        await threads.settle(connection, [notice.measure_id], (), now)
        refs = [one.ref for one in own]
        await _settled(connection, database, notice, [number], ("split_measure", because, actor, refs), number)
        return tuple(refs)


def kindred(notice: StoredNotice, thread: Sequence[StoredNotice]) -> list[StoredNotice]:
    """Return the notices of a thread that base symbols join to one of them, directly or through others."""
    groups = components([threads.bases_of(one) for one in thread], {})
    mine = next(names for names, _ in groups if threads.bases_of(notice)[0] in names)
    return [one for one in thread if threads.bases_of(one)[0] in mine]


async def _settled(
    connection: Connection,
    database: Database,
    notice: StoredNotice,
    measures: Sequence[int],
    done: tuple[str, str, str, Sequence[str]],
    measure_id: int | None = None,
) -> None:
    """Say anew what the measures amount to, log it as an event that nobody is told of, and write the audit."""
    verb, because, actor, refs = done
    now = await database.now(connection)
    await threads.settle(connection, measures, (), now)
    today = today_in_vietnam(now)
    await deadlines.take_back_of_measures(connection, [notice.measure_id, *measures], today)
    row = {
        "key": f"{verb}:{notice.id}:{now.isoformat()}",
        "measure_id": measure_id or notice.measure_id,
        "notice_id": notice.id,
        "version": notice.version,
        "kind": EventKind.REGROUPED,
        "changes": [],
        "because": because,
        "happened_on": today,
        "created_at": now,
        "judged_at": now,
        "silence": SILENT,
    }
    await events.add(connection, [row])
    await audit.write_audit(connection, actor, verb, notice.ref, {"notices": list(refs), "because": because}, now)


async def _notice(connection: Connection, ref: str, field: str) -> StoredNotice:
    number = await notices.notice_id_of(connection, ref.strip())
    if number is None:
        raise (
            missing("no-such-notice", f"{ref}: no such notice")
            if field == "ref"
            else invalid("no-such-other", f"{ref}: no such notice", field=field)
        )
    return (await notices.load(connection, [number]))[number]


def _check(because: str) -> None:
    if not because.strip():
        raise invalid("no-reason", "a decision about threads needs its reason", field="because")
