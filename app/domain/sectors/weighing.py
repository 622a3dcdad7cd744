"""From what was found to labels: what counts how much, what only counts in company, and what contradicts what."""

from collections.abc import Iterable
from dataclasses import replace

from app.domain.sectors.findings import Findings
from app.domain.sectors.labels import Evidence, Label, Role
from app.domain.sectors.passages import Place
from app.domain.sectors.phrases import Sign
from app.domain.sectors.signals import CODED, READ, TOUCHED, Origin, Signal, confidence
from app.domain.taxonomy import Mute, Taxonomy

# A list is mixed when it names so many sectors; one with few of its lines, and a small share, is a minor matter in it.
_MIXED_SECTORS = 4
_LONG_LIST = 5
_FEW_LINES = 3
_SMALL_SHARE = 0.34
_HEADING = 4


class Scale:
    """Weighs findings by one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        self._weights = taxonomy.weights
        self._just_related = round((self._weights.primary_from + self._weights.related_from) / 2, 3)
        self._families = {
            mute.id: frozenset(mute.mutes).union(*map(taxonomy.children_of, mute.mutes)) for mute in taxonomy.mutes
        }

    def sectors(self, findings: Findings) -> tuple[Label, ...]:
        """Return the labels that the findings amount to, primary ones first, the surest first."""
        headed = findings.having({Origin.HEAD})
        touched = findings.having(TOUCHED)
        listed = self._listed(findings)
        alone = not (findings.elsewhere or headed or findings.having(CODED))
        silenced, lowered = self._muted(findings)
        lowered |= self._disowned(findings) | self._denied(findings) | self._mentioned(findings)
        labels = []
        for sector, signals in findings.sectors.items():
            minor = self._is_minor(findings, sector)
            sure = confidence(signals, self._weights, alone=alone, minor=minor)
            passing = minor or (sector in listed and sector not in touched)
            if sector in lowered or (passing and sector != findings.first and not _is_titled(signals)):
                sure = min(sure, self._just_related)
            if sector not in silenced or sector in touched:
                labels += self._label(sector, sure, signals)
        labels = self._with_parents(findings, labels, silenced | lowered)
        if self._is_outbreak(findings):
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
        return not coded & self._families_of(findings.having({Origin.HEAD}))

    def is_sure(self, labels: Iterable[Label]) -> bool:
        """Tell whether there is a primary label and each of them is sure enough to go out by rule."""
        primary = [label.confidence for label in labels if label.role is Role.PRIMARY]
        return bool(primary) and min(primary) >= self._weights.sure_from

    def _label(self, target: str, sure: float, signals: Iterable[Signal]) -> list[Label]:
        if sure < self._weights.related_from:
            return []
        role = Role.PRIMARY if sure >= self._weights.primary_from else Role.RELATED
        return [Label(target, role, sure, _evidence(signals))]

    def _is_minor(self, findings: Findings, sector: str) -> bool:
        """Tell whether a sector has but a few subheadings in a long, mixed list of HS codes.

        Whoever states a whole chapter or heading means the goods; single subheadings are often materials or parts.
        """
        lines, all_lines = findings.lines.get(sector, set()), len(findings.all_lines)
        return (
            all_lines >= _LONG_LIST
            and len(self._families_of(findings.having({Origin.HS}))) >= _MIXED_SECTORS
            and 0 < len(lines) <= min(_FEW_LINES, _SMALL_SHARE * all_lines)
            and all(len(line) > _HEADING for line in lines)
        )

    def _listed(self, findings: Findings) -> set[str]:
        """Return the sectors that the products name as examples only, in a list of many kinds."""
        mixed = {
            item
            for item, sectors in findings.items.items()
            if item and len(self._families_of(sectors)) >= _MIXED_SECTORS
        }
        by_sector: dict[str, set[int]] = {}
        for item, sectors in findings.items.items():
            for sector in sectors:
                by_sector.setdefault(sector, set()).add(item)
        return {sector for sector, items in by_sector.items() if items <= mixed}

    def _muted(self, findings: Findings) -> tuple[set[str], set[str]]:
        """Return the sectors that a context silences and those that it lowers."""
        silenced: set[str] = set()
        lowered: set[str] = set()
        for mute in self._taxonomy.mutes:
            if _is_active(mute, findings):
                (silenced if mute.silences else lowered).update(self._families[mute.id])
        return silenced, lowered | silenced

    def _denied(self, findings: Findings) -> set[str]:
        """Return the sectors that a stated code looks like but is taken from, where no other code is theirs."""
        owned = findings.having(CODED)
        return {
            sector
            for sector in findings.sectors
            if sector not in owned and findings.denied & {sector, self._taxonomy.by_id[sector].parent}
        }

    def _mentioned(self, findings: Findings) -> set[str]:
        """Return the sectors that one phrase names beside the goods that the codes state.

        A word never outranks a stated HS code. Beside an ICS code only the words of a widely named sector give way,
        where the text speaks of the coded goods as well: "refrigerators for foodstuffs" is no notice about food.
        """
        by_hs = findings.having({Origin.HS, Origin.HS_PART})
        owned = self._families_of(findings.having(CODED))
        supported = owned & self._families_of(findings.having({Origin.HEAD}))
        mentioned: set[str] = set()
        for top in self._taxonomy.sectors:
            family = {top.id, *self._taxonomy.children_of(top.id)}
            gives_way = bool(by_hs) or (top.widely_named and bool(supported))
            if gives_way and not top.parent and top.id not in owned and _phrases_in_head(findings, family) <= 1:
                mentioned |= family
        return mentioned

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

    def _with_parents(self, findings: Findings, labels: list[Label], lowered: set[str]) -> list[Label]:
        """Settle parents: implied by a primary child they only touch; children may amount to one together."""
        for parent in {sector.parent for sector in self._taxonomy.sectors if sector.parent}:
            family = (parent, *self._taxonomy.children_of(parent))
            primary = {label.id for label in labels if label.role is Role.PRIMARY and label.id in family}
            if primary - {parent}:
                labels = [self._lowered(label) if label.id == parent else label for label in labels]
            elif not primary and parent not in lowered and not findings.having(CODED) - set(family):
                signals = [signal for sector in family if sector not in lowered
                           for signal in findings.sectors.get(sector, [])]
                together = confidence(signals, self._weights)
                if together >= self._weights.primary_from:
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
        if outbreaks is None:
            return list(labels)
        return [label for label in labels if label.id in outbreaks.primary] + [
            self._lowered(label) for label in labels if label.id in outbreaks.related
        ]

    def _lowered(self, label: Label) -> Label:
        return replace(label, role=Role.RELATED, confidence=min(label.confidence, self._just_related))

    def _family_of(self, sector: str) -> str:
        return self._taxonomy.by_id[sector].parent or sector

    def _families_of(self, sectors: Iterable[str]) -> set[str]:
        return {self._family_of(sector) for sector in sectors}


def _is_active(mute: Mute, findings: Findings) -> bool:
    """Tell whether a context holds: in the title, which is heard first, or else in the products."""
    said = {(sign, place) for target, sign, place in findings.contexts if target == mute.id}
    if (Sign.MUTE, Place.TITLE) in said:
        return (Sign.UNLESS, Place.TITLE) not in said
    head = {(Sign.UNLESS, Place.TITLE), (Sign.UNLESS, Place.PRODUCTS)}
    return (Sign.MUTE, Place.PRODUCTS) in said and not head & said


def _phrases_in_head(findings: Findings, sectors: Iterable[str]) -> int:
    signals = (signal for sector in sectors for signal in findings.sectors.get(sector, ()))
    return len({signal.evidence.rule for signal in signals if signal.origin is Origin.HEAD})


def _is_titled(signals: Iterable[Signal]) -> bool:
    return any(one.origin is Origin.HEAD and one.evidence.field.startswith("title") for one in signals)


def _evidence(signals: Iterable[Signal]) -> tuple[Evidence, ...]:
    """Return the evidence of signals, the weightiest first, each once."""
    evidence = {signal.evidence for signal in signals}
    return tuple(
        sorted(evidence, key=lambda one: (-one.weight, one.inherited_from, one.field, one.start, one.end, one.rule))
    )
