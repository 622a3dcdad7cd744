"""What of an answer may be quoted: its beginning as one line, and never a key of ours."""

import re
from collections.abc import Iterable

_EXCERPT_CHARACTERS = 200


def excerpt_of(body: bytes) -> str:
    """Return the beginning of a body as one printable line without markup."""
    text = re.sub(r"<[^>]*>", " ", body[: 10 * _EXCERPT_CHARACTERS].decode("utf-8", "replace"))
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line[:_EXCERPT_CHARACTERS] or "(empty)"


def hidden_in(text: str, secrets: Iterable[str]) -> str:
    """Return a text in which none of the secrets stands."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "[hidden]")
    return text
