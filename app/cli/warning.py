"""Warnings that do not come through the WTO, entered from the command line: the form before the desk has its page."""

from typing import Annotated

import typer

from app import bootstrap
from app.cli import console, questions
from app.domain.errors import invalid
from app.domain.subscriptions import Language
from app.domain.visits import Page
from app.flow import classify, ingest, review
from app.settings import Settings

warnings = typer.Typer(
    help="Warnings of other sources than the WTO, entered by hand: RASFF cases, trade offices, lists of partners.",
    no_args_is_help=True,
)

_BECAUSE = "set when the warning was entered"

Source = Annotated[str, typer.Argument(help="rasff, trade-office, partner-list, or another name of small letters.")]
Key = Annotated[str, typer.Argument(help="The source's own number; the warning's ref is SOURCE/KEY.")]
Title = Annotated[str, typer.Option("--title", help="What it is about.")]
Tongue = Annotated[Language, typer.Option("--language", help="The language of its words.")]
Text = Annotated[str, typer.Option("--text", help="What it says.")]
Products = Annotated[str, typer.Option("--products", help="The goods concerned, in words.")]
Link = Annotated[str, typer.Option("--link", help="Where it was published.")]
Sectors = Annotated[list[str] | None, typer.Option("--sector", help="A sector that it concerns, on a person's word.")]
Again = Annotated[bool, typer.Option("--again", help="Replace what was entered before; only until it is released.")]
Day = Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="A day.")]


@warnings.command("add")
def add(
    source: Source,
    key: Key,
    title: Title,
    language: Tongue = Language.VI,
    text: Text = "",
    products: Products = "",
    member: questions.Members = None,
    hs: questions.Codes = None,
    published: Day = "",
    deadline: Day = "",
    link: Link = "",
    sector: Sectors = None,
    again: Again = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Enter a warning. It is sorted like any notice, and read by nobody before staff release it."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    form = {
        "language": language.value,
        "title": title,
        "description": text,
        "products": products,
        "members": tuple(member or ()),
        "hs": tuple(hs or ()),
        "published": published,
        "deadline": deadline,
        "link": link,
    }
    page = bootstrap.open_form({"source": source, "key": key, **form})
    sectors = {_sector(settings, name): "primary" for name in sector or ()}
    ref = console.run(_enter(settings, page, sectors, by, again=again))
    _say(ref, by, as_json=as_json)


async def _enter(settings: Settings, page: Page, sectors: dict[str, str], by: str, *, again: bool) -> str:
    async with bootstrap.open_database(settings) as database:
        ref = await ingest.enter_warning(database, page, by, again=again)
        if sectors:
            known = {sector.id for sector in bootstrap.open_taxonomy(settings).sectors}
            await review.correct(database, ref, sectors, _BECAUSE, by, known)
        await classify.sort_waiting(database, bootstrap.open_sorter(settings))
        return ref


def _sector(settings: Settings, name: str) -> str:
    found = bootstrap.open_taxonomy(settings).sector_id(name)
    if found is None:
        raise invalid("unknown-sector", f"{name}: no such sector", field="--sector")
    return found


def _say(ref: str, by: str, *, as_json: bool) -> None:
    if as_json:
        console.print_json({"ref": ref, "entered_by": by})
    else:
        console.out.print(f"{ref}: entered; it waits for keng release {ref}")
