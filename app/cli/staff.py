"""Who may use the desk, from the command line: the first administrator is made here."""

import secrets
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import typer

from app import bootstrap
from app.bootstrap import Installation
from app.cli import console
from app.domain.access import Role
from app.domain.errors import invalid
from app.domain.subscriptions import Language
from app.flow import sign_in
from app.flow.sign_in import AccountDesk, Made
from app.i18n.dates import VIETNAM
from app.senders.addresses import parse_address
from app.store import accounts

T = TypeVar("T")

staff = typer.Typer(help="Who may use the desk.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The address of the person.")]
Because = Annotated[str, typer.Option("--because", help="The reason, for the record.")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]

_RANDOM_OCTETS = 18


@staff.command("add")
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What they are here for.")],
    password_stdin: PasswordStdin = False,
    invite: Annotated[
        bool,
        typer.Option("--invite", help="Mail an invitation instead; password and second factor are set by its link."),
    ] = False,
    language: Annotated[Language, typer.Option(help="The language of the mails.")] = Language.VI,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Make an account that may sign in at once, and print the secret of its second factor, this once.

    Without --password-stdin a password is made up and printed too.
    """
    if invite and password_stdin:
        raise invalid("invite", "who is invited sets a password by the link", field="--invite")
    if invite:
        number = _run(lambda desk: sign_in.invite(desk, parse_address(email), role, language, by))
        _say({"id": number, "email": email, "role": role.value}, "Invited", as_json=as_json)
        return
    password = _typed() if password_stdin else secrets.token_urlsafe(_RANDOM_OCTETS)
    made = _run(lambda desk: sign_in.add(desk, parse_address(email), role, language, password, by))
    made_up = {} if password_stdin else {"password": password}
    _say({"email": email, "role": role.value} | made_up | _secrets_of(made), "Added", as_json=as_json)


@staff.command("list")
def list_(as_json: console.Json = False) -> None:
    """List everybody with an account."""
    rows = _run(_listed)
    if as_json:
        console.print_json(rows)
        return
    for row in rows:
        seen = row["signed_in_at"]
        last = f"last signed in {seen.astimezone(VIETNAM):%d/%m/%Y %H:%M}" if seen else "never signed in"
        console.out.print(f"{row['id']}  {row['email']}  {row['role']}  {row['state']}  {last}")


@staff.command("disable")
def disable(email: Email, because: Because, by: console.Actor = "staff") -> None:
    """Keep somebody out from this moment; their sessions end."""
    _change(email, lambda desk, number: sign_in.disable(desk.database, number, because, by))
    console.out.print("Disabled.")


@staff.command("enable")
def enable(email: Email, because: Because, by: console.Actor = "staff") -> None:
    """Let somebody in again who was kept out."""
    _change(email, lambda desk, number: sign_in.enable(desk.database, number, because, by))
    console.out.print("Enabled.")


@staff.command("role")
def role(
    email: Email, to: Annotated[Role, typer.Option("--to", help="The new role.")], by: console.Actor = "staff"
) -> None:
    """Give somebody another role; their sessions end."""
    _change(email, lambda desk, number: sign_in.set_role(desk.database, number, to, by))
    console.out.print(f"Now {to.value}.")


@staff.command("reset")
def reset(
    email: Email,
    because: Because,
    password_stdin: PasswordStdin = False,
    by: console.Actor = "staff",
    as_json: console.Json = False,
) -> None:
    """Give somebody another second factor and print its secret, this once; their sessions end.

    With --password-stdin also another password.
    """
    password = _typed() if password_stdin else None
    made = _change(email, lambda desk, number: sign_in.remake(desk, number, because, by, password))
    _say({"email": email} | _secrets_of(made), "Reset", as_json=as_json)


@staff.command("erase")
def erase(email: Email, because: Because, by: console.Actor = "staff") -> None:
    """Destroy what names somebody whose account is disabled; the audit goes on naming them by number."""
    _change(email, lambda desk, number: sign_in.erase(desk.database, number, because, by))
    console.out.print("Erased.")


def _change(email: str, work: Callable[[AccountDesk, int], Awaitable[T]]) -> T:
    async def found(desk: AccountDesk) -> T:
        return await work(desk, await sign_in.find(desk.database, parse_address(email)))

    return _run(found)


def _run(work: Callable[[AccountDesk], Awaitable[T]]) -> T:
    settings = console.settings()
    bootstrap.prepare_database(settings)
    installation = bootstrap.install(settings)
    return console.run(_closed_after(installation, work))


async def _closed_after(installation: Installation, work: Callable[[AccountDesk], Awaitable[T]]) -> T:
    try:
        return await work(AccountDesk(installation.database, installation.letterhead, installation.keys))
    finally:
        await installation.database.close()


async def _listed(desk: AccountDesk) -> list[dict[str, Any]]:
    async with desk.database.reading() as connection:
        rows = await accounts.listed(connection)
    return [
        {
            "id": row.id,
            "email": row.address,
            "role": row.role,
            "state": _state(row),
            "created_at": row.created_at,
            "signed_in_at": row.signed_in_at,
            "mail": row.mail_state,
        }
        for row in rows
    ]


def _state(row: Any) -> str:
    if row.disabled_at:
        return "disabled"
    if row.password_hash is None:
        return "invited" if row.openid_subject is None else "active by issuer"
    return "active" if row.factor_seed else "without second factor"


def _secrets_of(made: Made) -> dict[str, Any]:
    codes = list(made.recovery_codes)
    return {"id": made.account_id, "secret": made.secret, "uri": made.uri, "recovery_codes": codes}


def _say(value: dict[str, Any], done: str, *, as_json: bool) -> None:
    if as_json:
        console.print_json(value)
        return
    console.out.print(f"{done}: {value['email']}")
    if "secret" not in value:
        console.out.print("The invitation waits for the worker, or for keng deliver.")
        return
    if "password" in value:
        console.out.print(f"Password: {value['password']}")
    console.out.print(f"Second factor, for an authenticator program: {value['secret']}")
    console.out.print(value["uri"])
    console.out.print("Recovery codes, each good for one sign-in without it:")
    for code in value["recovery_codes"]:
        console.out.print(f"  {code}")
    console.out.print("None of this is shown again.")


def _typed() -> str:
    """Return the first line of standard input."""
    return sys.stdin.readline().rstrip("\r\n")
