"""Whether this installation is sound."""

from typing import Annotated
from urllib.parse import urlsplit

import typer

from app import bootstrap
from app.cli import console
from app.domain.soundness import Finding, Level
from app.flow.examine import examine
from app.settings import Settings
from app.settings.values import read_host_port

_MARKS = {Level.SOUND: "ok     ", Level.WARNING: "warning", Level.FAULT: "FAULT  ", Level.UNSEEN: "unseen "}


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command("doctor")(doctor)


def doctor(
    resolver: Annotated[
        str | None, typer.Option(help="HOST:PORT of a name server to ask in place of the system's.")
    ] = None,
    as_json: console.Json = False,
) -> None:
    """Examine settings, database, clock, disk, relay, and the SPF, DKIM, DMARC and PTR records. Nothing is sent.

    Exit code 1 when something must be mended; what cannot be seen from here is named and does not count.
    """
    settings = console.settings()
    with console.progress("Examining"):
        findings = [*_settings(settings), *console.run(_examined(settings, resolver))]
    if as_json:
        console.print_json([_row(finding) for finding in findings])
    else:
        for finding in findings:
            console.out.print(_line(finding))
    if any(finding.level is Level.FAULT for finding in findings):
        raise typer.Exit(1)


async def _examined(settings: Settings, resolver: str | None) -> list[Finding]:
    async with bootstrap.open_database(settings) as database:
        server = read_host_port(resolver) if resolver else None
        return await examine(bootstrap.examined(settings, database, server))


def _settings(settings: Settings) -> list[Finding]:
    """Say where the settings loosen something, or leave something open that production needs."""
    loosened = {
        "KENG_ALLOW_PLAIN": (settings.allow_plain, "mail and pulls may go over the network in the clear"),
        "KENG_RATE_LIMITS": (not settings.rate_limits, "requests are not limited"),
        "KENG_WEBHOOK_ALLOW": (bool(settings.webhook_allow), "webhooks may reach into the network"),
        "KENG_OPERATORS": (not settings.operators, "is empty: nobody is written to when something is stuck"),
        "KENG_EPING_KEY": (settings.eping_key is None, "is not set: ePing is not pulled"),
    }
    found = [Finding(name, Level.WARNING, said, "see docs/settings.md") for name, (so, said) in loosened.items() if so]
    return [*found, *_key(settings), *_address(settings), *_drafts(settings)]


def _key(settings: Settings) -> list[Finding]:
    if settings.secret_key is not None:
        return [Finding("KENG_SECRET_KEY", Level.SOUND, "is set, long enough, and no example")]
    if not settings.uses_sqlite:
        return [Finding("KENG_SECRET_KEY", Level.FAULT, "is not set", "links in mails are signed with it")]
    file = bootstrap.key_file(settings)
    if file.exists() and file.stat().st_mode & 0o077:
        return [Finding("key", Level.FAULT, f"{file} can be read by others", f"chmod 600 {file}")]
    return [Finding("key", Level.SOUND, f"{file}: keep a copy of it elsewhere, no backup holds it")]


def _address(settings: Settings) -> list[Finding]:
    host = urlsplit(settings.base_url).hostname or ""
    if host in {"localhost", "127.0.0.1", "::1"}:
        said = f"{settings.base_url}: links in mails lead only to this machine"
        return [Finding("KENG_BASE_URL", Level.WARNING, said, "set the https address that subscribers open")]
    return []


def _drafts(settings: Settings) -> list[Finding]:
    if settings.drafts_url is None:
        return []
    key = "with a key, which is not shown" if settings.drafts_key else "without a key"
    said = f"{settings.drafts_url} drafts boxes as {settings.drafts_kind}, {key}: their words go there when staff ask"
    return [Finding("KENG_DRAFTS_URL", Level.SOUND, said)]


def _row(finding: Finding) -> dict[str, str]:
    return {
        "subject": finding.subject,
        "level": finding.level,
        "said": finding.said,
        "remedy": finding.remedy,
    }


def _line(finding: Finding) -> str:
    remedy = f"\n         → {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.level]}  {finding.subject}: {finding.said}{remedy}"
