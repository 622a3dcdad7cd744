"""Organisations from the command line: who they are, which address is theirs, and where a notice goes."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from app import bootstrap
from app.cli import console
from app.cli.opening import with_database
from app.domain.addresses import mask_address
from app.domain.errors import invalid, missing
from app.domain.organisations import EVERY_SECTOR, Level, Organisation, OrganisationKind, Responsibility, hs_digits
from app.domain.scopes import EVERYTHING
from app.domain.taxonomy import Taxonomy
from app.flow import organisations as flow
from app.flow import routing
from app.i18n.dates import VIETNAM
from app.senders.addresses import parse_address
from app.settings import Settings
from app.store import organisations as store
from app.store.database import Database

organisation = typer.Typer(help="Whom the ministry writes to as organisations.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(help="What staff call it, such as vitas_textile.")]
Email = Annotated[str, typer.Argument(help="The address.")]
Because = Annotated[str, typer.Option("--because", help="The reason, for the record.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room that stand by themselves."""
    app.command("route")(route)


@organisation.command("list")
def list_all(as_json: console.Json = False) -> None:
    """List the organisations with the sectors that they answer for, and how many of their addresses may be written to."""
    found, reach = with_database(_listed)
    rows = [_row(one, *reach.get(one.key, (0, 0))) for one in found]
    if as_json:
        console.print_json(rows)
        return
    for row in rows:
        console.out.print(
            f"{row['key']}  {row['name_vi']}  {_sectors(row)}  {row['writable']} of {row['addresses']} verified"
        )


@organisation.command("show")
def show(key: Key, as_json: console.Json = False) -> None:
    """Show one organisation with its addresses, masked, and how each of them is known to be theirs."""
    one, addresses = with_database(lambda _, database: _shown(database, key))
    value = _row(one, len(addresses), sum(contact.writable for contact in addresses)) | {
        "contacts": [_contact(contact) for contact in addresses]
    }
    if as_json:
        console.print_json(value)
        return
    for name, said in (value | {"sectors": _sectors(value), "hs": ", ".join(one.hs)}).items():
        if name != "contacts" and said:
            console.out.print(f"{name}: {said}")
    for contact in addresses:
        console.out.print("  " + "  ".join(filter(None, _known(contact))))


@organisation.command("add")
def add(
    key: Key,
    name: Annotated[str | None, typer.Option("--name", help="In Vietnamese; needed for a new one.")] = None,
    name_en: Annotated[str | None, typer.Option("--name-en", help="In English.")] = None,
    kind: Annotated[OrganisationKind | None, typer.Option(help="What it is.")] = None,
    level: Annotated[Level | None, typer.Option(help="Whether it speaks for the whole country.")] = None,
    abbreviation: Annotated[str | None, typer.Option(help="Not unique: VITAS is textiles and tea.")] = None,
    sector: Annotated[
        list[str] | None,
        typer.Option(help="SECTOR=primary or SECTOR=related, * for every sector; may be given again, replaces all."),
    ] = None,
    hs: Annotated[str | None, typer.Option(help="HS codes of its goods, such as 50-63; 4202.")] = None,
    website: Annotated[str | None, typer.Option(help="To look it up.")] = None,
    address: Annotated[list[str] | None, typer.Option(help="An address of theirs, not verified yet.")] = None,
    role: Annotated[str, typer.Option(help="Whose mailbox that is, such as the office.")] = "",
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Add an organisation, or change what is given of a known one; add addresses, which are yet to be verified."""
    given = {
        "name_vi": name,
        "name_en": name_en,
        "kind": kind,
        "level": level,
        "abbreviation": abbreviation,
        "hs": None if hs is None else hs_digits(hs),
        "website": website,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    with_database(lambda settings, database: _add(settings, database, key, changes, sector, address or [], role, by))
    _say(f"{key}: saved", {"key": key, "addresses": len(address or [])}, as_json=as_json)


@organisation.command("verify")
def verify(
    key: Key,
    email: Email,
    mail: Annotated[bool, typer.Option("--mail", help="Mail a link with which the address verifies itself.")] = False,
    because: Annotated[str, typer.Option(help="Without --mail: why you hold it to be theirs.")] = "",
    source: Annotated[str, typer.Option(help="Without --mail: where you have it from.")] = "",
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Verify an address of an organisation by a mailed link, or on your word with a reason and its source."""
    if mail and (because or source):
        raise invalid("two-ways", "a mailed link needs no reason and no source", field="--mail")
    address = parse_address(email)
    if mail:
        with_database(lambda settings, _: _mail(settings, key, email, by))
    else:
        with_database(lambda _, database: flow.verify(database, key, address, because, source, by))
    done = "a link is on its way" if mail else "verified"
    value = {"key": key, "address": mask_address(email), "done": "asked" if mail else "verified"}
    _say(f"{mask_address(email)}: {done}", value, as_json=as_json)


@organisation.command("remove")
def remove(
    key: Key, email: Email, because: Because, by: console.Actor = "staff", as_json: console.Json = False
) -> None:
    """Let an address be an organisation's no longer; what was sent there stays in the register."""
    with_database(lambda _, database: flow.remove_contact(database, key, parse_address(email), because, by))
    _say(f"{mask_address(email)}: removed", {"key": key, "address": mask_address(email)}, as_json=as_json)


@organisation.command("seed")
def seed(by: console.Actor = "staff", as_json: console.Json = False) -> None:
    """Add the associations that come with Kẻng and are not there yet; none has an address, and what you changed stays."""
    added = with_database(lambda _, database: flow.seed(database, bootstrap.open_organisations(), by))
    _say(f"{added} added", {"added": added}, as_json=as_json)


def route(
    ref: Annotated[str, typer.Argument(help="The notice: its symbol, or SOURCE/key.")], as_json: console.Json = False
) -> None:
    """Say who would get a letter about a notice, who a copy, and why. Nothing is sent."""
    plan = with_database(lambda settings, database: _planned(settings, database, ref))
    if as_json:
        console.print_json(_plan(plan))
        return
    if plan.none_because is not None:
        console.out.print(f"{plan.ref}: nobody ({plan.none_because})")
    if plan.asked_by is not None:
        urgent = " (gấp)" if plan.asked_by.urgent else ""
        console.out.print(f"{plan.ref}: answers by {plan.asked_by.day:%d/%m/%Y}{urgent}")
    for one in plan.dispatches:
        to, quotes = one.destination, ", ".join(f'{said.field} "{said.quote}"' for said in one.destination.evidence)
        console.out.print(
            f"{to.paper}  {to.organisation}  {one.organisation.name_vi}  {to.rule}: {to.label}  {quotes}"
            f"  {one.writable} verified"
        )


def _plan(plan: routing.Plan) -> dict[str, Any]:
    return {
        "ref": plan.ref,
        "comment_deadline": plan.comment_deadline,
        "internal_deadline": None if plan.asked_by is None else plan.asked_by.day,
        "urgent": plan.asked_by is not None and plan.asked_by.urgent,
        "none_because": plan.none_because,
        "dispatches": [
            {
                "paper": one.destination.paper,
                "organisation": one.organisation.key,
                "name_vi": one.organisation.name_vi,
                "rule": one.destination.rule,
                "label": one.destination.label,
                "confidence": one.destination.confidence,
                "evidence": [asdict(said) for said in one.destination.evidence],
                "writable": one.writable,
            }
            for one in plan.dispatches
        ],
    }


async def _listed(_: Settings, database: Database) -> tuple[list[Organisation], dict[str, tuple[int, int]]]:
    async with database.reading() as connection:
        return await store.listed(EVERYTHING, connection), await store.reach(EVERYTHING, connection)


async def _shown(database: Database, key: str) -> tuple[Organisation, list[store.Contact]]:
    async with database.reading() as connection:
        one = await store.one_of(EVERYTHING, connection, key)
        if one is None:
            raise missing("organisation-missing", f"{key}: no such organisation")
        return one, await store.contacts_of(EVERYTHING, connection, [key])


async def _add(
    settings: Settings,
    database: Database,
    key: str,
    changes: dict[str, Any],
    sector: list[str] | None,
    addresses: list[str],
    role: str,
    by: str,
) -> None:
    read = [parse_address(one) for one in addresses]
    taxonomy = bootstrap.open_taxonomy(settings)
    if sector is not None:
        changes["sectors"] = tuple(_answers_for(taxonomy, one) for one in sector)
    async with database.reading() as connection:
        known = await store.numbers_of(connection, [key])
    if changes or not known:
        await flow.change(database, key, changes, by, {one.id for one in taxonomy.sectors})
    for address in read:
        await flow.add_contact(database, key, address, role, by, [bootstrap.signing_key(settings)])


def _answers_for(taxonomy: Taxonomy, text: str) -> tuple[str, Responsibility]:
    name, _, said = text.partition("=")
    sector = EVERY_SECTOR if name == EVERY_SECTOR else taxonomy.sector_id(name)
    if sector is None:
        raise invalid("unknown-sector", f"{name}: no such sector", field="--sector")
    try:
        return sector, Responsibility(said or Responsibility.PRIMARY)
    except ValueError as error:
        raise invalid("unknown-role", f"{said}: must be primary or related", field="--sector") from error


async def _mail(settings: Settings, key: str, email: str, by: str) -> None:
    installation = bootstrap.install(settings)
    try:
        most = settings.confirmations_per_hour
        desk = flow.ContactDesk(installation.database, installation.letterhead, installation.keys, most)
        await flow.mail_link(desk, key, parse_address(email), by)
    finally:
        await installation.database.close()


async def _planned(settings: Settings, database: Database, ref: str) -> routing.Plan:
    parents = bootstrap.open_taxonomy(settings).parents
    return await routing.planned(database, ref, parents, bootstrap.open_calendar(settings))


def _row(one: Organisation, addresses: int, writable: int) -> dict[str, Any]:
    return asdict(one) | {"sectors": dict(one.sectors), "addresses": addresses, "writable": writable}


def _sectors(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={responsibility}" for name, responsibility in row["sectors"].items())


def _known(one: store.Contact) -> tuple[str, ...]:
    """Return what a line of the list says of an address, an empty word where there is nothing to say."""
    if one.verified_at is None:
        verified = "not verified"
    else:
        verified = f"verified by {one.verified_by} on {one.verified_at.astimezone(VIETNAM):%d/%m/%Y}"
    reasons = "; ".join(filter(None, (one.because, one.source)))
    return (
        mask_address(one.address),
        one.role,
        verified,
        reasons,
        "not written to: suppressed" if one.suppressed else "",
    )


def _contact(one: store.Contact) -> dict[str, Any]:
    hidden = {"id", "organisation", "subscriber_id"}
    said = {name: value for name, value in asdict(one).items() if name not in hidden}
    return said | {"address": mask_address(one.address), "writable": one.writable}


def _say(sentence: str, value: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        console.print_json(value)
    else:
        console.out.print(sentence)
