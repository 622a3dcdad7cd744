"""Where the relay is, how the line to it is secured, and how long each answer may take."""

import ipaddress
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from app.domain.errors import AppError, invalid

_FIELD = "KENG_SMTP_URL"
_FORMS = "smtps://user:password@host:465, smtp+starttls://user:password@host:587 or, on loopback, smtp://host:25"


class Security(StrEnum):
    """When the line is encrypted: never, after STARTTLS (RFC 3207), or from the first octet (RFC 8314)."""

    PLAIN = "plain"
    STARTTLS = "starttls"
    TLS = "tls"


_SCHEMES = {
    "smtps": (Security.TLS, 465),
    "smtp+starttls": (Security.STARTTLS, 587),
    "smtp": (Security.PLAIN, 25),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayAddress:
    """Where the relay is and who we are there; without a user nobody logs in.

    Raises AppError `relay-password-in-clear` when a password would cross a network unencrypted (EM-23).
    """

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.user and self.security is Security.PLAIN and not _is_loopback(self.host):
            raise invalid(
                "relay-password-in-clear",
                f"{_FIELD}: the password would go to {self.host} in the clear; use smtps:// or smtp+starttls://",
                field=_FIELD,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait, by RFC 5321 4.5.3.2 (EM-16): never one number for all of them.

    `connect` is for reaching the host; `command` for the banner, the TLS handshake and every command but those below;
    `data` for the go-ahead after DATA; `final` for the answer to the whole message; `parting` for RSET and QUIT, on
    which nothing depends. A kept connection that was idle for longer than `idle` is replaced rather than trusted.
    """

    connect: float = 30
    command: float = 300
    data: float = 120
    final: float = 600
    parting: float = 3
    idle: float = 60


def parse_smtp_url(url: str, *, allow_plain: bool = False) -> RelayAddress:
    """Read `smtps://`, `smtp+starttls://` or `smtp://`; user and password are percent-decoded.

    Plain `smtp://` is for loopback, elsewhere only with `allow_plain`, and never with a password. Raises AppError
    `relay-url` or `relay-plain` on field `KENG_SMTP_URL`; no message holds the password.
    """
    if not url.isprintable() or " " in url:
        raise _malformed("it holds blanks or control characters")
    parts, host, port = _split(url)
    if parts.scheme not in _SCHEMES:
        raise _malformed("it begins with none of the three schemes")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _malformed("it goes on after the port; in a user or password write reserved characters as %XX")
    security, usual_port = _SCHEMES[parts.scheme]
    if security is Security.PLAIN and not allow_plain and not _is_loopback(host):
        raise invalid("relay-plain", f"{_FIELD}: mail would go to {host} in the clear; use {_FORMS}", field=_FIELD)
    user, password = _credentials(parts)
    return RelayAddress(host=host, port=port or usual_port, security=security, user=user, password=password)


def _split(url: str) -> tuple[SplitResult, str, int | None]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")  # the resolver will do the same, and refuse empty and overlong labels
    except ValueError as error:
        raise _malformed("its host or port cannot be read; in a password write reserved characters as %XX") from error
    if not host or not host.isascii() or port == 0:
        raise _malformed("it names no host and port; a name beyond ASCII is written as A-label (xn--…)")
    return parts, host, port


def _credentials(parts: SplitResult) -> tuple[str, str]:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise _malformed("it has a user without a password or a password without a user")
    if not (user + password).isprintable():
        raise _malformed("its user or password holds control characters")
    return user, password


def _malformed(reason: str) -> AppError:
    return invalid("relay-url", f"{_FIELD}: {reason}; the form is {_FORMS}", field=_FIELD)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
