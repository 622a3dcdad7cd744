"""Small servers on this machine: the next free port, up while a block runs, down with it."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp

LOOPBACK: Final = "127.0.0.1"
_TRIES = 200


class NoPortError(OSError):
    """None of the ports that were tried is free."""


def listen(port: int) -> socket.socket:
    """Return a socket that listens on loopback at `port`, or at the next one that is free; NoPortError if none is."""
    for candidate in range(port, min(port + _TRIES, 65536)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if os.name == "posix":
            # A port that was just left may be taken again at once; two listeners still cannot share it.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, candidate))
            listener.listen()
        except OSError:
            listener.close()
            continue
        return listener
    raise NoPortError(f"no port from {port} on is free on {LOOPBACK}")


def address_of(listener: socket.socket) -> str:
    """Return the web address of a listening socket."""
    return f"http://{LOOPBACK}:{port_of(listener)}"


def port_of(listener: socket.socket) -> int:
    """Return the port of a listening socket."""
    port: int = listener.getsockname()[1]
    return port


@asynccontextmanager
async def serving(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serve the application on the socket while the block runs, then let open requests end and close the socket."""
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="auto", timeout_graceful_shutdown=2)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if task.done():
                await task
                raise NoPortError("the server ended before it was up")
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task
        listener.close()


class _Server(uvicorn.Server):
    """A server that leaves the signals to whoever runs several of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
