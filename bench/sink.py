"""An SMTP sink in a process of its own: it says yes to everything and keeps nothing, as fast as asyncio can."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection


@asynccontextmanager
async def sink() -> AsyncIterator[int]:
    """Run the sink and give its port on loopback."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield await asyncio.to_thread(ours.recv)
    finally:
        process.terminate()
        process.join()


def _serve(answer: Connection) -> None:
    asyncio.run(_listen(answer))


async def _listen(answer: Connection) -> None:
    server = await asyncio.start_server(_converse, "127.0.0.1", 0)
    answer.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink\r\n")
    while command := await reader.readline():
        verb = command[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            await writer.drain()
            await reader.readuntil(b"\r\n.\r\n")
            writer.write(b"250 kept nowhere\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 bye\r\n")
            await writer.drain()
            break
        else:
            writer.write(b"250 sink\r\n")
        await writer.drain()
    writer.close()
