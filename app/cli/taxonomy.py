"""The taxonomy as a file that staff change: check it, try it on what is stored, put it in force."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.domain.errors import conflict, invalid
from app.domain.replays import MANY_PEOPLE, Outlook
from app.domain.taxonomy import Taxonomy
from app.flow import fanout
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
    taxonomy, _ = sound_taxonomy(file)
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
def apply(
    file: TaxonomyFile,
    because: Annotated[str, typer.Option("--because", help="The reason, for the record.")] = "",
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Put a taxonomy file in force; a bad one is refused and the old one stays. Corrections by staff stand."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    taxonomy, body = sound_taxonomy(file)
    count = console.run(_apply(settings, taxonomy.version, body, by, because))
    if as_json:
        console.print_json({"version": taxonomy.version, "to_sort": count})
    else:
        console.out.print(f"{taxonomy.version} is in force; {count} notices wait to be sorted by it")
        console.out.print("nobody is told of the past by this: keng taxonomy replay says whom it would concern")


@rules.command("replay")
def replay(
    send: Annotated[bool, typer.Option("--send", help="Tell them; without it nothing is written or mailed.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be told: the default.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Let no catch-up mail go out, and skip what waits.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let replays be sent again.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help=f"Send also to {MANY_PEOPLE} people or more.")] = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Tell people of past notices that match them only now, by the taxonomy in force: once, and only what is open."""
    if sum((send, dry_run, stop, resume)) > 1:
        raise typer.BadParameter("only one of --send, --dry-run, --stop and --resume can be meant")
    settings = console.settings()
    bootstrap.prepare_database(settings)
    if stop or resume:
        said = console.run(_switch(settings, by, on=stop))
        console.print_json(said) if as_json else console.out.print(said["said"])
        return
    outlook = console.run(_replay(settings, by, send=send, yes=yes))
    if as_json:
        console.print_json({"sent": send} | asdict(outlook))
    else:
        _print_outlook(outlook, sent=send)


async def _replay(settings: Settings, actor: str, *, send: bool, yes: bool) -> Outlook:
    installation = bootstrap.install(settings)
    database, version, parents = installation.database, installation.taxonomy.version, installation.parents
    try:
        with console.progress("Matching the past") as say:
            outlook = await fanout.plan_replay(database, version, parents)
            if not send:
                return outlook
            _warn(outlook, yes=yes)
            outlook = await fanout.send_replay(
                database, version, parents, actor, lambda people: say(f"{people} people")
            )
            domain = installation.letterhead.mail_domain
            await fanout.gather_replays(database, domain, lambda mails: say(f"{mails} mails"))
            return outlook
    finally:
        await database.close()


def _warn(outlook: Outlook, *, yes: bool) -> None:
    """Say how much will go out; AppError (conflict) when it is much and nobody said yes."""
    volume = f"{outlook.mails} mails to {outlook.people} people"
    console.err.print(f"keng: this sends {volume}; keng taxonomy replay --stop skips what has not gone out")
    if outlook.many and not yes:
        raise conflict("replay-many", f"{volume}: nothing was sent; say --yes if that is meant")


async def _switch(settings: Settings, actor: str, *, on: bool) -> dict[str, Any]:
    async with bootstrap.open_database(settings) as database:
        if not on:
            await fanout.resume_replays(database, actor)
            return {"stopped": False, "said": "replays may be sent again; what was skipped is told by the next one"}
        skipped = await fanout.stop_replays(database, actor)
        return {"stopped": True, "skipped": skipped, "said": f"replays are stopped; {skipped} mails were skipped"}


def _print_outlook(outlook: Outlook, *, sent: bool) -> None:
    volume = f"{outlook.mails} mails to {outlook.people} people"
    console.out.print(f"taxonomy {outlook.version}: " + ("sent" if sent else "dry run, nothing is written or mailed"))
    console.out.print(f"{outlook.past} past notices now match somebody who was not told, {outlook.open} still open")
    console.out.print(f"in the outbox: {volume}" if sent else f"--send would send {volume}")
    if outlook.unsorted:
        console.out.print(f"  {outlook.unsorted} notices wait to be sorted by it first: keng deliver --once")
    if outlook.stopped:
        console.out.print("  replays are stopped: keng taxonomy replay --resume")
    for share in outlook.shares:
        said = f"{share.past} notices ({share.open} open), {share.subscriptions} subscriptions"
        console.out.print(f"  {share.facet} {share.value}: {said}")
        console.out.print(f"    {', '.join(share.examples)}")
    for one in outlook.subscriptions:
        console.out.print(f"  subscription {one.subscription}: {one.past} past notices, {one.open} still open")


async def _try(settings: Settings, taxonomy: Taxonomy) -> flow.Trial:
    async with bootstrap.open_database(settings) as database:
        with console.progress("Sorting") as say:
            sorter = bootstrap.Rules(taxonomy).sorter
            return await flow.try_out(database, sorter, lambda seen: say(f"{seen} notices"))


async def _apply(settings: Settings, version: str, body: bytes, actor: str, because: str) -> int:
    async with bootstrap.open_database(settings) as database:
        with console.progress("Putting it in force"):
            return await flow.put_in_force(database, version, body, actor, because)


def sound_taxonomy(file: Path) -> tuple[Taxonomy, bytes]:
    """Return the taxonomy of a sound file, or end with every fault on stderr and exit code 1."""
    body = _body(file)
    taxonomy, faults, _ = check_taxonomy(body, file.name)
    for fault in faults:
        console.err.print(str(fault))
    if faults or taxonomy is None:
        raise typer.Exit(1)
    return taxonomy, body


def _body(file: Path) -> bytes:
    """Read a file, but no more of it than shows that it is too long. AppError (invalid) for a pipe or a device."""
    if not file.is_file():
        raise invalid("taxonomy-file", f"{file.name}: is no regular file", field="FILE")
    with file.open("rb") as opened:
        return opened.read(LARGEST_FILE + 1)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(rules, name="taxonomy")
