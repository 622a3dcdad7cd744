"""A small Kẻng for tests: real flows and a real database, fake doors, one call for each thing that staff would do."""

import email
import email.policy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import time, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import Table, func, insert, select

from app.domain.addresses import Address
from app.domain.bounces import SuppressionReason
from app.domain.quiet_hours import QuietHours
from app.domain.release import ReleaseMode
from app.domain.subscriptions import Criteria, Frequency, Language
from app.domain.visits import Page, Window
from app.domain.working_days import WorkingCalendar
from app.flow import classify, fanout, ingest, release, subscribe
from app.flow.deliver import Drained, Outgoing, Stationery, drain
from app.store import enlisting, subscriptions, tables, verdicts
from app.store.database import Database
from app.texts.letterhead import Letterhead
from app.texts.mail import Sender
from app.texts.wording import LabelName
from app.vault.return_paths import return_path
from tests.fakes import FakeMailer, FakeSorter, FakeSource

PARENTS = {"seafood": "food"}
KEY = b"a key for tests that nobody else uses"
_NAMES = {
    "textiles": LabelName("Dệt may"),
    "footwear": LabelName("Da giầy"),
    "food": LabelName("Thực phẩm"),
    "seafood": LabelName("Thủy sản", "food"),
}


@dataclass
class Office:
    """Everything that stands between a page of the source and a mail in an inbox."""

    database: Database
    sorter: FakeSorter = field(default_factory=FakeSorter)
    mailer: FakeMailer = field(default_factory=FakeMailer)
    mode: ReleaseMode = ReleaseMode.SURE
    group: timedelta = timedelta(minutes=5)
    relay_log: bool = False
    sources: tuple[str, ...] = ()
    calendar: WorkingCalendar | None = None
    quiet: QuietHours | None = None
    stationery: Stationery = field(init=False)

    def __post_init__(self) -> None:
        letterhead = Letterhead(
            sender=Sender("Kẻng", "keng@keng.example"),
            base_url="https://keng.example",
            list_id="alerts.keng.example",
            mail_domain="keng.example",
            names={"vi": _NAMES, "en": _NAMES},
        )
        self.stationery = Stationery(letterhead, KEY)

    @property
    def desk(self) -> subscribe.SubscriptionDesk:
        return subscribe.SubscriptionDesk(self.database, self.stationery.letterhead, [KEY])

    async def pull(self, *pages: Page, name: str = "eping", window: Window | None = None) -> ingest.PullReport:
        return await ingest.pull(self.database, FakeSource([pages], name), baseline_days=7, window=window)

    async def settled_baseline(self) -> None:
        """Let the first visit be over, so that all that comes now is news."""
        await self.pull(Page())

    async def enrol(self, address: str, frequency: Frequency = Frequency.INSTANT, **asked: Any) -> int:
        local, _, domain = address.partition("@")
        request = subscribe.SubscriptionRequest(
            address=Address(address, local, domain),
            criteria=Criteria(**asked),
            frequency=frequency,
            language=Language.VI,
        )
        return (await subscribe.enrol(self.database, [request], [KEY]))[0].id

    async def enrol_crowd(self, addresses: Sequence[tuple[str, str]]) -> None:
        """Let many ask for textiles at once, each with an address as typed and as it goes on the wire.

        They are written as rows and numbered in this order; PostgreSQL has no statistics of them yet.
        """
        async with self.database.writing() as connection:
            now = await self.database.now(connection)
            asked_for = Criteria(sectors=("textiles",))
            criteria = (await enlisting.shared_criteria(connection, {asked_for}, now))[asked_for]
            same = {"language": "vi", "created_at": now}
            people = [same | {"address": typed, "wire": wire, "identity": wire} for typed, wire in addresses]
            await connection.execute(insert(tables.subscribers), people)
            numbers = (await connection.execute(select(tables.subscribers.c.id))).scalars()
            asking = {"criteria_id": criteria, "frequency": "instant", "created_at": now, "confirmed_at": now}
            await connection.execute(insert(tables.subscriptions), [asking | {"subscriber_id": n} for n in numbers])
            asked = (await connection.execute(select(tables.subscriptions.c.id))).scalars()
            consent = {"purpose": "alerts", "wording": "2026-11", "language": "vi", "method": "given_to_staff"}
            rows = [consent | {"subscription_id": number, "given_at": now} for number in asked]
            await connection.execute(insert(tables.consents), rows)

    async def process(self) -> None:
        """Sort, release by rule, fan out and gather: everything between intake and the outbox."""
        await classify.sort_waiting(self.database, self.sorter)
        await release.release_by_rule(self.database, self.mode)
        await fanout.fan_out(self.database, PARENTS)
        await fanout.gather_instant(self.database, self.group, "keng.example")
        await fanout.gather_replays(self.database, "keng.example")

    async def drain(self, owner: str = "worker") -> Drained:
        outgoing = Outgoing(
            mailer=self.mailer,
            stationery=self.stationery,
            bounce_address=lambda number: return_path(number, "bounces.keng.example", KEY),
            owner=owner,
            lease=timedelta(seconds=15),
            relay_log=self.relay_log,
            quiet=self.quiet,
        )
        return await drain(self.database, outgoing)

    async def deliver(self) -> Drained:
        await self.process()
        return await self.drain()

    async def close_digests(self) -> int:
        return await fanout.close_digests(
            self.database, time(8, 30), "keng.example", sources=self.sources, calendar=self.calendar
        )

    @property
    def inbox(self) -> list[tuple[str, EmailMessage]]:
        """Every mail that reached the relay: for whom, and what."""
        return [(one.recipient, _parsed(one.body)) for one in self.mailer.received]

    @property
    def recipients(self) -> list[str]:
        return [one.recipient for one in self.mailer.received]

    async def suppress(self, address: str) -> None:
        """Let a bounce say that an address does not exist."""
        async with self.database.writing() as connection:
            number = await subscriptions.number_of(connection, address)
            assert number is not None
            now, reason = await self.database.now(connection), SuppressionReason.NO_SUCH_ADDRESS
            await verdicts.suppress(connection, number, reason, ("5.1.1", "relay"), now)

    async def count(self, table: Table) -> int:
        async with self.database.reading() as connection:
            return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())

    async def snapshot(self, *tables: Table) -> list[Sequence[object]]:
        """Every row of the tables, to compare before and after."""
        rows: list[Sequence[object]] = []
        async with self.database.reading() as connection:
            for table in tables:
                rows += [tuple(row) for row in await connection.execute(select(table).order_by(*table.primary_key))]
        return rows


def _parsed(body: bytes) -> EmailMessage:
    return email.message_from_bytes(body, policy=email.policy.default)


def plain(mail: EmailMessage) -> str:
    """The text part of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
