"""Subscribing from the command line: one address, or a file of them."""

import csv
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app import bootstrap
from app.cli import console, questions
from app.domain.errors import AppError, invalid
from app.domain.subscriptions import Frequency, Language
from app.domain.taxonomy import Taxonomy
from app.flow import subscribe as flow
from app.flow.subscribe import SubscriptionRequest
from app.senders.addresses import parse_address
from app.settings import Settings

Keep = Callable[[Sequence[SubscriptionRequest]], Awaitable[list[flow.Answer]]]

_BLOCK = 500
"""Rows that are kept together: few statements for many, and nobody else waits long."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("subscribe")(subscribe)


def subscribe(
    email: Annotated[str | None, typer.Argument(help="The address; left out with --from-csv.")] = None,
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
    frequency: Annotated[Frequency, typer.Option(help="How soon to be told.")] = Frequency.INSTANT,
    language: Annotated[Language, typer.Option(help="The language of the mails.")] = Language.VI,
    related: questions.Related = False,
    from_csv: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="A file with columns email, sector, frequency, language."),
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="The consent was given to staff: confirm at once, mail nothing.")
    ] = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Subscribe an address and print the subscription's id. Without --confirmed a confirmation mail goes out."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    if (email is None) == (from_csv is None):
        raise invalid("who", "give one address, or --from-csv with a file", field="EMAIL")
    if from_csv is not None:
        done, faults = console.run(_subscribe_file(settings, from_csv, by, confirmed=confirmed))
        _report_file(done, faults, as_json=as_json)
        return
    asked = questions.criteria_of(
        bootstrap.open_taxonomy(settings),
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
    request = SubscriptionRequest(
        address=parse_address(email or ""), criteria=asked, frequency=frequency, language=language
    )
    number = console.run(_subscribe(settings, request, by, confirmed=confirmed))
    if as_json:
        console.print_json({"id": number, "confirmed": confirmed})
    else:
        console.out.print(str(number))


@asynccontextmanager
async def _keeping(settings: Settings, *, confirmed: bool) -> AsyncIterator[Keep]:
    """Give what keeps subscriptions: by the consent that staff were given, or by a mail that asks for it."""
    if confirmed:
        database, keys = bootstrap.open_database(settings), [bootstrap.signing_key(settings)]
        keep = partial(flow.enrol_each, database, keys=keys)
    else:
        installation = bootstrap.install(settings)
        database, most = installation.database, settings.confirmations_per_hour
        desk = flow.SubscriptionDesk(database, installation.letterhead, installation.keys, most)
        keep = partial(flow.ask_each, desk)
    try:
        yield keep
    finally:
        await database.close()


async def _subscribe(settings: Settings, request: SubscriptionRequest, by: str, *, confirmed: bool) -> int:
    if confirmed:
        return await _enrol(settings, request, by)
    async with _keeping(settings, confirmed=False) as keep:
        (answer,) = await keep([request])
    if isinstance(answer, AppError):
        raise answer
    return answer.id


async def _enrol(settings: Settings, request: SubscriptionRequest, by: str) -> int:
    async with bootstrap.open_database(settings) as database:
        return (await flow.enrol_by(database, request, [bootstrap.signing_key(settings)], by)).id


async def _subscribe_file(settings: Settings, file: Path, by: str, *, confirmed: bool) -> tuple[int, list[str]]:
    """Subscribe every sound row; return how many, and a complaint for each other row.

    The whole file is read before anything of it is kept. Raises AppError when it is no CSV file with these columns.
    """
    with console.progress(f"Subscribing {file.name}") as say:
        sound, faults = _read(bootstrap.open_taxonomy(settings), file, say)
        await _note(settings, file, (len(sound), len(faults)), by, confirmed=confirmed)
        done = 0
        async with _keeping(settings, confirmed=confirmed) as keep:
            for start in range(0, len(sound), _BLOCK):
                block = sound[start : start + _BLOCK]
                answers = await keep([request for _, request in block])
                refused = {row: one for (row, _), one in zip(block, answers, strict=True) if isinstance(one, AppError)}
                faults |= refused
                done += len(block) - len(refused)
                say(f"{start + len(block)} of {len(sound)} rows")
    return done, [f"row {row}: {error.field or 'email'}: {error.message}" for row, error in sorted(faults.items())]


async def _note(settings: Settings, file: Path, rows: tuple[int, int], by: str, *, confirmed: bool) -> None:
    with file.open("rb") as opened:
        listed = flow.ListFile(
            rows=rows[0], refused=rows[1], hash=hashlib.file_digest(opened, "sha256").hexdigest(), confirmed=confirmed
        )
    async with bootstrap.open_database(settings) as database:
        await flow.note_list(database, listed, by)


def _read(
    taxonomy: Taxonomy, file: Path, say: console.Say
) -> tuple[list[tuple[int, SubscriptionRequest]], dict[int, AppError]]:
    """Return the requests of a file by row, and what is wrong with each other row."""
    sound: list[tuple[int, SubscriptionRequest]] = []
    faults: dict[int, AppError] = {}
    for number, row in _rows(file):
        try:
            sound.append((number, _request(taxonomy, row)))
        except AppError as error:
            faults[number] = error
        if number % _BLOCK == 0:
            say(f"{number} rows read")
    return sound, faults


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.DictReader(opened, strict=True)
        try:
            names = [(name or "").strip().lower() for name in reader.fieldnames or []]
            if "email" not in names or "sector" not in names:
                raise invalid(
                    "columns", "the first row must name the columns email, sector, frequency, language", field="row 1"
                )
            reader.fieldnames = names
            for row in reader:
                yield reader.line_num, {name: (row[name] or "").strip() for name in names if name}
        except csv.Error as error:
            raise invalid("csv", f"is no row of CSV: {error}", field=f"row {reader.reader.line_num}") from error
        except UnicodeDecodeError as error:
            raise invalid("encoding", "is not in UTF-8; save it as “CSV UTF-8”", field=file.name) from error


def _request(taxonomy: Taxonomy, row: dict[str, str]) -> SubscriptionRequest:
    sectors = [name.strip() for name in row["sector"].replace(";", ",").replace("|", ",").split(",") if name.strip()]
    if not sectors:
        raise invalid("sector", "is empty", field="sector")
    return SubscriptionRequest(
        address=parse_address(row["email"]),
        criteria=questions.criteria_of(taxonomy, sectors=sectors),
        frequency=Frequency(_choice("frequency", row.get("frequency") or Frequency.INSTANT, Frequency)),
        language=Language(_choice("language", row.get("language") or Language.VI, Language)),
    )


def _report_file(done: int, faults: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        console.print_json({"subscribed": done, "faults": faults})
    else:
        console.out.print(f"{done} subscribed, {len(faults)} rows refused")
        for fault in faults:
            console.err.print(f"  {fault}")
    if faults:
        raise typer.Exit(1)


def _choice(field: str, value: str, choices: type[Frequency] | type[Language]) -> str:
    if value not in [one.value for one in choices]:
        raise invalid(field, f"{value}: must be one of {', '.join(choices)}", field=field)
    return value
