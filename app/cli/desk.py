"""The desk from the command line."""

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.domain.errors import invalid
from app.flow import classify, mend, review
from app.i18n.dates import today_in_vietnam
from app.settings import Settings
from app.store import alarms, holds, person_requests, radar, refusals, reviews, unknowns, visits

Ref = Annotated[str, typer.Argument(help="The notice: its symbol, or SOURCE/key.")]
Because = Annotated[str, typer.Option("--because", help="The reason, for the record.")]

_LISTED = 200
_REFUSALS_LISTED = timedelta(days=7)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for name, command in (("queue", queue), ("release", release), ("correct", correct), ("withdraw", withdraw)):
        app.command(name)(command)


def queue(by: console.Actor = "staff", as_json: console.Json = False) -> None:
    """List what waits for a person: alerts, messages, holds, alarms, quarantine, failing sources, alerts nobody matched.

    Addenda whose base is not here and open measures that no reader was told of are listed too (the orphan radar).
    Requests of persons about their data stand here when their day is past. What the relay refused for good in the last seven
    days is counted by kind and reason, and listed with masked addresses. Where messages wait for a person, that their
    addresses were listed stands in the audit.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    lists = console.run(_queue(settings, by))
    if as_json:
        console.print_json(lists)
        return
    for title, rows in lists.items():
        console.out.print(f"{title} ({len(rows)})")
        for row in rows:
            shown = [
                _shown(value) for name, value in row.items() if name != "findings" and value not in (None, [], (), "")
            ]
            console.out.print("  " + "  ".join(shown))


def release(ref: Ref, by: console.Actor = "staff", as_json: console.Json = False) -> None:
    """Let an alert go out that waits in the queue, or that was kept silent."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    count = console.run(_with_database(settings, review.release, ref, by))
    _say(f"{ref}: {count} released", {"ref": ref, "released": count}, as_json=as_json)


def correct(
    ref: Ref,
    sector: Annotated[
        list[str], typer.Option(help="SECTOR=primary, SECTOR=related or SECTOR=none; may be given again.")
    ],
    because: Because,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Correct the sectors of a notice; the correction outlives every later sorting."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    changes = dict(_change(settings, one) for one in sector)
    console.run(_correct(settings, ref, changes, because, by))
    _say(f"{ref}: corrected", {"ref": ref, "sectors": changes}, as_json=as_json)


def withdraw(ref: Ref, because: Because, by: console.Actor = "staff", as_json: console.Json = False) -> None:
    """Withdraw an alert: who was told hears of it once, who was not yet is not told."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    count = console.run(_with_database(settings, review.withdraw, ref, because, by))
    _say(f"{ref}: withdrawn; {count} subscribers hear of it", {"ref": ref, "told": count}, as_json=as_json)


async def _queue(settings: Settings, by: str) -> dict[str, list[dict[str, Any]]]:
    async with bootstrap.open_database(settings) as database:
        needs_human = await mend.undecided(database, _LISTED, by)
        async with database.reading() as connection:
            now = await database.now(connection)
            today, since = today_in_vietnam(now), now - _REFUSALS_LISTED
            refused = await refusals.counted(connection, since)
            refused_lately = await refusals.listed(connection, since, _LISTED)
            failing = [row for row in await visits.states(connection) if row.failures]
            lists = {
                "waiting": await reviews.waiting(connection, _LISTED),
                "needs_human": needs_human,
                "holds": await holds.standing(connection),
                "unknown_to_us": await unknowns.unknown_to_us(connection),
                "alarms": await alarms.standing(connection),
                "matched_nobody": await reviews.unmatched(connection, _LISTED),
                "quarantine": await reviews.quarantined(connection, _LISTED),
                "failing_sources": failing,
                "orphans": await radar.orphans(connection, _LISTED),
                "told_nobody": await radar.unfollowed(connection, today, _LISTED),
                "overdue_requests": await person_requests.overdue(connection, today, _LISTED),
            }
    named = {title: [dict(row._mapping) for row in rows] for title, rows in lists.items()}  # noqa: SLF001 - SQLAlchemy's public name
    return named | {
        "refused": [asdict(one) for one in refused],
        "refused_lately": [asdict(one) for one in refused_lately],
    }


async def _correct(settings: Settings, ref: str, changes: dict[str, str], because: str, by: str) -> None:
    async with bootstrap.open_database(settings) as database:
        sectors = {sector.id for sector in bootstrap.open_taxonomy(settings).sectors}
        await review.correct(database, ref, changes, because, by, sectors)
        await classify.sort_waiting(database, bootstrap.open_sorter(settings))


async def _with_database(settings: Settings, use_case: Any, *arguments: str) -> int:
    async with bootstrap.open_database(settings) as database:
        return int(await use_case(database, *arguments))


def _change(settings: Settings, text: str) -> tuple[str, str]:
    name, _, role = text.partition("=")
    sector = bootstrap.open_taxonomy(settings).sector_id(name)
    if sector is None:
        raise invalid("unknown-sector", f"{name}: no such sector", field="--sector")
    return sector, role


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _say(sentence: str, value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.print_json(value)
    else:
        console.out.print(sentence)
