"""The world of one run: Kẻng's own flows on a real database, a real relay door, a scripted peer, and the evidence."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.subscriptions import Frequency
from app.domain.visits import Page
from app.flow.deliver import Drained, Outgoing, drain
from app.i18n.dates import today_in_vietnam
from app.senders.smtp import Relay, RelayAddress, Security, Timeouts
from app.store.database import Database
from app.vault.return_paths import return_path
from tests.builders import a_page, a_record
from tests.chaos import oracle
from tests.chaos.oracle import Asked, Evidence, Served
from tests.office import KEY, Office
from tests.peers.smtp_peer import SmtpPeer

QUICK = Timeouts(connect=2, command=2, data=2, final=2, parting=0.2)
GOODS = {"textiles": "textile goods", "footwear": "shoes", "seafood": "frozen shrimps"}
BOUNCES = "bounces.keng.example"
_MOST_ROUNDS = 60
_SAME = 3
_DAWN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
"""Monday, 08:30 in Viet Nam."""


@dataclass
class MovingClock:
    """A clock that goes on by itself and can be moved."""

    offset: timedelta = timedelta()
    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return _DAWN + self.offset + timedelta(seconds=time.monotonic() - self.began)

    def advance(self, **step: float) -> None:
        """Move by a step in the words of `timedelta`."""
        self.offset += timedelta(**step)


class World:
    """Everything around one run. `lots` draws what is left to chance, from the seed alone."""

    def __init__(self, url: str, seed: str) -> None:
        self.url = url
        self.lots = random.Random(seed)
        self.sector = self.lots.choice([*GOODS])
        self.clock = MovingClock()
        self.peer = SmtpPeer()
        self.evidence = Evidence()
        self.happened = 0
        self.unclear: list[Callable[[], int]] = []
        self.checks: list[Callable[[], Awaitable[None]]] = []
        self.database = Database(url, clock=self.clock)
        self.office = Office(self.database, group=timedelta())
        self.relay: dict[str, Any] = {}
        self.lease = timedelta(seconds=15)
        self.folder = Path()
        self.server: Path | None = None
        self._notices = 0

    @property
    def dialect(self) -> str:
        """The engine that this run is on."""
        return self.database.dialect

    async def begin(self, people: int | None = None, daily: int | None = None) -> None:
        """Let some people ask for a sector each, some for a daily digest; the source was visited before.

        The first three ask for the same sector, which every publication has something of.
        """
        await self.office.settled_baseline()
        for number in range(people or self.lots.randint(3, 7)):
            sector = self.sector if number < _SAME else self.lots.choice([*GOODS])
            await self.ask(f"reader{number}@example.org", sector)
        for number in range(self.lots.randint(0, 2) if daily is None else daily):
            await self.ask(f"daily{number}@example.org", self.lots.choice([*GOODS]), Frequency.DAILY)

    async def ask(self, address: str, sector: str, frequency: Frequency = Frequency.INSTANT) -> int:
        """Let one person ask for a sector; return the number of the subscription."""
        self.evidence.asked.append(Asked(address, sector))
        return await self.office.enrol(address, frequency, sectors=(sector,))

    async def publish(self, count: int | None = None) -> None:
        """Let the source serve new notices, one of them about what several asked for, and pull them."""
        others = self.lots.choices([*GOODS], k=(count or self.lots.randint(1, 3)) - 1)
        await self.office.pull(self.page([self.sector, *others]))

    def page(self, sectors: Sequence[str]) -> Page:
        """A page of new notices about these sectors."""
        today = today_in_vietnam(self.clock())
        records = []
        for sector in sectors:
            self._notices += 1
            symbol = f"G/TBT/N/USA/{3000 + self._notices}"
            self.evidence.served.append(Served(symbol, sector))
            goods = GOODS[sector]
            days: dict[str, Any] = {"distributed_on": today, "comment_deadline": today + timedelta(days=60)}
            records.append(
                a_record(symbol, titles=(("en", f"Labelling of {goods}"),), products=goods.title(), hs=(), **days)
            )
        return a_page(*records, body=str(self._notices).encode())

    @asynccontextmanager
    async def worker(self, owner: str, *, url: str | None = None, **relay: Any) -> AsyncIterator["WorkerHands"]:
        """A worker's own connections to the database and to the relay, as a process of its own would have."""
        settings: dict[str, Any] = {"port": self.peer.port, "connections": 2, "timeouts": QUICK} | self.relay | relay
        address = RelayAddress(
            host="127.0.0.1",
            port=settings["port"],
            security=settings.get("security", Security.PLAIN),
            user=settings.get("user", ""),
            password=settings.get("password", ""),
        )
        door = Relay(
            address,
            hostname="keng.test",
            connections=settings["connections"],
            timeouts=settings["timeouts"],
            tls_context=settings.get("trust"),
        )
        database = Database(url or self.url, clock=self.clock)
        outgoing = Outgoing(
            mailer=door,
            stationery=self.office.stationery,
            bounce_address=lambda number: return_path(number, BOUNCES, KEY),
            owner=owner,
            lease=self.lease,
        )
        try:
            yield WorkerHands(database, outgoing)
        finally:
            await door.close()
            await database.close()

    async def send(self, workers: int | None = None, **relay: Any) -> Drained:
        """Let one or several workers drain the outbox at the same time; return what all of them came to."""
        total = Drained()

        async def work(number: int) -> None:
            async with self.worker(f"worker{number}-{self.lots.random()}", **relay) as hands:
                drained = await hands.drain()
                down = total.host_down or drained.host_down
                total.add(drained)
                total.host_down = down

        await asyncio.gather(*(work(number) for number in range(workers or self.lots.randint(1, 2))))
        return total

    async def until_idle(self) -> None:
        """Do what a worker does, and let time pass, until nothing more will happen by itself; digests close next day."""
        for days in range(2):
            for tried in range(_MOST_ROUNDS):
                await self.office.process()
                await self.send(1)
                if not set(oracle.states(self.url)) - oracle.OVER:
                    break
                self.clock.advance(minutes=min(6 * 2**tried, 300))
            if days == 0:
                self.clock.advance(days=1)
                await self.office.close_digests()

    async def verdict(self) -> oracle.Verdict:
        """Let the oracle judge; what the scenario wants to hold besides is checked first."""
        for check in self.checks:
            await check()
        evidence = self.evidence
        evidence.unclear[""] += sum(count() for count in self.unclear)
        evidence.copies = oracle.copies_of((mail.recipients, mail.body) for mail in self.peer.held)
        evidence.rows = oracle.read_rows(self.url)
        return oracle.judge(evidence)

    async def close(self) -> None:
        """Close what is open."""
        await self.database.close()
        await self.peer.stop()


@dataclass
class WorkerHands:
    """What one worker works with."""

    database: Database
    outgoing: Outgoing

    async def drain(self) -> Drained:
        """Send what is due."""
        return await drain(self.database, self.outgoing)
