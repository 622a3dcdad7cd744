"""Examine an installation from where it stands: database, clock, disk, relay, the records of its mail domain (EM-07)."""

import asyncio
import ipaddress
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from app.domain.soundness import Finding, Level, judge_dkim, judge_dmarc, judge_spf
from app.domain.visits import Fault
from app.store import audit, holds, readiness
from app.store.database import Connection, Database

_CLOCKS_APART = timedelta(seconds=5)
_CERTIFICATE_LEFT = timedelta(days=14)
_DISK_FREE = 1_000_000_000
_DISK_LAST = 200_000_000
_UNANSWERED = "the resolver does not answer"


class Names(Protocol):
    """What asks the domain name system; raises when no resolver answers."""

    async def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name."""

    async def addresses(self, name: str) -> list[str]:
        """Return the addresses of a name."""

    async def names(self, address: str) -> list[str]:
        """Return the names that an address points back to."""


class Seen(Protocol):
    """What was seen of a relay."""

    @property
    def fault(self) -> str | None:
        """Why it cannot be used; None when it can."""

    @property
    def protocol(self) -> str:
        """The version of TLS; empty without it."""

    @property
    def certificate_until(self) -> datetime | None:
        """The end of its certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What is examined. `look` opens a session with the relay at `relay_host`; None of both where none is set.

    `issuer` asks the issuer that staff sign in by for its doors and keys, and returns why they cannot be used; `machine`
    asks what drafts boxes what is wrong with it; None of both where none is set.
    `mail_domain` stands in From and in the envelope, `folder` is where the database or our own files lie.
    """

    database: Database
    folder: Path
    mail_domain: str
    names: Names
    unanswered: type[Exception]
    dkim_selector: str | None = None
    relay_host: str = ""
    look: Callable[[], Awaitable[Seen]] | None = None
    issuer: Callable[[], Awaitable[str | None]] | None = None
    machine: Callable[[], Awaitable[Fault | None]] | None = None


async def examine(installed: Installed) -> list[Finding]:
    """Return what was found, in the order in which it is best mended."""
    parts = await asyncio.gather(
        _database(installed.database),
        _relay(installed),
        _issuer(installed),
        _records(installed),
        _pointer(installed),
        _machine(installed),
    )
    return [_disk(installed.folder), *(finding for part in parts for finding in part)]


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    level = Level.SOUND if free >= _DISK_FREE else Level.WARNING if free >= _DISK_LAST else Level.FAULT
    remedy = "" if level is Level.SOUND else "make room: without it nothing can be recorded, and sending stops"
    return Finding("disk", level, f"{free / 1e9:.1f} GB free in {folder}", remedy)


async def _database(database: Database) -> list[Finding]:
    state = await readiness.state(database)
    if state is None:
        return [Finding("database", Level.FAULT, "does not answer", "start it, and look at KENG_DATABASE_URL")]
    if not state.current:
        return [Finding("schema", Level.FAULT, "is behind", "run: keng db upgrade")]
    async with database.reading() as connection:
        standing = [
            *await _standing(connection),
            _audit(await audit.last_verified(connection)),
            *_owner(await audit.owner_among_us(connection)),
        ]
    return [
        Finding("database", Level.SOUND, f"{database.dialect}, newest schema"),
        _clock(state.now, datetime.now(UTC)),
        *(_pulse(beat, state.now) for beat in state.heartbeats if not beat.is_fresh(state.now)),
        *standing,
    ]


async def _standing(connection: Connection) -> list[Finding]:
    return [
        Finding(
            f"hold {hold.name}",
            Level.FAULT,
            f"no mail leaves: {hold.because}",
            f"keng resume {hold.name} --because TEXT",
        )
        for hold in await holds.standing(connection)
    ]


def _audit(verified: Any | None) -> Finding:
    if verified is None:
        said = "was never verified"
        return Finding("audit", Level.UNSEEN, said, "the worker does it once a day; at once: keng audit verify")
    at = f"{verified.at:%Y-%m-%d %H:%M} UTC"
    if verified.fault is not None:
        return Finding("audit", Level.FAULT, f"is broken: {verified.fault}, {at}", "see docs/runbook/audit-broken.md")
    return Finding("audit", Level.SOUND, f"whole, verified {at}, {verified.number} rows since its beginning")


def _owner(role: str | None) -> list[Finding]:
    if role is None:
        return []
    said = f"is Kẻng's own role {role}: whoever has its password can switch off what keeps the rows"
    return [Finding("owner of the audit", Level.WARNING, said, "see docs/runbook/audit-owned.md")]


def _clock(theirs: datetime, ours: datetime) -> Finding:
    apart = abs(theirs - ours)
    if apart <= _CLOCKS_APART:
        return Finding("clock", Level.SOUND, "the same here and in the database")
    said = f"{apart.total_seconds():.0f} s apart from the database's"
    return Finding("clock", Level.FAULT, said, "set both by NTP: leases and deadlines go by the database's clock")


def _pulse(beat: readiness.Heartbeat, now: datetime) -> Finding:
    minutes = (now - beat.beat_at).total_seconds() / 60
    said = f"last ran {minutes:.0f} minutes ago, due every {beat.period.total_seconds() / 60:.0f}"
    return Finding(f"job {beat.job}", Level.WARNING, said, "start keng worker, or read its log")


async def _relay(installed: Installed) -> list[Finding]:
    if installed.look is None:
        return [Finding("relay", Level.FAULT, "none is set", "set KENG_SMTP_URL: until then mail waits in the outbox")]
    seen = await installed.look()
    if seen.fault is not None:
        return [Finding("relay", Level.FAULT, seen.fault, "see KENG_SMTP_URL and the relay's own log")]
    said = f"{installed.relay_host} answers" + (f" under {seen.protocol}" if seen.protocol else ", line not encrypted")
    return [Finding("relay", Level.SOUND, said), *_certificate(seen.certificate_until)]


async def _issuer(installed: Installed) -> list[Finding]:
    if installed.issuer is None:
        return []
    fault = await installed.issuer()
    if fault is None:
        return [Finding("issuer", Level.SOUND, "answers, and has keys")]
    return [Finding("issuer", Level.FAULT, fault, "see KENG_OIDC_ISSUER: until then only passwords let staff in")]


def _certificate(until: datetime | None) -> list[Finding]:
    if until is None:
        return []
    soon = until - datetime.now(UTC) < _CERTIFICATE_LEFT
    level, remedy = (Level.WARNING, "renew it: after that day no mail leaves") if soon else (Level.SOUND, "")
    return [Finding("relay's certificate", level, f"holds until {until:%Y-%m-%d}", remedy)]


async def _records(installed: Installed) -> list[Finding]:
    domain, selector = installed.mail_domain, installed.dkim_selector
    asked = [(domain, judge_spf, domain), (f"_dmarc.{domain}", judge_dmarc, domain)]
    if selector is not None:
        asked.append((f"{selector}._domainkey.{domain}", judge_dkim, f"{selector}._domainkey.{domain}"))
    found = [await _judged(installed, *one) for one in asked]
    if selector is None:
        remedy = "name the relay's selector in KENG_DKIM_SELECTOR"
        found.append(Finding(f"DKIM of {domain}", Level.UNSEEN, "the selector is not known", remedy))
    return found


async def _judged(
    installed: Installed, name: str, judge: Callable[[str, Sequence[str]], Finding], subject: str
) -> Finding:
    try:
        return judge(subject, await installed.names.texts(name))
    except installed.unanswered as error:
        return Finding(f"record {name}", Level.UNSEEN, f"{_UNANSWERED}: {error}", "ask from where DNS answers")


async def _pointer(installed: Installed) -> list[Finding]:
    """Look whether the relay's address points to a name that points back, as large receivers ask."""
    if installed.look is None:
        return []
    if _is_here(installed.relay_host):
        said = "the relay is on this machine: its public address is not to be seen from here"
        return [Finding("PTR", Level.UNSEEN, said, "look it up for the address that the relay sends from")]
    try:
        addresses = await _addresses(installed)
        return [await _points_back(installed, address) for address in addresses]
    except installed.unanswered as error:
        return [Finding("PTR", Level.UNSEEN, f"{_UNANSWERED}: {error}", "ask from where DNS answers")]


async def _points_back(installed: Installed, address: str) -> Finding:
    for name in await installed.names.names(address):
        if address in await installed.names.addresses(name):
            return Finding("PTR", Level.SOUND, f"{address} is {name}, and back")
    remedy = "right if the relay sends from another address; else let PTR and A name each other"
    return Finding("PTR", Level.WARNING, f"{address} has no name that leads back to it", remedy)


async def _addresses(installed: Installed) -> list[str]:
    try:
        return [str(ipaddress.ip_address(installed.relay_host))]
    except ValueError:
        return await installed.names.addresses(installed.relay_host)


async def _machine(installed: Installed) -> list[Finding]:
    """Ask the machine that drafts boxes what it can do; it is given nothing to translate."""
    if installed.machine is None:
        return []
    fault = await installed.machine()
    if fault is None:
        return [Finding("drafts", Level.SOUND, "the machine answers and knows what is asked of it")]
    remedy = "see KENG_DRAFTS_URL, _KIND, _KEY and _MODEL; until then people write every box themselves"
    return [Finding("drafts", Level.WARNING, fault.reason, remedy)]


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
