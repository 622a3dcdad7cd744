"""Codes that no nomenclature has, and codes that are given and taken away."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import combinations

import yaml

from app.domain.sectors.codes import Nomenclature, normal_code
from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_lint.findings import Finding, line_of, parts_of

_CHAPTER = 2
_TABLES = {Nomenclature.HS: ("hs_headings.txt", 4), Nomenclature.ICS: ("ics_groups.txt", 5)}
"""By nomenclature: the file that lists its codes of the second level, and how many digits these have."""
_LEVELS = {Nomenclature.HS: "heading of HS 2022", Nomenclature.ICS: "group of the ICS"}


def code_findings(root: yaml.Node, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Find codes that do not exist, codes of one sector in two lists, and codes that two sectors own."""
    owners: dict[tuple[str, str], tuple[str, int]] = {}
    for sector, node in parts_of(parts_of(root).get("sectors")).items():
        for nomenclature in Nomenclature:
            kinds = parts_of(parts_of(node).get(nomenclature.value))
            for listed in kinds.values():
                yield from _unknown(nomenclature, listed)
            yield from _twofold(sector, kinds)
            for code, line in _codes(kinds.get("primary")):
                owner, first = owners.setdefault((nomenclature, code), (sector, line))
                if not taxonomy.with_parents([owner]) & taxonomy.with_parents([sector]):
                    reason = f"code {code!r} is a primary code of {owner!r} too (line {first})"
                    yield Finding(line, reason, note=True)
    for node in parts_of(parts_of(root).get("themes")).values():
        yield from _unknown(Nomenclature.HS, parts_of(node).get("hs"))


@cache
def known_codes(nomenclature: Nomenclature) -> frozenset[str]:
    """Return the codes of the second level, as digits: the headings of HS 2022, the groups of the ICS."""
    text = files("app").joinpath("data", _TABLES[nomenclature][0]).read_text("utf-8")
    codes: set[str] = set()
    for line in (line for line in text.splitlines() if not line.startswith("#")):
        top, *numbers = line.split()
        for number in numbers:
            first, _, last = number.partition("-")
            codes |= {f"{top}{one:0{len(first)}}" for one in range(int(first), int(last or first) + 1)}
    return frozenset(codes)


def _unknown(nomenclature: Nomenclature, node: yaml.Node | None) -> Iterator[Finding]:
    """Find codes whose heading or group does not exist; of a range both ends are looked at."""
    _, length = _TABLES[nomenclature]
    for code, line in _codes(node):
        for end in code.split("-"):
            digits = normal_code(nomenclature, end.strip()) or ""
            if len(digits) > _CHAPTER and digits[:length] not in known_codes(nomenclature):
                yield Finding(line, f"{code!r}: {digits[:length]} is no {_LEVELS[nomenclature]}", note=False)


def _twofold(sector: str, kinds: dict[str, yaml.CollectionNode]) -> Iterator[Finding]:
    """Find codes that a sector lists as two things at once."""
    for one, other in combinations(kinds, 2):
        first = dict(_codes(kinds[one]))
        for code, line in _codes(kinds[other]):
            if code in first:
                reason = f"code {code!r} of {sector!r} is {one} (line {first[code]}) and {other}"
                yield Finding(line, reason, note=False)


def _codes(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield re.sub(r"\s", "", str(item.value)), line_of(item)
