"""What the ministry's three texts are made of: sentences that name where they come from, rows, tables, documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from app.domain.articles.standing import Comments, Shape


class Origin(StrEnum):
    """Whose words a sentence holds."""

    KIT = "kit"
    """A sentence of the kit, filled from fields by our own tables."""
    ORIGINAL = "original"
    """The notice's own words in its own language."""
    PERSON = "person"
    """Vietnamese that a person wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence and where it comes from.

    `fields` are the fields of the notice or of the installation (`unit.email`) that it states; `kit` is the id of the
    pattern, empty for words that no pattern made. `language` is that of the text.
    """

    text: str
    fields: tuple[str, ...]
    origin: Origin = Origin.KIT
    kit: str = ""
    language: str = "vi"
    link: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the information box: its label and what stands behind it."""

    field: str
    label: str
    values: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its heads, and in each row a sentence for each column."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Sentence, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the body under its heading. `original` marks a box with the words of the notice itself."""

    id: str
    heading: str
    sentences: tuple[Sentence, ...] = ()
    table: Table | None = None
    original: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An address with what it leads to; `url` is empty where the address must not be a link."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """The portal article on one notice. `written_on` is the day in Viet Nam on which its switches stand."""

    ref: str
    title: Sentence
    sapo: tuple[Sentence, ...]
    box: tuple[Row, ...]
    sections: tuple[Section, ...]
    contact: tuple[Sentence, ...]
    source: tuple[Sentence, ...]
    category: Sentence
    unit: str
    written_on: date
    shape: Shape
    comments: Comments
    attachments: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()
    themes: tuple[str, ...] = ()
    notes: tuple[Sentence, ...] = ()
    """What stands at the top of an article that was corrected or withdrawn: what and when."""

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Yield every sentence with the part of the article that it stands in, in reading order."""
        yield "title", self.title
        yield from (("notes", one) for one in self.notes)
        yield from (("sapo", one) for one in self.sapo)
        yield from ((f"box.{row.field}", one) for row in self.box for one in row.values)
        for section in self.sections:
            yield from ((section.id, one) for one in section.sentences)
            if section.table is not None:
                yield from ((f"{section.id}.table", cell) for row in section.table.rows for cell in row)
        yield from (("contact", one) for one in self.contact)
        yield from (("source", one) for one in self.source)
        yield "category", self.category


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter to one association, its comment form to be attached."""

    ref: str
    addressee: str
    subject: Sentence
    opening: tuple[Sentence, ...]
    points: tuple[Sentence, ...]
    request: tuple[Sentence, ...]
    form: tuple[Sentence, ...]
    enclosed: tuple[Link, ...]
    urgent: bool
    written_on: date

    def sentences(self) -> Iterator[tuple[str, Sentence]]:
        """Yield every sentence with the part of the letter that it stands in, in reading order."""
        yield "subject", self.subject
        for part, sentences in (("opening", self.opening), ("points", self.points), ("request", self.request)):
            yield from ((part, one) for one in sentences)
        yield from (("form", one) for one in self.form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vietnamese:
    """What a person wrote in Vietnamese for one notice; an empty field was left to the original.

    `rows` are the lines of the table of residue limits: substance, goods, proposed, present, Viet Nam's own.
    """

    title: str = ""
    description: str = ""
    products: str = ""
    objectives: str = ""
    agency: str = ""
    impact: str = ""
    recommendation: str = ""
    rows: tuple[tuple[str, str, str, str, str], ...] = ()

    def over(self, other: "Vietnamese") -> "Vietnamese":
        """Return both together; where both say something, this one counts."""
        return Vietnamese(**{name: getattr(self, name) or getattr(other, name) for name in self.__slots__})

    @classmethod
    def read(cls, values: Any) -> "Vietnamese":
        """Return what a JSON object of this shape says; ValueError names what is no field or has the wrong form."""
        if not isinstance(values, dict):
            raise ValueError("must be one JSON object")  # noqa: TRY004 - a fault of the file, told like the others
        unknown = sorted(set(values) - set(cls.__slots__))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such field; known: {', '.join(cls.__slots__)}")
        wrong = [name for name, value in values.items() if name != "rows" and not isinstance(value, str)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: must be text")
        return cls(**{**values, "rows": tuple(_limits(values.get("rows", ())))})


UNWRITTEN: Final = Vietnamese()
"""Nobody wrote anything yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """The office that writes: its name, the body above it and how it is reached; what is not set is left out."""

    name: str
    parent: str
    place: str
    address: str = ""
    phone: str = ""
    email: str = ""


_COLUMNS = 5


def _limits(rows: Any) -> Iterator[tuple[str, str, str, str, str]]:
    if not isinstance(rows, list | tuple):
        raise ValueError("rows: must be a list of lines")  # noqa: TRY004 - a fault of the file's values, told like the others
    for row in rows:
        if not isinstance(row, list | tuple) or len(row) != _COLUMNS or not all(isinstance(one, str) for one in row):
            raise ValueError(
                f"rows: each line is {_COLUMNS} texts: substance, goods, proposed, present, Viet Nam's own"
            )
        substance, goods, proposed, present, own = row
        yield substance, goods, proposed, present, own


def without_source(sentences: Iterable[tuple[str, Sentence]]) -> list[tuple[str, Sentence]]:
    """Return the sentences that name no field although they say something; there must be none."""
    return [(part, one) for part, one in sentences if one.text and not one.fields]
