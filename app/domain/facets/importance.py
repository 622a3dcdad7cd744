"""How much a notice matters to exporters: act, take note, or not concerned. The first rule that holds decides.

Nothing here asks what day it is: a label is stored, so a deadline is judged as of the day of circulation only. Whether
it is over by now stands in `days_left`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from app.domain.exports import EUROPEAN_UNION, STATES_OF_THE_UNION
from app.domain.facets.affected import HOME, OTHERS, VIET_NAM
from app.domain.notices import Content, NoticeType
from app.domain.sectors.labels import Classification, Evidence, Facet, Label, Role
from app.domain.sectors.passages import field_text

LARGE_EXPORTS = 10_000_000
"""US dollars a year from which exports count as large, whatever else a notice says."""

_CHAPTER = 2
_ADOPTED = ("adoption/publication/entry into force of reg.", "withdrawal of the measure")
_VOLUNTARY = ("volunt", "volont", "tự nguyện")
_UPDATES = frozenset({NoticeType.ADDENDUM, NoticeType.SUPPLEMENT})


class Importance(StrEnum):
    """What an exporter should do about a notice."""

    ACT = "act"
    NOTE = "note"
    NOT_CONCERNED = "not_concerned"


@dataclass(frozen=True)
class Exports:
    """Viet Nam's exports in US dollars a year, by member (symbol code) and HS code: 2, 4, 6 or more digits, no dots."""

    values: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @cached_property
    def members(self) -> frozenset[str]:
        """The members that the table speaks of."""
        return frozenset(member for member, _ in self.values)

    @cached_property
    def _totals(self) -> Mapping[tuple[str, str], float]:
        totals: dict[tuple[str, str], float] = {}
        for (member, code), value in self.values.items():
            for length in range(_CHAPTER, len(code) + 1):
                key = (member, code[:length])
                totals[key] = totals.get(key, 0.0) + value
        return totals

    def value(self, member: str, hs: str) -> float | None:
        """Return what goes to a member under an HS code; None where the table does not speak of that member.

        Rows of one member may be of different lengths and stand for different goods: a row counts where its code
        begins with the one asked for. Where none does, the row of the longest code that the one asked for begins with
        is the best that is known. Where the table names states of the European Union and not the Union, what goes to
        them is what goes to it; nothing to some of them is not yet nothing to all.
        """
        if member == EUROPEAN_UNION and member not in self.members:
            known = [value for state in sorted(STATES_OF_THE_UNION) if (value := self._stated(state, hs)) is not None]
            return sum(known) if any(known) or len(known) == len(STATES_OF_THE_UNION) else None
        return self._stated(member, hs)

    def _stated(self, member: str, hs: str) -> float | None:
        if member not in self.members:
            return None
        if (member, hs) in self._totals:
            return self._totals[member, hs]
        broader = (self.values.get((member, hs[:length])) for length in range(len(hs) - 1, _CHAPTER - 1, -1))
        return next((value for value in broader if value is not None), 0.0)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the rules look at."""

    content: Content
    classification: Classification
    exports: Exports | None

    def labels(self, facet: Facet) -> tuple[Label, ...]:
        return self.classification.facets.get(facet, ())

    def evidence_of(self, facet: Facet, wanted: str) -> Iterator[Evidence]:
        return (one for label in self.labels(facet) if label.id == wanted for one in label.evidence)

    @property
    def primary(self) -> Label | None:
        return next((label for label in self.classification.sectors if label.role is Role.PRIMARY), None)

    @property
    def is_open(self) -> bool:
        """Whether comments were asked for when the notice was circulated."""
        deadline, day = self.content.comment_deadline, self.content.distributed_on
        return deadline is not None and (day is None or deadline >= day)

    def traded(self) -> list[tuple[Evidence, float]]:
        """Return each stated HS code with what goes to the notice's members under it, where the table speaks of them."""
        exports = self.exports
        if exports is None:
            return []
        found = []
        for code in hs_codes(self.content, self.classification):
            values = [exports.value(member, code.quote) for member in self.content.members]
            known = [value for value in values if value is not None]
            if known:
                found.append((code, sum(known)))
        return found


_Rule = Callable[[_Case], Iterable[Evidence]]


def importance_of(content: Content, classification: Classification, exports: Exports | None) -> Label:
    """Return the one label of importance, with the rule that gave it and what the rule rests on.

    `classification` is the one in force, corrections of staff included; `exports` the operator's table, if one is
    loaded.
    """
    case = _Case(content, classification, exports)
    for importance, name, rule in _RULES:
        evidence = tuple(_as_ruled(one, f"{importance}/{name}") for one in rule(case))
        if evidence:
            return Label(importance.value, Role.PRIMARY, max(one.weight for one in evidence), evidence)
    return Label(Importance.NOTE.value, Role.PRIMARY, 0.5, tuple(_field(content, "type", "note/otherwise", 0.5)))


def _own_measure(case: _Case) -> Iterator[Evidence]:
    """Find Viet Nam's own measure, which concerns importers; it has a view of its own."""
    if case.content.members == (HOME,):
        yield from _field(case.content, "members", weight=1.0)


def _affects_others(case: _Case) -> Iterator[Evidence]:
    yield from case.evidence_of(Facet.AFFECTED, OTHERS)


def _names_viet_nam(case: _Case) -> Iterator[Evidence]:
    """Find a measure or warning that names Viet Nam; one whose end an addendum tells is left to the rules below."""
    if case.is_open or case.content.type not in _UPDATES:
        yield from case.evidence_of(Facet.AFFECTED, VIET_NAM)


def _withdrawn(case: _Case) -> Iterator[Evidence]:
    yield from _keyword(case.content, "withdrawal of the measure")


def _large_exports(case: _Case) -> Iterator[Evidence]:
    """Find goods that are sold for millions to that member: they matter at every stage."""
    yield from (code for code, value in case.traded() if value >= LARGE_EXPORTS)


def _no_exports(case: _Case) -> Iterator[Evidence]:
    """Find goods of which nothing is sold there today: worth knowing, for tomorrow."""
    traded = case.traded()
    if traded and not any(value for _, value in traded):
        yield from (code for code, _ in traded)


def _no_goods(case: _Case) -> Iterator[Evidence]:
    """Find that no sector of ours is concerned in the first place."""
    if case.primary is None:
        yield from _field(case.content, "type", weight=0.6)


def _emergency(case: _Case) -> Iterator[Evidence]:
    """Find an emergency measure, which is in force at once or within days."""
    if case.content.emergency and case.content.type is NoticeType.EMERGENCY:
        yield from _field(case.content, "emergency", weight=0.9)


def _correction(case: _Case) -> Iterator[Evidence]:
    if case.content.type is NoticeType.CORRIGENDUM:
        yield from _field(case.content, "type", weight=0.8)


def _adoption(case: _Case) -> Iterator[Evidence]:
    """Find an addendum that tells the end of a matter and asks for nothing."""
    if case.content.type in _UPDATES and not case.is_open:
        stated = [one for keyword in _ADOPTED for one in _keyword(case.content, keyword)]
        yield from stated or _field(case.content, "type", weight=0.7)


def _voluntary(case: _Case) -> Iterator[Evidence]:
    """Find a standard that its notice calls voluntary; most standards are notified because a rule makes them binding."""
    types = case.labels(Facet.MEASURE_TYPE)
    if [label.id for label in types] == ["standard"] and not case.content.articles:
        yield from (one for one in types[0].evidence if any(word in one.quote.casefold() for word in _VOLUNTARY))


def _open(case: _Case) -> Iterator[Evidence]:
    """Find a binding measure on goods of ours that may still be commented on."""
    if case.is_open and case.primary is not None:
        yield from _field(case.content, "comment_deadline", weight=0.9)
        yield from case.primary.evidence[:1]


def _warning(case: _Case) -> Iterator[Evidence]:
    """Find a warning from another source, about goods that were stopped already."""
    if case.content.type is NoticeType.WARNING:
        yield from _field(case.content, "type", weight=0.6)


def _deadline_passed(case: _Case) -> Iterator[Evidence]:
    if case.content.comment_deadline is not None and not case.is_open:
        yield from _field(case.content, "comment_deadline", weight=0.9)


def _no_deadline(case: _Case) -> Iterator[Evidence]:
    """Find that nothing can be said about it any more, or that nobody asks."""
    yield from _field(case.content, "type", weight=0.6)


_RULES: tuple[tuple[Importance, str, _Rule], ...] = (
    (Importance.NOT_CONCERNED, "own-measure", _own_measure),
    (Importance.NOT_CONCERNED, "affects-others", _affects_others),
    (Importance.NOTE, "withdrawn", _withdrawn),
    (Importance.NOTE, "correction", _correction),
    (Importance.ACT, "names-viet-nam", _names_viet_nam),
    (Importance.ACT, "large-exports", _large_exports),
    (Importance.NOTE, "no-exports", _no_exports),
    (Importance.NOTE, "no-goods-of-ours", _no_goods),
    (Importance.ACT, "emergency", _emergency),
    (Importance.NOTE, "adoption-only", _adoption),
    (Importance.NOTE, "voluntary-standard", _voluntary),
    (Importance.ACT, "open-for-comments", _open),
    (Importance.NOTE, "warning", _warning),
    (Importance.NOTE, "deadline-passed", _deadline_passed),
    (Importance.NOTE, "no-deadline", _no_deadline),
)


def hs_codes(content: Content, classification: Classification) -> list[Evidence]:
    """Return the HS codes of a notice: those of its box, or where it is empty those that its sectors were found by."""
    codes, start = [], 0
    for code in content.hs:
        codes.append(Evidence("hs", start, start + len(code), code, "", 0.9))
        start += len(code) + len(", ")
    if codes:
        return codes
    lent = {
        one.quote: one
        for label in classification.sectors
        for one in label.evidence
        if one.field == "hs" and one.quote.isdigit()
    }
    return [lent[code] for code in sorted(lent)]


def _keyword(content: Content, wanted: str) -> Iterator[Evidence]:
    start = 0
    for keyword in content.keywords:
        if keyword.casefold() == wanted:
            yield Evidence("keywords", start, start + len(keyword), keyword, "", 0.9)
        start += len(keyword) + len(", ")


def _field(content: Content, name: str, rule: str = "", weight: float = 0.9) -> Iterator[Evidence]:
    """Yield a whole field as evidence."""
    text = field_text(content, name)
    if text:
        yield Evidence(name, 0, len(text), text, rule, weight)


def _as_ruled(one: Evidence, rule: str) -> Evidence:
    return Evidence(one.field, one.start, one.end, one.quote, rule, one.weight, one.inherited_from)
