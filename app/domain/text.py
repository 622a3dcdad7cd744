"""Text in the form in which phrases are looked for, with the way back to the text as it is stored.

Two texts say the same words when their searchable forms are equal: composed (Unicode NFC) and casefolded, with every
character that is neither a letter nor a digit as one blank. Marks stay: `vải` is not `vai`.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_NOT_A_WORD = re.compile(r"[\W_]")
_RUN_OF_BLANKS = re.compile(r"\s\s")


@dataclass(frozen=True, slots=True)
class Searchable:
    """The searchable form of a text, with one blank before and one behind it.

    `starts` and `ends` give, for each character of the form, where the characters that it stands for start and end in
    the original; both are None where every character stands for the one before it (the form begins with a blank).
    """

    form: str
    starts: tuple[int, ...] | None = None
    ends: tuple[int, ...] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the offsets in the original of the characters `start` to `end` of the form."""
        if self.starts is None or self.ends is None:
            return start - 1, end - 1
        return self.starts[start], self.ends[end - 1]


def searchable(text: str) -> Searchable:
    """Return the searchable form of a text. A run of blanks counts as one."""
    lowered = text.casefold()
    if len(lowered) == len(text) and unicodedata.is_normalized("NFC", lowered) and not _RUN_OF_BLANKS.search(text):
        return Searchable(f" {_NOT_A_WORD.sub(' ', lowered)} ")
    return _mapped(text)


def phrase_form(phrase: str) -> str:
    """Return the form under which a phrase is found in a searchable text, blanks at both ends included."""
    return searchable(phrase.strip()).form


def _mapped(text: str) -> Searchable:
    """Fold a text whose length changes, one cluster of base character and marks at a time."""
    form, starts, ends = [" "], [0], [0]
    for start, end in _clusters(text):
        if text[start].isspace() and start and text[start - 1].isspace():
            ends[-1] = end
            continue
        folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text[start:end]).casefold())
        for character in _NOT_A_WORD.sub(" ", folded):
            form.append(character)
            starts.append(start)
            ends.append(end)
    return Searchable("".join([*form, " "]), (*starts, len(text)), (*ends, len(text)))


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for position in range(1, len(text)):
        if not unicodedata.combining(text[position]):
            yield start, position
            start = position
    if text:
        yield start, len(text)
