"""Which addresses belong to the public internet, so that nobody makes Kẻng ask inside its own network (SE-14)."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

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
