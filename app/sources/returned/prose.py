"""Bounces written for people only: qmail, Exim, old Exchange, Domino, and a hundred others that know no RFC 3464.

Which of them a message is, and which addresses failed, is read by flufl.bounce, the detectors of Mailman. What the
failure means is read here: by the enhanced codes beside the address, and without any it is soft.
"""

import email
from email.message import Message
from email.policy import compat32

from flufl.bounce import all_failures

from app.domain.bounces import Failure, Meaning, statuses_in
from app.sources.returned.auto_replies import from_a_server
from app.sources.returned.parts import body_text

_LINES = 500
_LINE = 300
"""Detectors try dozens of patterns on every line: of a notice for people these many lines say everything."""
_SAID = 500
_RECIPIENTS = 50


def told_in_prose(message: Message, body: bytes) -> tuple[Meaning, tuple[Failure, ...]]:
    """Return what a notice for people tells; `body` are the octets of the message."""
    if not from_a_server(message):
        return Meaning.OTHER, ()
    delayed, failed = all_failures(_short(body))
    if not failed:
        return (Meaning.NO_FAILURE if delayed else Meaning.OTHER), ()
    recipients, text = sorted(address.decode("ascii").lower() for address in failed), body_text(message).lower()
    return Meaning.FAILURE, tuple(_failure(recipient, text) for recipient in recipients[:_RECIPIENTS])


def _short(body: bytes) -> Message:
    lines = body.split(b"\n", _LINES)[:_LINES]
    return email.message_from_bytes(b"\n".join(line[:_LINE] for line in lines), policy=compat32)


def _failure(recipient: str, text: str) -> Failure:
    """Return the failure of one recipient with the codes in what is said after its name."""
    _, _, after = text.partition(recipient)
    said = (after or text)[:_SAID]
    return Failure(recipients=(recipient,), statuses=statuses_in(said), said=said)
