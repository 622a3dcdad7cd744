"""The doors of an installation: what it brings notices in by, hands mail out by, and is looked at through."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from app.bootstrap.installation import Installation, group_pause, worker_name
from app.bootstrap.jobs import jobs_of, sources_of
from app.domain.brakes import AN_HOUR
from app.domain.exports import ExportLine
from app.domain.organisations import Organisation
from app.domain.quiet_hours import QuietHours
from app.domain.unknowns import is_delivery
from app.domain.visits import Complaint, Fault, Page
from app.domain.working_days import WorkingCalendar
from app.flow.alarms import Watch
from app.flow.deliver import Outgoing, Stationery
from app.flow.examine import Installed
from app.flow.feedback import Mailbox
from app.flow.ingest import Source
from app.flow.reconcile import Terms
from app.flow.resolve import Journal
from app.flow.sign_in import Post
from app.flow.translate import Drafter
from app.senders.smtp import Relay, inspect, parse_smtp_url
from app.settings import Settings
from app.settings.mailboxes import MaildirBox
from app.settings.values import HostPort
from app.sources import machine_drafts
from app.sources.allowed_hosts import AllowedHosts
from app.sources.attachments import LIMITS, AttachmentSource
from app.sources.domain_names import DomainNames, NameServer, NoAnswerError
from app.sources.eping import EpingSource
from app.sources.exports_file import read_exports
from app.sources.feeds import FeedSource, feed_of
from app.sources.fetch import Fetcher, open_client
from app.sources.imap import ImapMailbox
from app.sources.machine_drafts import ChatCompletions, LibreTranslate
from app.sources.maildir import Maildir
from app.sources.openid import LIMITS as ISSUER_LIMITS
from app.sources.openid import IdentityProvider
from app.sources.organisations import bundled_organisations
from app.sources.records_file import read_csv, read_jsonl
from app.sources.relay_log import RelayLog
from app.sources.taxonomy_file import bundled_file
from app.sources.warning_form import WarningForm, read_warning
from app.sources.workbook import read_workbook
from app.store.database import Database, file_of
from app.vault.return_paths import return_path

RELAY_CONNECTIONS = 8
"""Kept to the relay: enough for 40 mails a second when it takes a tenth of one to answer (LD-05)."""


def with_stationery(outgoing: Outgoing, installation: Installation) -> Outgoing:
    """Return the same doors out with the names of the installation's taxonomy on what they send."""
    return replace(outgoing, stationery=Stationery(installation.letterhead, installation.keys[0]))


@asynccontextmanager
async def open_sources(settings: Settings) -> AsyncIterator[dict[str, Source]]:
    """Open the sources that the settings name, by name; they share one HTTP client."""
    async with open_client() as client:
        fetcher = Fetcher(client)
        sources: dict[str, Source] = {}
        if settings.eping_key is not None:
            key = settings.eping_key.get_secret_value()
            sources["eping"] = EpingSource(fetcher, settings.eping_url, key)
        for feed in settings.feeds:
            sources[feed.name] = FeedSource(fetcher, feed_of(f"{feed.name}={feed.url}" if feed.url else feed.name))
        yield sources


@asynccontextmanager
async def open_attachments(settings: Settings) -> AsyncIterator[AttachmentSource]:
    """Open the door that the documents behind links come through."""
    hosts = AllowedHosts(settings.attachment_hosts)
    async with open_client(LIMITS, keep_connections=False) as client:
        yield AttachmentSource(Fetcher(client, limits=LIMITS, gate=hosts), hosts)


def open_provider(settings: Settings) -> IdentityProvider | None:
    """Return the issuer that staff may sign in by, asked when it is first needed; None where the settings name none."""
    if settings.oidc_issuer is None or settings.oidc_client is None or settings.oidc_secret is None:
        return None
    client = open_client(ISSUER_LIMITS)
    return IdentityProvider(
        Fetcher(client, limits=ISSUER_LIMITS),
        issuer=settings.oidc_issuer,
        client=settings.oidc_client,
        secret=settings.oidc_secret.get_secret_value(),
        close=client.aclose,
    )


@asynccontextmanager
async def open_outgoing(installation: Installation) -> AsyncIterator[Outgoing]:
    """Open what draining the outbox needs; the relay's connections are made when the first mail goes."""
    settings = installation.settings
    address = parse_smtp_url(settings.required_relay(), allow_plain=settings.allow_plain)
    relay = Relay(address, hostname=installation.letterhead.mail_domain, connections=RELAY_CONNECTIONS)
    try:
        yield Outgoing(
            mailer=relay,
            stationery=Stationery(installation.letterhead, installation.keys[0]),
            bounce_address=bounce_address(installation),
            owner=worker_name(),
            lease=timedelta(seconds=settings.lease_seconds),
            relay_log=settings.relay_log is not None,
            quiet=None if settings.quiet_hours is None else QuietHours(*settings.quiet_hours),
            brake=settings.brake_mails,
        )
    finally:
        await relay.close()


def examined(settings: Settings, database: Database, resolver: HostPort | None = None) -> Installed:
    """Return what `keng doctor` looks at; `resolver` is asked in place of the system's."""
    domain = settings.mail_from.address.rpartition("@")[2]
    relay = parse_smtp_url(settings.required_relay(), allow_plain=settings.allow_plain) if settings.smtp_url else None
    file = Path(file_of(settings.database_url.get_secret_value())) if settings.uses_sqlite else Path.cwd() / "keng.db"
    return Installed(
        database=database,
        folder=file.resolve().parent,
        mail_domain=domain,
        names=DomainNames(NameServer(resolver.host, resolver.port) if resolver else None),
        unanswered=NoAnswerError,
        dkim_selector=settings.dkim_selector,
        relay_host=relay.host if relay else "",
        look=partial(inspect, relay, hostname=domain) if relay else None,
        issuer=partial(_look_at_issuer, settings) if settings.oidc_issuer else None,
        machine=partial(_look_at_machine, settings) if settings.drafts_url else None,
    )


async def _look_at_issuer(settings: Settings) -> str | None:
    """Return why the issuer cannot be used; None when it can."""
    provider = open_provider(settings)
    if provider is None:
        return None
    try:
        found = await provider.keys("")
    finally:
        await provider.close()
    if isinstance(found, Fault):
        return found.reason
    return None if found else "has no keys"


def open_drafter(settings: Settings) -> Drafter | None:
    """Return the machine that drafts boxes; None where the settings name none. It is connected to when it is asked."""
    if settings.drafts_url is None:
        return None

    async def draft(text: str, tongue: str) -> str | Fault:
        async with _open_machine(settings) as machine:
            return await machine.draft(text, tongue)

    return draft


async def _look_at_machine(settings: Settings) -> Fault | None:
    async with _open_machine(settings) as machine:
        return await machine.look()


@asynccontextmanager
async def _open_machine(settings: Settings) -> AsyncIterator[LibreTranslate | ChatCompletions]:
    base = settings.drafts_url or ""
    key = settings.drafts_key.get_secret_value() if settings.drafts_key else ""
    async with open_client(machine_drafts.LIMITS) as client:
        fetcher = Fetcher(client, limits=machine_drafts.LIMITS)
        if settings.drafts_kind == "libretranslate":
            yield LibreTranslate(fetcher, base, key)
        else:
            yield ChatCompletions(fetcher, base, key, settings.drafts_model or "")


def open_journal(settings: Settings) -> Journal | None:
    """Return the relay's log, and which messages in it are deliveries of ours; None where the settings name none."""
    if settings.relay_log is None:
        return None
    domain = settings.mail_from.address.rpartition("@")[2]
    return Journal(RelayLog(settings.relay_log, domain), lambda one: is_delivery(one, domain))


@asynccontextmanager
async def open_watch(installation: Installation) -> AsyncIterator[Watch]:
    """Open the way of alarms to the operators: a line to the relay that no other mail can keep busy."""
    settings, relay = installation.settings, None
    if settings.smtp_url is not None and settings.operators:
        address = parse_smtp_url(settings.required_relay(), allow_plain=settings.allow_plain)
        relay = Relay(address, hostname=installation.letterhead.mail_domain, connections=1)
    try:
        yield Watch(
            mailer=relay,
            operators=settings.operators,
            letterhead=installation.letterhead,
            bounce_address=settings.mail_from.address,
            key=installation.keys[0],
        )
    finally:
        if relay is not None:
            await relay.close()


@asynccontextmanager
async def open_post(installation: Installation) -> AsyncIterator[Post]:
    """Open the way of mails to staff: a line to the relay of their own, as alarms have one."""
    settings, relay = installation.settings, None
    if settings.smtp_url is not None:
        address = parse_smtp_url(settings.required_relay(), allow_plain=settings.allow_plain)
        relay = Relay(address, hostname=installation.letterhead.mail_domain, connections=1)
    try:
        yield Post(relay, settings.mail_from.address)
    finally:
        if relay is not None:
            await relay.close()


def terms_of(settings: Settings, parents: Mapping[str, str], calendar: WorkingCalendar) -> Terms:
    """Return what is usual in an installation, for the look at whether anything is missing."""
    pause = group_pause(settings)
    return Terms(
        parents=parents,
        digest_at=settings.digest_at,
        calendar=calendar,
        pause=max(pause, AN_HOUR) if pause else pause,
        sources=sources_of(settings),
        jobs=tuple(job.name for job in jobs_of(settings)),
    )


def bounce_address(installation: Installation) -> Callable[[int], str]:
    """Return where what bounces of a delivery goes to: a signed return path of its own.

    Without KENG_BOUNCE_DOMAIN it is the address that the mails are from, where a person reads it.
    """
    settings, key = installation.settings, installation.keys[0]
    domain = settings.bounce_domain
    return (
        (lambda _: settings.mail_from.address) if domain is None else (lambda number: return_path(number, domain, key))
    )


def open_mailbox(settings: Settings) -> Mailbox | None:
    """Return the box that bounces come to, opened when it is first asked; None when the settings name none."""
    box = settings.bounces
    if box is None:
        return None
    if isinstance(box, MaildirBox):
        return Maildir(Path(box.folder))
    return ImapMailbox(
        host=box.host,
        port=box.port,
        user=box.user,
        password=box.password.get_secret_value(),
        mailbox=box.mailbox,
        tls=ssl.create_default_context() if box.tls else None,
    )


def open_file(file: Path, form: str) -> Iterator[Page]:
    """Open a file of notices, page by page; `form` is `eping-xlsx`, `csv` or `jsonl`."""
    readers = {"eping-xlsx": read_workbook, "csv": read_csv, "jsonl": read_jsonl}
    return readers[form](file)


def open_organisations() -> tuple[Organisation, ...]:
    """Return the organisations that come with Kẻng, none of them with an address."""
    return bundled_organisations()


def open_form(fields: Mapping[str, Any]) -> Page:
    """Open a warning that a person typed, field by field as in `WarningForm`."""
    return read_warning(WarningForm(**fields))


def bundled_rules() -> bytes:
    """Return the file of the taxonomy that comes with Kẻng."""
    return bundled_file()


def open_exports(file: Path) -> Iterator[ExportLine | Complaint]:
    """Open a table of exports, line by line."""
    return read_exports(file)
