"""The operator's table of exports from the command line."""

from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.flow import exports as flow
from app.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("exports")(exports)


def exports(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="CSV: member, hs (2, 4 or 6 digits), year, value in US dollars."
        ),
    ],
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Load the table of exports that importance goes by, in place of the one before; nobody is told of anything.

    A table without lines takes the one before away. The whole file is taken or nothing of it: a line that cannot be
    read is named with its field, and exit code 1.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    loaded, changed = console.run(_load(settings, file, by))
    for complaint in loaded.complaints:
        console.err.print(f"{complaint.position}: {complaint.field}: {complaint.reason} {complaint.excerpt}".rstrip())
    if as_json:
        faults = [f"{one.position}: {one.field}: {one.reason}" for one in loaded.complaints]
        console.print_json({"lines": loaded.lines, "reweighed": changed, "faults": faults})
    elif not loaded.complaints:
        console.out.print(f"{loaded.lines} lines loaded; {changed} notices are of another importance now")
    if loaded.complaints:
        raise typer.Exit(1)


async def _load(settings: Settings, file: Path, actor: str) -> tuple[flow.Loaded, int]:
    async with bootstrap.open_database(settings) as database:
        with console.progress(f"Reading {file.name}") as say:
            loaded = await flow.load(database, bootstrap.open_exports(file), actor, lambda seen: say(f"{seen} lines"))
        if loaded.complaints:
            return loaded, 0
        with console.progress("Weighing notices") as say:
            return loaded, await flow.weigh_again(database, lambda seen: say(f"{seen} notices"))
