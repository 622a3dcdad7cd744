"""One message that came in: what it is, and whom it may concern."""

import email
from email.message import Message
from email.policy import compat32

import structlog

from app.domain.bounces import Meaning, ReturnedMail
from app.sources.returned.auto_replies import is_auto_reply
from app.sources.returned.bounds import bounded
from app.sources.returned.complaints import complained_of
from app.sources.returned.delivery_status import delivery_status
from app.sources.returned.parts import header
from app.sources.returned.prose import told_in_prose

_log = structlog.get_logger(__name__)

_DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
"""Where servers write whom they delivered a message to; they write on top, so the topmost of each name is theirs."""


def read_returned(raw: bytes, recipient: str = "") -> ReturnedMail:
    """Return what a message says. It never raises: what nobody can read is `Meaning.OTHER`.

    `recipient` is the address that it was delivered to, where whoever hands it in knows; else it is read from the topmost
    headers in which servers write that.
    """
    body = bounded(raw)
    paths: tuple[str, ...] = (recipient,) if recipient else ()
    if body is None:
        return ReturnedMail(meaning=Meaning.OTHER, return_paths=paths)
    try:
        message = email.message_from_bytes(body, policy=compat32)
        if not paths:
            paths = tuple(found for name in _DELIVERED_TO if (found := header(message, name)))
        return _read(message, body, paths)
    except Exception as error:  # noqa: BLE001 - whatever a stranger's bytes do to a parser, they are one unreadable message
        _log.warning("returned_mail_unreadable", error=type(error).__name__)
        return ReturnedMail(meaning=Meaning.OTHER, return_paths=paths)


def _read(message: Message, body: bytes, paths: tuple[str, ...]) -> ReturnedMail:
    complained = complained_of(message)
    if complained is not None:
        return ReturnedMail(meaning=Meaning.COMPLAINT, return_paths=complained)
    told = delivery_status(message)
    if told is None and is_auto_reply(message):
        told = Meaning.AUTO_REPLY, ()
    meaning, failures = told or told_in_prose(message, body)
    return ReturnedMail(meaning=meaning, return_paths=paths, failures=failures)
