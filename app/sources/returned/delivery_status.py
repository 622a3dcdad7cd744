"""Reports for machines: `message/delivery-status` (RFC 3464) and its form for non-ASCII addresses (RFC 6533)."""

import re
from dataclasses import replace
from email.message import Message
from email.utils import parseaddr

from app.domain.bounces import Failure, Meaning, statuses_in
from app.sources.returned.fields import Block, blocks_of
from app.sources.returned.parts import ends, header, parts_of

_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_FAILED = ("fail", "error")
_ADDRESS = re.compile(r"[^\s<>;,\"()]+@[^\s<>;,\"()]+")
_ESCAPED = re.compile(r"\\x\{([0-9A-Fa-f]{1,6})\}")
_HIGHEST = 0x10FFFF
_SAID = 500
_BLOCKS = 100


def delivery_status(message: Message) -> tuple[Meaning, tuple[Failure, ...]] | None:
    """Return what the delivery status in a message tells; None when it holds none.

    It counts whatever the type of the whole is called, and never in a mail that is returned or forwarded in it. An address
    that writes by itself is not dead: what is from the recipient is no server's report. One that is broken off gives no
    status, for the words that would temper it may be missing.
    """
    leaves = list(parts_of(message))
    parts = [part for part in leaves if part.get_content_type() in _TYPES]
    blocks = [block for part in parts for block in blocks_of(part) if "action" in block][:_BLOCKS]
    sender = parseaddr(header(message, "from"))[1].lower()
    failures = tuple(_failure(block) for block in blocks if _failed(block))
    if not blocks or "from" not in message or any(sender in one.recipients for one in failures):
        return None
    if leaves[-1] in parts and not ends(message):
        failures = tuple(replace(one, statuses=()) for one in failures)
    return (Meaning.FAILURE if failures else Meaning.NO_FAILURE), failures


def _failed(block: Block) -> bool:
    """Say whether a block tells of a failure; an action of one word may be followed by a comment."""
    succeeded = statuses_in(block.get("status", ""))[:1]
    return block["action"].lower().startswith(_FAILED) and not "".join(succeeded).startswith("2.")


def _failure(block: Block) -> Failure:
    said = block.get("diagnostic-code", "")[:_SAID]
    names = [block.get("original-recipient", ""), block.get("final-recipient", ""), block.get("x-actual-recipient", "")]
    found = [address.lower() for name in names for address in _ADDRESS.findall(_unescaped(name))]
    statuses = dict.fromkeys([*statuses_in(block.get("status", "")), *statuses_in(said)])
    return Failure(recipients=tuple(dict.fromkeys(found)), statuses=tuple(statuses), said=said)


def _unescaped(name: str) -> str:
    """Return an address whose escapes (RFC 6533, for relays that know only ASCII) are characters again."""
    return _ESCAPED.sub(lambda found: chr(code) if (code := int(found[1], 16)) <= _HIGHEST else found[0], name)
