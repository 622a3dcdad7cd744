"""Look at the relay without sending anything: whether it is there, the line is safe, and it knows us."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime

from app.senders.smtp.configuration import RelayAddress, Security, Timeouts
from app.senders.smtp.session import FAILURES, Session, SessionTerms, host_down

_PATIENCE = Timeouts(connect=10, command=20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What was seen of a relay; `fault` says why it cannot be used, None when it can.

    `protocol` is the version of TLS, empty without it; `certificate_until` the end of its certificate.
    """

    fault: str | None = None
    protocol: str = ""
    certificate_until: datetime | None = None
    size_limit: int | None = None


async def inspect(address: RelayAddress, *, hostname: str, tls_context: ssl.SSLContext | None = None) -> Inspection:
    """Open a session as for sending, log in, take leave; no MAIL is said."""
    plain = address.security is Security.PLAIN
    trust = None if plain else tls_context or ssl.create_default_context()
    terms = SessionTerms(address=address, hostname=hostname, timeouts=_PATIENCE, tls_context=trust)
    try:
        session = await Session.open(terms)
    except FAILURES as error:
        return Inspection(fault=host_down(error).reason)
    try:
        secured = session.secured_by()
        return Inspection(
            protocol=secured.version() or "" if secured else "",
            certificate_until=_end_of(secured) if secured else None,
            size_limit=session.size_limit,
        )
    finally:
        session.abort()


def _end_of(secured: ssl.SSLObject) -> datetime | None:
    certificate = secured.getpeercert() or {}
    until = certificate.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None
