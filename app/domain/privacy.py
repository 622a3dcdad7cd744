"""What is owed to the people whose data we keep: how long it stays, how soon they are answered, what erasure leaves."""

import ipaddress
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

MAILS_KEPT = timedelta(days=30)
DELIVERIES_KEPT = timedelta(days=365)
SIGN_UPS_KEPT = timedelta(days=7)
INACTIVE_KEPT = timedelta(days=28)
ORIGINS_KEPT = timedelta(days=30)
"""How long the address of the machine stays from which a consent came; its network stays with the consent."""
UNVERIFIED_CONTACTS_KEPT = timedelta(days=90)
"""How long an address stays that nobody proved to be an organisation's, since it was added or last asked."""
CONTACT_LINKS_KEPT = UNVERIFIED_CONTACTS_KEPT
"""How long the hash of a link stays that asked it; it says when that was."""
AUDIT_KEPT = timedelta(days=730)
REQUESTS_KEPT = timedelta(days=730)


class RequestKind(StrEnum):
    """What a person may ask about their data (Law 91/2025/QH15)."""

    ACCESS = "access"
    CORRECTION = "correction"
    ERASURE = "erasure"
    OBJECTION = "objection"


ANSWER_WITHIN = 2
"""Working days in which everybody who asks is answered (Decree 356/2025/ND-CP)."""

FINISH_WITHIN = {
    RequestKind.ACCESS: 10,
    RequestKind.CORRECTION: 10,
    RequestKind.ERASURE: 20,
    RequestKind.OBJECTION: 15,
}
"""Days in which it is done (PV-02)."""

_WEEKEND = 5


def answer_by(received: date) -> date:
    """Return the day by which a request is to be answered.

    Saturdays and Sundays are no working days. Public holidays count as such here, so that the day is never too late.
    """
    day, left = received, ANSWER_WITHIN
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _WEEKEND
    return day


def finish_by(kind: RequestKind, received: date) -> date:
    """Return the day by which what was asked is to be done."""
    return received + timedelta(days=FINISH_WITHIN[kind])


def network_of(ip: str) -> str | None:
    """Return the network of a machine, its end masked (`203.0.113.0/24`, `2001:db8:1::/48`); None for no IP address."""
    try:
        found = ipaddress.ip_address(ip)
    except ValueError:
        return None
    whole = (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
    kept = 24 if isinstance(whole, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network(f"{whole}/{kept}", strict=False))


@dataclass(frozen=True, slots=True)
class Erasure:
    """That whoever bears this keyed hash was forgotten, why and when; what was kept of them before is not to come back."""

    identity_hash: str
    because: str
    erased_at: datetime


ERASED = "erased"
"""The person asked for it: staff do not bring them back."""
SUPPRESSED = "suppressed"
"""The address was not to be mailed when it was forgotten for its age: it still is not."""

_FORM = {"keng": "erasures", "version": 1}
_HASH_LENGTH = 64


def erasure_lines(erasures: Iterable[Erasure]) -> Iterator[str]:
    """Write erasures as lines of JSON, the first of which names the form; no line holds an address."""
    yield json.dumps(_FORM)
    for one in erasures:
        yield json.dumps({"hash": one.identity_hash, "because": one.because, "at": one.erased_at.isoformat()})


def read_erasures(lines: Iterable[str]) -> Iterator[Erasure]:
    """Read what `erasure_lines` wrote; ValueError, with the number of the line, at anything else."""
    for number, line in enumerate(lines, start=1):
        try:
            value = json.loads(line)
            found = [_erasure(value)] if number > 1 else _heading(value)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number} is no line of a list of erasures: {error}") from error
        yield from found


def _heading(value: object) -> list[Erasure]:
    if value != _FORM:
        raise ValueError("the first line does not name the form")
    return []


def _erasure(value: dict[str, str]) -> Erasure:
    name, because, at = value["hash"], value["because"], datetime.fromisoformat(value["at"])
    if len(name) != _HASH_LENGTH or at.tzinfo is None or because not in {ERASED, SUPPRESSED}:
        raise ValueError("hash, because or at is not as it should be")
    return Erasure(name, because, at)
