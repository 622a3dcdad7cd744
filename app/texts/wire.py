"""One message as bytes on the wire, written header by header.

The standard library's own policies fold Vietnamese headers wrongly and encode long URIs (cpython #92081, #144156), so
words are encoded by `email.header.Header`, addresses of machines are written raw, and the parts are put together here.
The same input always gives the same bytes.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

from app.domain.errors import invalid
from app.texts.cleaning import cut, one_line

LONGEST_LINE = 998
LONGEST_WORDS = 200
FOLD_AT = 76
LONGEST_ADDRESS = 254

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_RAW = re.compile(r"[\x21-\x7e]+(?: [\x21-\x7e]+)*")
_ADDRESS = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f\ud800-\udfff<>()\[\]\\,;:\"@]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_BASE64_LINE = re.compile(rb".{1,76}")
_ENCODED_UNIT = re.compile(r"%..|.")
_NO_PATH = re.compile(r'[/\\:*?"<>|]+')
"""What stands in no file name on one system or another."""
_LONGEST_PIECE = 55


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a message: its name for people, its media type, its bytes."""

    name: str
    media_type: str
    content: bytes


def words_header(name: str, words: str) -> str:
    """Return a header whose value is words for people, in encoded words (RFC 2047) whatever they are.

    Plain ASCII is encoded as well, so that words which look like an encoded word stay what they are. Lines are at most
    78 characters, values at most 200 (EM-19, EM-20).
    """
    return f"{_checked_name(name)}: {_encoded(name, words)}"


def mailbox_header(name: str, display: str, address: str) -> str:
    """Return a header with one mailbox: display name in encoded words, addr-spec raw.

    An address with non-ASCII letters in its local part is written in UTF-8 (RFC 6532), for relays with SMTPUTF8.
    """
    angled = f"<{_checked_address(name, address)}>" if display else _checked_address(name, address)
    if not display:
        return f"{_checked_name(name)}: {angled}"
    encoded = _encoded(name, display)
    last = encoded.rpartition("\r\n")[2]
    prefix = len(name) + 2 if last == encoded else 0
    separator = " " if prefix + len(last) + 1 + len(angled) <= FOLD_AT else "\r\n "
    return f"{_checked_name(name)}: {encoded}{separator}{angled}"


def raw_header(name: str, value: str) -> str:
    """Return a header for machines (URI, message id, keyword) on one line, neither encoded nor folded (EM-01).

    `AppError` (invalid) for anything but printable ASCII with single blanks, or a line over 998 octets.
    """
    line = f"{_checked_name(name)}: {value}"
    if _RAW.fullmatch(value) is None:
        raise invalid("mail-header", f"{name}: must be printable ASCII on one line", field=name)
    if len(line) > LONGEST_LINE:
        raise invalid(
            "mail-header", f"{name}: {len(line)} octets are more than the {LONGEST_LINE} of a line", field=name
        )
    return line


def automatic_headers(
    *, sender: tuple[str, str], recipient: str, subject: str, dated: datetime, message_id: str, language: str
) -> list[str]:
    """Return the headers that every mail of ours has; `sender` is name and address. Nobody answers it by itself (EM-10)."""
    return [
        mailbox_header("From", *sender),
        mailbox_header("To", "", recipient),
        words_header("Subject", subject),
        f"Date: {format_datetime(dated)}",
        raw_header("Message-ID", f"<{message_id}>"),
        f"Content-Language: {language}",
        "Auto-Submitted: auto-generated",
        "X-Auto-Response-Suppress: All",
    ]


def alternative_message(headers: Sequence[str], text: str, html: str, *, message_id: str) -> bytes:
    """Return the whole message: headers, then text and HTML as `multipart/alternative` in base64, lines end in CRLF.

    The boundary follows from the message id, and base64 can never contain it.
    """
    boundary = _boundary(message_id)
    head = [*headers, "MIME-Version: 1.0", _multipart("alternative", boundary)]
    return b"".join(["\r\n".join(head).encode(), b"\r\n\r\n", *_alternatives(boundary, text, html)])


def mixed_message(
    headers: Sequence[str], text: str, html: str, attachments: Sequence[Attachment], *, message_id: str
) -> bytes:
    """Return the whole message as `multipart/mixed`: text and HTML as one alternative, then the attachments, in base64."""
    outer, inner = _boundary(f"{message_id} mixed"), _boundary(message_id)
    head = [*headers, "MIME-Version: 1.0", _multipart("mixed", outer)]
    opening = f"--{outer}\r\n{_multipart('alternative', inner)}\r\n\r\n"
    parts = [piece for one in attachments for piece in _attached(outer, one)]
    pieces = [opening.encode(), *_alternatives(inner, text, html), *parts, f"--{outer}--\r\n".encode()]
    return b"".join(["\r\n".join(head).encode(), b"\r\n\r\n", *pieces])


def _boundary(name: str) -> str:
    return f"=_{hashlib.sha256(name.encode()).hexdigest()[:40]}"


def _multipart(kind: str, boundary: str) -> str:
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"'


def _alternatives(boundary: str, text: str, html: str) -> list[bytes]:
    return [
        *_part(boundary, "text/plain", text.replace("\r\n", "\n").replace("\n", "\r\n")),
        *_part(boundary, "text/html", html),
        f"--{boundary}--\r\n".encode(),
    ]


def _part(boundary: str, media_type: str, body: str) -> list[bytes]:
    head = f'--{boundary}\r\nContent-Type: {media_type}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return [head.encode(), _in_base64(body.encode()), b"\r\n"]


def _attached(boundary: str, one: Attachment) -> list[bytes]:
    lines = [
        f"--{boundary}",
        raw_header("Content-Type", one.media_type),
        f"Content-Disposition: attachment;{_file_name(one.name)}",
        "Content-Transfer-Encoding: base64",
    ]
    return ["\r\n".join(lines).encode(), b"\r\n\r\n", _in_base64(one.content), b"\r\n"]


def _file_name(name: str) -> str:
    """Return the parameter with a file name, in numbered pieces of one line each where one does not do (RFC 2231)."""
    units = _ENCODED_UNIT.findall(quote(cut(_NO_PATH.sub("-", one_line(name)), LONGEST_WORDS), safe=""))
    pieces = ["utf-8''"]
    for unit in units:
        if len(pieces[-1]) + len(unit) > _LONGEST_PIECE:
            pieces.append("")
        pieces[-1] += unit
    if len(pieces) == 1:
        return f"\r\n filename*={pieces[0]}"
    return ";".join(f"\r\n filename*{number}*={piece}" for number, piece in enumerate(pieces))


def _in_base64(content: bytes) -> bytes:
    return b"\r\n".join(_BASE64_LINE.findall(base64.b64encode(content)))


@lru_cache(maxsize=1024)
def _encoded(name: str, words: str) -> str:
    clean = cut(one_line(words), LONGEST_WORDS)
    return Header(clean, "utf-8", header_name=name, maxlinelen=FOLD_AT).encode(linesep="\r\n")


def _checked_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise invalid("mail-header", f"{name!r} is no header name", field="header")
    return name


def _checked_address(name: str, address: str) -> str:
    if _ADDRESS.fullmatch(address) is None or len(address.encode()) > LONGEST_ADDRESS:
        raise invalid("mail-address", f"{name}: must be exactly one address", field=name)
    return address
