"""Which addresses belong to the public internet, so that nobody makes Kẻng ask inside its own network (SE-14)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

MOST_OF_ONE = 5
MOST_OF_NEIGHBOURS = 20
"""Requests for a mail in an hour, of one caller and of the network around them."""

_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")


def is_loopback(address: str) -> bool:
    """Say whether an IP address means this machine; False for what is no address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet, whatever IPv6 form an IPv4 address is wrapped in."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return all(map(_is_global, _unwrapped(found) or (found,)))


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    odd = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_loopback
    return address.is_global and not odd and not site_local


def _unwrapped(address: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses within an IPv6 one: mapped, compatible, NAT64, 6to4 or Teredo."""
    if isinstance(address, IPv4Address):
        return ()
    if address in _NAT64 or address in _COMPATIBLE:
        return (IPv4Address(int(address) & 0xFFFFFFFF),)
    found = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
    return tuple(one for one in found if one is not None)


def counted_networks(caller: str) -> tuple[tuple[str, int], ...]:
    """Return the networks that a caller's requests for mail count for, narrow first, each with its ceiling in an hour.

    An IPv4 address and its /24; of IPv6 the network of one customer (/64) and the site around it (/48); what is no
    address, as itself (SE-13).
    """
    try:
        found = ip_address(caller)
    except ValueError:
        return ((caller, MOST_OF_ONE),)
    wrapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    address = wrapped or found
    narrow, wide = (32, 24) if isinstance(address, IPv4Address) else (64, 48)
    return (
        (str(ip_network((address, narrow), strict=False)), MOST_OF_ONE),
        (str(ip_network((address, wide), strict=False)), MOST_OF_NEIGHBOURS),
    )
