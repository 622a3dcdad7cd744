"""Telling people from the command line: deliver what is due, close digest windows."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from app import bootstrap
from app.bootstrap import Installation
from app.cli import console, stopping
from app.domain.deliveries import DeliveryState
from app.flow import fanout, sign_in, taxonomy
from app.flow.deliver import Drained, Ending, drain, waiting_now
from app.flow.resolve import resolve_unknowns
from app.i18n.dates import VIETNAM
from app.settings import Settings

digests = typer.Typer(help="Digests.", no_args_is_help=True)

_AGAIN = 1.0
_NOTES = {
    DeliveryState.NEEDS_HUMAN: " (see keng queue)",
    DeliveryState.HANDING_OVER: " (no answer in time; the same bytes go once more)",
}


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
    """Release by rule, match, fan out, then send what is due. Exit code 1 when the relay could not be used.

    SIGTERM and Ctrl-C end it in order: nothing more is claimed, what is being handed over has 25 seconds, exit code 0.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    done = console.run(_deliver(settings, once=once))
    ended = {state.value: count for state, count in done.drained.ended.items()}
    if as_json:
        console.print_json({"ended": ended, "host_down": done.drained.host_down, "waiting": done.waiting})
    else:
        console.out.print(f"Delivered: {_sentence(done)}")
    if done.drained.host_down and not done.stopped:
        raise typer.Exit(1)


@digests.command("close")
def close(
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="A moment in Viet Nam; now if left out."
        ),
    ] = None,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Close the digest windows that are due, now or as of a moment, and write the day's reminders of deadlines.

    The mails wait in the outbox for `keng deliver`.
    """
    settings = console.settings()
    bootstrap.prepare_database(settings)
    made = console.run(_close(settings, as_of.replace(tzinfo=VIETNAM) if as_of else None, by))
    if as_json:
        console.print_json({"digests": made})
    else:
        console.out.print(f"{made} digests made")


@dataclass(slots=True)
class _Round:
    """What one run of `keng deliver` came to; `waiting` counts what is due and was not sent."""

    drained: Drained = field(default_factory=Drained)
    waiting: int = 0
    stopped: bool = False


def _sentence(done: _Round) -> str:
    counts = ", ".join(f"{count} {state}{_NOTES.get(state, '')}" for state, count in done.drained.ended.items())
    waits = f"{done.waiting} message{' waits' if done.waiting == 1 else 's wait'}"
    if done.drained.host_down:
        return f"{counts or 'nothing'}; {waits}: the relay does not answer ({done.drained.host_down})"
    if done.waiting:
        return f"{counts or 'nothing'}; {waits}"
    return counts or "nothing was due"


async def _deliver(settings: Settings, *, once: bool) -> _Round:
    installation = bootstrap.install(settings)
    stop, done = stopping.stopped_by_signals(), _Round()
    try:
        async with bootstrap.open_outgoing(installation) as opened:
            outgoing = opened
            await taxonomy.outdate_left_over(installation.database)
            await _mail_staff(installation)
            await _ask_relay(installation)
            while not stop.is_set():
                with console.progress("Delivering"):
                    await stopping.unless_late(bootstrap.process_waiting(installation), stop, stopping.GRACE)
                    done.drained.add(await drain(installation.database, outgoing, Ending(stop, stopping.GRACE)))
                await _ask_relay(installation)
                due, held = await waiting_now(installation.database)
                done.waiting = due + held if done.drained.host_down else due
                if once and (done.drained.host_down or not due + held):
                    break
                await _pause(stop)
                await _mail_staff(installation)
                installation = await _followed(installation)
                outgoing = bootstrap.with_stationery(outgoing, installation)
        done.stopped = stop.is_set()
        return done
    finally:
        await installation.database.close()


async def _mail_staff(installation: Installation) -> None:
    """Hand over the links that staff wait for."""
    async with bootstrap.open_post(installation) as post:
        await sign_in.send_due(installation.database, post)


async def _ask_relay(installation: Installation) -> None:
    """Ask the relay's log for the fate of what nobody knows."""
    journal = bootstrap.open_journal(installation.settings)
    if journal is not None:
        await resolve_unknowns(installation.database, journal)


async def _followed(installation: Installation) -> Installation:
    """Return the installation under the rules in force; what this command sorted by others meanwhile is sorted anew."""
    followed = await bootstrap.followed(installation)
    if followed is not installation:
        await taxonomy.outdate(followed.database, followed.taxonomy.version)
    return followed


async def _pause(stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _AGAIN)


async def _close(settings: Settings, as_of: datetime | None, by: str) -> int:
    installation = bootstrap.install(settings)
    try:
        if as_of is not None:
            await fanout.note_closing(installation.database, as_of, by)
        await bootstrap.process_waiting(installation)
        made, _ = await bootstrap.close_windows(installation, as_of)
        return made
    finally:
        await installation.database.close()
