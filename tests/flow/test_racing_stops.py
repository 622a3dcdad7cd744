"""A stop or a withdrawal that races with queued deliveries wins wherever it was committed before the hand-over (F43).

A worker drains a queue through a real relay's socket meanwhile. RACE_READERS sets how many deliveries are queued and
RACE_COVERED how many of them are sent before the worker is told to end; 10,000 of both take some minutes.
"""

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.flow import review, subscribe
from app.flow.deliver import Ending, Outgoing, drain
from app.senders.smtp import Relay, parse_smtp_url
from app.store import tables
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.office import Office
from tests.peers.smtp_peer import Command, SmtpPeer

READERS = int(os.environ.get("RACE_READERS", "1500"))
COVERED = int(os.environ.get("RACE_COVERED", "160"))
STOPPING = COVERED // 4
REF = "G/TBT/N/USA/1"

pytestmark = pytest.mark.sockets


def address(number: int) -> str:
    return f"reader{number}@example.org"


@dataclass
class Race:
    """A queue of deliveries, each to one reader, and what the relay saw of them."""

    office: Office
    peer: SmtpPeer
    begun: Counter[str] = field(default_factory=Counter)

    @property
    def database(self) -> Database:
        return self.office.database

    def note(self, command: Command) -> None:
        """Write down that DATA began, and for whom."""
        transactions = [mail for mail in self.peer.mails if mail.connection == command.connection]
        self.begun.update(transactions[-1].recipients)

    async def queue(self) -> None:
        """Put one delivery of one alert for every reader in the outbox; PostgreSQL has no statistics of them yet."""
        await self.office.settled_baseline()
        await self.office.enrol_crowd([(address(number),) * 2 for number in range(READERS)])
        await self.office.pull(a_page(a_record(REF)))
        await self.office.process()
        assert await self.office.count(tables.deliveries) == READERS

    async def intents(self) -> dict[str, datetime]:
        """Whom a hand-over was committed for, and when its transaction began."""
        statement = (
            select(tables.subscribers.c.wire, tables.attempts.c.started_at)
            .join(tables.deliveries, tables.deliveries.c.subscriber_id == tables.subscribers.c.id)
            .join(tables.attempts, tables.attempts.c.delivery_id == tables.deliveries.c.id)
        )
        async with self.database.reading() as connection:
            return {row.wire: row.started_at for row in await connection.execute(statement)}

    async def states(self) -> dict[str, str]:
        statement = select(tables.subscribers.c.wire, tables.deliveries.c.state).join(
            tables.deliveries, tables.deliveries.c.subscriber_id == tables.subscribers.c.id
        )
        async with self.database.reading() as connection:
            return {row.wire: row.state for row in await connection.execute(statement)}

    async def clock(self) -> datetime:
        async with self.database.reading() as connection:
            return await self.database.now(connection)

    @asynccontextmanager
    async def draining(self) -> AsyncIterator[asyncio.Event]:
        """Let a worker send what is queued, until the block ends and what is in hand is finished."""
        url = parse_smtp_url(f"smtp://127.0.0.1:{self.peer.port}", allow_plain=False)
        relay = Relay(url, hostname="keng.example", connections=8)
        outgoing = Outgoing(
            mailer=relay,
            stationery=self.office.stationery,
            bounce_address=lambda _: "bounces@keng.example",
            owner="worker",
            lease=timedelta(seconds=60),
        )
        stop = asyncio.Event()
        working = asyncio.create_task(drain(self.database, outgoing, Ending(stop)))
        try:
            yield stop
            stop.set()
            await working
        finally:
            working.cancel()
            await relay.close()


@pytest.fixture
async def race(database_url: str) -> AsyncIterator[Race]:
    database = Database(database_url)
    async with SmtpPeer() as peer:
        opened = Race(Office(database, group=timedelta(0)), peer)
        peer.plan["DATA"] = opened.note
        await opened.queue()
        yield opened
    await database.close()


async def test_who_stops_while_a_worker_drains_sees_no_data_after_the_stop(race: Race) -> None:
    # Ahead of the worker, around it, and behind it: ids are claimed in order.
    stopping = random.Random(7).sample(range(1, COVERED + 1), STOPPING)
    begun_by_then, told_until = {}, {}
    async with race.draining():
        await race.peer.until(lambda: len(race.peer.held) >= 20)
        for number in stopping:
            await subscribe.stop(race.database, number, None, because="one_click")
            told_until[number] = await race.clock()
            begun_by_then[number] = set(await race.intents())
        await race.peer.until(lambda: len(race.peer.held) >= COVERED - STOPPING)
    intents, states = await race.intents(), await race.states()
    names = {number: address(number - 1) for number in stopping}
    won = [number for number in stopping if states[names[number]] == "skipped"]
    assert won
    assert [number for number in won if race.begun[names[number]] or names[number] in intents] == []
    for number in set(stopping) - set(won):
        assert (states[names[number]], race.begun[names[number]]) == ("accepted", 1)
        assert intents[names[number]] <= told_until[number]
        assert names[number] in begun_by_then[number]
    assert max(race.begun.values()) == 1


async def test_after_a_withdrawal_no_old_word_is_handed_over(race: Race) -> None:
    async with race.draining():
        await race.peer.until(lambda: len(race.peer.held) >= 50)
        told = await review.withdraw(race.database, REF, "wrong notice", "staff")
        begun_by_then = set(await race.intents())
    states, begun = Counter((await race.states()).values()), set(race.begun)
    assert begun <= begun_by_then
    assert states == {"accepted": len(begun), "skipped": READERS - len(begun)}
    assert told == len(begun)
