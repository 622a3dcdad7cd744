"""What the documents behind a notice's links say, read for sorting: a weak witness, heard where the notice is silent."""

import re

from app.domain.sectors.codes import StatedCode, read_text
from app.domain.sectors.labels import ANNEX
from app.domain.sectors.passages import Passage, Place, running_text

CHARACTERS = 200_000
"""How much of an annex is read for sorting, about a hundred pages: what it is about has been said by then."""

# The WTO's own forms name food safety, animal and plant health on every notice, beside boxes that are ticked or not.
_TICK_BOXES = re.compile(r"\[ {0,3}[xX]? {0,3}\][^\n]*")


def annex_passage(text: str) -> Passage:
    """Return an annex as a text to read; offsets are those of the annex as it is stored."""
    read = _TICK_BOXES.sub(lambda boxes: " " * len(boxes[0]), text[:CHARACTERS])
    return running_text(ANNEX, read, Place.BODY)


def annex_codes(passage: Passage) -> list[StatedCode]:
    """Return the codes that an annex names with their nomenclature."""
    return list(read_text(ANNEX, passage.text))
