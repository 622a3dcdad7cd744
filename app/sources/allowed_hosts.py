"""Which hosts documents may be fetched from, and where their names lead: never inside the network (IN-12, SE-14)."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from urllib.parse import urlsplit, urlunsplit

from app.domain.networks import is_loopback, is_public
from app.sources.links import safe_link

WTO_HOSTS = frozenset({"docs.wto.org", "members.wto.org", "eping.wto.org"})
"""Where the links of notices lead: the official documents, and the texts that members sent in."""

_HTTPS = 443

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a host name and a port to all its IP addresses; OSError when there is none."""


class ForbiddenAddressError(Exception):
    """An address that is not asked; the message says why."""


class InsideAddressError(ForbiddenAddressError):
    """A listed name that leads inside a network just now: a false answer of a name server, which may be right again."""


async def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system for the IP addresses of a host."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class AllowedHosts:
    """The hosts of the WTO, and those that the operator added.

    `more` holds hosts with their port: names are asked by HTTPS on port 443 only, an address of this machine by plain
    HTTP on the port given.
    """

    def __init__(self, more: Iterable[tuple[str, int]] = (), resolver: Resolver = resolve) -> None:
        added = tuple(more)
        self._loopback = frozenset((host, port) for host, port in added if is_loopback(host))
        self._names = WTO_HOSTS | {host for host, _ in added if not is_loopback(host)}
        self._resolve = resolver

    @property
    def names(self) -> frozenset[str]:
        """The hosts as `host_of` returns them."""
        return self._names | {f"{host}:{port}" for host, port in self._loopback}

    def host_of(self, link: str) -> str:
        """Return the host of a link, with the port of one on this machine; empty for what is no web address."""
        try:
            parts = urlsplit(link)
            host, port = parts.hostname or "", parts.port or 0
        except ValueError:
            return ""
        return f"{host}:{port}" if is_loopback(host) else host

    def address_of(self, link: str) -> str | None:
        """Return the address to ask for a link, HTTPS even where the link is older than that; None when it is not asked."""
        if self.host_of(link) not in self.names:
            return None
        parts = urlsplit(link)
        if (parts.hostname, parts.port) in self._loopback:
            return link if parts.scheme == "http" and "@" not in parts.netloc else None
        if safe_link(link) is None or parts.port not in {None, 80, _HTTPS}:
            return None
        return safe_link(urlunsplit(("https", parts.hostname or "", parts.path, parts.query, "")))

    async def admit(self, scheme: str, host: str, port: int | None) -> str:
        """Return the IP address to connect to for a host; ForbiddenAddressError when it must not be asked.

        All addresses of a name must be public, and the one that was looked at is the one that is connected to, so that
        a second answer of the name server changes nothing; an IPv4 address where there is one, since not every machine
        reaches the others. OSError when the name has no address.
        """
        if scheme == "http" and (host, port) in self._loopback:
            return host
        if scheme != "https" or host not in self._names or port not in {None, _HTTPS}:
            raise ForbiddenAddressError(f"{scheme}://{host} is not on the list of hosts that documents come from.")
        addresses = await self._resolve(host, _HTTPS)
        if not addresses or not all(map(is_public, addresses)):
            raise InsideAddressError(f"{host} leads to an address that is not public.")
        return min(addresses, key=lambda address: ":" in address)
