"""Reads every facet of a notice but sector, theme and importance; the same notice is always read the same."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.domain.facets.affected import HOME, Located, affected
from app.domain.facets.amounts import chemistry_in, means_substance, with_limit
from app.domain.facets.citations import citations
from app.domain.facets.tables import TEXT, Agreement, FacetTables
from app.domain.facets.vocabulary import Hit, Kind, Vocabulary
from app.domain.notices import Content
from app.domain.sectors.labels import Evidence, Facet, Label, Role
from app.domain.sectors.passages import Passage, Place, box_form, name_of
from app.domain.text import phrase_form, searchable

_BOX, _HEAD, _BODY = 0.95, 0.85, 0.7
_FORM_BOXES = ("articles", "objectives", "keywords")
_STANDARD_BODIES = {
    "Codex Alimentarius Commission": "Codex",
    "World Organisation for Animal Health": "WOAH",
    "International Plant Protection Convention": "IPPC",
}
_ORIGIN_THEME = "origin-labelling"
_MOST_EVIDENCE = 8
"""Kept for one label: more quotations of one name are no better reason."""

_MOST_LABELS = 300
"""Kept for one facet: a list of more substances or standards than this is a nomenclature."""

Findings = dict[Facet, dict[str, list[Evidence]]]


class FacetReader:
    """Reads facets by one set of tables."""

    def __init__(self, tables: FacetTables) -> None:
        self._vocabulary = Vocabulary(tables)
        self._doubtful = frozenset(substance.id for substance in tables.substances if substance.needs_context)
        self._members = {phrase_form(name): member for name, member in tables.members.items()}
        self._boxes: dict[tuple[str, str], list[tuple[Facet, str, str]]] = {}
        for phrase in tables.phrases:
            if phrase.place != TEXT:
                rule = f"{phrase.label}/form/{phrase.place}/{phrase.pattern}"
                key = (phrase.place, phrase_form(phrase.pattern))
                self._boxes.setdefault(key, []).append((phrase.facet, phrase.label, rule))
        self._agreements: dict[str, list[Agreement]] = {}
        for agreement in sorted(tables.agreements, key=lambda one: (one.id, one.in_force_on)):
            for member in sorted(agreement.members):
                self._agreements.setdefault(member, []).append(agreement)

    def read(
        self, content: Content, parent: Content | None, passages: Sequence[Passage], themes: Sequence[Label]
    ) -> Mapping[Facet, tuple[Label, ...]]:
        """Return the labels of each facet that a notice has any of.

        `passages` are the texts to read, those lent by the `parent` of an addendum among them; `themes` are the labels
        already given, whose origin labelling is the facet's.
        """
        findings: Findings = {}
        located: list[Located] = []
        for passage in passages:
            if passage.place is not Place.FORM:
                located += self._read_text(findings, passage)
        self._read_boxes(findings, content, parent)
        self._read_agreements(findings, content)
        labels = {
            facet: tuple(_label(label, evidence) for label, evidence in sorted(found.items()))
            for facet, found in sorted(findings.items())
        }
        if origin := _origin(themes):
            labels[Facet.ORIGIN] = (origin, *labels.get(Facet.ORIGIN, ()))
        if found := affected(content, parent, located, self._members):
            labels[Facet.AFFECTED] = found
        return labels

    def _read_text(self, findings: Findings, passage: Passage) -> list[Located]:
        """File what one text says, and return the words that tell whom the measure concerns."""
        read = passage.read or searchable(passage.text)
        hits, starts = self._vocabulary.find(passage.text, read, passage.masked)
        weight = _BODY if passage.place is Place.BODY else _HEAD
        for citation in citations(passage.text, starts):
            evidence = _quoted(passage, citation.start, citation.end, f"{citation.id}/citation", weight)
            _file(findings, Facet.STANDARD, citation.id, evidence)
        heard = [hit for hit in hits if passage.place_of(hit.start) is not Place.LISTED]
        self._file_substances(findings, passage, heard, weight)
        for hit in heard:
            for word in hit.words:
                if word.kind is Kind.PHRASE and word.label and word.facet is not Facet.AFFECTED:
                    evidence = _quoted(passage, hit.start, hit.end, word.rule, weight)
                    _file(findings, word.facet, word.label, evidence)
        return [(passage, hit) for hit in heard if any(word.facet is Facet.AFFECTED for word in hit.words)]

    def _file_substances(self, findings: Findings, passage: Passage, hits: Iterable[Hit], weight: float) -> None:
        text = passage.text
        named = [hit for hit in hits if any(word.kind is Kind.SUBSTANCE for word in hit.words)]
        stops = [*(hit.start for hit in named[1:]), len(text)]
        doubtful = any(word.label in self._doubtful for hit in named for word in hit.words)
        chemistry = chemistry_in(text) if doubtful else []
        for hit, stop in zip(named, stops, strict=False):
            limit = with_limit(text, hit.start, hit.end, stop)
            start, end = limit or (hit.start, hit.end)
            for word in hit.words:
                if word.label in self._doubtful and not means_substance(text, hit.start, hit.end, chemistry):
                    continue
                if word.kind is Kind.SUBSTANCE:
                    rule = f"{word.label}/limit" if limit else word.rule
                    _file(findings, Facet.SUBSTANCE, word.label, _quoted(passage, start, end, rule, weight))

    def _read_boxes(self, findings: Findings, content: Content, parent: Content | None) -> None:
        """File what the ticked boxes say; a parent lends those that the notice leaves empty."""
        for field in _FORM_BOXES:
            for start, value, name in _box_values(content, parent, field):
                for facet, label, rule in self._boxes.get((field, box_form(value)), ()):
                    evidence = Evidence(field, start, start + len(value), value, rule, _BOX, name)
                    _file(findings, facet, label, evidence)
        for start, value, name in _box_values(content, parent, "international_standards"):
            if body := _STANDARD_BODIES.get(value):
                rule = f"{body}/form/international_standards"
                evidence = Evidence("international_standards", start, start + len(value), value, rule, _BOX, name)
                _file(findings, Facet.STANDARD, body, evidence)

    def _read_agreements(self, findings: Findings, content: Content) -> None:
        """File the agreements in force with each member on the day of circulation; without a day there is none."""
        if content.distributed_on is None or HOME in content.members:
            return
        start = 0
        for member in content.members:
            for agreement in self._agreements.get(member, ()):
                if agreement.in_force_on <= content.distributed_on:
                    rule = f"{agreement.id}/in_force/{agreement.in_force_on.isoformat()}"
                    evidence = Evidence("members", start, start + len(member), member, rule, 1.0)
                    _file(findings, Facet.AGREEMENT, agreement.id, evidence)
            start += len(member) + len(", ")


def _box_values(content: Content, parent: Content | None, field: str) -> Iterator[tuple[int, str, str]]:
    """Yield each value of a box with its offset in the joined text, and the parent's symbol where the parent lends it."""
    values, lender = getattr(content, field), ""
    if not values and parent is not None:
        values, lender = getattr(parent, field), name_of(parent)
    start = 0
    for value in values:
        if value.strip() == value != "":
            yield start, value, lender
        start += len(value) + len(", ")


def _quoted(passage: Passage, start: int, end: int, rule: str, weight: float) -> Evidence:
    return Evidence(passage.field, start, end, passage.text[start:end], rule, weight, passage.inherited_from)


def _file(findings: Findings, facet: Facet, label: str, evidence: Evidence) -> None:
    """Keep one more reason for a label; the same words in the same field say nothing new."""
    labels = findings.setdefault(facet, {})
    if label not in labels and len(labels) >= _MOST_LABELS:
        return
    kept = labels.setdefault(label, [])
    key = (evidence.field, evidence.quote, evidence.rule)
    if len(kept) < _MOST_EVIDENCE and all((one.field, one.quote, one.rule) != key for one in kept):
        kept.append(evidence)


def _label(label: str, evidence: Sequence[Evidence]) -> Label:
    """Return a label as sure as its best evidence, the weightiest first."""
    ordered = sorted(
        evidence, key=lambda one: (-one.weight, one.inherited_from, one.field, one.start, one.end, one.rule)
    )
    return Label(label, Role.PRIMARY, ordered[0].weight, tuple(ordered))


def _origin(themes: Iterable[Label]) -> Label | None:
    """Return the label of origin labelling: the theme's own, so that theme and facet cannot disagree."""
    for theme in themes:
        if theme.id == _ORIGIN_THEME:
            return Label("origin_labelling", Role.PRIMARY, theme.confidence, theme.evidence)
    return None
