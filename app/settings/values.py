"""The forms that a setting may take: each reads one variable's text, or says in one clause what is wrong with it.

The readers raise ValueError, which pydantic turns into a problem named after its variable. None of them repeats a piece
of an address that may hold a password.
"""

import difflib
import ipaddress
import re
from datetime import time
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

FEED_PRESETS: Final = ("wto-news", "rasff", "federal-register", "fda-recalls")
SMTP_SCHEMES: Final = ("smtps", "smtp+starttls", "smtp")
LAST_PORT: Final = 65535

_FEED_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_HOST_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9_.-]+)):(?P<port>\d{1,5})")
_HOST_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_FULL_NAME = re.compile(r"(?=.{4,253}$)(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_INSIDE = (".localhost", ".local", ".internal", ".lan", ".home", ".corp")
_WORD = re.compile(r"[!-~]{1,255}")
_CLOCK_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


class HostPort(NamedTuple):
    """Where a server listens or is reached; an IPv6 address stands without its brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Feed(NamedTuple):
    """A feed to pull, by the name that `keng pull` takes; `url` is None where the preset's own address is meant."""

    name: str
    url: str | None


class QuietHours(NamedTuple):
    """The hours, in Viet Nam's time, in which nobody is written to; `start` may be later than `end` (over midnight)."""

    start: time
    end: time


class Sender(NamedTuple):
    """Who the mails are from."""

    name: str
    address: str


def is_loopback(host: str) -> bool:
    """Say whether a host name or address means this machine, so that nothing can be overheard on the way."""
    name = host.strip("[]").rstrip(".").lower()
    if is_ip_address(name):
        return ipaddress.ip_address(name).is_loopback
    return name == "localhost" or name.endswith(".localhost")


def is_ip_address(host: str) -> bool:
    """Say whether a host is given by number, so that no mail address can be made of it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def split_address(value: str, example: str) -> tuple[SplitResult, str, int | None]:
    """Return an address's parts, host and port."""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None:
        raise ValueError(f"is no address such as {example} (write reserved characters as %XX)")
    return parts, host, port


def read_host_port(value: Any) -> Any:
    """Read `host:port` or `[v6]:port`."""
    if not isinstance(value, str):
        return value
    match = _HOST_PORT.fullmatch(value.strip())
    if match is None or not 0 < int(match["port"]) <= LAST_PORT:
        raise ValueError("must be host:port, such as 127.0.0.1:8000 or [::1]:8000")
    return HostPort((match["v6"] or match["name"]).lower(), int(match["port"]))


def read_host_ports(value: Any) -> Any:
    """Read several `host:port`, separated by commas."""
    return tuple(map(read_host_port, _pieces(value))) if isinstance(value, str) else value


def read_document_hosts(value: Any) -> Any:
    """Read several hosts, separated by commas: full names, which are asked by HTTPS, or `host:port` of this machine."""
    return tuple(map(_document_host, _pieces(value))) if isinstance(value, str) else value


def read_clock_time(value: Any) -> Any:
    """Read a time of day, `HH:MM`."""
    if not isinstance(value, str):
        return value
    match = _CLOCK_TIME.fullmatch(value.strip())
    if match is None:
        raise ValueError("must be a time of day from 00:00 to 23:59, such as 08:30")
    return time(int(match[1]), int(match[2]))


def read_quiet_hours(value: Any) -> Any:
    """Read `HH:MM-HH:MM`."""
    if not isinstance(value, str):
        return value
    start, hyphen, end = value.partition("-")
    if not hyphen:
        raise ValueError("must be two times of day, such as 22:00-06:00; leave it empty for none")
    hours = QuietHours(read_clock_time(start), read_clock_time(end))
    if hours.start == hours.end:
        raise ValueError("must have two different ends, such as 22:00-06:00; leave it empty for none")
    return hours


def read_mail_addresses(value: Any) -> Any:
    """Read several mail addresses, separated by commas."""
    return tuple(map(_mail_address, _pieces(value))) if isinstance(value, str) else value


def read_mail_address(value: Any) -> Any:
    """Read one mail address."""
    return _mail_address(value.strip()) if isinstance(value, str) else value


def read_one_line(value: Any) -> Any:
    """Read words that are printed on one line."""
    if isinstance(value, str) and any(ord(character) < ord(" ") for character in value):
        raise ValueError("must be one line")
    return value.strip() if isinstance(value, str) else value


def read_word(value: Any) -> Any:
    """Read one name that another system knows us by: printable ASCII without spaces."""
    if isinstance(value, str) and not _WORD.fullmatch(value.strip()):
        raise ValueError("must be one word of at most 255 printable ASCII characters")
    return value.strip() if isinstance(value, str) else value


def read_sender(value: Any) -> Any:
    """Read `Name <address>` or an address alone."""
    if not isinstance(value, str):
        return value
    if any(ord(character) < ord(" ") for character in value):
        raise ValueError("must be one line")
    name, bracket, rest = value.strip().rpartition("<")
    if bracket and not rest.endswith(">"):
        raise ValueError("must be `Name <address>` or an address")
    address = rest.removesuffix(">") if bracket else value
    return Sender(name.strip().strip('"').strip(), _mail_address(address.strip()))


def read_domain(value: Any) -> Any:
    """Read a domain that mail can be sent to, in lower case."""
    if not isinstance(value, str):
        return value
    domain = value.strip().lower().removeprefix("@")
    if not _HOST_NAME.fullmatch(domain):
        raise ValueError(
            f"holds {value!r}; it must be a domain such as bounces.example.vn, in ASCII, without a name before it"
        )
    return domain


def read_feeds(value: Any) -> Any:
    """Read presets and `name=url`, separated by commas; a comma inside an address is written %2C."""
    if not isinstance(value, str):
        return value
    feeds = tuple(map(_feed, _pieces(value)))
    names = [feed.name for feed in feeds]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names {', '.join(twice)} twice")
    return feeds


def _pieces(value: str) -> list[str]:
    return [piece.strip() for piece in value.split(",") if piece.strip()]


def _document_host(piece: str) -> HostPort:
    name = piece.lower().rstrip(".")
    if _FULL_NAME.fullmatch(name) and not name.endswith(_INSIDE):
        return HostPort(name, 443)
    match = _HOST_PORT.fullmatch(name)
    if (
        match is None
        or not is_ip_address(match["v6"] or match["name"])
        or not is_loopback(match["v6"] or match["name"])
    ):
        raise ValueError(
            f"holds {piece!r}: write a full host name such as docs.example.org, or 127.0.0.1:8000 on this machine; "
            "no address, port or wildcard of anything else"
        )
    return HostPort(*read_host_port(name))


def _mail_address(value: str) -> str:
    """Return one plain address (RFC 5322 addr-spec, ASCII); the operator's own may well be `keng@localhost`."""
    try:
        parsed = Address(addr_spec=value)
    except (MessageError, ValueError) as error:
        raise ValueError(f"holds {value!r}, which is no mail address") from error
    if not value.isascii() or not parsed.username or not _HOST_NAME.fullmatch(parsed.domain):
        raise ValueError(f"holds {value!r}, which is no mail address of the form name@host")
    return value


def _feed(piece: str) -> Feed:
    name, equals, url = piece.partition("=")
    if not equals and name not in FEED_PRESETS:
        nearest = difflib.get_close_matches(name, FEED_PRESETS, 1)
        hint = f"did you mean {nearest[0]}?" if nearest else f"the presets are {', '.join(FEED_PRESETS)}."
        raise ValueError(f"holds {name!r}, which is no preset; {hint} Any other feed is written name=url")
    if not _FEED_NAME.fullmatch(name) or name == "eping":
        raise ValueError(f"holds the name {name!r}: lower-case words joined by hyphens, and `eping` is the API's")
    return Feed(name, url or None)
