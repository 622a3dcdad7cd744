"""Telling people from the command line: deliver what is due, close digest windows."""

import asyncio
from datetime import datetime
from typing import Annotated

import typer

from app import bootstrap
from app.bootstrap import Installation
from app.cli import console
from app.domain.release import ReleaseMode
from app.flow import classify, fanout, release
from app.flow.deliver import Drained, drain, waiting_now
from app.i18n.dates import VIETNAM
from app.settings import Settings

digests = typer.Typer(help="Digests.", no_args_is_help=True)

_AGAIN = 1.0


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("deliver")(deliver)


@digests.callback()
def _group() -> None:
    """Keep `digest` a group of commands, also while it has only one."""


def deliver(
    once: Annotated[bool, typer.Option("--once", help="Return when nothing is due now.")] = False,
    as_json: console.Json = False,
) -> None:
    """Release by rule, match, fan out, then send what is due. Exit code 1 when the relay could not be used."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    drained = console.run(_deliver(settings, once=once))
    ended = {state.value: count for state, count in drained.ended.items()}
    if as_json:
        console.print_json({"ended": ended, "host_down": drained.host_down})
    else:
        counts = ", ".join(f"{count} {state}" for state, count in ended.items()) or "nothing was due"
        console.out.print(f"Delivered: {counts}" + (f"; relay down: {drained.host_down}" if drained.host_down else ""))
    if drained.host_down:
        raise typer.Exit(1)


@digests.command("close")
def close(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="A moment in Viet Nam; now if left out."
        ),
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Close the digest windows that are due, now or as of a moment; the mails wait in the outbox for `keng deliver`."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    made = console.run(_close(settings, as_of.replace(tzinfo=VIETNAM) if as_of else None))
    if as_json:
        console.print_json({"digests": made})
    else:
        console.out.print(f"{made} digests made")


async def _deliver(settings: Settings, *, once: bool) -> Drained:
    installation = bootstrap.install(settings)
    total = Drained()
    try:
        async with bootstrap.open_outgoing(installation) as opened:
            outgoing = opened
            while True:
                with console.progress("Delivering"):
                    await process(installation)
                    total.add(await drain(installation.database, outgoing))
                if once and (total.host_down or not await waiting_now(installation.database)):
                    return total
                await asyncio.sleep(_AGAIN)
                installation = await bootstrap.followed(installation)
                outgoing = bootstrap.with_stationery(outgoing, installation)
    finally:
        await installation.database.close()


async def process(installation: Installation) -> None:
    """Do everything between intake and the outbox once: sort, release, fan out, gather."""
    database, settings = installation.database, installation.settings
    await classify.sort_waiting(database, installation.rules.sorter)
    await release.release_by_rule(database, ReleaseMode(settings.release))
    await fanout.fan_out(database, installation.parents)
    await fanout.gather_instant(database, bootstrap.group_pause(settings), installation.letterhead.mail_domain)
    await fanout.gather_replays(database, installation.letterhead.mail_domain)


async def _close(settings: Settings, as_of: datetime | None) -> int:
    installation = bootstrap.install(settings)
    try:
        await process(installation)
        domain = installation.letterhead.mail_domain
        return await fanout.close_digests(installation.database, settings.digest_at, domain, as_of)
    finally:
        await installation.database.close()
