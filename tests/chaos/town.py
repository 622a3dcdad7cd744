"""The world of runs in which processes die: the real `keng` beside a source and a relay on real sockets."""

import asyncio
import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.domain.subscriptions import Frequency
from app.faultpoints import VARIABLE
from app.i18n.dates import VIETNAM
from app.store.database import Database
from tests.chaos import oracle
from tests.chaos.oracle import Served
from tests.chaos.world import GOODS, World
from tests.office import Office
from tests.stories.commands import Keng, Running
from tests.stories.town import EPING_KEY, SECRET_KEY, Eping, a_notice, symbol

LEASE = 3
"""Seconds: the shortest that the settings allow."""

_PATH = "/usr/bin:/bin"
_SETTLING = 0.15
"""Seconds in which PostgreSQL ends what a dead client had already asked for."""


class Town(World):
    """A world on the real clock. `keng` is the command; what it sends reaches the peer, what it reads comes from ePing."""

    def __init__(self, url: str, seed: str) -> None:
        super().__init__(url, seed)
        self.database = Database(url)
        self.office = Office(self.database, group=timedelta())
        self.eping = Eping()
        self.commands: Keng | None = None
        self.doors = AsyncExitStack()
        self.lease_seconds = LEASE

    @property
    def keng(self) -> Keng:
        """The command, with the settings of this town."""
        if self.commands is None:
            home = self.folder / "home"
            home.mkdir()
            self.commands = Keng(home, {"PATH": _PATH}, (EPING_KEY, SECRET_KEY)).with_settings(
                database_url=self.url,
                secret_key=SECRET_KEY,
                base_url="https://keng.example",
                mail_from="Kẻng <keng@keng.example>",
                smtp_url=f"smtp://{self.peer.host}:{self.peer.port}",
                eping_url=self.eping.url,
                eping_key=EPING_KEY,
                group_minutes="0",
                lease_seconds=str(self.lease_seconds),
            )
        return self.commands

    @property
    def tomorrow(self) -> str:
        """When the digests of tomorrow close, in Viet Nam."""
        return f"{(datetime.now(UTC) + timedelta(days=1)).astimezone(VIETNAM):%Y-%m-%dT09:00}"

    async def settle(
        self, people: int | None = None, daily: int | None = None, notices: int | None = None, *, days_ago: int = 1
    ) -> None:
        """Let people ask, most of them for the same sector, and ePing hold notices, at least one about that."""
        await self.doors.enter_async_context(self.eping)
        sector = self.lots.choice([*GOODS])
        for number in range(people or self.lots.randint(4, 6)):
            await self.ask(f"reader{number}@example.org", sector)
        await self.ask("other@example.org", self.lots.choice([*GOODS]))
        for number in range(self.lots.randint(0, 1) if daily is None else daily):
            await self.ask(f"daily{number}@example.org", sector, Frequency.DAILY)
        others = self.lots.choices([*GOODS], k=(notices or self.lots.randint(1, 3)) - 1)
        self.notify([sector, *others], days_ago)

    def notify(self, sectors: Sequence[str], days_ago: int = 1) -> None:
        """Let ePing hold one more notice about each of these sectors, circulated so many days ago."""
        for sector in sectors:
            number = len(self.eping.items) + 1
            self.eping.items.append(a_notice(number, sector, days_ago=days_ago))
            self.evidence.served.append(Served(symbol(number), sector))

    async def killed(self, victim: Running) -> bool:
        """Kill a process, and write down what it leaves in doubt; False when it had ended by itself."""
        alive = victim.alive
        victim.kill()
        await victim.ended()
        await self.note_doubts()
        return alive

    async def note_doubts(self) -> None:
        """Write down which hand-overs somebody who is gone has begun and not ended."""
        await asyncio.sleep(_SETTLING)
        self.evidence.unclear.update(oracle.open_hand_overs(self.url))

    async def until_idle(self) -> None:
        """Start every command again, as a user would, until nothing is left to do."""
        await self.keng("pull", "eping")
        await self.keng("deliver", "--once")
        if any(one.address.startswith("daily") for one in self.evidence.asked):
            await self.keng("digest", "close", "--as-of", self.tomorrow)
            await self.keng("deliver", "--once")

    async def close(self) -> None:
        """Let no process outlive the run."""
        if self.commands is not None:
            for running in self.commands.running:
                with suppress(ProcessLookupError):
                    running.send(signal.SIGCONT)
                running.kill()
        await self.doors.aclose()
        await super().close()


class FaultPoints:
    """The named points of one process: it stands still at each of them until it is sent on, or killed there."""

    def __init__(self, folder: Path, *names: str) -> None:
        self._report, self._resume = folder / "report", folder / "resume"
        for pipe in (self._report, self._resume):
            pipe.unlink(missing_ok=True)
            os.mkfifo(pipe)
        self._names = ",".join(names)
        self._heard: asyncio.Queue[str | None] = asyncio.Queue()
        self._reading = os.open(self._report, os.O_RDONLY | os.O_NONBLOCK)
        self._answering = os.open(self._resume, os.O_RDWR)
        asyncio.get_running_loop().add_reader(self._reading, self._read)

    @property
    def prepare(self) -> partial[None]:
        """What arms the points in the process itself."""
        return partial(_arm, self._names, self._report, self._resume)

    async def reached(self, times: int, within: float = 30.0) -> bool:
        """Wait until a point is reached for the so-manyth time, sending the process on before; False if it ended first."""
        async with asyncio.timeout(within):
            for passed in range(times):
                if passed:
                    self.go_on()
                if await self._heard.get() is None:
                    return False
        return True

    def go_on(self) -> None:
        """Send the process on from where it stands."""
        os.write(self._answering, b"!")

    def let_go(self) -> None:
        """Send the process on from here and from wherever else it would stop; what it reports is still read."""
        os.write(self._answering, b"!" * 1000)

    def close(self) -> None:
        """Forget the pipes. A process that is still alive would break at its next point: nobody reads its report."""
        asyncio.get_running_loop().remove_reader(self._reading)
        os.close(self._reading)
        os.close(self._answering)

    def _read(self) -> None:
        said = os.read(self._reading, 4096)
        if not said:
            asyncio.get_running_loop().remove_reader(self._reading)
            self._heard.put_nowait(None)
        for name in said.decode().split():
            self._heard.put_nowait(name)


def _arm(names: str, report: Path, resume: Path) -> None:
    answers = os.open(resume, os.O_RDONLY)
    os.environ[VARIABLE] = f"{names}:{os.open(report, os.O_WRONLY)}:{answers}"
