"""From what was found to labels: what counts how much, what only counts in company, and what contradicts what."""

from collections.abc import Iterable

from app.domain.sectors.findings import Findings
from app.domain.sectors.labels import Evidence, Label, Role
from app.domain.sectors.signals import CODED, READ, TOUCHED, Origin, Signal, confidence
from app.domain.taxonomy import Taxonomy

# A list of codes is long and mixed from here on: a sector with few of its lines, and a small share, is a minor matter.
_LONG_LIST = 8
_MIXED_SECTORS = 4
_FEW_LINES = 3
_SMALL_SHARE = 0.25


class Scale:
    """Weighs findings by one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._weights = taxonomy.weights
        self._order = {sector.id: place for place, sector in enumerate(taxonomy.sectors)}
        self._families = {
            mute.id: frozenset(mute.mutes).union(*map(taxonomy.children_of, mute.mutes)) for mute in taxonomy.mutes
        }

    def sectors(self, findings: Findings, *, sps: bool) -> tuple[Label, ...]:
        """Return the labels that the findings amount to, primary ones first, the surest first."""
        alone = not findings.elsewhere and not findings.having(CODED | {Origin.HEAD})
        muted = self._muted(findings)
        disowned = self._disowned(findings)
        labels = []
        for sector, signals in findings.sectors.items():
            sure = confidence(signals, self._weights, alone=alone, minor=self._is_minor(findings, sector))
            if sector in muted or sector in disowned:
                sure = min(sure, self._just_related())
            labels += self._label(sector, sure, signals)
        labels = self._as_family(findings, labels, muted)
        if sps and self._is_outbreak(findings):
            labels = self._of_outbreak(labels)
        return tuple(sorted(labels, key=lambda one: (one.role is Role.RELATED, -one.confidence, one.id)))

    def themes(self, findings: Findings) -> tuple[Label, ...]:
        """Return the themes found, the surest first."""
        labels = [
            label
            for theme, signals in findings.themes.items()
            for label in self._label(theme, confidence(signals, self._weights, alone=True), signals)
        ]
        return tuple(sorted(labels, key=lambda one: (one.role is Role.RELATED, -one.confidence, one.id)))

    def contradicts(self, findings: Findings) -> bool:
        """Tell whether the titles name goods of other sectors than the stated codes do."""
        coded = self._families_of(findings.having(TOUCHED))
        titled = findings.having({Origin.HEAD}, title=True)
        if not findings.having(CODED) or not (titled or findings.elsewhere):
            return False
        return not coded & self._families_of(titled)

    def is_sure(self, labels: Iterable[Label]) -> bool:
        """Tell whether there is a primary label and each of them is sure enough to go out by rule."""
        primary = [label.confidence for label in labels if label.role is Role.PRIMARY]
        return bool(primary) and min(primary) >= self._weights.sure_from

    def _label(self, target: str, sure: float, signals: Iterable[Signal]) -> list[Label]:
        if sure < self._weights.related_from:
            return []
        role = Role.PRIMARY if sure >= self._weights.primary_from else Role.RELATED
        return [Label(target, role, sure, _evidence(signals))]

    def _just_related(self) -> float:
        return round((self._weights.primary_from + self._weights.related_from) / 2, 3)

    def _is_minor(self, findings: Findings, sector: str) -> bool:
        lines = findings.lines[sector]
        return (
            findings.all_lines >= _LONG_LIST
            and len(self._families_of(findings.having({Origin.HS}))) >= _MIXED_SECTORS
            and lines <= _FEW_LINES
            and lines < _SMALL_SHARE * findings.all_lines
        )

    def _muted(self, findings: Findings) -> set[str]:
        return {sector for mute in findings.muted_by - findings.unless for sector in self._families[mute]}

    def _disowned(self, findings: Findings) -> set[str]:
        """Return the sectors that one nomenclature states, the other does not, and no word of the notice speaks of.

        Codes are chosen wrongly now and then. Where HS and ICS name different sectors, the text says which is meant.
        """
        hs = self._families_of(findings.having({Origin.HS, Origin.HS_PART}))
        ics = self._families_of(findings.having({Origin.ICS}))
        if not hs or not ics or hs & ics:
            return set()
        said = self._families_of(findings.having(READ))
        headed = self._families_of(findings.having({Origin.HEAD}))
        if not headed & (hs | ics):
            return set()
        return {sector for sector in findings.sectors if self._family_of(sector) in (hs | ics) - said}

    def _as_family(self, findings: Findings, labels: list[Label], muted: set[str]) -> list[Label]:
        """Add a parent that its children's signs amount to together although none of them does alone."""
        primary = {self._family_of(label.id) for label in labels if label.role is Role.PRIMARY}
        for parent in sorted({sector.parent for sector in self._taxonomy.sectors if sector.parent} - primary - muted):
            family = (parent, *self._taxonomy.children_of(parent))
            signals = [signal for sector in family for signal in findings.sectors.get(sector, [])]
            together = confidence(signals, self._weights)
            if together >= self._weights.primary_from and not findings.having(CODED) - set(family):
                labels = [label for label in labels if label.id != parent]
                labels += self._label(parent, together, signals)
        return labels

    def _is_outbreak(self, findings: Findings) -> bool:
        outbreaks = self._taxonomy.outbreaks
        return (
            outbreaks is not None
            and outbreaks.theme in findings.themes
            and len(self._families_of(findings.having({Origin.HS}))) >= outbreaks.sectors_from
        )

    def _of_outbreak(self, labels: Iterable[Label]) -> list[Label]:
        outbreaks = self._taxonomy.outbreaks
        assert outbreaks is not None  # noqa: S101 - _is_outbreak said so
        kept = [label for label in labels if label.id in outbreaks.primary]
        related = [label for label in labels if label.id in outbreaks.related]
        return kept + [
            Label(label.id, Role.RELATED, min(label.confidence, self._just_related()), label.evidence)
            for label in related
        ]

    def _family_of(self, sector: str) -> str:
        return self._taxonomy.by_id[sector].parent or sector

    def _families_of(self, sectors: Iterable[str]) -> set[str]:
        return {self._family_of(sector) for sector in sectors}


def _evidence(signals: Iterable[Signal]) -> tuple[Evidence, ...]:
    """Return the evidence of signals, the weightiest first, each once."""
    evidence = {signal.evidence for signal in signals}
    return tuple(
        sorted(evidence, key=lambda one: (-one.weight, one.inherited_from, one.field, one.start, one.end, one.rule))
    )
