"""What comes back, from the command line: hand in a bounce, see how much there is, who is not written to."""

import asyncio
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.domain.errors import invalid
from app.flow import feedback as flow
from app.flow.feedback import Effect, FeedbackDesk
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.senders.addresses import parse_address
from app.settings import Settings
from app.sources.returned import LARGEST_MESSAGE, read_returned
from app.store import feedback, holds
from app.store.database import DatabaseFault
from app.texts.csv_table import csv_table

suppression = typer.Typer(help="Who is not written to, and why.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="The address of a subscriber.")]

_TRY_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: a relay keeps the message and calls again."""
_COLUMNS = ("address", "reason", "detail", "source", "began_at", "expires_at", "ended_at", "ended_because", "ended_by")
_LONGEST = 366


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("bounce")(bounce)
    app.command("feedback")(show)
    app.add_typer(suppression, name="suppression")


def bounce(
    file: Annotated[str, typer.Argument(help="One message as it came; - for standard input.")],
    recipient: Annotated[
        str, typer.Option(help="The address that it was delivered to; its own headers are asked if left out.")
    ] = "",
    as_json: console.Json = False,
) -> None:
    """Take in one message that came back, as a relay's pipe hands it over. Exit code 75: call again later."""
    settings = console.settings()
    try:
        bootstrap.prepare_database(settings)
        effect = console.run(_take_in(settings, _message(file), recipient))
    except DatabaseFault as error:
        console.err.print(f"keng: the database cannot be used: {' '.join(str(error.orig).split())}")
        raise typer.Exit(_TRY_AGAIN) from None
    if as_json:
        console.print_json({"effect": effect.value})
    else:
        console.out.print(effect.value)
    if effect is Effect.TOO_SOON:
        raise typer.Exit(_TRY_AGAIN)


def show(
    days: Annotated[int, typer.Option(min=1, max=_LONGEST, help="How many days to show, today included.")] = 14,
    as_json: console.Json = False,
) -> None:
    """Show what went out and what came back, day by day: bounces by kind, complaints, refusals by policy."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    found = console.run(_came_back(settings, days))
    if as_json:
        console.print_json(found)
        return
    for day in found["days"]:
        console.out.print("  ".join(f"{name} {value}" for name, value in day.items()))
    for row in found["refused_by_policy"]:
        console.out.print(f"refused by policy: {row['status']}, {row['mails']} mails; see the log for the words")
    for row in found["holds"]:
        console.out.print(f"all mail is on hold: {row['name']}: {row['because']}")


@suppression.command("list")
def list_suppressed(
    ended: Annotated[bool, typer.Option("--ended", help="Also those of the past.")] = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """List who is not written to, why, since when and until when. That it was listed stands in the audit."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    rows = console.run(_listed(settings, ended=ended, verb="list_suppressed", by=by))
    if as_json:
        console.print_json({"items": rows})
        return
    for row in rows:
        console.out.print("  ".join(f"{name}: {value}" for name, value in row.items() if value not in {None, ""}))


@suppression.command("export")
def export(
    ended: Annotated[bool, typer.Option("--ended", help="Also those of the past.")] = False,
    by: console.Actor = "staff",
) -> None:
    """Print the list as CSV that is safe to open in a spreadsheet. That it was printed stands in the audit."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    rows = console.run(_listed(settings, ended=ended, verb="export_suppressed", by=by))
    sys.stdout.write(csv_table(_COLUMNS, [[row[name] for name in _COLUMNS] for row in rows]))


@suppression.command("add")
def add(
    email: Address,
    because: Annotated[str, typer.Option(help="The reason, for the record.")],
    by: console.Actor = "staff",
) -> None:
    """Stop writing to a subscriber until it is released; what waits for it is not sent."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    new = console.run(_with_database(settings, flow.suppress, parse_address(email).identity, because, by))
    console.out.print("suppressed" if new else "staff had suppressed this address before")


@suppression.command("release")
def release(
    email: Address,
    because: Annotated[str, typer.Option(help="The reason, for the record.")],
    by: console.Actor = "staff",
) -> None:
    """Write to a subscriber again, whatever it was suppressed for. Exit code 1 when nothing stood against it."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    if not console.run(_with_database(settings, flow.release, parse_address(email).identity, because, by)):
        console.out.print("this address is not suppressed")
        raise typer.Exit(1)
    console.out.print("released")


def _message(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(LARGEST_MESSAGE)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(LARGEST_MESSAGE)
    except OSError as error:
        raise invalid("file-unreadable", f"cannot be read: {error.strerror}", field=file) from error


async def _take_in(settings: Settings, raw: bytes, recipient: str) -> Effect:
    async with bootstrap.open_database(settings) as database:
        mail = await asyncio.to_thread(read_returned, raw, recipient)
        return await flow.take_in(FeedbackDesk(database, [bootstrap.signing_key(settings)]), mail, "command")


async def _with_database(settings: Settings, work: Any, *values: Any) -> Any:
    async with bootstrap.open_database(settings) as database:
        return await work(database, *values)


async def _listed(settings: Settings, *, ended: bool, verb: str, by: str) -> list[dict[str, Any]]:
    async with bootstrap.open_database(settings) as database:
        rows = await flow.listed(database, ended=ended, verb=verb, actor=by)
        return [{name: getattr(row, name) for name in _COLUMNS} for row in rows]


async def _came_back(settings: Settings, days: int) -> dict[str, list[dict[str, Any]]]:
    async with bootstrap.open_database(settings) as database:
        async with database.reading() as connection:
            now = await database.now(connection)
            today = datetime.combine(today_in_vietnam(now), time.min, VIETNAM)
            firsts = [today - timedelta(days=back) for back in reversed(range(days))]
            counted = await feedback.came_back(connection, [(first, first + timedelta(days=1)) for first in firsts])
            refused = await feedback.blocked(connection, firsts[0])
            standing = await holds.standing(connection)
        return {
            "days": [{"day": str(first.date())} | one for first, one in zip(firsts, counted, strict=True)],
            "refused_by_policy": [{"status": row.status, "mails": row.mails} for row in refused],
            "holds": [{"name": row.name, "because": row.because} for row in standing],
        }
