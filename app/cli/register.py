"""The dispatch register and its figures from the command line: did X get Y, and how many days were left."""

import sys
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.domain.addresses import mask_address, mask_addresses
from app.domain.errors import invalid, missing
from app.domain.scopes import EVERYTHING
from app.i18n.dates import VIETNAM, today_in_vietnam
from app.senders.addresses import parse_address
from app.settings import Settings
from app.store import figures as store
from app.store import notices, organisations, subscriptions
from app.store import register as entries
from app.store.database import Connection
from app.texts.csv_table import csv_table

figures = typer.Typer(help="What the ministry reports about itself.", no_args_is_help=True)

_DAY = ["%Y-%m-%d"]
_COLUMNS = (
    *("ref", "what", "version", "kind", "address", "organisations", "listed_at", "state", "skipped", "reason", "reply"),
    *("handed_over_at", "accepted_at", "message_id"),
)
_A_YEAR = timedelta(days=365)


def add_to(app: typer.Typer) -> None:
    """Add the command of this room that stands by itself."""
    app.command("register")(register)


def register(
    notice: Annotated[str | None, typer.Option(help="The notice: its symbol, or SOURCE/key.")] = None,
    organisation: Annotated[str | None, typer.Option(help="The key of an organisation.")] = None,
    address: Annotated[str | None, typer.Option(help="One address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many entries, the newest first.")] = 200,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print a table that is safe to open in a spreadsheet.")] = False,
    as_json: console.Json = False,
) -> None:
    """Say who was told what, when, in which version, by which mail and with what outcome. Addresses are masked.

    Name a notice, an organisation or an address, or a notice with one of the others.
    """
    if organisation is not None and address is not None:
        raise invalid("register", "give --organisation or --address, not both", field="--address")
    if (notice, organisation, address) == (None, None, None):
        raise invalid("register", "give --notice, --organisation or --address")
    settings = console.settings()
    bootstrap.prepare_database(settings)
    rows = console.run(_register(settings, notice, organisation, address, limit))
    if as_json:
        console.print_json(rows)
        return
    if as_csv:
        sys.stdout.write(csv_table(_COLUMNS, [_cells(row) for row in rows]))
        return
    for row in rows:
        console.out.print(_sentence(row))
    if not rows:
        console.out.print("nothing was told")


@figures.command("days-left")
def days_left(
    first: Annotated[datetime | None, typer.Option("--from", formats=_DAY, help="First day of circulation.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=_DAY, help="Last day of circulation.")] = None,
    as_json: console.Json = False,
) -> None:
    """Print how many days were left to comment at each stage, per sector and month of circulation; * is every sector.

    Counted are notices, at `handed_over` readers; the median and the least, and how many were reached too late. Without
    days the last year is taken.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    rows = console.run(_days_left(settings, first and first.date(), last and last.date()))
    if as_json:
        console.print_json([asdict(row) | {"month": f"{row.month:%Y-%m}"} for row in rows])
        return
    for row in rows:
        said = f"{row.counted} counted, median {row.median:g}, least {row.least}, {row.late} late"
        console.out.print(f"{row.month:%m/%Y}  {row.sector}  {row.stage}  {said}")


async def _register(
    settings: Settings, notice: str | None, organisation: str | None, address: str | None, limit: int
) -> list[dict[str, Any]]:
    async with bootstrap.open_database(settings) as database, database.reading() as connection:
        question = await _question(connection, notice, organisation, address)
        rows = await entries.told(EVERYTHING, connection, question, limit)
        named = await entries.organisations_of(EVERYTHING, connection, rows)
        return [_entry(row, theirs) for row, theirs in zip(rows, named, strict=True)]


async def _question(
    connection: Connection, notice: str | None, organisation: str | None, address: str | None
) -> entries.Question:
    notice_id = organisation_id = subscriber_id = None
    if notice is not None:
        notice_id = await notices.notice_id_of(connection, notice)
        _found(notice_id, "no-such-notice", f"{notice}: no such notice")
    if organisation is not None:
        organisation_id = (await organisations.numbers_of(connection, [organisation])).get(organisation)
        _found(organisation_id, "organisation-missing", f"{organisation}: no such organisation")
    if address is not None:
        subscriber_id = await subscriptions.number_of(connection, parse_address(address).identity)
        _found(subscriber_id, "subscriber", f"{mask_address(address)}: was never written to")
    return entries.Question(notice_id=notice_id, organisation_id=organisation_id, subscriber_id=subscriber_id)


def _found(number: int | None, code: str, said: str) -> None:
    if number is None:
        raise missing(code, said)


async def _days_left(settings: Settings, first: date | None, last: date | None) -> list[store.DaysLeft]:
    async with bootstrap.open_database(settings) as database, database.reading() as connection:
        until = last or today_in_vietnam(await database.now(connection))
        since = first or until - _A_YEAR
        if until < since:
            raise invalid("days", "lies before --from", field="--to")
        return await store.days_left(connection, since, until)


def _entry(row: Any, named: list[str]) -> dict[str, Any]:
    hidden = {"number", "subscriber_id", "organisation"}
    said = {name: value for name, value in row._mapping.items() if name not in hidden}  # noqa: SLF001 - SQLAlchemy's public name
    words = {name: None if said[name] is None else mask_addresses(said[name]) for name in ("reason", "reply")}
    nobody = "nobody" if row.skipped == entries.NO_ADDRESS else "forgotten"
    address = mask_address(row.address) if row.address else nobody
    return said | words | {"address": address, "organisations": named}


def _cells(row: dict[str, Any]) -> list[object]:
    return [" ".join(row[name]) if name == "organisations" else row[name] for name in _COLUMNS]


def _sentence(row: dict[str, Any]) -> str:
    version = f"version {row['version']}" if row["version"] is not None else ""
    outcome = row["state"] or row["skipped"] or "waiting"
    at = (row["accepted_at"] or row["handed_over_at"] or row["listed_at"]).astimezone(VIETNAM)
    who = " ".join([row["address"], *row["organisations"]])
    parts = (f"{at:%d/%m/%Y %H:%M}", row["ref"], row["what"], version, row["kind"], who, outcome)
    return "  ".join(str(part) for part in parts if part)
