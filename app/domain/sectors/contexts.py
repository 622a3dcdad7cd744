"""What only seems to concern a sector: signs that a context, a better witness or a long list makes mere mentions of."""

from collections.abc import Iterable

from app.domain.sectors.findings import Findings
from app.domain.sectors.passages import Place
from app.domain.sectors.phrases import Sign
from app.domain.sectors.signals import BY_HS, BY_ICS, CODED, HEADED, READ, Origin
from app.domain.taxonomy import Mute, Taxonomy

# A list is mixed when it names so many sectors; one with few of its lines, and a small share, is a minor matter in it.
_MIXED_SECTORS = 4
_LONG_LIST = 5
_FEW_LINES = 3
_SMALL_SHARE = 0.34
_HEADING = 4


class Contexts:
    """Judges the findings of a notice as a whole, by one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._mutes = {mute.id: mute for mute in taxonomy.mutes}
        self._muted = {mute.id: taxonomy.with_children(mute.mutes) for mute in taxonomy.mutes}
        self._parents = {sector.id: sector.parent for sector in taxonomy.sectors}
        self._qualities = {sector.id for sector in taxonomy.sectors if sector.cross_cutting}
        self._tops = [(top, taxonomy.with_children([top.id])) for top in taxonomy.sectors if not top.parent]

    def family_of(self, sector: str) -> str:
        """Return the sector at the top that one belongs to."""
        return self._parents[sector] or sector

    def families_of(self, sectors: Iterable[str]) -> set[str]:
        """Return the sectors at the top that these belong to."""
        return {self._parents[sector] or sector for sector in sectors}

    def silenced(self, findings: Findings) -> set[str]:
        """Return the sectors that a context leaves nothing of but what codes say."""
        return {sector for mute in self._active(findings) if mute.silences for sector in self._muted[mute.id]}

    def lowered(self, findings: Findings) -> set[str]:
        """Return the sectors that are related at most, whatever speaks for them."""
        muted = {sector for mute in self._active(findings) for sector in self._muted[mute.id]}
        return muted | self._denied(findings) | self._disowned(findings) | self._mentioned(findings)

    def heard_alone(self, findings: Findings) -> set[str]:
        """Return the sectors for which a description speaks where title, products and codes name no goods at all.

        A title that touches some ("leather polish") has said what the notice is about. One passing word is not enough
        for the goods of a widely named sector, unless the description is all there is; nor is it beside a title that
        names a quality of goods ("energy efficiency").
        """
        titled = findings.elsewhere or findings.having(frozenset({Origin.TOUCHING}), title=True)
        named = self.families_of(findings.having(CODED | HEADED))
        if titled or named - self._qualities:
            return set()
        heard: set[str] = set()
        for top, family in self._tops:
            needed = 2 if named or (top.widely_named and findings.headed) else 1
            if _phrases(findings, family, Origin.BODY) >= needed:
                heard |= family
        return heard

    def is_minor(self, findings: Findings, sector: str) -> bool:
        """Tell whether a sector has but a few subheadings in a long, mixed list of HS codes.

        Whoever states a whole chapter or heading means the goods; single subheadings are often materials or parts.
        """
        lines, all_lines = findings.lines.get(sector, set()), len(findings.all_lines)
        return (
            all_lines >= _LONG_LIST
            and 0 < len(lines) <= min(_FEW_LINES, _SMALL_SHARE * all_lines)
            and all(len(line) > _HEADING for line in lines)
            and len(self.families_of(findings.having(frozenset({Origin.HS})))) >= _MIXED_SECTORS
        )

    def exemplified(self, findings: Findings) -> set[str]:
        """Return the sectors that the products name as examples only, in a list of many kinds."""
        mixed = {
            item
            for item, sectors in findings.items.items()
            if item and len(self.families_of(sectors)) >= _MIXED_SECTORS
        }
        plain = {sector for item, sectors in findings.items.items() if item not in mixed for sector in sectors}
        return {sector for item in mixed for sector in findings.items[item]} - plain

    def _active(self, findings: Findings) -> list[Mute]:
        named = {mute for mute, sign, _ in findings.contexts if sign is Sign.MUTE}
        return [self._mutes[mute] for mute in named if _holds(mute, findings)]

    def _denied(self, findings: Findings) -> set[str]:
        """Return the sectors that a stated code looks like but is taken from, where no other code is theirs."""
        if not findings.denied:
            return set()
        owned = findings.having(CODED)
        return {one for one in findings.sectors if one not in owned and findings.denied & {one, self._parents[one]}}

    def _disowned(self, findings: Findings) -> set[str]:
        """Return the sectors that one nomenclature states, the other does not, and no word of the notice speaks of.

        Codes are chosen wrongly now and then. Where HS and ICS name different sectors, the text says which is meant.
        """
        hs, ics = self.families_of(findings.having(BY_HS)), self.families_of(findings.having(BY_ICS))
        if not hs or not ics or hs & ics or not self.families_of(findings.having(HEADED)) & (hs | ics):
            return set()
        unsaid = (hs | ics) - self.families_of(findings.having(READ))
        return {sector for sector in findings.sectors if self.family_of(sector) in unsaid}

    def _mentioned(self, findings: Findings) -> set[str]:
        """Return the sectors that one phrase names beside the goods that the codes state.

        A word never outranks a stated HS code. Beside an ICS code only the words of a widely named sector give way,
        where the text speaks of the coded goods as well: "refrigerators for foodstuffs" is no notice about food.
        """
        owned = self.families_of(findings.having(CODED))
        if not owned:
            return set()
        by_hs = bool(findings.having(BY_HS))
        supported = bool(owned & self.families_of(findings.having(HEADED)))
        mentioned: set[str] = set()
        for top, family in self._tops:
            gives_way = (by_hs or (top.widely_named and supported)) and not top.cross_cutting
            if gives_way and top.id not in owned and _phrases(findings, family, Origin.HEAD) <= 1:
                mentioned |= family
        return mentioned


def _holds(mute: str, findings: Findings) -> bool:
    """Tell whether a context holds: in the title, which is heard first, or else in the products."""
    contexts = findings.contexts
    if (mute, Sign.MUTE, Place.TITLE) in contexts:
        return (mute, Sign.UNLESS, Place.TITLE) not in contexts
    excepted = any((mute, Sign.UNLESS, place) in contexts for place in (Place.TITLE, Place.PRODUCTS))
    return (mute, Sign.MUTE, Place.PRODUCTS) in contexts and not excepted


def _phrases(findings: Findings, sectors: Iterable[str], origin: Origin) -> int:
    signals = (signal for sector in sectors for signal in findings.sectors.get(sector, ()))
    return len({signal.evidence.rule for signal in signals if signal.origin is origin})
