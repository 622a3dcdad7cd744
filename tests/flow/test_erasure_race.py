"""An erasure that races with a worker wins whenever it was committed before the hand-over, and leaves nothing behind."""

import asyncio
import io
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from app.domain.deliveries import Accepted, Envelope, Outcome, Unknown
from app.flow import personal_data, retention
from app.flow.deliver import Ending, Outgoing, drain
from app.store import tables
from app.store.database import Database
from app.telemetry.logs import configure_logging
from tests.builders import a_page, a_record
from tests.office import KEY, Office
from tests.traces import bytes_in, seen_in_files, seen_in_tables

QUEUED = 10_000
ERASED_AHEAD = 60
IN_THEIR_TURN = 25
SENT = 900
EVERYBODY = re.compile(rb"r(\d{5})q(?:@|=40|%40)")


def address(number: int) -> tuple[str, str]:
    """The address as typed and as it goes on the wire; every tenth domain has letters beyond ASCII."""
    if number % 10:
        return (f"r{number:05}q@hiephoi.example",) * 2
    return f"r{number:05}q@đồgỗ.example", f"r{number:05}q@xn--g-4ga2ny27m.example"


@dataclass
class RacingMailer:
    """A relay during whose dialogue some of its readers are erased; it keeps who was handed over."""

    database: Database
    stop: asyncio.Event
    lots: random.Random
    chosen: set[int] = field(default_factory=set)
    erased: set[int] = field(default_factory=set)
    received: dict[int, int] = field(default_factory=dict)
    too_late: list[int] = field(default_factory=list)
    forbidden: int = 0
    turns: int = 0

    async def erase(self, number: int) -> None:
        """Erase somebody whom nobody erases yet: the readers of the test are erased from two sides."""
        if number in self.chosen:
            return
        self.chosen.add(number)
        assert await personal_data.erase(self.database, number, [KEY], "person", "page", "asked")
        self.erased.add(number)

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        number = int(envelope.recipient[1:6])
        racing = None
        if len(self.erased) < ERASED_AHEAD + IN_THEIR_TURN and self.lots.random() < 0.1:
            racing = asyncio.create_task(self.erase(number))
            await asyncio.sleep(self.lots.choice((0, 0.001, 0.02)))
        gone = number in self.erased
        allowed = await before_data()
        if racing is not None:
            await racing
        self.turns += 1
        if not allowed:
            self.forbidden += 1
            return None
        if gone:
            self.too_late.append(number)
        self.received[number] = self.received.get(number, 0) + 1
        if len(self.received) >= SENT:
            self.stop.set()
        return self.lots.choice((Accepted("250 ok"), Accepted("250 ok"), Unknown(f"250 for {envelope.recipient}?")))

    async def close(self) -> None:
        """Nothing to close."""


async def test_an_erasure_wins_over_ten_thousand_queued_mails_and_leaves_nothing(
    office: Office, tmp_path: Path
) -> None:
    logged = io.StringIO()
    configure_logging(stream=logged)
    await office.settled_baseline()
    await office.enrol_crowd([address(number) for number in range(1, QUEUED + 1)])
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()
    assert await office.count(tables.deliveries) == QUEUED

    mailer = RacingMailer(office.database, asyncio.Event(), random.Random(7))
    outgoing = Outgoing(
        mailer=mailer,
        stationery=office.stationery,
        bounce_address=lambda _: "bounces@keng.example",
        owner="worker",
        lease=timedelta(seconds=15),
    )
    draining = asyncio.create_task(drain(office.database, outgoing, Ending(mailer.stop)))
    for number in mailer.lots.sample(range(1, 2 * SENT), ERASED_AHEAD):
        await mailer.erase(number)
        await asyncio.sleep(0.005)
    await draining

    assert mailer.too_late == []
    handed_over = mailer.erased & mailer.received.keys()
    assert mailer.forbidden > 0, "an erasure met a mail that was claimed and rendered"
    assert handed_over, "an erasure came after a hand-over"
    assert len(mailer.received) >= SENT

    told = sorted(mailer.received.keys() - mailer.erased)[:20]
    stored = await kept_bytes(office, told)
    assert len(stored) == len(told)
    for number in told:
        await mailer.erase(number)
    await retention.retain(office.database, [KEY])
    await nothing_more_leaves(office, mailer)
    names = {f"{number:05}".encode() for number in mailer.erased}
    known = await seen_in_tables(office.database, EVERYBODY)
    assert {column: found & names for column, found in known.items() if found & names} == {}
    assert known["subscribers.address"] == {f"{number:05}".encode() for number in range(1, QUEUED + 1)} - names
    files = {name: found & names for name, found in seen_in_files(tmp_path, EVERYBODY).items() if found & names}
    assert files == {}
    whole = bytes_in(tmp_path)
    assert not [number for number, body in stored.items() if body[100:160] in whole], "of mails that were destroyed"
    assert EVERYBODY.findall(logged.getvalue().encode()) == []


async def kept_bytes(office: Office, people: list[int]) -> dict[int, bytes]:
    """The mails of people as they are stored."""
    mine, kept = tables.deliveries.c, tables.messages.c
    async with office.database.reading() as connection:
        statement = select(mine.subscriber_id, kept.body).where(kept.hash == mine.message_hash)
        rows = await connection.execute(statement.where(mine.subscriber_id.in_(people)))
        return {row.subscriber_id: row.body for row in rows}


async def nothing_more_leaves(office: Office, mailer: RacingMailer) -> None:
    """Nobody erased has a message that could still be claimed with something in it."""
    found = tables.deliveries.c
    async with office.database.reading() as connection:
        statement = select(found.subscriber_id, found.state, found.message_hash, found.reply, found.attempts)
        rows = (await connection.execute(statement.where(found.subscriber_id.in_(mailer.erased)))).all()
    assert {row.subscriber_id for row in rows} == mailer.erased
    for row in rows:
        assert (row.message_hash, row.reply) == (None, None)
        assert (row.attempts > 0) == (row.subscriber_id in mailer.received)
