"""The only place that chooses: from settings to a database, sources, a sorter, a letterhead and a relay.

Each function opens one thing, so that a command opens what it needs and nothing else.
"""

import asyncio
import os
import secrets
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property, lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from app.domain.brakes import AN_HOUR
from app.domain.exports import ExportLine
from app.domain.facets import FacetReader
from app.domain.quiet_hours import QuietHours
from app.domain.sectors import Sorter
from app.domain.taxonomy import Taxonomy
from app.domain.unknowns import is_delivery
from app.domain.visits import Complaint, Page
from app.domain.working_days import WorkingCalendar
from app.flow.alarms import Watch
from app.flow.deliver import Outgoing, Stationery
from app.flow.examine import Installed
from app.flow.feedback import Mailbox
from app.flow.ingest import Source
from app.flow.reconcile import Terms
from app.flow.resolve import Journal
from app.senders.smtp import Relay, inspect, parse_smtp_url
from app.settings import Settings, SettingsError
from app.settings.mailboxes import MaildirBox
from app.settings.values import HostPort
from app.sources.allowed_hosts import AllowedHosts
from app.sources.attachments import LIMITS, AttachmentSource
from app.sources.domain_names import DomainNames, NameServer, NoAnswerError
from app.sources.eping import EpingSource
from app.sources.exports_file import read_exports
from app.sources.facet_tables import bundled_facet_tables
from app.sources.feeds import FeedSource, feed_of
from app.sources.fetch import Fetcher, open_client
from app.sources.holidays import calendar_of
from app.sources.imap import ImapMailbox
from app.sources.maildir import Maildir
from app.sources.records_file import read_csv, read_jsonl
from app.sources.relay_log import RelayLog
from app.sources.taxonomy_file import bundled_taxonomy, read_taxonomy
from app.sources.workbook import read_workbook
from app.store import taxonomy_versions
from app.store.database import Database, file_of
from app.store.migrations import missing_revisions, upgrade
from app.store.taxonomy_versions import applied_body
from app.telemetry.metrics import Metrics
from app.texts.letterhead import Letterhead
from app.texts.mail import Sender
from app.texts.wording import LabelName
from app.vault.return_paths import return_path

LANGUAGES = ("vi", "en")
RELAY_CONNECTIONS = 8
"""Kept to the relay: enough for 40 mails a second when it takes a tenth of one to answer (LD-05)."""


@dataclass(frozen=True)
class Rules:
    """A taxonomy and the sorter that goes by it, made when it is first asked for."""

    taxonomy: Taxonomy

    @cached_property
    def sorter(self) -> Sorter:
        """The sorter for this taxonomy."""
        return Sorter(self.taxonomy, facets=_facet_reader())


@dataclass(frozen=True, slots=True)
class Installation:
    """What a running Kẻng is made of; `keys` sign links, the current one first; `banner` stands on pages and mails."""

    settings: Settings
    database: Database
    rules: Rules
    letterhead: Letterhead
    keys: Sequence[bytes]
    metrics: Metrics
    calendar: WorkingCalendar
    banner: str = ""

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy in force."""
        return self.rules.taxonomy

    @property
    def source_names(self) -> tuple[str, ...]:
        """The names of the sources that the settings have visited."""
        feeds = tuple(feed.name for feed in self.settings.feeds)
        return feeds if self.settings.eping_key is None else ("eping", *feeds)

    @property
    def parents(self) -> Mapping[str, str]:
        """The sector above each child."""
        return self.taxonomy.parents


def prepare_database(settings: Settings) -> None:
    """Make the schema on SQLite where it is missing; on PostgreSQL name the command that does. Raises SettingsError."""
    url = settings.database_url.get_secret_value()
    if settings.uses_sqlite:
        if missing_revisions(url):
            upgrade(url)
    elif missing_revisions(url):
        raise SettingsError("KENG_DATABASE_URL: the database lacks the newest schema; run: keng db upgrade")


def upgrade_database(settings: Settings) -> None:
    """Bring the database to the newest schema."""
    upgrade(settings.database_url.get_secret_value())


def open_database(settings: Settings) -> Database:
    """Open the database, whose schema `prepare_database` looked after."""
    return Database(settings.database_url.get_secret_value())


def install(settings: Settings, banner: str = "") -> Installation:
    """Put together what serving, mailing and subscribing need."""
    rules = open_rules(settings)
    return Installation(
        settings=settings,
        database=open_database(settings),
        rules=rules,
        letterhead=_letterhead(settings, rules.taxonomy, banner),
        keys=[signing_key(settings)],
        metrics=Metrics(),
        calendar=open_calendar(settings),
        banner=banner,
    )


def open_calendar(settings: Settings) -> WorkingCalendar:
    """Return Viet Nam's working days: the bundled table, and the operator's file before it. Raises SettingsError."""
    try:
        return calendar_of(settings.holidays_file)
    except ValueError as error:
        raise SettingsError(f"KENG_HOLIDAYS_FILE: {error}") from error


def open_rules(settings: Settings | None = None) -> Rules:
    """Return the rules in force: those applied last to the database of these settings, else those that come with Kẻng."""
    return _rules(None if settings is None else applied_body(settings.database_url.get_secret_value()))


async def other_rules(database: Database, version: str) -> Rules | None:
    """Return the rules in force when they are another version than this one and were applied to the database."""
    async with database.reading() as connection:
        newest = await taxonomy_versions.in_force(connection)
        if newest in (None, version):
            return None
        body = await taxonomy_versions.body_of(connection, newest)
    # Reading a taxonomy takes as long as many requests.
    return await asyncio.to_thread(_rules, body)


@lru_cache(maxsize=2)
def _rules(body: bytes | None) -> Rules:
    if body is None:
        return Rules(bundled_taxonomy())
    reading = read_taxonomy(body, "the applied taxonomy")
    if reading.taxonomy is None:
        raise SettingsError(*map(str, reading.complaints), "apply a sound one: keng taxonomy apply FILE")
    return Rules(reading.taxonomy)


@lru_cache(maxsize=1)
def _facet_reader() -> FacetReader:
    return FacetReader(bundled_facet_tables())


def open_taxonomy(settings: Settings | None = None) -> Taxonomy:
    """Return the taxonomy in force, as `open_rules` finds it."""
    return open_rules(settings).taxonomy


def open_sorter(settings: Settings | None = None) -> Sorter:
    """Return the sorter for the taxonomy in force, as `open_rules` finds it."""
    return open_rules(settings).sorter


def with_rules(installation: Installation, rules: Rules) -> Installation:
    """Return an installation that goes by other rules."""
    letterhead = _letterhead(installation.settings, rules.taxonomy, installation.banner)
    return replace(installation, rules=rules, letterhead=letterhead)


async def followed(installation: Installation) -> Installation:
    """Return an installation under the rules in force: itself, unless others were applied since."""
    rules = await other_rules(installation.database, installation.taxonomy.version)
    return installation if rules is None else with_rules(installation, rules)


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
    )


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


def terms_of(settings: Settings, parents: Mapping[str, str]) -> Terms:
    """Return what is usual in an installation, for the look at whether anything is missing."""
    feeds = tuple(feed.name for feed in settings.feeds)
    sources = feeds if settings.eping_key is None else ("eping", *feeds)
    jobs = ["process", "digests", "upkeep", "reconcile", *(f"pull:{name}" for name in sources)]
    pause = group_pause(settings)
    return Terms(
        parents=parents,
        digest_at=settings.digest_at,
        pause=max(pause, AN_HOUR) if pause else pause,
        sources=sources,
        jobs=tuple(jobs + (["deliver"] if settings.smtp_url else []) + (["attach"] if settings.attachments else [])),
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


def open_exports(file: Path) -> Iterator[ExportLine | Complaint]:
    """Open a table of exports, line by line."""
    return read_exports(file)


def group_pause(settings: Settings) -> timedelta:
    """Return how long a second instant mail to the same person waits."""
    return timedelta(minutes=settings.group_minutes)


def worker_name() -> str:
    """Return a name that no other process bears, now or later."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def signing_key(settings: Settings) -> bytes:
    """Return the key that links are signed with: KENG_SECRET_KEY, or on SQLite one of our own, made once.

    That one lies beside the database file, readable by its owner only. On PostgreSQL, which several machines share, the
    key must be given. Raises SettingsError.
    """
    if settings.secret_key is not None or not settings.uses_sqlite:
        return settings.required_secret_key().encode()
    return _kept_key(key_file(settings)).encode()


def key_file(settings: Settings) -> Path:
    """Return where the key of an SQLite installation lies that was given none."""
    return Path(f"{file_of(settings.database_url.get_secret_value())}.key")


def _kept_key(file: Path) -> str:
    """Return the key in a file, made first where there is none; who finds it still empty waits for its maker."""
    with suppress(FileExistsError):
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            opened.write(secrets.token_urlsafe(48) + "\n")
    for _ in range(20):
        if key := file.read_text("ascii").strip():
            return key
        time.sleep(0.1)
    raise SettingsError(f"KENG_SECRET_KEY: is not set, and {file} holds no key; delete it, and a new one is made")


def _letterhead(settings: Settings, taxonomy: Taxonomy, banner: str) -> Letterhead:
    sender = settings.mail_from
    domain = sender.address.rpartition("@")[2]
    host = urlsplit(settings.base_url).hostname or domain
    return Letterhead(
        sender=Sender(sender.name, sender.address),
        base_url=settings.base_url,
        list_id=f"alerts.{host}",
        mail_domain=domain,
        names={language: label_names(taxonomy, language) for language in LANGUAGES},
        banner=banner,
    )


def label_names(taxonomy: Taxonomy, language: str) -> dict[str, LabelName]:
    """Return the names of sectors and themes in a language, by id."""
    names = {
        sector.id: LabelName(sector.name_vi if language == "vi" else sector.name_en, sector.parent or "")
        for sector in taxonomy.sectors
    }
    return names | {
        theme.id: LabelName(theme.name_vi if language == "vi" else theme.name_en) for theme in taxonomy.themes
    }
