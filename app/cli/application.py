"""The `keng` command: its parts, and how every failure is told in one line."""

import sys

import typer

from app.cli import (
    articles,
    audit,
    backups,
    changes,
    database,
    desk,
    doctor,
    explaining,
    exports,
    feedback,
    intake,
    organisations,
    people,
    person,
    quiet,
    register,
    resending,
    running,
    sorting,
    staff,
    taxonomy,
    telling,
    warning,
    watching,
)
from app.domain.errors import AppError
from app.settings import SettingsError
from app.store.database import DatabaseFault

app = typer.Typer(
    name="keng",
    help="Kẻng: cảnh báo TBT/SPS cho doanh nghiệp Việt Nam. Settings are environment variables KENG_*.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

for part in (
    running,
    intake,
    sorting,
    people,
    desk,
    changes,
    articles,
    telling,
    explaining,
    taxonomy,
    exports,
    backups,
    doctor,
    quiet,
    resending,
    watching,
    feedback,
    organisations,
    register,
):
    part.add_to(app)
app.add_typer(telling.digests, name="digest")
app.add_typer(database.schema, name="db")
app.add_typer(person.person, name="person")
app.add_typer(audit.audit, name="audit")
app.add_typer(staff.staff, name="staff")
app.add_typer(organisations.organisation, name="organisation")
app.add_typer(register.figures, name="figures")
app.add_typer(warning.warnings, name="warning")


def main() -> None:
    """Run the command line; a refusal ends with its reason on stderr and exit code 2, never with a traceback."""
    try:
        app()
    except SettingsError as error:
        _leave(*error.problems)
    except AppError as error:
        _leave(f"{error.field}: {error.message}" if error.field else error.message)
    except DatabaseFault as error:
        _leave(f"KENG_DATABASE_URL: the database cannot be used: {' '.join(str(error.orig).split())}")


def _leave(*lines: str) -> None:
    for line in lines:
        print(f"keng: {line}", file=sys.stderr)  # noqa: T201 - this is where the command line speaks
    raise SystemExit(2)
