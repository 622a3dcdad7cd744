"""Changes of measures from the command line: how one would be told, and whether it is worth an alert at once."""

from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.cli.desk import Because, Ref
from app.domain.subscriptions import Language
from app.flow import materiality as judging
from app.settings import Settings
from app.texts.blocks import alert_block
from app.texts.links import Links

AtOnce = Annotated[
    bool, typer.Option("--at-once/--digest", help="An alert at once, or only a line of the weekly digest.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("materiality")(materiality)


def materiality(
    ref: Ref, at_once: AtOnce, because: Because, by: console.Actor = "staff", as_json: console.Json = False
) -> None:
    """Decide against the rule whether the last event of a notice is worth an alert at once."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    console.run(_decide(settings, ref, because, by, material=at_once))
    if as_json:
        console.print_json({"ref": ref, "material": at_once, "by": by, "because": because})
    else:
        console.out.print(f"{ref}: {_when(material=at_once)}")


def preview_change(
    ref: Ref,
    language: Annotated[Language, typer.Option("--language", help="The language of the mail.")] = Language.VI,
    as_json: console.Json = False,
) -> None:
    """Show the last alert of a notice as it would stand in a mail, and whom it concerns; nothing is stored or sent."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    found = console.run(_foresee(settings, ref))
    text = _text(settings, found, language)
    if as_json:
        console.print_json(_plain(found) | {"language": language, "text": text})
        return
    said = f"{found.alert.ref}: {_when(material=found.material)} ({found.by}: {found.because})"
    console.out.print(f"{said}; {found.standing}; {found.readers} subscribers")
    console.out.print(text)


async def _decide(settings: Settings, ref: str, because: str, by: str, *, material: bool) -> None:
    async with bootstrap.open_database(settings) as database:
        await judging.decide(database, ref, material=material, because=because, actor=by)


async def _foresee(settings: Settings, ref: str) -> judging.ForeseenAlert:
    async with bootstrap.open_database(settings) as database:
        return await judging.foresee(database, ref, bootstrap.open_taxonomy(settings).parents)


def _text(settings: Settings, found: judging.ForeseenAlert, language: str) -> str:
    letterhead = bootstrap.open_letterhead(settings)
    block = alert_block(found.alert, language, found.today, Links(letterhead.base_url), letterhead.names[language])
    return block.full.text.strip()


def _when(*, material: bool) -> str:
    return "an alert at once" if material else "only in the weekly digest"


def _plain(found: judging.ForeseenAlert) -> dict[str, object]:
    return {
        "ref": found.alert.ref,
        "measure": found.alert.measure,
        "kind": found.alert.kind,
        "update": found.alert.update,
        "changes": [
            {"field": change.field, "before": change.before, "after": change.after} for change in found.alert.changes
        ],
        "material": found.material,
        "by": found.by,
        "because": found.because,
        "standing": found.standing,
        "subscribers": found.readers,
    }
