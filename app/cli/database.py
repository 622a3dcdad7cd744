"""The schema from the command line."""

import typer

from app.bootstrap import upgrade_database
from app.cli import console

schema = typer.Typer(help="The database.", no_args_is_help=True)


@schema.callback()
def _group() -> None:
    """Keep `db` a group of commands, also while it has only one."""


@schema.command("upgrade")
def upgrade() -> None:
    """Bring the database to the newest schema; safe to repeat."""
    upgrade_database(console.settings())
    console.out.print("The database has the newest schema.")
