"""A whole Kẻng for the demo, put together by `bootstrap` like any other, and the few things the story does with it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.bootstrap import Installation, desks, install, open_outgoing, open_sources, prepare_database
from app.demo.desk_work import DeskWork
from app.demo.readers import Reader
from app.demo.staff import Colleague, hire
from app.domain.subscriptions import Criteria, Language
from app.flow import fanout, ingest
from app.flow.deliver import Drained
from app.flow.ingest import PullReport
from app.flow.publish import TextDesk
from app.flow.sign_in import AccountDesk
from app.flow.subscribe import SubscriptionDesk, SubscriptionRequest, ask, enrol
from app.senders.addresses import parse_address
from app.settings import Settings, given_settings
from app.worker import Worker

SOURCE = "eping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the demo's own servers are: the web address of the pages, ePing's stand-in, the catcher's port and key."""

    base_url: str
    eping_url: str
    eping_key: str
    smtp_port: int


@dataclass(frozen=True, slots=True)
class House:
    """The installation with its doors open."""

    installation: Installation
    worker: Worker

    async def welcome(self, reader: Reader) -> None:
        """Subscribe one reader: by staff's word where consent was given, else by asking for a confirmation."""
        request = SubscriptionRequest(
            address=parse_address(reader.address),
            criteria=Criteria(sectors=reader.sectors).canonical(),
            frequency=reader.frequency,
            language=Language.VI,
        )
        if reader.confirmed:
            await enrol(self.installation.database, [request], self.installation.keys)
        else:
            await ask(self._desk(), request)

    async def hire(self) -> tuple[Colleague, ...]:
        """Make the accounts of the desk."""
        installation = self.installation
        return await hire(AccountDesk(installation.database, installation.letterhead, installation.keys))

    def desk_work(self, staff: tuple[Colleague, ...]) -> DeskWork:
        """Return what the staff does at the desk."""
        editor, approver, _administrator = staff
        installation, settings = self.installation, self.installation.settings
        domain = installation.letterhead.mail_domain
        texts = TextDesk(installation.database, desks(settings), settings.month_begins, domain)
        return DeskWork(installation, texts, editor, approver)

    async def pull(self, watch: Callable[[PullReport], None]) -> PullReport:
        """Visit ePing's stand-in once."""
        return await ingest.pull(
            self.installation.database,
            self.worker.sources[SOURCE],
            baseline_days=self.installation.settings.baseline_days,
            watch=watch,
        )

    async def tell(self) -> Drained:
        """Sort, release by rule, match, gather, and send what is due."""
        await self.worker.process()
        return await self.worker.send_due()

    async def close_digests(self, as_of: datetime) -> int:
        """Close the digest windows that are due at a moment; return how many digests were made."""
        installation = self.installation
        return await fanout.close_digests(
            installation.database,
            installation.settings.digest_at,
            installation.letterhead.mail_domain,
            as_of,
            sources=installation.source_names,
            calendar=installation.calendar,
        )

    def _desk(self) -> SubscriptionDesk:
        return SubscriptionDesk(self.installation.database, self.installation.letterhead, self.installation.keys)


def settings_for(folder: Path, places: Places, digest_at: str) -> Settings:
    """Return the demo's settings, whatever the environment says; a second instant mail never waits."""
    return given_settings(
        database_url=f"sqlite+aiosqlite:///{folder / 'keng.db'}",
        base_url=places.base_url,
        mail_from="Kẻng <keng@localhost>",
        smtp_url=f"smtp://127.0.0.1:{places.smtp_port}",
        eping_url=places.eping_url,
        eping_key=places.eping_key,
        digest_at=digest_at,
        group_minutes=0,
    )


@asynccontextmanager
async def opened(settings: Settings, notice: str) -> AsyncIterator[House]:
    """Open the house while the block runs; `notice` stands on every page and mail."""
    prepare_database(settings)
    installation = install(settings, banner=notice)
    try:
        async with open_sources(settings) as sources, open_outgoing(installation) as outgoing:
            yield House(installation, Worker(installation, sources, outgoing, asyncio.Event()))
    finally:
        await installation.database.close()
