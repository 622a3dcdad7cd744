"""Taking notices in from the command line."""

import asyncio
from collections import Counter
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.domain.errors import invalid
from app.domain.events import Telling
from app.domain.visits import Window
from app.flow import attach, classify, ingest
from app.flow.ingest import PullReport
from app.settings import Settings

_AGAIN = 60.0
"""Seconds after which `keng attach` looks for what has become due."""

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


class FileFormat(StrEnum):
    """The forms of file that can be imported."""

    WORKBOOK = "eping-xlsx"
    CSV = "csv"
    JSONL = "jsonl"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("pull")(pull)
    app.command("import")(import_file)
    app.command("attach")(attach_documents)


def pull(
    source: Annotated[str | None, typer.Argument(help="eping, or the name of a feed; all of them if left out.")] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of circulation.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day of circulation.")
    ] = None,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Visit sources once, now, and sort what is new. Exit code 1 when a source did not answer soundly."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    reports = console.run(_pull(settings, source, _window(first, last), by))
    if as_json:
        console.print_json([_plain(report) for report in reports])
    else:
        for report in reports:
            console.out.print(_sentence(report))
    if any(report.fault for report in reports):
        raise typer.Exit(1)


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file of notices.")],
    form: Annotated[FileFormat | None, typer.Option("--format", help="Told by the file's ending if left out.")] = None,
    tell: Annotated[
        bool | None, typer.Option("--tell/--silent", help="Tell all of it, or none; by default what is recent.")
    ] = None,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Take in a file of notices: the ePing workbook, a search export of ePing, CSV or JSON lines."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    telling = Telling.RECENT if tell is None else Telling.ALL if tell else Telling.NONE
    report = console.run(_import(settings, file, form or _form_of(file), telling, by))
    if as_json:
        console.print_json(_plain(report))
    else:
        console.out.print(_sentence(report))
        for complaint in report.complaints[:20]:
            console.err.print(f"  {complaint}")
        if len(report.complaints) > 20:  # noqa: PLR2004 - more would scroll the summary away; all are in quarantine
            console.err.print(f"  … and {len(report.complaints) - 20} more; `keng queue` lists them")
    if report.fault or report.complaints:
        raise typer.Exit(1)


def attach_documents(
    once: Annotated[bool, typer.Option("--once", help="Return when nothing is due now.")] = False,
    as_json: console.Json = False,
) -> None:
    """Bring the documents behind the links of recent notices, read them, and sort anew what they concern."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    ended = console.run(_attach(settings, once=once))
    if as_json:
        console.print_json({"ended": ended})
    else:
        counts = ", ".join(f"{count} {state}" for state, count in ended.items()) or "nothing was due"
        console.out.print(f"Attachments: {counts}")


async def _attach(settings: Settings, *, once: bool) -> dict[str, int]:
    total: Counter[str] = Counter()
    async with bootstrap.open_database(settings) as database, bootstrap.open_attachments(settings) as door:
        while True:
            with console.progress("Bringing documents") as say:
                await attach.list_links(database, door)
                total.update(await attach.bring_waiting(database, door, watch=lambda seen: say(f"{seen} so far")))
                await attach.index_annexes(database)
                await classify.sort_waiting(database, bootstrap.open_sorter(settings))
            if once:
                return dict(total)
            await asyncio.sleep(_AGAIN)


async def _pull(settings: Settings, name: str | None, window: Window | None, by: str) -> list[PullReport]:
    reports = []
    async with bootstrap.open_database(settings) as database:
        async with bootstrap.open_sources(settings) as sources:
            if name is not None and name not in sources:
                known = ", ".join(sources) or "none is configured: set KENG_EPING_KEY or KENG_FEEDS"
                raise invalid("unknown-source", f"{name}: no such source; known: {known}", field="SOURCE")
            for source in [sources[name]] if name is not None else sources.values():
                with console.progress(f"Pulling {source.name}") as say:
                    report = await ingest.pull(
                        database,
                        source,
                        baseline_days=settings.baseline_days,
                        window=window,
                        actor=by,
                        watch=lambda seen: say(f"page {seen.pages}, {seen.records} records"),
                    )
                reports.append(report)
        await classify.sort_waiting(database, bootstrap.open_sorter(settings))
    return reports


async def _import(settings: Settings, file: Path, form: FileFormat, telling: Telling, by: str) -> PullReport:
    async with bootstrap.open_database(settings) as database:
        with console.progress(f"Reading {file.name}") as say:
            report = await ingest.import_pages(
                database,
                f"file:{form}",
                bootstrap.open_file(file, form),
                baseline_days=settings.baseline_days,
                telling=telling,
                actor=by,
                watch=lambda seen: say(f"{seen.records} rows, {seen.added} new notices"),
            )
        with console.progress("Sorting"):
            await classify.sort_waiting(database, bootstrap.open_sorter(settings))
        return report


def _form_of(file: Path) -> FileFormat:
    forms = {
        ".xlsx": FileFormat.WORKBOOK,
        ".csv": FileFormat.CSV,
        ".jsonl": FileFormat.JSONL,
        ".ndjson": FileFormat.JSONL,
    }
    if file.suffix.lower() not in forms:
        raise invalid("unknown-format", f"{file.name}: say what it is with --format", field="FILE")
    return forms[file.suffix.lower()]


def _window(first: datetime | None, last: datetime | None) -> Window | None:
    if first is None and last is None:
        return None
    if first is None:
        raise invalid("window", "--to needs --from", field="--from")
    end = (last or datetime.now()).date()  # noqa: DTZ005 - a day on the operator's own calendar
    if end < first.date():
        raise invalid("window", "--to lies before --from", field="--to")
    return Window(first.date(), end)


def _sentence(report: PullReport) -> str:
    days = f", {report.window.first} to {report.window.last}" if report.window else ""
    counts = f"{report.records} records, {report.added} new notices, {report.changed} changed, {report.quarantined} in quarantine"
    ending = f"; {report.result.upper()}: {report.fault.reason}" if report.fault else ""
    remarks = "".join(f"\n  {remark}" for remark in report.remarks)
    return f"{report.source}{days}: {counts}{ending}{remarks}"


def _plain(report: PullReport) -> dict[str, object]:
    return {
        "source": report.source,
        "from": report.window.first if report.window else None,
        "to": report.window.last if report.window else None,
        "result": report.result,
        "reason": report.fault.reason if report.fault else None,
        "pages": report.pages,
        "records": report.records,
        "added": report.added,
        "changed": report.changed,
        "quarantined": report.quarantined,
        "complaints": report.complaints,
        "remarks": report.remarks,
    }
