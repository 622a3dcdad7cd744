"""The texts of a notice that the sorter reads, and what an addendum's empty boxes inherit from its parent."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto

from app.domain.notices import Content
from app.domain.sectors.codes import Nomenclature, StatedCode, read_box, read_text


class Place(IntEnum):
    """Where a text stands, which sets how much its words count."""

    TITLE = auto()
    PRODUCTS = auto()
    BODY = auto()
    LISTED = auto()
    FORM = auto()


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a notice.

    `listed` are the stretches that only repeat the names of nomenclature headings; `examples` is where examples begin;
    `boxes` are the stretches of the ticked boxes of a form field.
    """

    field: str
    text: str
    place: Place
    listed: tuple[tuple[int, int], ...] = ()
    inherited_from: str = ""
    examples: tuple[int, ...] = ()
    boxes: tuple[tuple[int, int], ...] = ()

    def place_of(self, start: int) -> Place:
        """Return where the word that starts at an offset stands."""
        return Place.LISTED if any(first <= start < last for first, last in self.listed) else self.place

    def last_example(self, start: int) -> int:
        """Return where examples last began before an offset, -1 where they did not."""
        place = bisect_left(self.examples, start)
        return self.examples[place - 1] if place else -1


def field_text(content: Content, field: str) -> str:
    """Return the text that the offsets of evidence count in.

    `title` is the title in the language of the record, `title:es` another one; a list (codes, objectives, keywords) is
    its values joined by ", ".
    """
    if field.startswith("title:"):
        return dict(content.titles)[field.removeprefix("title:")]
    value = getattr(content, field)
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def passages_of(content: Content, parent: Content | None) -> list[Passage]:
    """Return the texts to read: the notice's own, and the parent's where the notice's box is empty."""
    passages = list(_passages(content, ""))
    if parent is None:
        return passages
    own = {passage.field.partition(":")[0] for passage in passages}
    name = _name_of(parent)
    return passages + [passage for passage in _passages(parent, name) if passage.field.partition(":")[0] not in own]


def codes_of(content: Content, parent: Content | None, passages: list[Passage]) -> list[StatedCode]:
    """Return the stated codes of a notice, from its boxes and its texts; the parent's where it states none of a kind."""
    own = _codes(content, "", [passage for passage in passages if not passage.inherited_from])
    if parent is None:
        return own
    kinds = {code.nomenclature for code in own}
    lent = _codes(parent, _name_of(parent), [passage for passage in passages if passage.inherited_from])
    return own + [code for code in lent if code.nomenclature not in kinds]


def _codes(content: Content, name: str, passages: list[Passage]) -> list[StatedCode]:
    codes = [code for box in Nomenclature for code in read_box(box, getattr(content, box.value), name)]
    texts = [passage for passage in passages if passage.place is not Place.FORM]
    return codes + [code for passage in texts for code in read_text(passage.field, passage.text, name)]


def _passages(content: Content, name: str) -> Iterator[Passage]:
    for place, (language, title) in enumerate(content.titles):
        if title:
            yield Passage(f"title:{language}" if place else "title", title, Place.TITLE, (), name)
    if content.products:
        listed, examples = tuple(_listed(content.products)), examples_in(content.products)
        yield Passage("products", content.products, Place.PRODUCTS, listed, name, examples)
    if content.description:
        yield Passage("description", content.description, Place.BODY, (), name, examples_in(content.description))
    for field, values in (("objectives", content.objectives), ("keywords", content.keywords)):
        if values:
            yield Passage(field, field_text(content, field), Place.FORM, (), name, boxes=tuple(_stretches(values)))


_EXAMPLES = re.compile(
    r"\b(?:including|such as|e\.g|for example|y compris|tels? que|telles? que|par exemple|incluid[oa]s?|tales como"
    r"|por ejemplo|bao gồm|ví dụ)\b",
    re.IGNORECASE,
)


def examples_in(text: str) -> tuple[int, ...]:
    """Return where a text begins to give examples."""
    return tuple(match.start() for match in _EXAMPLES.finditer(text))


# ePing pastes the name of each heading before its code: "Cocoa butter, fat and oil. (HS code(s): 1804); …". What stands
# before several codes is the member's own wording.
_PASTED = re.compile(r"\((?:HS code\(s\)|ICS code\(s\)|C[oó]d(?:e|igo)\(s\)[^:()]{0,20}): ?[\d.]+\)")
_HEADING_STYLE = re.compile(
    r"whether or not|\(excl\.|not elsewhere specified|n\.e\.s\.|\bheadings?\b|\bheading no|of a kind used|parts thereof",
    re.IGNORECASE,
)


def _listed(products: str) -> Iterator[tuple[int, int]]:
    behind = 0
    for match in _PASTED.finditer(products):
        yield max(behind, products.rfind(";", behind, match.start()) + 1), match.start()
        behind = match.end()
    if _HEADING_STYLE.search(products):
        start = 0
        for piece in products.split(";"):
            if _HEADING_STYLE.search(piece):
                yield start, start + len(piece)
            start += len(piece) + 1


def _stretches(values: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield where each of the values stands when they are joined by ", "."""
    start = 0
    for value in values:
        yield start, start + len(value)
        start += len(value) + len(", ")


def _name_of(parent: Content) -> str:
    return parent.symbols[0] if parent.symbols else parent.title
