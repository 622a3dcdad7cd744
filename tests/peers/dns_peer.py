"""A name server on a real socket that answers from a table, so that what DNS says can be chosen."""

import asyncio
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self, cast

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsPeer:
    """Answers over UDP what `records` holds by (name, type); NXDOMAIN for names it does not hold, silence when `mute`."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]]) -> None:
        self.records = dict(records)
        self.mute = False
        self.asked: list[tuple[str, str]] = []
        self.host, self.port = "127.0.0.1", 0
        self._transport: asyncio.BaseTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(self), (self.host, 0))
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    def answer(self, question: bytes) -> bytes | None:
        """Return the answer to one datagram, None for silence."""
        asked = dns.message.from_wire(question)
        (one,) = asked.question
        name, kind = one.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(one.rdtype)
        self.asked.append((name, kind))
        if self.mute:
            return None
        reply = dns.message.make_response(asked)
        reply.flags |= dns.flags.AA
        if values := self.records.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(one.name, 60, one.rdclass, one.rdtype, *values))
        elif name not in {known for known, _ in self.records}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, peer: DnsPeer) -> None:
        self._peer = peer
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._peer.answer(data)
        if answer is not None and self._transport is not None:
            self._transport.sendto(answer, addr)
