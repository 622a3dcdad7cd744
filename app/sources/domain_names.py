"""What the domain name system says, asked of the system's resolver or of one that is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer
from dns.reversename import from_address

_PATIENCE = 10.0
"""Seconds for one question with all its tries."""


class NoAnswerError(Exception):
    """No resolver answered; what the name holds is not known."""


@dataclass(frozen=True, slots=True)
class NameServer:
    """A resolver to ask in place of the system's."""

    host: str
    port: int = 53


class DomainNames:
    """Asks for records; an answer of "there is none" is an empty list, no answer at all an error."""

    def __init__(self, server: NameServer | None = None) -> None:
        self._server = server

    async def texts(self, name: str) -> list[str]:
        """Return the TXT records of a name, each as one text. Raises NoAnswerError."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in await self._records(name, "TXT")]

    async def addresses(self, name: str) -> list[str]:
        """Return the IPv4 and IPv6 addresses of a name. Raises NoAnswerError."""
        return [record.address for kind in ("A", "AAAA") for record in await self._records(name, kind)]

    async def names(self, address: str) -> list[str]:
        """Return the names that an address points back to. Raises NoAnswerError."""
        found = await self._records(from_address(address).to_text(), "PTR")
        return [record.target.to_text(omit_final_dot=True) for record in found]

    async def _records(self, name: str, kind: str) -> Sequence[Any]:
        try:
            return list(await self._resolver().resolve(name, kind, lifetime=_PATIENCE))
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError) as error:
            raise NoAnswerError(f"{name}: {' '.join(str(error).split()) or type(error).__name__}") from error

    def _resolver(self) -> Resolver:
        if self._server is None:
            return Resolver()
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = [self._server.host], self._server.port
        return resolver
