"""What a bulletin counts and how it groups: by field, by partner, by days left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.articles.documents import Sentence
from app.domain.articles.periods import Period
from app.domain.articles.standing import Shape
from app.domain.articles.subject import Subject
from app.domain.symbols import OWN_MEMBER, parse_symbol


@dataclass(frozen=True, slots=True)
class Item:
    """One notice in a bulletin: its ref, its sentences, its final date for comments and the days left to it."""

    ref: str
    sentences: tuple[Sentence, ...]
    deadline: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """The notices of one sector."""

    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """One line of the table by partner: how many notices, and the remark that counts drafts and names the notable."""

    name: str
    number: int
    remarks: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulletin:
    """A bulletin of one period; a daily list has no table by partner, and its items stand by days left."""

    title: Sentence
    opening: tuple[Sentence, ...]
    period: Period
    fields: tuple[Field, ...]
    partners: tuple[Partner, ...]
    contact: tuple[Sentence, ...]
    source: tuple[Sentence, ...]
    written_on: date

    def sentences(self) -> list[tuple[str, Sentence]]:
        """Return every sentence with the part of the bulletin that it stands in."""
        items = [(field.name, one) for field in self.fields for item in field.items for one in item.sentences]
        remarks = [(partner.name, one) for partner in self.partners for one in partner.remarks]
        ends = [*(("contact", one) for one in self.contact), *(("source", one) for one in self.source)]
        return [("title", self.title), *(("opening", one) for one in self.opening), *items, *remarks, *ends]


@dataclass(frozen=True, slots=True)
class Count:
    """How many drafts, measures that were adopted or are in force, and other notices there are."""

    drafts: int
    final: int
    other: int


_DRAFTS = {Shape.DRAFT, Shape.REVISED}
_FINAL = {Shape.FINAL, Shape.EMERGENCY}


def count_of(subjects: Iterable[Subject]) -> Count:
    """Count notices by what they are."""
    shapes = [one.shape for one in subjects]
    drafts = sum(one in _DRAFTS for one in shapes)
    final = sum(one in _FINAL for one in shapes)
    return Count(drafts, final, len(shapes) - drafts - final)


def of_others(subjects: Iterable[Subject]) -> list[Subject]:
    """Leave out what Viet Nam alone notified: it stops nobody's goods at another border, and is not a partner's."""
    return [one for one in subjects if set(one.content.members) != {OWN_MEMBER}]


def by_partner(subjects: Iterable[Subject]) -> Mapping[tuple[str, ...], Sequence[Subject]]:
    """Group notices by the members of their symbols, most notices first; what no member notified stands under none.

    A joint notice is counted once, under all of its members together.
    """
    groups: dict[tuple[str, ...], list[Subject]] = {}
    for one in subjects:
        parsed = map(parse_symbol, one.content.symbols)
        members = tuple(dict.fromkeys(symbol.member for symbol in parsed if symbol is not None))
        groups.setdefault(members, []).append(one)
    return dict(sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0])))


def days_left(subject: Subject, today: date) -> int | None:
    """Return the days left to comment on a day, None where none are taken or no date is known."""
    deadline = subject.deadline
    return None if deadline is None or deadline.day < today else (deadline.day - today).days
