"""SIGKILL at random times while thousands are mailed, over `keng serve` and `keng worker` as a user starts them."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sqlalchemy import insert, literal, select

from app.bootstrap import RELAY_CONNECTIONS
from app.store.tables import consents, subscribers, subscriptions
from tests.chaos import oracle
from tests.chaos.engines import SQLITE
from tests.chaos.oracle import Asked
from tests.chaos.runs import fault
from tests.chaos.town import Town

PEOPLE = 5_000
MOST_KILLS = 12

_ROOT = Path(__file__).resolve().parents[2]
_MAIN = "from app.cli import main; main()"
_SETTLING = 0.2


class Street(Town):
    """A town with very many readers of one notice, whose processes are programs of their own."""

    people = PEOPLE

    async def fill(self) -> None:
        """Let everybody ask what the first person asks, written in one go, and ePing hold one notice about that."""
        await self.settle(people=1, daily=0, notices=1)
        (sector,) = {notice.sector for notice in self.evidence.served}
        addresses = [f"person{number}@example.org" for number in range(self.people - 1)]
        async with self.database.writing() as connection:
            first = (await connection.execute(select(subscriptions).order_by(subscriptions.c.id).limit(1))).one()
            same = {"language": "vi", "created_at": first.created_at}
            people = [{"address": one, "wire": one, "identity": one, **same} for one in addresses]
            await connection.execute(insert(subscribers), people)
            asking = ("criteria_id", "frequency", "created_at", "confirmed_at")
            wish = [literal(getattr(first, name), subscriptions.c[name].type) for name in asking]
            new = select(subscribers.c.id, *wish).where(subscribers.c.identity.like("person%"))
            await connection.execute(insert(subscriptions).from_select(["subscriber_id", *asking], new))
            consent = (await connection.execute(select(consents).limit(1))).one()
            given = ("purpose", "wording", "language", "method", "given_at")
            said = [literal(getattr(consent, name), consents.c[name].type) for name in given]
            agreed = select(subscriptions.c.id, *said).where(subscriptions.c.id != first.id)
            await connection.execute(insert(consents).from_select(["subscription_id", *given], agreed))
        self.evidence.asked += [Asked(address, sector) for address in addresses]
        await self.keng("pull", "eping")

    def program(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `keng` in a new interpreter."""
        environment = {**self.keng.environment, "PYTHONPATH": str(_ROOT)}
        with (self.folder / "programs.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own interpreter and text
                [sys.executable, "-c", _MAIN, *words], cwd=self.folder, env=environment, stdout=log, stderr=log
            )


@fault(
    "kills", "SIGKILL at random times while thousands are mailed", world=Street, weight=0, apart=True, longest=1800.0
)
async def _killed_in_the_street(town: Street) -> None:
    await town.fill()
    words = ("serve", "--port", "0") if town.dialect == SQLITE else ("worker",)
    count = 1 if town.dialect == SQLITE else 4
    running = [town.program(*words) for _ in range(count)]
    try:
        while not _at_rest(town):
            assert all(one.poll() is None for one in running), "nobody ends who is not killed"
            if town.happened < MOST_KILLS and await _sending(town):
                victim = town.lots.randrange(min(len(running), 2))
                await _kill(town, running[victim])
                running[victim] = town.program(*words)
            await asyncio.sleep(0.05)
    finally:
        _end(running)
    assert town.happened, "somebody was killed"


def _at_rest(town: Street) -> bool:
    found = oracle.states(town.url)
    return sum(found.values()) >= len(town.evidence.asked) - 1 and not set(found) - oracle.OVER


async def _sending(town: Street) -> bool:
    """Wait until mails flow, then for a random while; False when none flow any more."""
    before = len(town.peer.mails)
    with suppress(TimeoutError):
        async with asyncio.timeout(10):
            await town.peer.until(lambda: len(town.peer.mails) > before)
    await asyncio.sleep(town.lots.uniform(0.001, 0.5))
    return len(town.peer.mails) > before


async def _kill(town: Street, victim: subprocess.Popen[bytes]) -> None:
    """Kill a program, and write down whose hand-over it had begun and not ended."""
    victim.kill()
    await asyncio.to_thread(victim.wait)
    await asyncio.sleep(_SETTLING)
    held = f"SELECT message_id FROM deliveries WHERE state = 'handing_over' AND leased_by LIKE '%:{victim.pid}:%'"  # noqa: S608 - a number of our own
    doubted = [row[0] for row in oracle.query(town.url, held)]
    assert len(doubted) <= RELAY_CONNECTIONS, "no more is in doubt than the lines that were in use"
    town.evidence.unclear.update(doubted)
    town.happened += 1


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    for one in running:
        one.terminate()
    for one in running:
        with suppress(subprocess.TimeoutExpired):
            one.wait(40)
        one.kill()
        one.wait()
