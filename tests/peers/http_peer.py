"""An HTTP/1.1 peer on a real loopback socket that answers from a script and remembers what it was asked.

It can do what servers do wrong: lie about lengths, stop in the middle, drip, hang, redirect, pack bombs. Use it as
`async with HttpPeer([Reply(...), ...]) as peer:` and ask `peer.url`; the last reply of a list repeats.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it arrived. Header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What to answer. `length` is the Content-Length to claim when it is not the true one.

    `cut_after` closes the connection after so many bytes of the body, `drip` sends (bytes, seconds between), `hang`
    never answers, `raw` replaces the whole answer.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: int | None = None
    chunked: bool = False
    cut_after: int | None = None
    drip: tuple[int, float] | None = None
    hang: bool = False
    raw: bytes | None = None


Script = Callable[[Request], Reply] | Sequence[Reply]


class HttpPeer:
    """The peer. `requests` are those that arrived whole, `connections` counts the sockets that were opened."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()
        self.requests: list[Request] = []
        self.connections = 0

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handler = asyncio.current_task()
        assert handler is not None
        self._handlers.add(handler)
        self.connections += 1
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                if not await _answer(self._reply(request), request, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return  # the other side or the end of the test closed the socket
        finally:
            self._handlers.discard(handler)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def _reply(self, request: Request) -> Reply:
        if callable(self._script):
            return self._script(request)
        return self._script[min(len(self.requests), len(self._script)) - 1]


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None for a greeting in TLS, which this peer does not speak and hangs up on."""
    begin = await reader.readexactly(1)
    if begin == b"\x16":
        return None
    head = begin + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method=method, target=target, headers=headers, body=body)


async def _answer(reply: Reply, request: Request, writer: asyncio.StreamWriter) -> bool:
    """Send a reply; return whether the connection may be used again."""
    if reply.hang:
        await asyncio.Event().wait()
    if reply.raw is not None:
        writer.write(reply.raw)
        await writer.drain()
        return False
    body = b"" if request.method == "HEAD" or reply.status in (204, 304) else reply.body
    framing = "Transfer-Encoding: chunked" if reply.chunked else f"Content-Length: {reply.length or len(body)}"
    lines = [
        f"HTTP/1.1 {reply.status} Scripted",
        *(f"{name}: {value}" for name, value in reply.headers.items()),
        framing,
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    await _send(body if reply.cut_after is None else body[: reply.cut_after], reply, writer)
    return reply.cut_after is None and reply.length is None


async def _send(body: bytes, reply: Reply, writer: asyncio.StreamWriter) -> None:
    size, pause = reply.drip or (max(1, len(body)), 0.0)
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if reply.chunked else piece)
        await writer.drain()
        await asyncio.sleep(pause)
    if reply.chunked and reply.cut_after is None:
        writer.write(b"0\r\n\r\n")
    await writer.drain()
