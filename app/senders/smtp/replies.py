"""What a relay's reply means for one message (RFC 5321 4.2, EM-15)."""

import re
from datetime import timedelta

from app.domain.addresses import mask_addresses
from app.domain.deliveries import LONGEST_RETRY, Accepted, Refused, TryLater, Unknown

CLOSING = 421
"""The relay closes the line: leave it, try later, and more slowly."""

AS_IF = 451
"""How a line that broke before DATA is counted: "as if a 451 response had been received" (RFC 5321 3.8)."""

_LONGEST_READ = 2000
_LONGEST_KEPT = 500
_WAIT = re.compile(r"\b(\d{1,6})\s*(second|sec|minute|min|hour|hr)s?\b", re.IGNORECASE)
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600}


def read_reply(code: int, words: str) -> Accepted | TryLater | Refused | Unknown:
    """Return what a reply says about a message; a code that is none of SMTP's says nothing (`Unknown`)."""
    text = printable(words)
    match code // 100:
        case 2:
            return Accepted(text)
        case 4:
            return TryLater(code, text, wait_asked(text))
        case 5:
            return Refused(code, text)
        case _:
            return Unknown(f"the relay's answer makes no sense: {code} {text}")


def wait_asked(text: str) -> timedelta | None:
    """Return the time that a reply asks us to wait ("try again in 300 seconds"), at most four hours; None if none."""
    found = _WAIT.search(text)
    if found is None:
        return None
    return min(timedelta(seconds=int(found[1]) * _UNITS[found[2].lower()]), LONGEST_RETRY)


def printable(words: str) -> str:
    """Return a server's words as one line that may be stored and logged (SE-16).

    Control characters and undecodable octets become blanks, addresses are masked, and it is at most 500 characters.
    """
    line = "".join(character if character.isprintable() else " " for character in words[:_LONGEST_READ])
    return mask_addresses(" ".join(line.split()))[:_LONGEST_KEPT]
