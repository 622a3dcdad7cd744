"""`keng serve` as its callers see it: an address to ask, and raw bytes to send to it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from tests.stories.commands import Keng, Running, until

_LISTENING = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """A running `keng serve`."""

    command: Running
    port: int

    async def ask(self, method: str, address: str, **options: object) -> httpx.Response:
        """Send a request for the path of an address, whatever host the address names."""
        path = urlsplit(address)._replace(scheme="", netloc="").geturl()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as client:
            return await client.request(method, path, **options)  # type: ignore[arg-type]  # httpx's own words

    async def send(self, request: bytes) -> bytes:
        """Send octets as they are and return all that is answered until the line is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer


@asynccontextmanager
async def served(keng: Keng, *words: str) -> AsyncIterator[Server]:
    """Serve on a free port while the block runs; then it must end in order."""
    command = keng.start("serve", "--port", "0", *words)
    await until(lambda: _LISTENING.search(command.err) is not None or not command.alive)
    listening = _LISTENING.search(command.err)
    assert listening is not None, command.err
    yield Server(command, int(listening[1]))
    keng.judged(await command.told_to_stop(within=30), ("serve",), 0)
