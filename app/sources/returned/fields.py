"""Blocks of `Name: value` lines, as reports for machines hold them (RFC 3464, RFC 5965, RFC 6533)."""

import base64
import binascii
import quopri
from email.message import Message

Block = dict[str, str]
"""The fields of one block, names in lower case; of a name that comes again the first value counts."""


def blocks_of(part: Message) -> list[Block]:
    """Return the blocks of fields in a part of type `message/…`, however the parser took it apart."""
    text = _source(part)
    return [block for paragraph in text.split("\n\n") if (block := _block(paragraph))]


def _source(part: Message) -> str:
    """Return the part's text as it stood: the parser has read blocks of fields as headers of messages of their own."""
    payload = part.get_payload()
    inner = [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []
    text = "\n\n".join(map(_reassembled, inner)) if inner else _leaf(part)
    return _decoded(text, str(part.get("content-transfer-encoding", "")).strip().lower() if inner else "")


def _reassembled(message: Message) -> str:
    lines = "".join(f"{name}: {value}\n" for name, value in message.raw_items())
    rest = message.get_payload()
    more = (
        map(_reassembled, (one for one in rest if isinstance(one, Message)))
        if isinstance(rest, list)
        else [_leaf(message)]
    )
    return "\n".join([lines, *more])


def _leaf(message: Message) -> str:
    octets = message.get_payload(decode=True)
    return octets.decode("utf-8", errors="surrogateescape") if isinstance(octets, bytes) else ""


def _decoded(text: str, encoding: str) -> str:
    octets = text.strip().encode("utf-8", errors="surrogateescape")
    try:
        if encoding == "base64":
            octets = base64.b64decode(octets)
        elif encoding == "quoted-printable":
            octets = quopri.decodestring(octets)
    except binascii.Error:
        return text
    return octets.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _block(paragraph: str) -> Block:
    unfolded: list[str] = []
    for line in paragraph.splitlines():
        if line[:1] in {" ", "\t"} and unfolded:
            unfolded[-1] += " " + line.strip()
        else:
            unfolded.append(line)
    block: Block = {}
    for line in unfolded:
        name, colon, value = line.partition(":")
        if colon and name.strip() and " " not in name.strip():
            block.setdefault(name.strip().lower(), value.strip())
    return block
