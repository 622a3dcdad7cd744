"""A scripted SMTP peer on a real socket: it answers as its plan says, breaks where its plan says, and keeps the proof.

    async with SmtpPeer({"RCPT": "550 5.1.1 unknown", "DOT": [RST]}) as peer:
        ...  # talk to peer.host, peer.port
    assert peer.happened["DOT", "RST"] == 1

A plan maps a stage to what happens there. Stages: BANNER, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, DOT (the whole
message has arrived), RSET, NOOP, QUIT and, for breaking off inside a message, MIDDATA with a `MidData`. A list is used
up one by one, one entry each time the stage is reached; then, where an entry is None, and where the plan is silent, the
usual answer is given. A function is handed the `Command` and returns what happens, or None for the usual answer.
"""

import asyncio
import base64
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self


class Fault(Enum):
    """Ways to say nothing: close the line, reset it, or keep it open and be silent."""

    DROP = "DROP"
    RST = "RST"
    HANG = "HANG"


DROP, RST, HANG = Fault.DROP, Fault.RST, Fault.HANG


@dataclass(frozen=True)
class Delay:
    """Wait for some seconds first."""

    seconds: float
    then: "Step"


@dataclass(frozen=True)
class Drip:
    """Send a reply one octet at a time, with a pause of some seconds before each."""

    reply: str
    pause: float


@dataclass(frozen=True)
class MidData:
    """Do something as soon as this many octets of a message have arrived."""

    octets: int
    then: "Step"


# Text is a reply (CRLF is added, several lines are parted by "\n"), bytes go out as they are, a tuple is a sequence.
Step = str | bytes | Fault | Delay | Drip | MidData | tuple["Step", ...]
Planned = Step | list[Step | None] | Callable[["Command"], Step | None]


@dataclass(frozen=True)
class Command:
    """One line that a client sent; `connection` counts from 1, `encrypted` tells whether TLS stood by then."""

    connection: int
    verb: str
    argument: str
    encrypted: bool


@dataclass
class Mail:
    """One mail transaction: its envelope and every octet that arrived of its message.

    `raw` is what stood on the wire before the final dot, dots still doubled. `answer` is the reply to the dot, the
    name of the fault that stood for it, or empty when the message never ended.
    """

    connection: int
    sender: str
    recipients: list[str] = field(default_factory=list)
    raw: bytes = b""
    complete: bool = False
    answer: str = ""

    @property
    def body(self) -> bytes:
        """The message as it was handed in: dots no longer doubled."""
        return (b"\r\n" + self.raw).replace(b"\r\n..", b"\r\n.")[2:]

    @property
    def held(self) -> bool:
        """Whether the peer has the message: it was never refused, though perhaps never acknowledged either."""
        return self.complete and not self.answer.startswith(("4", "5"))


_USUAL: dict[str, Step] = {
    "BANNER": "220 peer.test ESMTP",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 End data with <CR><LF>.<CR><LF>",
    "RSET": "250 2.0.0 Ok",
    "NOOP": "250 2.0.0 Ok",
    "QUIT": ("221 2.0.0 Bye", DROP),
}
_END = b"\r\n.\r\n"


class SmtpPeer:
    """The listening peer. Everything it saw is in `commands`, `mails`, `connections` and `happened`."""

    def __init__(
        self,
        plan: Mapping[str, Planned] | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        extensions: Sequence[str] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"),
        credentials: tuple[str, str] | None = None,
        auth_methods: str = "PLAIN LOGIN",
        pause: float = 0,
    ) -> None:
        """With `tls` the peer offers STARTTLS, or speaks TLS from the first octet when `implicit_tls` is set.

        With `credentials` it offers AUTH (only under TLS, where it has TLS). `pause` seconds pass before each answer.
        """
        self.plan = dict(plan or {})
        self.tls = tls
        self.implicit_tls = implicit_tls
        self.extensions = tuple(extensions)
        self.credentials = credentials
        self.auth_methods = auth_methods
        self.pause = pause
        self.host = "127.0.0.1"
        self.port = 0
        self.connections = 0
        self.commands: list[Command] = []
        self.mails: list[Mail] = []
        self.happened: Counter[tuple[str, str]] = Counter()
        self.logged_in: list[tuple[str, str]] = []
        self.octets_sent = 0
        self._server: asyncio.Server | None = None
        self._running: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def held(self) -> list[Mail]:
        """The messages that the peer has and never refused, in order of arrival."""
        return [mail for mail in self.mails if mail.held]

    @property
    def open_lines(self) -> int:
        """How many conversations are going on."""
        return len(self._running)

    def count(self, verb: str) -> int:
        """Return how often a command was sent."""
        return sum(command.verb == verb for command in self.commands)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something that the peer counts has come true."""
        while not condition():  # noqa: ASYNC110 - the counts are plain numbers, which many places change
            await asyncio.sleep(0.005)

    async def start(self) -> None:
        """Listen: the first time on a free port, later on the same one again."""
        context = self.tls if self.implicit_tls else None
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and end every conversation at once."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None
        await self.drop_lines()

    async def drop_lines(self) -> None:
        """End every conversation at once, and go on listening."""
        running = dict(self._running)
        for task, writer in running.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._running[task] = writer
        self.connections += 1
        try:
            await _Conversation(self, self.connections, reader, writer).run()
        except (_Over, OSError, asyncio.CancelledError):
            pass  # the end of this conversation, on whatever side it was ended
        finally:
            del self._running[task]
            writer.transport.abort()

    def planned(self, stage: str, command: Command) -> Step | None:
        """Return what the plan says for a stage that was reached just now; None where it is silent."""
        planned = self.plan.get(stage)
        if isinstance(planned, list):
            return planned.pop(0) if planned else None
        return planned(command) if callable(planned) else planned


class _Over(Exception):  # noqa: N818 - the end of a conversation is no error
    """The conversation is over."""


class _Conversation:
    def __init__(self, peer: SmtpPeer, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._peer = peer
        self._number = number
        self._reader = reader
        self._writer = writer
        self._arrived = b""
        self._encrypted = peer.implicit_tls
        self._mail: Mail | None = None

    async def run(self) -> None:
        await self._answer("BANNER", self._command("BANNER"))
        while True:
            line = await self._line()
            verb, _, argument = line.partition(" ")
            command = self._command(verb.upper(), argument)
            self._peer.commands.append(command)
            await self._obey(command)

    async def _obey(self, command: Command) -> None:
        match command.verb:
            case "MAIL":
                self._mail = Mail(self._number, _mailbox(command.argument))
                self._peer.mails.append(self._mail)
            case "RCPT" if self._mail is not None:
                self._mail.recipients.append(_mailbox(command.argument))
        answer = await self._answer(command.verb, command)
        if command.verb == "STARTTLS" and answer.startswith("220"):
            await self._writer.start_tls(self._peer.tls or _no_tls())
            self._encrypted = True
        elif command.verb == "DATA" and answer.startswith("354"):
            await self._message(self._mail or Mail(self._number, ""))

    async def _message(self, mail: Mail) -> None:
        middle = self._peer.planned("MIDDATA", self._command("MIDDATA"))
        if middle is not None:
            assert isinstance(middle, MidData)
            while len(self._arrived) < middle.octets:
                await self._more(middle.octets - len(self._arrived))
            mail.raw = self._arrived
            await self._do("MIDDATA", middle.then)
        while (end := (b"\r\n" + self._arrived).find(_END)) < 0:
            await self._more()
        mail.raw, self._arrived = self._arrived[:end], self._arrived[end + len(_END) - 2 :]
        mail.complete = True
        step = self._peer.planned("DOT", self._command("DOT"))
        usual = f"250 2.0.0 Ok: queued as {len(self._peer.mails)}"
        mail.answer = _name(usual if step is None else step)
        await self._do("DOT", usual if step is None else step)

    async def _answer(self, stage: str, command: Command) -> str:
        """Answer a command and return the code that was sent, empty where none was."""
        step = self._peer.planned(stage, command)
        if step is None:
            step = await self._usual(command)
        await self._do(stage, step)
        return step[:3].decode("ascii", "replace") if isinstance(step, bytes) else _name(step)

    async def _usual(self, command: Command) -> Step:
        match command.verb:
            case "EHLO":
                return "\n".join(f"250-{word}" for word in ("peer.test", *self._extensions())) + "\n250 HELP"
            case "STARTTLS" if self._peer.tls is not None and not self._encrypted:
                return "220 2.0.0 Ready to start TLS"
            case "AUTH" if self._offers_auth():
                return await self._log_in(command.argument)
            case verb:
                return _USUAL.get(verb, "502 5.5.2 Command not recognized")

    def _extensions(self) -> list[str]:
        offered = list(self._peer.extensions)
        if self._peer.tls is not None and not self._encrypted:
            offered.append("STARTTLS")
        if self._offers_auth():
            offered.append(f"AUTH {self._peer.auth_methods}")
        return offered

    def _offers_auth(self) -> bool:
        return self._peer.credentials is not None and (self._encrypted or self._peer.tls is None)

    async def _log_in(self, argument: str) -> Step:
        method, _, first = argument.partition(" ")
        if method.upper() == "PLAIN":
            _, user, password = _decoded(first).split("\0")
        else:
            await self._send("334 UGFzc3dvcmQ6")
            user, password = _decoded(first), _decoded(await self._line())
        self._peer.logged_in.append((user, password))
        if (user, password) != self._peer.credentials:
            return "535 5.7.8 Error: authentication failed"
        return "235 2.7.0 Authentication successful"

    async def _do(self, stage: str, step: Step) -> None:
        self._peer.happened[stage, _name(step)] += 1
        await asyncio.sleep(self._peer.pause)
        await self._perform(step)

    async def _perform(self, step: Step) -> None:
        match step:
            case str() | bytes():
                await self._send(step)
            case Drip(reply, pause):
                for octet in _encoded(reply):
                    await asyncio.sleep(pause)
                    await self._send(bytes([octet]))
            case Delay(seconds, then):
                await asyncio.sleep(seconds)
                await self._perform(then)
            case tuple():
                for one in step:
                    await self._perform(one)
            case Fault():
                await self._break(step)
            case MidData():
                raise AssertionError("MidData belongs to the stage MIDDATA")

    async def _break(self, fault: Fault) -> None:
        if fault is HANG:
            await asyncio.Event().wait()
        if fault is RST:
            line: socket.socket = self._writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise _Over

    async def _send(self, reply: str | bytes) -> None:
        octets = _encoded(reply)
        self._writer.write(octets)
        await self._writer.drain()
        self._peer.octets_sent += len(octets)

    async def _line(self) -> str:
        while b"\r\n" not in self._arrived:
            await self._more()
        line, _, self._arrived = self._arrived.partition(b"\r\n")
        return line.decode("utf-8", "surrogateescape")

    async def _more(self, most: int = 1 << 16) -> None:
        chunk = await self._reader.read(most)
        if not chunk:
            raise _Over
        self._arrived += chunk

    def _command(self, verb: str, argument: str = "") -> Command:
        return Command(self._number, verb, argument, self._encrypted)


def _encoded(reply: str | bytes) -> bytes:
    return reply if isinstance(reply, bytes) else reply.replace("\n", "\r\n").encode() + b"\r\n"


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


def _mailbox(argument: str) -> str:
    """Return what stands between the angle brackets of FROM:<…> and TO:<…>."""
    return argument.partition("<")[2].rpartition(">")[0]


def _name(step: Step) -> str:
    """Return how a step is counted: a reply by its code, a fault by its name, anything else by its kind."""
    match step:
        case str():
            return step[:3]
        case bytes():
            return "RAW"
        case Fault():
            return step.value
        case Delay(_, then):
            return _name(then)
        case tuple():
            return _name(step[0])
        case _:
            return type(step).__name__.upper()


def _no_tls() -> ssl.SSLContext:
    raise AssertionError("the plan promises TLS, and the peer was given no certificate")
