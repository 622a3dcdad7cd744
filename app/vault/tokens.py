"""Tokens: random ones that are stored hashed, and signed ones that stand in mailed links and need no store."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence

_KEY_OCTETS = 4
_SUBJECT_OCTETS = 8
_TAG_OCTETS = 18  # 144 bits; with the rest 30 octets, which base64 writes without padding or spare bits


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters (SE-04)."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return the SHA-256 of a random token, in hexadecimal: what is stored instead of the token (SE-04, SE-11).

    No salt and no slow hash: 256 random bits cannot be guessed.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def keyed_hash(value: str, key: bytes) -> str:
    """Return the HMAC-SHA256 of a value, in hexadecimal.

    It still recognises an erased address (PV-03), and nobody without the key can try addresses against it.
    """
    return hmac.digest(key, b"keng hash\0" + value.encode(), "sha256").hex()


def sign(purpose: str, subject: int, key: bytes) -> str:
    """Return the token of 40 URL-safe characters that lets its bearer do one thing to one subject (SE-05).

    It holds the key's id, the subject's number (0 up to 2**64 - 1) and a tag of 144 bits over both and the purpose; it
    holds no address, and it does not expire.
    """
    body = _key_id(key) + subject.to_bytes(_SUBJECT_OCTETS, "big")
    return base64.urlsafe_b64encode(body + _tag(purpose, body, key)).decode("ascii")


def verify(purpose: str, token: str, keys: Sequence[bytes]) -> int | None:
    """Return the subject of a token signed for this purpose with any of the keys; None when it is anything else.

    `keys` is the ring, the current key first; older ones are kept so that links in old mails still work.
    """
    body = _body(token)
    if body is None:
        return None
    for key in keys:
        if body.startswith(_key_id(key)) and hmac.compare_digest(token.encode(), _signed(purpose, body, key)):
            return int.from_bytes(body[_KEY_OCTETS:], "big")
    return None


def _body(token: str) -> bytes | None:
    try:
        octets = base64.urlsafe_b64decode(token.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        return None
    return octets[: _KEY_OCTETS + _SUBJECT_OCTETS] if len(octets) > _KEY_OCTETS + _SUBJECT_OCTETS else None


def _signed(purpose: str, body: bytes, key: bytes) -> bytes:
    return base64.urlsafe_b64encode(body + _tag(purpose, body, key))


def _tag(purpose: str, body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"keng link\0" + purpose.encode() + b"\0" + body, "sha256")[:_TAG_OCTETS]


def _key_id(key: bytes) -> bytes:
    return hmac.digest(key, b"keng key id", "sha256")[:_KEY_OCTETS]
