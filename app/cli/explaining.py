"""Why, why not, and what if, from the command line."""

from collections.abc import Mapping
from typing import Annotated

import typer

from app import bootstrap
from app.api.explanations import Names, NoticeExplanationModel, PreviewModel, SubscriptionExplanationModel
from app.api.models import ExplanationModel
from app.cli import changes, console, questions
from app.domain.errors import missing
from app.domain.preview import DAYS, Preview
from app.domain.release import ReleaseMode
from app.domain.subscriptions import READ_FACETS, Criteria
from app.flow import explain as explaining
from app.flow import preview as previewing
from app.settings import Settings
from app.store import catalogue
from app.store.catalogue import CataloguedNotice
from app.texts.refusals import refusal_sentence
from app.texts.wording import stated_value

_LISTED = 40


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("explain")(explain)
    previews = typer.Typer(help=preview.__doc__, invoke_without_command=True)
    previews.callback()(preview)
    previews.command("change")(changes.preview_change)
    app.add_typer(previews, name="preview")


def explain(
    ref: Annotated[str, typer.Argument(help="The notice: its symbol, or SOURCE/key.")],
    subscription: Annotated[
        int | None, typer.Option(min=1, help="Also why this subscription was told, or not.")
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Show why a notice was sorted as it is, and with --subscription why that one was told of it or was not."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    notice, explained = console.run(_explain(settings, ref, subscription))
    if as_json:
        grounds = NoticeExplanationModel(**ExplanationModel.of(notice).model_dump())
        if explained is not None:
            grounds.subscription = SubscriptionExplanationModel.of(explained, _names(settings))
        console.print_json(grounds.model_dump(mode="json"))
        return
    console.out.print(f"{notice.ref}  taxonomy {notice.taxonomy_version or '–'}")
    read = (label for facet in READ_FACETS for label in notice.facets.get(facet, ()))
    for label in (*notice.sectors, *notice.themes, *read):
        quotes = "; ".join(
            f"{one.field}: {stated_value(one.field, one.quote, 'en')!r} ({one.rule}, {one.weight})"
            for one in label.evidence
        )
        only_there = ", only the annex names it" if label.only_in_annex else ""
        console.out.print(f"  {label.id} ({label.role}, {label.confidence}{only_there})  {quotes}")
    if explained is not None:
        _print_verdicts(explained, _names(settings))


def preview(
    context: typer.Context,
    sector: questions.Sectors = None,
    member: questions.Members = None,
    hs: questions.Codes = None,
    theme: questions.Themes = None,
    measure_type: questions.MeasureTypes = None,
    standard: questions.Standards = None,
    substance: questions.Substances = None,
    agreement: questions.Agreements = None,
    origin: questions.Origins = None,
    affected: questions.Affected = None,
    importance: questions.Importances = None,
    keyword: questions.Keywords = None,
    related: questions.Related = False,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look back.")] = DAYS,
    as_json: console.Json = False,
) -> None:
    """Show what a subscription would have received; nothing is stored and nobody is told."""
    if context.invoked_subcommand is not None:
        return
    settings = console.settings()
    bootstrap.prepare_database(settings)
    taxonomy = bootstrap.open_taxonomy(settings)
    asked = questions.criteria_of(
        taxonomy,
        sectors=sector,
        members=member,
        hs=hs,
        themes=theme,
        keywords=keyword,
        related=related,
        measure_types=measure_type,
        standards=standard,
        substances=substance,
        agreements=agreement,
        origin=origin,
        affected=affected,
        importance=importance,
    )
    _print_preview(_read_past(settings, asked, taxonomy.parents, days), as_json=as_json)


def _read_past(settings: Settings, asked: Criteria, parents: Mapping[str, str], days: int) -> Preview:
    with console.progress("Reading the past"):
        return console.run(_preview(settings, asked, parents, days))


async def _explain(
    settings: Settings, ref: str, subscription: int | None
) -> tuple[CataloguedNotice, explaining.Explained | None]:
    async with bootstrap.open_database(settings) as database:
        async with database.reading() as connection:
            notice = await catalogue.notice(connection, ref)
        if notice is None:
            raise missing("notice-missing", f"{ref}: there is no such notice")
        if subscription is None:
            return notice, None
        parents = bootstrap.open_taxonomy(settings).parents
        return notice, await explaining.explain(database, ref, subscription, parents)


async def _preview(settings: Settings, asked: Criteria, parents: Mapping[str, str], days: int) -> Preview:
    async with bootstrap.open_database(settings) as database:
        return await previewing.preview(database, asked, parents, ReleaseMode(settings.release), days)


def _print_verdicts(explained: explaining.Explained, names: Names) -> None:
    console.out.print(f"subscription {explained.subscription}")
    for verdict in explained.verdicts:
        met = ", ".join(f"{reason.facet} {reason.value}" for reason in verdict.reasons) or "everything is asked for"
        said = f"answers it: {met}" if verdict.refusal is None else f"no ({verdict.refusal.condition})"
        console.out.print(f"  {verdict.kind}: {said}")
        if verdict.refusal is not None:
            for language in bootstrap.LANGUAGES:
                console.out.print(f"    {refusal_sentence(verdict.refusal, language, names[language])}")
        told = verdict.told
        state = (
            "nothing was to be sent" if told is None else f"{told.state} {told.reason or ''} {told.accepted_at or ''}"
        )
        console.out.print(f"    {state.strip()}")


def _print_preview(found: Preview, *, as_json: bool) -> None:
    if as_json:
        console.print_json(PreviewModel.of(found).model_dump(mode="json"))
        return
    console.out.print(f"{found.first} – {found.last}: {len(found.alerts)} alerts, {found.a_week} a week")
    if not found.complete:
        console.out.print(f"  only the newest {found.read} events were read")
    if found.too_many:
        console.out.print("  warning: this is more than most people read; ask for less, or choose a digest")
    if found.waiting:
        console.out.print(f"  {found.waiting} more wait for staff")
    for day, count in found.weeks:
        console.out.print(f"  week of {day}  {count}")
    for alert in found.alerts[:_LISTED]:
        left = "–" if alert.days_left is None else f"{alert.days_left} days left"
        console.out.print(f"  {alert.happened_on}  {alert.ref}  {left}  {alert.title}")
    for loss in found.losses:
        lost = ", ".join(loss.refs[:_LISTED])
        console.out.print(f"  without {loss.value.facet} {loss.value.value} you lose {len(loss.refs)}: {lost}")


def _names(settings: Settings) -> Names:
    taxonomy = bootstrap.open_taxonomy(settings)
    return {language: bootstrap.label_names(taxonomy, language) for language in bootstrap.LANGUAGES}
