"""How far a document from outside is read."""

from dataclasses import dataclass

EXHAUSTED = 75
"""The exit code of a process that ran out of the memory that it was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """Where reading stops: pages, characters of text, bytes of one unpacked part, parts of a Word file.

    `seconds` is the whole time that a document may take, `memory` the bytes of address space of the process that reads
    it.
    """

    pages: int = 500
    characters: int = 1_000_000
    part: int = 30 * 1024 * 1024
    parts: int = 5_000
    seconds: int = 30
    memory: int = 512 * 1024 * 1024
