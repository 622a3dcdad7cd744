"""A TCP proxy that breaks what passes through it, at a chosen octet or word, and counts every time that it did.

    async with TcpProxy(peer.host, peer.port) as proxy:
        proxy.rules = [Rule("server", Cut(), pattern=rb"250 2\\.0\\.0 Ok: queued", times=1)]
        ...  # talk to proxy.host, proxy.port
    assert proxy.happened["server", "Cut"] == 1

Put it before SMTP, PostgreSQL or HTTP. A rule watches one direction (`client` is what the client says) of every
connection that it applies to and strikes after so many octets, or as soon as a regular expression has passed. `rules`
may be changed while connections are open. To a PostgreSQL that listens on a Unix socket, give its path as the host.
"""

import asyncio
import itertools
import re
import socket
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

Side = Literal["client", "server"]


@dataclass(frozen=True)
class Cut:
    """End both halves of the connection in the ordinary way (FIN)."""


@dataclass(frozen=True)
class Reset:
    """End both halves with RST, as a crashed host does."""


@dataclass(frozen=True)
class Pause:
    """Let nothing more pass in this direction, for some seconds or, without a number, until the line is dropped."""

    seconds: float | None = None


@dataclass(frozen=True)
class Drip:
    """Let the rest pass slowly: so many octets, then a pause of some seconds, over and over."""

    octets: int = 1
    pause: float = 0.01


@dataclass(frozen=True)
class Flip:
    """Turn all bits of so many octets that come next."""

    octets: int = 1


Strike = Cut | Reset | Pause | Drip | Flip


@dataclass
class Rule:
    """What to do in which direction, and when: after `octets`, or when `pattern` has passed.

    What has matched is let through to its last octet (`through`), or else is kept back from its first on; matches are
    found however the octets were cut into packets, up to 4 KiB long. `times` limits on how many connections the rule
    strikes; `skip` lets it pass over so many matches of the pattern first.
    """

    side: Side
    strike: Strike
    octets: int | None = None
    pattern: bytes | None = None
    through: bool = True
    times: int | None = None
    skip: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it may."""
        return self.times is not None and self.times <= 0


class TcpProxy:
    """The listening proxy. What it saw is in `connections`, `carried` and `happened`."""

    def __init__(self, host: str, port: int, rules: Sequence[Rule] = ()) -> None:
        """Pass everything on to `host` and `port`; a host that begins with "/" is the path of a Unix socket."""
        self.target_host, self.target_port = host, port
        self.rules = list(rules)
        self.refusing = False
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self.carried: Counter[Side] = Counter()
        self.happened: Counter[tuple[str, str]] = Counter()
        self._server: asyncio.Server | None = None
        self._running: dict[asyncio.Task[None], _Pair] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def struck(self) -> int:
        """How many times any rule struck."""
        return sum(self.happened.values())

    @property
    def open_lines(self) -> int:
        """How many connections stand."""
        return len(self._running)

    async def start(self) -> None:
        """Listen: the first time on a free port, later on the same one again."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, so that a client is refused, and end every connection."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await self.drop_lines()

    async def drop_lines(self, strike: Cut | Reset | None = None) -> int:
        """End every connection at once, count it, and go on listening; return how many there were."""
        running = dict(self._running)
        for task, pair in running.items():
            pair.end(strike or Reset())
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if strike is not None:
            self.happened["both", type(strike).__name__] += len(running)
        return len(running)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        if self.refusing:
            self.happened["client", "refused"] += 1
            _linger_not(writer)
            writer.transport.abort()
            return
        pair = _Pair(writer)
        self._running[task] = pair
        try:
            await self._carry(reader, writer, pair)
        except (OSError, asyncio.CancelledError):
            pass  # the end of this connection, on whatever side it was ended
        finally:
            del self._running[task]
            pair.end(Cut())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: "_Pair") -> None:
        if self.target_host.startswith("/"):
            far_reader, far_writer = await asyncio.open_unix_connection(self.target_host)
        else:
            far_reader, far_writer = await asyncio.open_connection(self.target_host, self.target_port)
        pair.far = far_writer
        ways = [
            asyncio.create_task(_Way(self, "client", reader, far_writer, pair).run()),
            asyncio.create_task(_Way(self, "server", far_reader, writer, pair).run()),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(ways, timeout=0.2)  # what the other side still says on its way out
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


class _Pair:
    """The two sockets of one connection."""

    def __init__(self, near: asyncio.StreamWriter) -> None:
        self.near = near
        self.far: asyncio.StreamWriter | None = None

    def end(self, strike: Cut | Reset) -> None:
        for writer in filter(None, (self.near, self.far)):
            if isinstance(strike, Reset):
                _linger_not(writer)
                writer.transport.abort()
            else:
                writer.transport.close()


@dataclass
class _Way:
    """One direction of one connection."""

    proxy: TcpProxy
    side: Side
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    pair: _Pair
    passed: int = 0
    tail: bytes = b""
    matched: Counter[int] = field(default_factory=Counter)
    struck: set[int] = field(default_factory=set)
    drip: Drip | None = None

    async def run(self) -> None:
        while chunk := await self.reader.read(1 << 16):
            while chunk:
                rule, safe = self._first(chunk)
                await self._pass_on(chunk[:safe])
                chunk = chunk[safe:]
                if rule is not None:
                    chunk = await self._strike(rule, chunk)
        if self.writer.can_write_eof():
            self.writer.write_eof()

    def _first(self, chunk: bytes) -> tuple[Rule | None, int]:
        """Return the rule that strikes first in what comes next, and how much passes before it does."""
        found: list[tuple[int, int, Rule]] = []
        for order, rule in enumerate(self.proxy.rules):
            at = None if rule.side != self.side or rule.spent or id(rule) in self.struck else self._at(rule, chunk)
            if at is not None:
                found.append((at, order, rule))
        if not found:
            return None, len(chunk)
        at, _, rule = min(found, key=lambda one: one[:2])
        return rule, at

    def _at(self, rule: Rule, chunk: bytes) -> int | None:
        if rule.octets is not None:
            return max(rule.octets - self.passed, 0) if rule.octets <= self.passed + len(chunk) else None
        assert rule.pattern is not None, "a rule needs octets or a pattern"
        seen = self.matched[id(rule)]
        matches = (one for one in re.finditer(rule.pattern, self.tail + chunk) if one.end() > len(self.tail))
        match = next(itertools.islice(matches, max(rule.skip - seen, 0), None), None)
        if match is None:
            everything = re.finditer(rule.pattern, self.tail + chunk)
            self.matched[id(rule)] += sum(one.end() > len(self.tail) for one in everything)
            return None
        return max((match.end() if rule.through else match.start()) - len(self.tail), 0)

    async def _strike(self, rule: Rule, rest: bytes) -> bytes:
        self.struck.add(id(rule))
        if rule.times is not None:
            rule.times -= 1
        self.proxy.happened[self.side, type(rule.strike).__name__] += 1
        match rule.strike:
            case Cut() | Reset():
                await asyncio.sleep(0.005)  # let what was let through be read before the line goes
                self.pair.end(rule.strike)
                raise ConnectionResetError
            case Pause(seconds):
                await (asyncio.Event().wait() if seconds is None else asyncio.sleep(seconds))
            case Flip(octets):
                while len(rest) < octets and (more := await self.reader.read(octets - len(rest))):
                    rest += more
                return bytes(octet ^ 0xFF for octet in rest[:octets]) + rest[octets:]
            case Drip():
                self.drip = rule.strike
        return rest

    async def _pass_on(self, octets: bytes) -> None:
        if not octets:
            return
        step = len(octets) if self.drip is None else self.drip.octets
        for start in range(0, len(octets), step):
            if self.drip is not None:
                await asyncio.sleep(self.drip.pause)
            self.writer.write(octets[start : start + step])
            await self.writer.drain()
        self.passed += len(octets)
        self.proxy.carried[self.side] += len(octets)
        self.tail = (self.tail + octets)[-4096:]


def _linger_not(writer: asyncio.StreamWriter) -> None:
    """Let the socket end with RST instead of FIN."""
    line: socket.socket | None = writer.get_extra_info("socket")
    if line is not None and line.fileno() >= 0:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
