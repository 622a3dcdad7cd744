"""A copy of everything, and the way back."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.flow import backup as flow
from app.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for name, command in (("backup", backup), ("restore", restore), ("skip", skip)):
        app.command(name)(command)


def backup(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The file to write; it must not be there yet.")],
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Write all that the database holds into one file, while everything runs on.

    Not in it: the settings, and on SQLite the key beside the database file. Keep both elsewhere, or no mailed link works
    after a restore.
    """
    settings = console.settings()
    with console.progress("Backing up") as say:
        made = console.run(flow.back_up(settings.database_url.get_secret_value(), file, by, say))
    head = str(made.head) if made.head is not None and made.head.number else None
    if as_json:
        console.print_json({"file": str(file), "bytes": made.size, "audit_head": head})
    else:
        console.out.print(f"{file}: {made.size / 1e6:.1f} MB")
        if head is not None:
            console.out.print(f"Head of the audit: {head} (keng audit verify --head)")


def restore(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What keng backup wrote.")],
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Bring a backup into an empty database. It starts on hold: no mail leaves until the hold `restored` is lifted."""
    settings = console.settings()
    with console.progress("Restoring") as say:
        restored = console.run(flow.restore(settings.database_url.get_secret_value(), file, by, say))
    if as_json:
        console.print_json({"hold": flow.RESTORED} | asdict(restored))
        return
    console.out.print(
        f"Restored, and on hold. {restored.waiting} messages wait; {restored.doubtful} may have been sent since the"
        " backup and need a person (keng queue).\n"
        f"{restored.accounts} accounts of the desk may sign in as they could at the backup; nobody is signed in, and no"
        " mailed link holds. Look through keng staff list, and disable again whoever was disabled or erased since.\n"
        "Next: keng person erase-again FILE for whoever was erased since; start the worker and let it pull; strike out what"
        " people were told before the loss with keng skip --circulated-until DAY; run keng reconcile; then lift the hold:"
        " keng resume restored --because TEXT"
    )


def skip(
    circulated_until: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day of circulation of the last notice that was told.")
    ],
    because: Annotated[str, typer.Option(help="Why, for the record.")],
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Strike notices out of all mail that is not handed over yet, by their day of circulation."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    before, after = console.run(_skip(settings, circulated_until, because, by))
    if as_json:
        console.print_json({"waiting_before": before, "waiting": after})
    else:
        console.out.print(f"{before - after} messages struck out; {after} wait")


async def _skip(settings: Settings, until: datetime, because: str, by: str) -> tuple[int, int]:
    async with bootstrap.open_database(settings) as database:
        return await flow.skip_circulated(database, until.replace(tzinfo=UTC).date(), because, by)
