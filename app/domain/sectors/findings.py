"""Everything that speaks for a sector or a theme in one notice, collected before it is weighed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.sectors.codes import CodeIndex, Nomenclature, StatedCode
from app.domain.sectors.labels import Evidence
from app.domain.sectors.passages import Passage, Place, box_form
from app.domain.sectors.phrases import Found, Lexicon, PhraseRule, Sign
from app.domain.sectors.signals import Origin, Signal, weights_by_origin
from app.domain.taxonomy import FormRule, Taxonomy

_ORIGIN_OF_STRONG = {
    Place.TITLE: Origin.HEAD,
    Place.PRODUCTS: Origin.HEAD,
    Place.BODY: Origin.BODY,
    Place.LISTED: Origin.LISTED,
}
_Signals = dict[str, list[Signal]]
_Boxes = Mapping[tuple[str, str], list[tuple[str, FormRule]]]


@dataclass(slots=True)
class Findings:
    """What was found: signals by sector and by theme, contexts, and which HS codes are stated for whom.

    `items` are the sectors named in each item of the products: semicolons part them, and an item that goes on with
    examples ("mainly including …") is one more; 0 holds what is no example. `first` is the sector that the products
    name first; `denied` are sectors that a stated code is taken from; `elsewhere` says that a title names what belongs
    to no sector.
    """

    sectors: _Signals = field(default_factory=dict)
    themes: _Signals = field(default_factory=dict)
    contexts: set[tuple[str, Sign, Place]] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    elsewhere: bool = False
    first: str = ""
    items: dict[int, set[str]] = field(default_factory=dict)
    lines: dict[str, set[str]] = field(default_factory=dict)
    all_lines: set[str] = field(default_factory=set)
    filed: set[tuple[str, Origin, str, str, str, str]] = field(default_factory=set)

    def add(self, signals: _Signals, target: str, origin: Origin, evidence: Evidence) -> None:
        """File one sign for a sector or theme; of one that is quoted again in the same field the first will do."""
        key = (target, origin, evidence.rule, evidence.field, evidence.quote, evidence.inherited_from)
        if key not in self.filed:
            self.filed.add(key)
            signals.setdefault(target, []).append(Signal(origin, evidence))

    def having(self, origins: frozenset[Origin], *, title: bool = False) -> set[str]:
        """Return the sectors with a signal of one of these origins; with `title`, only one in a title counts."""
        return {
            sector
            for sector, signals in self.sectors.items()
            for one in signals
            if one.origin in origins and (not title or one.evidence.field.startswith("title"))
        }


class Finder:
    """Reads passages and codes by one taxonomy."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._weights = weights_by_origin(taxonomy.weights)
        self._lexicon = Lexicon(taxonomy)
        self._codes = {
            Nomenclature.HS: CodeIndex(Nomenclature.HS, taxonomy.sectors, taxonomy.filler_hs),
            Nomenclature.ICS: CodeIndex(Nomenclature.ICS, taxonomy.sectors, taxonomy.filler_ics),
        }
        self._sector_boxes = _boxes((sector.id, sector.form) for sector in taxonomy.sectors)
        self._theme_boxes = _boxes((theme.id, theme.form) for theme in taxonomy.themes)
        self._theme_codes = [(theme.id, prefix) for theme in taxonomy.themes for prefix in theme.hs]

    def find(self, passages: Iterable[Passage], codes: Iterable[StatedCode]) -> Findings:
        """Return everything that the passages and codes of one notice say."""
        findings = Findings()
        for code in codes:
            self._file_code(findings, code)
        for passage in passages:
            if passage.place is Place.FORM:
                self._file_boxes(findings, passage)
            else:
                for found in self._lexicon.find(passage.text, passage.read, passage.masked):
                    self._file_phrase(findings, passage, found)
        return findings

    def _file_code(self, findings: Findings, code: StatedCode) -> None:
        owners = self._codes[code.nomenclature].owners(code.digits)
        findings.denied.update(owners.denied)
        hs = code.nomenclature is Nomenclature.HS
        for sectors, origin in (
            (owners.primary, Origin.HS if hs else Origin.ICS),
            (owners.parts, Origin.HS_PART),
            (owners.related, Origin.HS_RELATED if hs else Origin.ICS_RELATED),
        ):
            for sector in sectors:
                rule = f"{sector}/{code.nomenclature.value}/{owners.prefix or code.digits}"
                findings.add(findings.sectors, sector, origin, self._coded(origin, code, rule))
                if hs:
                    findings.lines.setdefault(sector, set()).add(code.digits)
        if hs:
            findings.all_lines.add(code.digits)
            self._file_theme_code(findings, code)

    def _file_theme_code(self, findings: Findings, code: StatedCode) -> None:
        for theme, prefix in self._theme_codes:
            if code.digits.startswith(prefix):
                evidence = self._coded(Origin.HS, code, f"{theme}/hs/{prefix}")
                findings.add(findings.themes, theme, Origin.HS, evidence)

    def _coded(self, origin: Origin, code: StatedCode, rule: str) -> Evidence:
        weight = self._weights[origin]
        return Evidence(code.field, code.start, code.end, code.quote, rule, weight, code.inherited_from)

    def _file_phrase(self, findings: Findings, passage: Passage, found: Found) -> None:
        place = passage.place_of(found.start)
        for rule in found.rules:
            match rule.sign:
                case Sign.STRONG | Sign.RELATED | Sign.WEAK:
                    self._file_goods(findings, passage, found, rule)
                case Sign.THEME if place is not Place.LISTED:
                    evidence = self._said(_ORIGIN_OF_STRONG[place], passage, found, rule)
                    findings.add(findings.themes, rule.target, _ORIGIN_OF_STRONG[place], evidence)
                case Sign.MUTE if place is not Place.PRODUCTS or _is_named_first(passage.text, found.start):
                    findings.contexts.add((rule.target, rule.sign, place))
                case Sign.UNLESS:
                    findings.contexts.add((rule.target, rule.sign, place))
                case Sign.ELSEWHERE if place is Place.TITLE:
                    findings.elsewhere = True

    def _file_goods(self, findings: Findings, passage: Passage, found: Found, rule: PhraseRule) -> None:
        place = passage.place_of(found.start)
        if rule.sign is not Sign.STRONG and place is Place.LISTED:
            return
        example = place is Place.BODY and _is_example(passage, found.start)
        origin = Origin.WEAK
        if rule.sign is Sign.RELATED:
            origin = Origin.TOUCHING
        elif rule.sign is Sign.STRONG and not example:
            origin = _ORIGIN_OF_STRONG[place]
        findings.add(findings.sectors, rule.target, origin, self._said(origin, passage, found, rule))
        if rule.sign is Sign.STRONG and place is Place.PRODUCTS:
            findings.first = findings.first or rule.target
            findings.items.setdefault(_item_of(passage, found.start), set()).add(rule.target)

    def _said(self, origin: Origin, passage: Passage, found: Found, rule: PhraseRule) -> Evidence:
        quote = passage.text[found.start : found.end]
        weight = self._weights[origin]
        return Evidence(passage.field, found.start, found.end, quote, rule.id, weight, passage.inherited_from)

    def _file_boxes(self, findings: Findings, passage: Passage) -> None:
        for start, end in passage.boxes:
            value = passage.text[start:end]
            for signals, boxes in ((findings.sectors, self._sector_boxes), (findings.themes, self._theme_boxes)):
                for target, rule in boxes.get((passage.field, box_form(value)), ()):
                    name = f"{target}/form/{rule.field}/{rule.value}"
                    evidence = Evidence(passage.field, start, end, value, name, rule.weight, passage.inherited_from)
                    findings.add(signals, target, Origin.FORM, evidence)


def _boxes(rules: Iterable[tuple[str, tuple[FormRule, ...]]]) -> _Boxes:
    boxes: dict[tuple[str, str], list[tuple[str, FormRule]]] = {}
    for target, listed in rules:
        for rule in listed:
            boxes.setdefault((rule.field, box_form(rule.value)), []).append((target, rule))
    return boxes


def _item_of(products: Passage, start: int) -> int:
    """Return the number of the list of examples that a word stands in, counted by items; 0 where it is no example."""
    item = products.text.rfind(";", 0, start)
    return products.text.count(";", 0, start) + 1 if products.last_example(start) > item else 0


def _is_example(passage: Passage, start: int) -> bool:
    """Tell whether a word stands behind "including" or the like in its sentence."""
    marker = passage.last_example(start)
    return marker >= 0 and all(passage.text.find(end, marker, start) < 0 for end in (". ", ";", "\n"))


def _is_named_first(products: str, start: int) -> bool:
    """Tell whether a word stands in the first item of the products; one ware in a list says nothing of the others."""
    return products.find(",", 0, start) < 0 and products.find(";", 0, start) < 0
