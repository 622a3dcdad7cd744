"""The texts of a notice that the sorter reads, and what an addendum's empty boxes inherit from its parent."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, auto
from functools import lru_cache
from operator import itemgetter

from app.domain.notices import Content
from app.domain.sectors.codes import Nomenclature, StatedCode, read_box, read_text
from app.domain.sectors.masks import masked
from app.domain.text import Searchable, phrase_form, searchable


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

    `listed` are the stretches that only repeat the names of nomenclature headings, in order and apart; `examples` is
    where examples begin; `boxes` are the stretches of the ticked boxes of a form field. Of a text that is no form field,
    `read` is the searchable form and `masked` are the stretches that are not read, worked out once for all who look for
    words in it.
    """

    field: str
    text: str
    place: Place
    listed: tuple[tuple[int, int], ...] = ()
    inherited_from: str = ""
    examples: tuple[int, ...] = ()
    boxes: tuple[tuple[int, int], ...] = ()
    read: Searchable | None = None
    masked: tuple[tuple[int, int], ...] = ()

    def place_of(self, start: int) -> Place:
        """Return where the word that starts at an offset stands."""
        if not self.listed:
            return self.place
        place = bisect_right(self.listed, start, key=itemgetter(0))
        return Place.LISTED if place and start < self.listed[place - 1][1] else self.place

    def names_goods(self) -> bool:
        """Tell whether this is a title, or the products in more words than the names pasted before codes."""
        if self.place is Place.PRODUCTS:
            return any(character.isalpha() for character in _PASTED.sub("", self.text))
        return self.place is Place.TITLE

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


@lru_cache(maxsize=1024)
def box_form(value: str) -> str:
    """Return a box's label without the agreement that ePing adds to it: "Food safety (SPS)" is "Food safety"."""
    bare = value
    for agreement in ("(SPS)", "(TBT)", "(MSF)", "(OTC)"):
        bare = bare.removesuffix(agreement)
    return phrase_form(bare)


def passages_of(content: Content, parent: Content | None) -> list[Passage]:
    """Return the texts to read: the notice's own, and the parent's where the notice's box is empty."""
    passages = list(_passages(content, ""))
    if parent is None:
        return passages
    own = {passage.field.partition(":")[0] for passage in passages}
    name = name_of(parent)
    return passages + [passage for passage in _passages(parent, name) if passage.field.partition(":")[0] not in own]


def codes_of(content: Content, parent: Content | None, passages: list[Passage]) -> list[StatedCode]:
    """Return the stated codes of a notice, from its boxes and its texts; the parent's where it states none of a kind."""
    own = _codes(content, "", [passage for passage in passages if not passage.inherited_from])
    if parent is None:
        return own
    kinds = {code.nomenclature for code in own}
    lent = _codes(parent, name_of(parent), [passage for passage in passages if passage.inherited_from])
    return own + [code for code in lent if code.nomenclature not in kinds]


def _codes(content: Content, name: str, passages: list[Passage]) -> list[StatedCode]:
    codes = [code for box in Nomenclature for code in read_box(box, getattr(content, box.value), name)]
    texts = [passage for passage in passages if passage.place is not Place.FORM]
    return codes + [code for passage in texts for code in read_text(passage.field, passage.text, name)]


def _passages(content: Content, name: str) -> Iterator[Passage]:
    for place, (language, title) in enumerate(content.titles):
        if title:
            field = f"title:{language}" if place else "title"
            yield running_text(field, title, Place.TITLE, name)
    if content.products:
        yield running_text("products", content.products, Place.PRODUCTS, name)
    if content.description:
        yield running_text("description", content.description, Place.BODY, name)
    for field, values in (("objectives", content.objectives), ("keywords", content.keywords)):
        if values:
            yield Passage(field, field_text(content, field), Place.FORM, (), name, boxes=tuple(_stretches(values)))


def running_text(field: str, text: str, place: Place, name: str = "") -> Passage:
    """Return a passage of running text; `name` is the parent's where the text is inherited."""
    read = searchable(text)
    return Passage(
        field,
        text,
        place,
        _apart(_listed(text)) if place is Place.PRODUCTS else (),
        name,
        () if place is Place.TITLE or not any(word in read.form for word in _EXAMPLE_WORDS) else _examples(text),
        read=read,
        masked=tuple(masked(text)),
    )


def _apart(stretches: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return stretches in order, those that touch or overlap as one."""
    apart: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return tuple(apart)


_EXAMPLE_WORDS = (
    "including", "such as", "e g", "example", "compris", "tel", "exemple", "incluid", "tales", "ejemplo", "bao gồm",
    "ví dụ",
)  # fmt: skip
_EXAMPLES = re.compile(
    r"\b(?:including|such as|e\.g|for example|y compris|tels? que|telles? que|par exemple|incluid[oa]s?|tales como"
    r"|por ejemplo|bao gồm|ví dụ)\b",
    re.IGNORECASE,
)


def _examples(text: str) -> tuple[int, ...]:
    return tuple(match.start() for match in _EXAMPLES.finditer(text))


# ePing pastes the name of each heading before its code: "Cocoa butter, fat and oil. (HS code(s): 1804); …". What stands
# before several codes is the member's own wording.
_PASTED = re.compile(r"\((?:(?:HS|ICS)(?: code\(s\):)?|C[oó]d(?:e|igo)\(s\)[^:()]{0,20}:) ?[\d.]+\)")
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


def name_of(parent: Content) -> str:
    """Return what evidence calls the document that it was inherited from: its symbol, or its title without one."""
    return parent.symbols[0] if parent.symbols else parent.title
