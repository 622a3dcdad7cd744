"""The relay as the rest of the house sees it: a few kept connections, each serving one message at a time."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable

from app.domain.deliveries import Envelope, Outcome
from app.senders.smtp.configuration import RelayAddress, Security, Timeouts
from app.senders.smtp.connection import Connection
from app.senders.smtp.session import SessionTerms

_STANDARD_TIMEOUTS = Timeouts()


class Relay:
    """Hands messages to one relay over at most `connections` lines, which are opened when needed and kept.

    `hostname` is what we call ourselves in EHLO. Without a `tls_context` the system's certificate authorities are
    trusted (`SSL_CERT_FILE` names others); certificate and host name are always checked.
    """

    def __init__(
        self,
        address: RelayAddress,
        *,
        hostname: str,
        connections: int = 4,
        timeouts: Timeouts = _STANDARD_TIMEOUTS,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        plain = address.security is Security.PLAIN
        trust = None if plain else tls_context or ssl.create_default_context()
        terms = SessionTerms(address=address, hostname=hostname, timeouts=timeouts, tls_context=trust)
        # Last in, first out: with little to do, few lines are used and those stay warm.
        self._free: asyncio.LifoQueue[Connection] = asyncio.LifoQueue()
        self._connections = [Connection(terms) for _ in range(connections)]
        for connection in self._connections:
            self._free.put_nowait(connection)

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        """Hand over one message and return what the relay said, by reliability rules EM-15 and F01 to F25.

        Waits for a free connection. `before_data` is awaited once, after RCPT was accepted: it commits "handing over"
        and answers False when the right to send was lost, upon which nothing is sent and None returned. An exception
        of its own is raised, with nothing sent; a cancellation may leave a message whose fate is unknown.
        """
        connection = await self._free.get()
        try:
            return await connection.deliver(envelope, before_data)
        finally:
            self._free.put_nowait(connection)

    async def close(self) -> None:
        """Wait for the messages in hand, then take leave of the relay on every connection."""
        resting = [await self._free.get() for _ in self._connections]
        await asyncio.gather(*(connection.quit() for connection in resting))
        for connection in resting:
            self._free.put_nowait(connection)
