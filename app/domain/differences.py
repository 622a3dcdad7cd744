"""How two wordings differ, word by word.

A word is never cut: a Vietnamese or Spanish word keeps its marks, a number its separators and sign (`0,01`, `-5`), a symbol
or unit its strokes (`G/TBT/N/EU/922/Add.1`, `mg/kg`). The longest common sequence of words is found by rapidfuzz.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz.distance import LCSseq

MOST_WORDS = 20_000
"""Pieces of a text that are compared one by one; what stands behind them counts as one."""

_WORDS = re.compile(r"\s+|(?:[-+−±](?=\d))?[^\W_](?:\S*[^\W_])?[\u0300-\u036f]*[%‰]?|[\s\S]")


class Fate(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of whole words with one fate, blanks included."""

    fate: Fate
    text: str


def words_of(text: str) -> list[str]:
    """Return the words, blanks and marks of a text in order; joined they are the text."""
    found = _WORDS.findall(text)
    return found if len(found) <= MOST_WORDS else [*found[:MOST_WORDS], "".join(found[MOST_WORDS:])]


def word_differences(before: str, after: str) -> tuple[Piece, ...]:
    """Return how one wording became the other: what was removed stands before what was added in its place.

    Pieces kept and removed, joined, are the wording before; kept and added, the one after. A blank or mark alone between
    two changes is part of them, so that a changed phrase is read as one.
    """
    old, new = words_of(before), words_of(after)
    pieces: list[Piece] = []
    for kept, removed, added in _runs(old, new):
        for fate, text in ((Fate.REMOVED, removed), (Fate.ADDED, added), (Fate.KEPT, kept)):
            if text:
                pieces.append(Piece(fate, text))
    return tuple(pieces)


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (kept, removed, added): a change with what was kept behind it; either side may be empty."""
    removed = added = ""
    for operation in LCSseq.opcodes(old, new):
        gone = "".join(old[operation.src_start : operation.src_end])
        come = "".join(new[operation.dest_start : operation.dest_end])
        is_gap = bool(removed or added) and not _says_something(gone) and operation.src_end < len(old)
        if operation.tag != "equal" or is_gap:
            removed, added = removed + gone, added + come
        else:
            yield gone, removed, added
            removed = added = ""
    if removed or added:
        yield "", removed, added


def _says_something(text: str) -> bool:
    return any(character.isalnum() for character in text)
