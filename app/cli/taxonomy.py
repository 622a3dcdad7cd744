"""The taxonomy as a file that staff change: check it, try it on what is stored, put it in force."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.domain.taxonomy import Taxonomy
from app.flow import taxonomy as flow
from app.settings import Settings
from app.sources.taxonomy_file.reading import LARGEST_FILE
from app.sources.taxonomy_lint import check_taxonomy

rules = typer.Typer(help="The rules for sorting.", no_args_is_help=True)

TaxonomyFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A taxonomy as YAML.")]


@rules.command("check")
def check(file: TaxonomyFile, as_json: console.Json = False) -> None:
    """Say what is wrong with a taxonomy file, by file, line and reason; exit 1 when it would be refused."""
    console.settings()
    taxonomy, faults, notes = check_taxonomy(_body(file), file.name)
    if as_json:
        value = {"version": taxonomy.version if taxonomy else None}
        console.print_json(value | {"faults": [asdict(one) for one in faults], "notes": [asdict(one) for one in notes]})
    else:
        for fault in faults:
            console.err.print(str(fault))
        for note in notes:
            console.out.print(f"note: {note}")
        if not faults and taxonomy is not None:
            console.out.print(f"{file.name}: sound, version {taxonomy.version}, {len(taxonomy.sectors)} sectors")
    if faults:
        raise typer.Exit(1)


@rules.command("try")
def try_out(file: TaxonomyFile, as_json: console.Json = False) -> None:
    """Sort everything that is stored by a taxonomy file, dry, and print what would change; nothing is written."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    taxonomy, _ = _sound(file)
    trial = console.run(_try(settings, taxonomy))
    if as_json:
        console.print_json({"version": taxonomy.version} | asdict(trial))
        return
    console.out.print(f"{trial.differing} of {trial.notices} notices would be sorted otherwise by {taxonomy.version}")
    for sector, change in sorted(trial.sectors.items()):
        gained = f"+{change.gained} ({change.gained_open} open)"
        console.out.print(f"  {sector}: {gained}, -{change.lost}, {change.changed} in another role")
        for move in change.examples:
            console.out.print(f"    {move.ref}: {move.before} → {move.after}")


@rules.command("apply")
def apply(file: TaxonomyFile, by: console.Actor = "staff", as_json: console.Json = False) -> None:
    """Put a taxonomy file in force; a bad one is refused and the old one stays. Corrections by staff stand."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    taxonomy, body = _sound(file)
    count = console.run(_apply(settings, taxonomy.version, body, by))
    if as_json:
        console.print_json({"version": taxonomy.version, "to_sort": count})
    else:
        console.out.print(f"{taxonomy.version} is in force; {count} notices wait to be sorted by it")


async def _try(settings: Settings, taxonomy: Taxonomy) -> flow.Trial:
    database = bootstrap.open_database(settings)
    try:
        with console.progress("Sorting") as say:
            sorter = bootstrap.Rules(taxonomy).sorter
            return await flow.try_out(database, sorter, lambda seen: say(f"{seen} notices"))
    finally:
        await database.close()


async def _apply(settings: Settings, version: str, body: bytes, actor: str) -> int:
    database = bootstrap.open_database(settings)
    try:
        with console.progress("Putting it in force"):
            return await flow.put_in_force(database, version, body, actor)
    finally:
        await database.close()


def _sound(file: Path) -> tuple[Taxonomy, bytes]:
    """Return the taxonomy of a sound file, or end with every fault on stderr and exit code 1."""
    body = _body(file)
    taxonomy, faults, _ = check_taxonomy(body, file.name)
    for fault in faults:
        console.err.print(str(fault))
    if faults or taxonomy is None:
        raise typer.Exit(1)
    return taxonomy, body


def _body(file: Path) -> bytes:
    """Read a file, but no more of it than shows that it is too long."""
    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(rules, name="taxonomy")
