"""Who did what, from the command line, and whether anybody changed that since."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer

from app.cli import console
from app.cli.opening import with_database
from app.domain.audit import Head
from app.domain.errors import invalid
from app.flow import audit as flow
from app.flow.audit import Verified
from app.i18n.dates import VIETNAM
from app.store import audit as store
from app.store.database import Database
from app.texts.cleaning import one_line

T = TypeVar("T")

audit = typer.Typer(help="Who did what.", no_args_is_help=True)


@audit.command("verify")
def verify(
    head: Annotated[
        list[str] | None,
        typer.Option(
            "--head", help="NUMBER:HASH from a log or a backup, which must lie on the chain; may be given again."
        ),
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Follow the chain of the audit from its first row to its last. Exit code 1 with the first row where it is broken."""
    noted = [_head(one) for one in head or []]
    found = _run(lambda database: flow.verify(database, noted))
    if as_json:
        console.print_json(_printed(found))
    else:
        console.out.print(_said(found))
    if found.broken is not None or found.too_early:
        raise typer.Exit(1)


@audit.command("accept")
def accept(
    number: Annotated[int, typer.Argument(help="Where the chain is broken, as keng audit verify says.")],
    because: Annotated[str, typer.Option(help="What happened, for the record.")],
    by: console.Actor = "staff",
) -> None:
    """Explain the first break of the chain, so that it is passed over from now on. Nothing is mended."""
    found = _run(lambda database: flow.accept(database, number, because, by))
    console.out.print(_said(found))
    if found.broken is not None:
        raise typer.Exit(1)


@audit.command("show")
def show(
    subject: Annotated[str | None, typer.Option(help="Only what is about this, such as subscriber:5.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this actor did.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day, in Viet Nam.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many rows, the newest.")] = 200,
    as_json: console.Json = False,
) -> None:
    """Print who did what, the newest last. People stand in it by number; no row holds an address."""
    first = since.replace(tzinfo=VIETNAM) if since else None
    rows = _run(lambda database: _listed(database, limit, subject, actor, first))
    if as_json:
        console.print_json({"items": rows})
        return
    for row in rows:
        details = [f"{name}={value}" for name, value in row["details"].items()]
        said = [f"{row['actor']} ({row['origin']})", row["verb"], row["subject"], *details]
        at = f"{row['at'].astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}"
        console.out.print("  ".join([at, *map(one_line, said)]))


def _head(printed: str) -> Head:
    try:
        return Head.read(printed)
    except ValueError as error:
        raise invalid("head", str(error), field="--head") from error


async def _listed(
    database: Database, limit: int, subject: str | None, actor: str | None, since: datetime | None
) -> list[dict[str, Any]]:
    async with database.reading() as connection:
        rows = await store.listed(connection, limit, subject=subject, actor=actor, since=since)
    return [dict(row._mapping) for row in reversed(rows)]  # noqa: SLF001 - SQLAlchemy's public name


def _said(found: Verified) -> str:
    early = "".join(f"\n{one}: before the first row that is kept; nothing can be said of it" for one in found.too_early)
    if found.broken is None:
        passed = f", but for {found.accepted} breaks that were accepted" if found.accepted else ""
        return f"{found.rows} rows, whole{passed}. Head {found.head}{early}"
    broken = found.broken
    row = "" if broken.audit_id is None else f" (row {broken.audit_id})"
    return (
        f"BROKEN at number {broken.number}{row}: {broken.fault}. Whole before that, {found.rows} rows. "
        f"Head {found.head}{early}\n"
        "See docs/runbook/audit-broken.md"
    )


def _printed(found: Verified) -> dict[str, Any]:
    broken = found.broken
    return {
        "whole": broken is None,
        "rows": found.rows,
        "accepted": found.accepted,
        "head": str(found.head),
        "too_early": [str(one) for one in found.too_early],
        "break": None if broken is None else {"number": broken.number, "row": broken.audit_id, "fault": broken.fault},
    }


def _run(work: Callable[[Database], Awaitable[T]]) -> T:
    return with_database(lambda _settings, database: work(database))
