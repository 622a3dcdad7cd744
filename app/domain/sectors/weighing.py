"""From what was found in a notice to its labels."""

from collections.abc import Iterable
from dataclasses import replace

from app.domain.sectors.contexts import Contexts
from app.domain.sectors.findings import Findings
from app.domain.sectors.labels import Evidence, Label, Role
from app.domain.sectors.signals import CODED, HEADED, SPOKEN, TOUCHED, Origin, Signal, confidence
from app.domain.taxonomy import Taxonomy

_MOST_SAID = 10
"""Pieces of evidence that are kept of what only an annex names."""
_MOST_FAMILIES = 3
"""Sectors at the top that an annex may name alone; a tariff or an omnibus law names all of them."""


class Scale:
    """Weighs findings by one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._weights = taxonomy.weights
        self._outbreaks = taxonomy.outbreaks
        self._contexts = Contexts(taxonomy)
        self._just_related = round((self._weights.primary_from + self._weights.related_from) / 2, 3)
        self._families = {
            parent: (parent, *taxonomy.children_of(parent))
            for parent in dict.fromkeys(sector.parent for sector in taxonomy.sectors if sector.parent)
        }

    def sectors(self, findings: Findings) -> tuple[Label, ...]:
        """Return the labels that the findings amount to, primary ones first, the surest first."""
        touched = findings.having(TOUCHED)
        alone = self._contexts.heard_alone(findings)
        silent = not findings.having(SPOKEN) and not findings.elsewhere
        silenced = self._contexts.silenced(findings) - touched
        lowered = self._contexts.lowered(findings)
        examples = self._contexts.exemplified(findings) - touched
        labels = []
        for sector, signals in findings.sectors.items():
            minor = self._contexts.is_minor(findings, sector)
            sure = confidence(signals, self._weights, alone=sector in alone, minor=minor, silent=silent)
            passing = (minor or sector in examples) and sector != findings.first and not _is_titled(signals)
            if sector in lowered or passing:
                sure = min(sure, self._just_related)
            if sector not in silenced:
                labels += self._label(sector, sure, signals)
        labels = self._with_parents(findings, labels, lowered, alone)
        return _ranked(self._of_outbreak(labels) if self._is_outbreak(findings) else labels)

    def with_annex(self, labels: tuple[Label, ...], own: Findings, annex: Findings) -> tuple[Label, ...]:
        """Add the sectors that only an annex names: each phrase or code counts as little as a weak one, and never more.

        Where the notice says what it is about, an annex is heard of the same goods only, down to their children. Where
        it does not, an annex that names goods of all kinds says nothing either.
        """
        if own.elsewhere:
            return labels
        told = self._contexts.families_of(label.id for label in labels if label.role is Role.PRIMARY)
        known = {label.id for label in labels}
        known |= {parent for parent, family in self._families.items() if known.intersection(family)}
        silenced = self._contexts.silenced(own)
        added = [
            label
            for sector, signals in annex.sectors.items()
            if sector not in known | silenced and (not told or self._contexts.family_of(sector) in told)
            for label in self._only_in_annex(sector, signals)
        ]
        if not told and len(self._contexts.families_of(label.id for label in added)) > _MOST_FAMILIES:
            return labels
        return _ranked((*labels, *added))

    def _only_in_annex(self, sector: str, signals: Iterable[Signal]) -> list[Label]:
        weak = self._weights.weak
        heard = {one.evidence.rule: one for one in reversed(list(signals)) if one.origin in SPOKEN}
        sure = round(min(1 - (1 - weak) ** len(heard), self._just_related), 3)
        if sure < self._weights.related_from:
            return []
        said = [Signal(one.origin, replace(one.evidence, weight=weak)) for one in heard.values()]
        return [Label(sector, Role.RELATED, sure, _evidence(said)[:_MOST_SAID])]

    def themes(self, findings: Findings) -> tuple[Label, ...]:
        """Return the themes found, the surest first. The codes of an outbreak's list name no theme."""
        outbreak = self._is_outbreak(findings)
        return _ranked(
            label
            for theme, signals in findings.themes.items()
            if not (outbreak and all(signal.origin is Origin.HS for signal in signals))
            for label in self._label(theme, confidence(signals, self._weights, alone=True), signals)
        )

    def contradicts(self, findings: Findings) -> bool:
        """Tell whether the titles name other goods than the codes do, and the products do not bear the codes out."""
        if not findings.having(CODED) or not (findings.elsewhere or findings.having(HEADED, title=True)):
            return False
        coded = self._contexts.families_of(findings.having(TOUCHED))
        return not coded & self._contexts.families_of(findings.having(HEADED))

    def is_sure(self, labels: Iterable[Label]) -> bool:
        """Tell whether there is a primary label and each of them is sure enough to go out by rule."""
        primary = [label.confidence for label in labels if label.role is Role.PRIMARY]
        return bool(primary) and min(primary) >= self._weights.sure_from

    def _label(self, target: str, sure: float, signals: Iterable[Signal]) -> list[Label]:
        if sure < self._weights.related_from:
            return []
        role = Role.PRIMARY if sure >= self._weights.primary_from else Role.RELATED
        return [Label(target, role, sure, _evidence(signals))]

    def _with_parents(self, findings: Findings, labels: list[Label], lowered: set[str], alone: set[str]) -> list[Label]:
        """Settle parents: beside a primary child they are only touched; children may amount to one together."""
        for parent, family in self._families.items():
            primary = {label.id for label in labels if label.role is Role.PRIMARY and label.id in family}
            if primary - {parent}:
                labels = [self._lowered(label) if label.id == parent else label for label in labels]
            elif not primary and parent not in lowered and not findings.having(CODED) - set(family):
                signals = [
                    one for sector in family if sector not in lowered for one in findings.sectors.get(sector, ())
                ]
                together = confidence(signals, self._weights, alone=parent in alone)
                if together >= self._weights.primary_from:
                    labels = [label for label in labels if label.id != parent]
                    labels += self._label(parent, together, signals)
        return labels

    def _is_outbreak(self, findings: Findings) -> bool:
        return (
            self._outbreaks is not None
            and self._outbreaks.theme in findings.themes
            and len(self._contexts.families_of(findings.having(frozenset({Origin.HS})))) >= self._outbreaks.sectors_from
        )

    def _of_outbreak(self, labels: Iterable[Label]) -> list[Label]:
        kept = []
        for label in labels:
            if self._outbreaks is None or label.id in self._outbreaks.primary:
                kept.append(label)
            elif label.id in self._outbreaks.related:
                kept.append(self._lowered(label))
        return kept

    def _lowered(self, label: Label) -> Label:
        return replace(label, role=Role.RELATED, confidence=min(label.confidence, self._just_related))


def _is_titled(signals: Iterable[Signal]) -> bool:
    return any(one.origin is Origin.HEAD and one.evidence.field.startswith("title") for one in signals)


def _evidence(signals: Iterable[Signal]) -> tuple[Evidence, ...]:
    """Return the evidence of signals, the weightiest first."""
    evidence = (signal.evidence for signal in signals)
    return tuple(
        sorted(evidence, key=lambda one: (-one.weight, one.inherited_from, one.field, one.start, one.end, one.rule))
    )


def _ranked(labels: Iterable[Label]) -> tuple[Label, ...]:
    return tuple(sorted(labels, key=lambda one: (one.role is Role.RELATED, -one.confidence, one.id)))
