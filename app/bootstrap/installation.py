"""What a running Kẻng is made of: settings made into a database, rules for sorting, a letterhead and keys."""

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from app.bootstrap.jobs import sources_of
from app.domain.articles import Unit
from app.domain.facets import FacetReader
from app.domain.sectors import Sorter
from app.domain.taxonomy import Taxonomy
from app.domain.working_days import WorkingCalendar
from app.settings import Settings, SettingsError
from app.sources.facet_tables import bundled_facet_tables
from app.sources.holidays import calendar_of
from app.sources.taxonomy_file import bundled_taxonomy, read_taxonomy
from app.store import taxonomy_versions
from app.store.database import Database, file_of
from app.store.migrations import missing_revisions, upgrade
from app.store.taxonomy_versions import applied_body
from app.telemetry.metrics import Metrics
from app.texts.article.naming import Desk
from app.texts.letterhead import Letterhead
from app.texts.links import Links
from app.texts.mail import Sender
from app.texts.wording import LabelName

LANGUAGES = ("vi", "en")


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
        return sources_of(self.settings)

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


def open_desk(settings: Settings, today: date) -> Desk:
    """Return what the ministry's texts of one day have in common."""
    unit = Unit(
        name=settings.unit,
        parent=settings.unit_parent,
        place=settings.unit_place,
        address=settings.unit_address or "",
        phone=settings.unit_phone or "",
        email=settings.unit_email or "",
    )
    names = label_names(open_taxonomy(settings), "vi")
    links = Links(settings.base_url)
    return Desk(unit=unit, today=today, calendar=open_calendar(settings), names=names, links=links)


def desks(settings: Settings) -> Callable[[date], Desk]:
    """Return what gives the texts of each day what they have in common; tables are read once. Raises SettingsError."""
    common = open_desk(settings, date.min)
    return lambda today: replace(common, today=today)


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


def open_letterhead(settings: Settings) -> Letterhead:
    """Return what every mail of this installation has in common, by the rules in force."""
    return _letterhead(settings, open_taxonomy(settings), "")


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
