"""Replies that nobody wrote: out of office, received, please prove that you are a person. None of them is a bounce."""

import codecs
import re
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr

from app.sources.returned.parts import header

_SERVER = re.compile(
    r"(?i)mailer-?daemon|mail-?daemon|postmaster|mail delivery|delivery (?:sub)?system|delivery status|mdaemon|"
    r"system administrator|mail administrator|mailsystem|mail system|bounce"
)
_MACHINE_HEADERS = ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-reply-from", "x-mail-autoreply")
_SUBJECT = re.compile(
    r"(?i)out of (?:the )?office|auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|vacation|away from|on leave|"
    r"absent|abwesenheit|vắng mặt|nghỉ phép|trả lời tự động|thư tự động|đi công tác|đã nhận được"
)
_CHALLENGE = re.compile(
    r"(?i)confirm (?:that )?you are|verify (?:that )?you|prove (?:that )?you|approve your|challenge|sender verification|"
    r"whitelist|boxbe|spamarrest|tmda"
)


def from_a_server(message: Message) -> bool:
    """Say whether a message claims to be written by a mail system, as every bounce does."""
    name, address = parseaddr(header(message, "from"))
    return bool(_SERVER.search(f"{name} {address.partition('@')[0]}")) or "x-failed-recipients" in message


def is_auto_reply(message: Message) -> bool:
    """Say whether a message is an automatic reply (RFC 3834), other than that of a mail system that could not deliver."""
    subject = _decoded(header(message, "subject"))
    if any(name in message for name in _MACHINE_HEADERS) or _CHALLENGE.search(subject) or _is_receipt(message):
        return True
    if header(message, "precedence").lower() == "auto_reply" or header(message, "x-precedence").lower() == "auto_reply":
        return True
    if from_a_server(message):
        return False
    submitted = header(message, "auto-submitted").lower()
    return submitted not in {"", "no"} or bool(_SUBJECT.search(subject))


def _is_receipt(message: Message) -> bool:
    """Say whether a message reports that a mail was shown or deleted (RFC 8098)."""
    return str(message.get_param("report-type", "")).lower() == "disposition-notification"


def _decoded(subject: str) -> str:
    """Return a subject with its encoded words (RFC 2047) read."""
    pieces = decode_header(subject)
    return "".join(piece if isinstance(piece, str) else _text(piece, charset) for piece, charset in pieces)


def _text(octets: bytes, charset: str | None) -> str:
    try:
        known = codecs.lookup(charset or "ascii").name
    except LookupError:
        known = "latin-1"
    return octets.decode(known, errors="replace")
