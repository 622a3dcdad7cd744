"""Bounces written for people only: qmail, Exim, old Exchange, Domino, and a hundred others that know no RFC 3464.

Which of them a message is, and which addresses failed, is read by flufl.bounce, the detectors of Mailman. What the
failure means is read here: by the enhanced codes beside the address, and without any, or broken off, it is soft.
"""

import email
import re
from dataclasses import replace
from email.message import Message
from email.policy import compat32

from flufl.bounce import all_failures

from app.domain.bounces import Failure, Meaning, statuses_in
from app.sources.returned.auto_replies import from_a_server
from app.sources.returned.parts import body_text, ends

_LINES = 500
_LINE = 300
"""Detectors try dozens of patterns on every line: of a notice for people these many lines say everything."""
_SAID = 500
_RECIPIENTS = 50
_RETURNED = re.compile(r"(?m)^[ >]*(?:-{3,}|={3,}|(?:return-path|received|message-id|subject|from):)")
"""Where the mail that is returned begins: an alert may well speak of a clause 5.1.1."""


def told_in_prose(message: Message, body: bytes) -> tuple[Meaning, tuple[Failure, ...]]:
    """Return what a notice for people tells; `body` are the octets of the message."""
    if not from_a_server(message):
        return Meaning.OTHER, ()
    delayed, failed = all_failures(_short(body))
    if not failed:
        return (Meaning.NO_FAILURE if delayed else Meaning.OTHER), ()
    recipients, text = sorted(address.decode("ascii").lower() for address in failed), body_text(message).lower()
    failures = tuple(_failure(recipient, text) for recipient in recipients[:_RECIPIENTS])
    return Meaning.FAILURE, failures if ends(message) else tuple(replace(one, statuses=()) for one in failures)


def _short(body: bytes) -> Message:
    """Return the beginning of a message in ASCII: the detectors stumble over headers that are not."""
    lines = body.split(b"\n", _LINES)[:_LINES]
    text = b"\n".join(line[:_LINE] for line in lines).decode("ascii", errors="replace").replace("\ufffd", "?")
    return email.message_from_string(text, policy=compat32)


def _failure(recipient: str, text: str) -> Failure:
    """Return the failure of one recipient with the codes in what is said after its name, before our own mail begins."""
    _, _, after = text.partition(recipient)
    said = _RETURNED.split(after or text, maxsplit=1)[0][:_SAID]
    return Failure(recipients=(recipient,), statuses=statuses_in(said), said=said)
