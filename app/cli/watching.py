"""Looking after Kẻng from the command line: what is missing, and what people do about it."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import structlog
import typer

from app import bootstrap
from app.bootstrap import Installation
from app.cli import console
from app.cli.opening import with_database
from app.domain.alarms import SIGNALS, Alarm, Finding
from app.domain.errors import invalid
from app.flow import alarms, mend
from app.flow.reconcile import Account, look, reconcile
from app.i18n.dates import VIETNAM
from app.settings import Settings
from app.store.database import Database
from app.texts.findings import alarm_title, finding_line

_log = structlog.get_logger(__name__)

_LOOK_EVERY = 60.0

Because = Annotated[str, typer.Option("--because", help="The reason, for the record.")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first day that counts, in Viet Nam.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for name, command in (("hold", hold), ("resume", resume), ("settle", settle), ("rematch", rematch)):
        app.command(name)(command)
    app.command("reconcile")(show_account)


def show_account(since: Since = None, as_json: console.Json = False) -> None:
    """Account for every record, alert and subscriber of the last seven days. Exit code 1 when anything is missing.

    Operators are mailed what was found, as the worker does; in cron this looks also where the worker is dead.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    account = console.run(_reconcile(settings, since.replace(tzinfo=VIETNAM) if since else None))
    if as_json:
        console.print_json(_printed(account))
    else:
        console.out.print("\n".join(_lines(account)))
    if account.differences:
        raise typer.Exit(1)


def hold(
    because: Because,
    name: Annotated[str, typer.Argument(help="What the hold is called, to lift it by.")] = "staff",
    by: console.Actor = "staff",
) -> None:
    """Keep every mail in the outbox until `keng resume`."""
    _do(lambda database: mend.hold(database, name, because, by))
    console.out.print(f"{name}: all mail is on hold; to lift it: keng resume {name} --because TEXT")


def resume(
    name: Annotated[str, typer.Argument(help="The hold, as keng queue lists it; the emergency brake is called brake.")],
    because: Because,
    by: console.Actor = "staff",
) -> None:
    """Lift a hold."""
    _do(lambda database: mend.resume(database, name, because, by))
    console.out.print(f"{name}: lifted")


def settle(
    delivery: Annotated[int, typer.Argument(help="The message, as keng queue lists it under needs_human.")],
    because: Because,
    send: Annotated[bool, typer.Option("--send", help="Send it once more.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Give it up.")] = False,
    by: console.Actor = "staff",
) -> None:
    """Decide about a message that waits for a person. What may have arrived twice is never sent a third time."""
    if send == drop:
        raise invalid("no-decision", "give one of --send and --drop", field="--send")
    _do(lambda database: mend.settle(database, delivery, send=send, because=because, actor=by))
    console.out.print(f"{delivery}: {'is due again' if send else 'given up'}")


def rematch(
    because: Because,
    refs: Annotated[list[str] | None, typer.Argument(help="Notices: symbols, or SOURCE/key.")] = None,
    since: Since = None,
    by: console.Actor = "staff",
) -> None:
    """Match notices anew, or all that was released since a day, so that those who were passed over are told.

    For when the matching was at fault; keng resend tells those who were matched. Whoever was told is not told again.
    """
    if bool(refs) == bool(since):
        raise invalid("no-notices", "name notices, or a day with --since", field="--since")
    moment = since.replace(tzinfo=VIETNAM) if since else None
    count = _do(lambda database: _rematch(database, refs or [], moment, because, by))
    console.out.print(f"{count} notices are matched anew; keng deliver, or the worker, does the rest")


async def keep_watch(installation: Installation) -> None:
    """Look every minute whether the machinery runs, until cancelled: who serves notices that the worker is gone."""
    terms = bootstrap.terms_of(installation.settings, installation.parents, installation.calendar)
    async with bootstrap.open_watch(installation) as watch:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                await alarms.note(installation.database, await look(installation.database, terms), SIGNALS)
                await alarms.tell(installation.database, watch)
            except Exception:  # noqa: BLE001 - a look that fails must not end the serving
                _log.exception("look_failed")


async def _rematch(database: Database, refs: list[str], since: datetime | None, because: str, by: str) -> int:
    chosen = await mend.released_since(database, since) if since else refs
    return await mend.rematch(database, chosen, because, by)


def _do(work: Any) -> Any:
    return with_database(lambda _settings, database: work(database))


async def _reconcile(settings: Settings, since: datetime | None) -> Account:
    async with bootstrap.open_database(settings) as database:
        with console.progress("Looking"):
            parents, calendar = bootstrap.open_taxonomy(settings).parents, bootstrap.open_calendar(settings)
            terms = bootstrap.terms_of(settings, parents, calendar)
            account = await reconcile(database, terms, since)
        if since is None:
            await alarms.note(database, account.findings, list(Alarm))
    if settings.operators and settings.smtp_url is not None:
        await _tell(settings)
    return account


async def _tell(settings: Settings) -> None:
    installation = bootstrap.install(settings)
    try:
        async with bootstrap.open_watch(installation) as watch:
            await alarms.tell(installation.database, watch)
    finally:
        await installation.database.close()


def _lines(account: Account) -> list[str]:
    counts = f"{account.alerts} alerts, {account.subscribers} subscribers to be told"
    lines = [f"Looked since {account.since.astimezone(VIETNAM):%d/%m/%Y}: {counts}"]
    for alarm in Alarm:
        found = [one for one in account.findings if one.alarm is alarm]
        if found:
            lines.append(f"{found[0].gravity}: {alarm_title(alarm, 'en')} (docs/runbook/{alarm}.md)")
            lines += [f"  {finding_line(one, 'en')}" for one in found]
    return lines if account.findings else [*lines, "Nothing is missing"]


def _printed(account: Account) -> dict[str, Any]:
    return {
        "healthy": not account.differences,
        "since": account.since,
        "alerts": account.alerts,
        "subscribers": account.subscribers,
        "findings": [_value(one) for one in account.findings],
    }


def _value(one: Finding) -> dict[str, Any]:
    return {
        "check": one.check,
        "alarm": one.alarm,
        "gravity": one.gravity,
        "ref": one.ref,
        "count": one.count,
        "said": finding_line(one, "en"),
        "runbook": f"docs/runbook/{one.alarm}.md",
    }
