"""Quiet hours of one subscriber from the command line."""

from typing import Annotated

import typer

from app import bootstrap
from app.cli import console
from app.domain.errors import invalid, missing
from app.domain.quiet_hours import NEVER, QuietHours
from app.flow.quiet_hours import set_quiet_hours
from app.senders.addresses import parse_address
from app.settings import Settings
from app.store import quiet_hours, subscriptions

_WORDS = {"default": None, "none": NEVER}


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command("quiet-hours")(quiet)


def quiet(
    email: Annotated[str, typer.Argument(help="The address of the subscriber.")],
    hours: Annotated[
        str | None,
        typer.Argument(
            help="Such as 21:00-07:00, in Viet Nam's time; `none`: at any hour; `default`: KENG_QUIET_HOURS. "
            "Left out: only show them."
        ),
    ] = None,
    by: console.Actor = "staff",
) -> None:
    """Show or set the hours in which a subscriber is not written to. Emergencies and confirmations do not wait."""
    settings = console.settings()
    bootstrap.prepare_database(settings)
    wanted = None if hours is None else [_read(hours)]
    console.out.print(_said(console.run(_quiet(settings, email, wanted, by)), settings))


def _read(printed: str) -> QuietHours | None:
    if printed in _WORDS:
        return _WORDS[printed]
    try:
        return QuietHours.read(printed)
    except ValueError as error:
        raise invalid("quiet-hours", str(error), field="HOURS") from error


async def _quiet(settings: Settings, email: str, wanted: list[QuietHours | None] | None, by: str) -> QuietHours | None:
    """Set the hours if any are wanted, and return those that hold then."""
    async with bootstrap.open_database(settings) as database:
        async with database.reading() as connection:
            number = await subscriptions.number_of(connection, parse_address(email).identity)
        if number is None:
            raise missing("subscriber", f"{email} is no subscriber")
        for hours in wanted or []:
            await set_quiet_hours(database, number, hours, by)
        async with database.reading() as connection:
            return await quiet_hours.hours_of(connection, number)


def _said(hours: QuietHours | None, settings: Settings) -> str:
    if hours is None:
        operators = settings.quiet_hours
        return f"{QuietHours(*operators)} (KENG_QUIET_HOURS)" if operators else "none (KENG_QUIET_HOURS is not set)"
    return "none" if hours == NEVER else str(hours)
