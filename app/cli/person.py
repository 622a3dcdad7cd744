"""Answering people about their data, from the command line: hand out, erase, requests with their clocks, a breach."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.cli.opening import with_database
from app.domain.errors import invalid
from app.domain.privacy import Erasure, RequestKind, erasure_lines, read_erasures
from app.flow import personal_data as flow
from app.flow import retention
from app.i18n.dates import VIETNAM
from app.senders.addresses import parse_address
from app.settings import Settings
from app.store import person_requests
from app.store.database import Database
from app.texts.personal_data import as_csv, as_json

person = typer.Typer(help="What people may ask about their data.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The address of the person.")]
Number = Annotated[int, typer.Argument(help="The number of the request.")]
Csv = Annotated[bool, typer.Option("--csv", help="Rows for a spreadsheet instead of JSON.")]

_LISTED = 500
_DAY = ["%Y-%m-%d"]


@person.command("export")
def export(email: Email, csv: Csv = False, by: console.Actor = "staff") -> None:
    """Print all that is held about a person. It is written in the audit that it was printed."""
    with_database(lambda settings, database: _export(settings, database, email, by, as_rows=csv))


@person.command("erase")
def erase(
    email: Email,
    because: Annotated[str, typer.Option("--because", help="The reason, without the person's name.")],
    by: console.Actor = "staff",
) -> None:
    """Destroy all that names a person, everywhere. It cannot be undone; no import brings them back."""

    async def work(settings: Settings, database: Database) -> None:
        keys = [bootstrap.signing_key(settings)]
        number = await flow.find(database, parse_address(email), keys)
        await flow.erase(database, number, keys, by, person_requests.BY_STAFF, because)

    with_database(work)
    console.out.print("Erased.")


@person.command("request")
def request(
    email: Email,
    kind: Annotated[RequestKind, typer.Option(help="What is asked.")],
    received: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The day on which it came, in Viet Nam; today if left out.")
    ] = None,
    by: console.Actor = "staff",
) -> None:
    """Write down a request that came by letter, mail or phone, and print its number. Its clock runs from that day."""
    at = received.replace(tzinfo=VIETNAM) if received else None
    number = with_database(lambda _, database: flow.note_request(database, parse_address(email), kind, by, at))
    console.out.print(str(number))


@person.command("requests")
def requests(
    every: Annotated[bool, typer.Option("--all", help="The finished ones too.")] = False,
    as_json_lines: console.Json = False,
) -> None:
    """List the requests that are open, with the days by which they are to be answered and done."""
    rows = with_database(lambda _, database: _requests(database, every=every))
    if as_json_lines:
        console.print_json(rows)
    for row in [] if as_json_lines else rows:
        state = "done" if row["finished_at"] else "answered" if row["answered_at"] else "open"
        clock = f"answer by {row['answer_by']:%d/%m/%Y}, done by {row['finish_by']:%d/%m/%Y}"
        whose = f"person {row['subscriber_id']}" if row["subscriber_id"] else "nothing was held"
        console.out.print(f"{row['id']}  {row['kind']}  {whose}  {clock}  {state}")


@person.command("answered")
def answered(number: Number, by: console.Actor = "staff") -> None:
    """Write down that a request was answered; it is still to be done."""
    with_database(lambda _, database: flow.answer_request(database, number, by))


@person.command("finish")
def finish(
    number: Number,
    result: Annotated[str, typer.Option(help="What came of it, without the person's name.")],
    by: console.Actor = "staff",
) -> None:
    """Write down that what was asked is done, or why it is not."""
    with_database(lambda _, database: flow.finish_request(database, number, result, by))


@person.command("concerned")
def concerned(
    since: Annotated[datetime, typer.Option(formats=_DAY, help="The first day, in Viet Nam.")],
    until: Annotated[datetime, typer.Option(formats=_DAY, help="The last day, in Viet Nam.")],
    csv: Csv = False,
    by: console.Actor = "staff",
) -> None:
    """Print whose data was here in these days, and what staff took out of it: what a breach must be told of in 72 hours."""
    if until < since:
        raise invalid("days", "lies before --since", field="--until")
    first, after = since.replace(tzinfo=VIETNAM), until.replace(tzinfo=VIETNAM) + timedelta(days=1)

    async def work(_: Settings, database: Database) -> None:
        await flow.name_concerned(database, first, after, by)
        await _print(flow.concerned(database, first, after), as_rows=csv)

    with_database(work)


@person.command("erased")
def erased(by: console.Actor = "staff") -> None:
    """Print everybody who was erased, by keyed hashes: keep it apart from the backups, which cannot know it."""

    async def work(_: Settings, database: Database) -> list[Erasure]:
        await flow.name_erasures(database, by)
        return await flow.erasures(database)

    for line in erasure_lines(with_database(work)):
        console.out.print(line)


@person.command("erase-again")
def erase_again(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `keng person erased` printed.")],
    by: console.Actor = "staff",
) -> None:
    """Erase once more whom a restored backup still knows. It needs the secret key that they were erased with."""
    try:
        forgotten = list(read_erasures(file.read_text("utf-8").splitlines()))
    except ValueError as error:
        raise invalid("erasures", str(error), field=file.name) from error

    async def work(settings: Settings, database: Database) -> int:
        return await flow.reapply_erasures(database, [bootstrap.signing_key(settings)], forgotten, by)

    console.out.print(f"{with_database(work)} erased once more")


@person.command("retain")
def retain(by: console.Actor = "staff") -> None:
    """Destroy what is older than it is kept, as a worker does once a day, and print how much of what."""

    async def work(settings: Settings, database: Database) -> dict[str, int]:
        return await retention.retain(database, [bootstrap.signing_key(settings)], actor=by)

    console.print_json(with_database(work))


async def _export(settings: Settings, database: Database, email: str, by: str, *, as_rows: bool) -> None:
    number = await flow.find(database, parse_address(email), [bootstrap.signing_key(settings)])
    await flow.hand_out(database, number, by, person_requests.BY_STAFF)
    await _print(flow.records(database, number), as_rows=as_rows)


async def _print(found: AsyncIterator[tuple[str, Any]], *, as_rows: bool) -> None:
    async for piece in as_csv(found) if as_rows else as_json(found):
        await asyncio.to_thread(sys.stdout.write, piece)


async def _requests(database: Database, *, every: bool) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        rows = await person_requests.listed(connection, _LISTED, finished=every)
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name
