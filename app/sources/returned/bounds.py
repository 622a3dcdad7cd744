"""What is read of a message: so much that every sound report fits, so little that no hostile one costs time.

The standard library's parser is meant for friends: a header of a million semicolons, or boundaries within boundaries,
keep it busy for hours.
"""

import re
from typing import Final

LARGEST_MESSAGE: Final = 1024 * 1024
"""Octets of one message that are looked at; a report stands before the mail that it returns."""

_LINES = 20_000
_LINE = 1_000
_FOLDS = 20
_NESTED = 40
_NESTING = re.compile(rb"(?i)(?:multipart|message)/")


def bounded(raw: bytes) -> bytes | None:
    """Return a message with its length, its lines and its folded headers cut; None when it nests too many parts."""
    kept, folds = [], 0
    for line in raw[:LARGEST_MESSAGE].split(b"\n", _LINES)[:_LINES]:
        folds = folds + 1 if line[:1] in {b" ", b"\t"} else 0
        if folds <= _FOLDS:
            kept.append(line.removesuffix(b"\r")[:_LINE].replace(b"\r", b" ").replace(b"\0", b""))
    body = b"\n".join(kept)
    return None if sum(1 for _ in _NESTING.finditer(body)) > _NESTED else body
