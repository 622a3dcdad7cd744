"""The ministry's texts from the command line: the article on a notice, the letter to an association, the bulletins."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.domain.articles import Article, Sentence, Vietnamese, read_period, without_source
from app.domain.errors import invalid
from app.domain.house_forms import Finding, Text, check_notice, check_text, corrected
from app.domain.symbols import Area
from app.flow import compose
from app.i18n.dates import VIETNAM
from app.settings import Settings
from app.sources.outgoing_file import read_outgoing
from app.texts.article.compose import article_of
from app.texts.article.docx import docx
from app.texts.article.html import html
from app.texts.article.plain import plain
from app.texts.article.structured import sourced, structured
from app.texts.bulletin import documents
from app.texts.bulletin.compose import bulletin_of
from app.texts.bulletin.outline import outline
from app.texts.house_tables import findings_in, house_tables
from app.texts.letter import letter_of
from app.texts.letter_docx import comment_form_docx, letter_docx

_CHECK = "check"
"""What stands in the place of a ref when a file is to be checked; every ref has a slash."""


class ArticleFormat(StrEnum):
    """The forms of an article."""

    HTML = "html"
    DOCX = "docx"
    TEXT = "text"
    JSONLD = "jsonld"


class BulletinFormat(StrEnum):
    """The forms of a bulletin."""

    HTML = "html"
    DOCX = "docx"
    PDF = "pdf"


_ARTICLES: dict[ArticleFormat, Callable[[Article], str | bytes]] = {
    ArticleFormat.HTML: html,
    ArticleFormat.DOCX: docx,
    ArticleFormat.TEXT: plain,
    ArticleFormat.JSONLD: lambda article: json.dumps(structured(article), ensure_ascii=False, indent=2) + "\n",
}
_BULLETINS: dict[BulletinFormat, Callable[[Any], str | bytes]] = {
    BulletinFormat.HTML: documents.html,
    BulletinFormat.DOCX: documents.docx,
    BulletinFormat.PDF: documents.pdf,
}
_BINARY = {ArticleFormat.DOCX, BulletinFormat.DOCX, BulletinFormat.PDF}

Output = Annotated[Path | None, typer.Option(dir_okay=False, help="Write to this file instead of the terminal.")]
AsOf = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The day in Viet Nam that the text is of; today if left out."),
]
Words = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="JSON with what a person wrote in Vietnamese: title, description, products, objectives, agency, impact, recommendation, rows.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("article")(article)
    app.command("letter")(letter)
    app.command("bulletin")(bulletin)


def article(
    ref: Annotated[str, typer.Argument(help="The notice: its symbol, or SOURCE/key; or the word `check`.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="With `check`: the text, HTML page or Word document to check."
        ),
    ] = None,
    form: Annotated[ArticleFormat, typer.Option("--format", help="The form of the article.")] = ArticleFormat.TEXT,
    output: Output = None,
    words: Words = None,
    as_of: AsOf = None,
    as_json: console.Json = False,
) -> None:
    """Write the portal article on a notice, or check a text that is to leave: `keng article check FILE`.

    With --json every sentence is shown with the fields that it comes from. Exit code 1 when the validators find a fault;
    each is named with its place and what should stand there. A checked text with --output is written there corrected.
    """
    if ref == _CHECK:
        _check(file, output, as_of, as_json=as_json)
        return
    settings = console.settings()
    bootstrap.prepare_database(settings)
    found = console.run(_one(settings, ref, _vietnamese(words), _day(as_of)))
    made = article_of(found.subjects[0], bootstrap.open_desk(settings, found.today))
    faults = findings_in(made.sentences(), found.today)
    asked = check_notice(found.subjects[0])
    if as_json:
        questions = [_finding(one) for one in asked]
        _print_sourced(made.ref, sourced(made), list(made.sentences()), faults, output, questions=questions)
    else:
        _write(_ARTICLES[form](made), form, output)
        _tell("look at", asked)
    _leave_if(faults, told=as_json)


def letter(
    ref: Annotated[str, typer.Argument(help="The notice: its symbol, or SOURCE/key.")],
    to: Annotated[str, typer.Option("--to", help="The full name of the association, as the letter is to print it.")],
    output: Output = None,
    form: Annotated[
        Path | None, typer.Option("--comment-form", dir_okay=False, help="Write the comment form to this file.")
    ] = None,
    words: Words = None,
    as_of: AsOf = None,
    as_json: console.Json = False,
) -> None:
    """Write the letter to an association as a Word document, and the comment form that goes with it.

    Without --output its sentences are printed. There is no form when no comments are taken any more.
    """
    if not to.strip():
        raise invalid("addressee", "the letter needs the name of the association", field="--to")
    settings = console.settings()
    bootstrap.prepare_database(settings)
    found = console.run(_one(settings, ref, _vietnamese(words), _day(as_of)))
    desk = bootstrap.open_desk(settings, found.today)
    made = letter_of(found.subjects[0], desk, to)
    faults = findings_in(made.sentences(), found.today)
    if output is not None:
        output.write_bytes(letter_docx(made, desk.unit))
    if form is not None and made.form:
        form.write_bytes(comment_form_docx(made))
    if as_json:
        _print_sourced(made.ref, sourced(made), list(made.sentences()), faults, None, urgent=made.urgent)
    elif output is None:
        console.out.print("\n".join(one.text for _, one in made.sentences()))
    _leave_if(faults, told=as_json)


def bulletin(
    period: Annotated[str, typer.Argument(help="2026-03: the month; 2026-W10: the week; 2026-03-02: the daily list.")],
    form: Annotated[
        BulletinFormat | None, typer.Option("--format", help="The form; left out, by the file's name.")
    ] = None,
    output: Output = None,
    area: Annotated[Area | None, typer.Option(help="Only TBT or only SPS.")] = None,
    sector: Annotated[list[str] | None, typer.Option("--sector", help="Only this sector; may be given again.")] = None,
    as_of: AsOf = None,
    as_json: console.Json = False,
) -> None:
    """Write the bulletin of a reporting month or week, by field and by partner, or the list of what is open on a day."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    try:
        asked = read_period(period, settings.month_begins)
    except ValueError as error:
        raise invalid("period", f"{period}: {error}", field="PERIOD") from error
    found = console.run(_of_period(settings, asked, area, _sectors(settings, sector), _day(as_of)))
    made = bulletin_of(found.subjects, asked, bootstrap.open_desk(settings, found.today))
    faults = findings_in(made.sentences(), found.today)
    if as_json:
        sentences = [{"part": part, "text": one.text, "fields": list(one.fields)} for part, one in made.sentences()]
        console.print_json({**outline(made), "first": asked.first, "last": asked.last, "sentences": sentences})
    else:
        chosen = form or _by_name(output)
        _write(_BULLETINS[chosen](made), chosen, output)
    _leave_if(faults, told=False)


async def _one(settings: Settings, ref: str, vietnamese: Vietnamese, as_of: date | None) -> compose.OfADay:
    async with bootstrap.open_database(settings) as database:
        return await compose.one_notice(database, ref, vietnamese, as_of)


async def _of_period(settings: Settings, *asked: Any) -> compose.OfADay:
    period, area, sectors, as_of = asked
    async with bootstrap.open_database(settings) as database:
        return await compose.of_period(database, period, area=area, sectors=sectors, as_of=as_of)


def _check(file: Path | None, output: Path | None, as_of: datetime | None, *, as_json: bool) -> None:
    if file is None:
        raise invalid("file-missing", "name the file to check", field="FILE")
    text = console.run(read_outgoing(file))
    today = _day(as_of) or datetime.now(VIETNAM).date()
    found = check_text(Text(field=file.name, text=text, today=today), house_tables())
    if output is not None:
        output.write_text(corrected(text, found), encoding="utf-8")
    if as_json:
        console.print_json({"file": file.name, "findings": [_finding(one) for one in found]})
    _leave_if(found, told=as_json)
    if not as_json:
        console.out.print(f"{file.name}: no fault found")


def _print_sourced(
    ref: str,
    sentences: list[dict[str, Any]],
    pairs: Sequence[tuple[str, Sentence]],
    faults: Sequence[Finding],
    output: Path | None,
    **more: Any,
) -> None:
    value = {
        "ref": ref,
        "sentences": sentences,
        "without_source": [one.text for _, one in without_source(pairs)],
        "findings": [_finding(one) for one in faults],
        **more,
    }
    if output is None:
        console.print_json(value)
    else:
        output.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write(made: str | bytes, form: StrEnum, output: Path | None) -> None:
    if output is not None:
        output.write_bytes(made.encode() if isinstance(made, str) else made)
    elif form in _BINARY or isinstance(made, bytes):
        raise invalid("output-missing", f"a {form} file is not for the terminal: name a file", field="--output")
    else:
        console.out.print(made, end="")


def _by_name(output: Path | None) -> BulletinFormat:
    ending = "" if output is None else output.suffix.lstrip(".").casefold()
    return BulletinFormat(ending) if ending in set(BulletinFormat) else BulletinFormat.HTML


def _vietnamese(words: Path | None) -> Vietnamese:
    if words is None:
        return Vietnamese()
    try:
        return Vietnamese.read(json.loads(words.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise invalid("words", f"{words.name}: {error}", field="--words") from error


def _sectors(settings: Settings, names: list[str] | None) -> tuple[str, ...]:
    """Return the ids of the sectors asked for, their children with them."""
    taxonomy = bootstrap.open_taxonomy(settings)
    found: list[str] = []
    for name in names or []:
        sector = taxonomy.sector_id(name)
        if sector is None:
            raise invalid("unknown-sector", f"{name}: no such sector", field="--sector")
        found += [sector, *(child for child, parent in taxonomy.parents.items() if parent == sector)]
    return tuple(dict.fromkeys(found))


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _finding(one: Finding) -> dict[str, Any]:
    return {**asdict(one), "rule": one.rule.value, "end": one.end}


def _tell(verb: str, found: Sequence[Finding]) -> None:
    for one in found:
        proposal = f" -> {one.proposal!r}" if one.proposal else ""
        about = f" ({one.about})" if one.about else ""
        console.err.print(f"{verb}: {one.field}, character {one.start + 1}: {one.rule}: {one.found!r}{proposal}{about}")


def _leave_if(found: Sequence[Finding], *, told: bool) -> None:
    """End with 1 when something was found: such a text must not leave."""
    if found:
        if not told:
            _tell("fault", found)
        raise typer.Exit(1)
