"""The texts of a notice that the sorter reads, and what an addendum's empty boxes inherit from its parent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum, auto

from app.domain.notices import Content
from app.domain.sectors.codes import Nomenclature, StatedCode, read_box, read_text

_INHERITED = ("titles", "products", "description", "objectives", "keywords")
_CODE_BOXES = tuple(Nomenclature)


class Place(IntEnum):
    """Where a text stands, which sets how much its words count."""

    TITLE = auto()
    PRODUCTS = auto()
    BODY = auto()
    LISTED = auto()
    FORM = auto()


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a notice. `listed` are the stretches that only repeat the names of nomenclature headings."""

    field: str
    text: str
    place: Place
    listed: tuple[tuple[int, int], ...] = ()
    inherited_from: str = ""

    def place_of(self, start: int) -> Place:
        """Return where the word that starts at an offset stands."""
        return Place.LISTED if any(first <= start < last for first, last in self.listed) else self.place


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
    if parent is not None:
        empty = {name for name in _INHERITED if not getattr(content, name)}
        lent = replace(parent, **{name: type(getattr(parent, name))() for name in _INHERITED if name not in empty})
        passages += _passages(lent, _name_of(parent))
    return passages


def codes_of(content: Content, parent: Content | None, passages: list[Passage]) -> list[StatedCode]:
    """Return the stated codes of a notice, from its boxes and its texts; the parent's where it states none."""
    codes = [code for box in _CODE_BOXES for code in read_box(box, getattr(content, box.value))]
    own = [passage for passage in passages if not passage.inherited_from]
    codes += [code for passage in own if passage.place is not Place.FORM for code in _in_text(passage)]
    if codes or parent is None:
        return codes
    name = _name_of(parent)
    codes = [code for box in _CODE_BOXES for code in read_box(box, getattr(parent, box.value), name)]
    lent = [passage for passage in passages if passage.inherited_from and passage.place is not Place.FORM]
    return codes + [code for passage in lent for code in _in_text(passage)]


def _passages(content: Content, name: str) -> Iterator[Passage]:
    for place, (language, title) in enumerate(content.titles):
        if title:
            yield Passage(f"title:{language}" if place else "title", title, Place.TITLE, (), name)
    if content.products:
        yield Passage("products", content.products, Place.PRODUCTS, tuple(_listed(content.products)), name)
    if content.description:
        yield Passage("description", content.description, Place.BODY, (), name)
    for field in ("objectives", "keywords"):
        if getattr(content, field):
            yield Passage(field, field_text(content, field), Place.FORM, (), name)


def _in_text(passage: Passage) -> Iterator[StatedCode]:
    return read_text(passage.field, passage.text, passage.inherited_from)


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


def _name_of(parent: Content) -> str:
    return parent.symbols[0] if parent.symbols else parent.title
