"""Telling again after an incident, from the command line."""

from datetime import datetime
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.domain.resending import Resent
from app.flow import resend as flow
from app.settings import Settings

_MEANING = {
    "missing": "no row of the ledger, or a row without its message",
    "skipped": "taken out of the outbox, not by a decision that stands",
    "rejected": "refused by the relay",
    "bounced": "came back",
    "needs_human": "could not be made or settled",
    "superseded": "replaced by a message that is gone",
    "doubtful": "may have arrived",
    "accepted": "told",
    "waiting": "goes out by itself",
    "taken_back": "withdrawn, or the subscriber's own wish",
    "suppressed": "the address is not written to",
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command("resend")(resend)


def resend(
    notice: Annotated[str | None, typer.Option(help="The alerts of this notice: its symbol, or SOURCE/key.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Alerts released from this day on.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Alerts released up to this day.")
    ] = None,
    because: Annotated[str, typer.Option(help="The reason, for the record; needed unless --dry-run is given.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Tell again after an incident: everybody who was asking when an alert went out and of whom no copy can have arrived.

    Whoever has a copy gets no second one. The mails go out with `keng deliver` or the worker; digests with the next one.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    incident = flow.Incident(
        ref=notice,
        first=first.date() if first else None,
        last=last.date() if last else None,
        because=because,
    )
    counted = console.run(_resend(settings, incident, by, dry_run=dry_run))
    if as_json:
        console.print_json(_value(counted, dry_run=dry_run))
        return
    for title, counts in (("told again", counted.resent), ("left as they are", counted.left)):
        console.out.print(f"{title}: {sum(counts.values())}")
        for standing, pairs in sorted(counts.items()):
            console.out.print(f"  {pairs:>8}  {standing}: {_MEANING[standing]}")
    would = "would be" if dry_run else "are"
    console.out.print(f"{counted.people} people {would} told again, of {counted.alerts} alerts looked at")


def _value(counted: Resent, *, dry_run: bool) -> dict[str, object]:
    return {
        "alerts": counted.alerts,
        "people": counted.people,
        "resent": dict(counted.resent),
        "left": dict(counted.left),
        "dry_run": dry_run,
    }


async def _resend(settings: Settings, incident: flow.Incident, by: str, *, dry_run: bool) -> Resent:
    async with bootstrap.open_database(settings) as database:
        if dry_run:
            return await flow.plan_resend(database, incident)
        return await flow.resend(database, incident, by)
