"""Reports that a reader called a mail spam: `message/feedback-report` (RFC 5965, ARF)."""

from email.message import Message

from app.sources.returned.fields import blocks_of
from app.sources.returned.parts import header, parts_of

_NOT_SPAM = "not-spam"


def complained_of(message: Message) -> tuple[str, ...] | None:
    """Return the return paths of the mail that a report complains of; None when the message is no complaint.

    They stand in `Original-Mail-From` and on top of the mail itself, where the reader's server wrote them. Reports of
    authentication failures, and those that take a complaint back, are none.
    """
    parts = list(parts_of(message))
    reports = [
        block for part in parts if part.get_content_type() == "message/feedback-report" for block in blocks_of(part)
    ]
    kinds = {block["feedback-type"].lower() for block in reports if "feedback-type" in block}
    if not kinds or kinds <= {_NOT_SPAM, "auth-failure", "dmarc", "opt-out"}:
        return None
    named = [block["original-mail-from"] for block in reports if "original-mail-from" in block]
    return tuple(path for path in [*named, *map(_return_path, parts)] if path)


def _return_path(part: Message) -> str:
    """Return the return path of the mail that a part holds, whole or only its headers."""
    payload = part.get_payload()
    if part.get_content_type() in {"message/rfc822", "message/global"} and isinstance(payload, list) and payload:
        return header(payload[0], "return-path") if isinstance(payload[0], Message) else ""
    if part.get_content_type() in {"text/rfc822-headers", "message/global-headers"}:
        return next((block["return-path"] for block in blocks_of(part) if "return-path" in block), "")
    return ""
