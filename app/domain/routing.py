"""Who gets a letter about a notice, who a copy, and why.

An organisation that answers for a primary sector gets the letter; whoever is merely concerned gets a copy for information.
Nothing is guessed: every destination names the rule and the evidence of the label that it rests on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.organisations import EVERY_SECTOR, Organisation, Responsibility
from app.domain.sectors.labels import Evidence, Label, Role
from app.domain.symbols import Area

HORIZONTAL_THEMES: Final = frozenset({"wood-packaging", "forced-labour", "green-consumption"})
"""Themes that concern exporters of every trade."""
REGISTRATION: Final = "import-registration"
REGISTERING_MEMBER: Final = "CHN"
"""China's customs (GACC) register the plants of every food exporter: that theme is horizontal for this member only."""
OTHERS_ONLY: Final = "others"
"""The label of a notice that concerns other countries and not Viet Nam."""


class Paper(StrEnum):
    """What an organisation gets."""

    LETTER = "letter"
    COPY = "copy"


class Rule(StrEnum):
    """Why it gets it."""

    RESPONSIBLE = "responsible"
    CONCERNED = "concerned"
    RELATED_SECTOR = "related_sector"
    OTHER_GOODS = "other_goods"
    WIDER_SECTOR = "wider_sector"
    NARROWER_SECTOR = "narrower_sector"
    NOBODY_ELSE = "nobody_else"
    HORIZONTAL = "horizontal"


PAPER: Final[Mapping[Rule, Paper]] = {
    Rule.RESPONSIBLE: Paper.LETTER,
    Rule.NOBODY_ELSE: Paper.LETTER,
    Rule.CONCERNED: Paper.COPY,
    Rule.OTHER_GOODS: Paper.COPY,
    Rule.WIDER_SECTOR: Paper.COPY,
    Rule.NARROWER_SECTOR: Paper.COPY,
    Rule.RELATED_SECTOR: Paper.COPY,
    Rule.HORIZONTAL: Paper.COPY,
}
"""What each rule leads to, the stronger rules first: an organisation that several lead to gets the first of them."""
_STRENGTH = {rule: rank for rank, rule in enumerate(PAPER)}


class NoDispatch(StrEnum):
    """Why nobody gets anything."""

    OTHERS_ONLY = "others_only"
    NO_SECTOR = "no_sector"
    NO_ORGANISATION = "no_organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What of a notice decides who hears of it: its labels, its own HS codes (digits), and whom it concerns."""

    area: Area | None = None
    members: tuple[str, ...] = ()
    sectors: tuple[Label, ...] = ()
    themes: tuple[Label, ...] = ()
    affected: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """One organisation, by its key, and why: `label` is the sector or theme that led to it."""

    organisation: str
    rule: Rule
    label: str
    confidence: float
    evidence: tuple[Evidence, ...]

    @property
    def paper(self) -> Paper:
        """What it gets."""
        return PAPER[self.rule]


@dataclass(frozen=True, slots=True)
class Route:
    """Where a notice goes, letters first; with `none_because` nowhere."""

    destinations: tuple[Destination, ...] = ()
    none_because: NoDispatch | None = None


class Directory:
    """Organisations by the sectors that they name: made once, and asked for as many notices as there are.

    `parents` gives the sector above a sector.
    """

    def __init__(self, organisations: Iterable[Organisation], parents: Mapping[str, str]) -> None:
        self._parents = parents
        self._children: dict[str, list[str]] = {}
        for child, parent in parents.items():
            self._children.setdefault(parent, []).append(child)
        self._naming: dict[str, list[tuple[Organisation, Responsibility]]] = {}
        for one in organisations:
            for sector, responsibility in dict(one.sectors).items():
                self._naming.setdefault(sector, []).append((one, responsibility))

    def responsible(self, sector: str) -> list[Organisation]:
        """Return who answers for a sector."""
        return [one for one, how in self._naming.get(sector, ()) if how is Responsibility.PRIMARY]

    def naming(self, sector: str) -> list[Organisation]:
        """Return who names a sector, answering for it or not."""
        return [one for one, _ in self._naming.get(sector, ())]

    def near(self, sector: str) -> Iterator[tuple[Organisation, Rule]]:
        """Yield who does not answer for a sector and is concerned: by naming it, the one above it, or one below it."""
        met = {one.key for one in self.naming(sector)}
        yield from ((one, Rule.CONCERNED) for one, how in self._naming.get(sector, ()) if how is Responsibility.RELATED)
        above = (self._parents[sector],) if sector in self._parents else ()
        for rule, sectors in ((Rule.WIDER_SECTOR, above), (Rule.NARROWER_SECTOR, self._children.get(sector, ()))):
            for one in (one for other in sectors for one in self.naming(other) if one.key not in met):
                met.add(one.key)
                yield one, rule


def sectors_of(subject: Subject, parents: Mapping[str, str]) -> frozenset[str]:
    """Return the sectors of which one must be named by whoever hears of a notice: its own, those above and below."""
    own = {label.id for label in subject.sectors}
    above = {parents[one] for one in own if one in parents}
    return frozenset({EVERY_SECTOR, *own, *above, *(child for child, parent in parents.items() if parent in own)})


def route(subject: Subject, directory: Directory) -> Route:
    """Return who gets a letter and who a copy. An SPS notice that concerns other countries only goes nowhere."""
    if subject.area is Area.SPS and OTHERS_ONLY in subject.affected:
        return Route(none_because=NoDispatch.OTHERS_ONLY)
    themes = [one for one in subject.themes if _is_horizontal(one, subject)]
    if not subject.sectors and not themes:
        return Route(none_because=NoDispatch.NO_SECTOR)
    found = [one for label in subject.sectors for one in _by_sector(label, subject.hs, directory)]
    found += (_destination(to, Rule.HORIZONTAL, label) for label in themes for to in directory.naming(EVERY_SECTOR))
    strongest = _strongest(found)
    return Route(strongest) if strongest else Route(none_because=NoDispatch.NO_ORGANISATION)


def _is_horizontal(theme: Label, subject: Subject) -> bool:
    registered = theme.id == REGISTRATION and REGISTERING_MEMBER in subject.members
    return registered or theme.id in HORIZONTAL_THEMES


def _by_sector(label: Label, hs: Sequence[str], directory: Directory) -> Iterator[Destination]:
    if label.role is Role.RELATED:
        yield from (_destination(one, Rule.RELATED_SECTOR, label) for one in directory.naming(label.id))
        return
    responsible = directory.responsible(label.id)
    yield from (_destination(one, rule, label) for one, rule in _by_goods(responsible, hs))
    if not responsible:
        yield from (_destination(one, Rule.NOBODY_ELSE, label) for one in directory.responsible(EVERY_SECTOR))
    yield from (_destination(one, rule, label) for one, rule in directory.near(label.id))


def _by_goods(responsible: Sequence[Organisation], hs: Sequence[str]) -> Iterator[tuple[Organisation, Rule]]:
    """Tell those whose goods the notice's own codes name from the others; where they name nobody's, all are meant."""
    met = [one for one in responsible if not one.hs or not hs or _meet(one.hs, hs)] or list(responsible)
    yield from ((one, Rule.RESPONSIBLE if one in met else Rule.OTHER_GOODS) for one in responsible)


def _meet(goods: Iterable[str], stated: Sequence[str]) -> bool:
    return any(code.startswith(own) or own.startswith(code) for own in goods for code in stated)


def _destination(to: Organisation, rule: Rule, label: Label) -> Destination:
    return Destination(to.key, rule, label.id, label.confidence, label.evidence)


def _strongest(found: Iterable[Destination]) -> tuple[Destination, ...]:
    """Keep for each organisation what it gets by the strongest rule, of two alike by the surer label."""
    ordered = sorted(found, key=lambda one: (_STRENGTH[one.rule], -one.confidence, one.organisation, one.label))
    kept: dict[str, Destination] = {}
    for one in ordered:
        kept.setdefault(one.organisation, one)
    return tuple(kept.values())
