"""Every check on one file, its findings in the order of lines."""

from collections.abc import Iterator

import yaml

from app.domain.taxonomy import Taxonomy
from app.sources.taxonomy_file import FileComplaint, read_taxonomy
from app.sources.taxonomy_file.nodes import compose
from app.sources.taxonomy_lint.codes import code_findings
from app.sources.taxonomy_lint.findings import Finding, line_of, parts_of
from app.sources.taxonomy_lint.phrases import phrase_findings

_Complaints = tuple[FileComplaint, ...]


def check_taxonomy(body: bytes, name: str) -> tuple[Taxonomy | None, _Complaints, _Complaints]:
    """Return the taxonomy of a file (None when it cannot be read), its faults, and its notes, each in order of lines.

    Faults are what cannot be meant: a code that does not exist, a phrase that names goods and cancels them, a sector
    that nothing leads to. What may be meant is a note: protective footwear is footwear and protective equipment.
    """
    reading = read_taxonomy(body, name)
    if reading.taxonomy is None:
        return None, reading.complaints, ()
    root = compose(body, name)
    assert isinstance(root, yaml.Node)  # noqa: S101 - what was read once is composed again
    found = sorted(_findings(root, reading.taxonomy), key=lambda one: (one.line, one.reason))
    faults, notes = (
        tuple(FileComplaint(name, one.line, one.reason) for one in found if one.note is note) for note in (False, True)
    )
    return reading.taxonomy, faults, notes


def _findings(root: yaml.Node, taxonomy: Taxonomy) -> Iterator[Finding]:
    yield from code_findings(root, taxonomy)
    yield from phrase_findings(root, taxonomy)
    yield from _unreachable(root, taxonomy)


def _unreachable(root: yaml.Node, taxonomy: Taxonomy) -> Iterator[Finding]:
    """Find sectors and themes that no notice can be given: who asks for one would wait in vain."""
    places = parts_of(parts_of(root).get("sectors"))
    reachable = {
        sector.id
        for sector in taxonomy.sectors
        if sector.strong or sector.form or set(sector.hs.primary + sector.ics.primary)
    }
    for sector in taxonomy.sectors:
        if not reachable & {sector.id, *taxonomy.children_of(sector.id)}:
            reason = f"nothing leads to {sector.id!r}: no strong phrase, no primary code, no box of the form"
            yield Finding(line_of(places[sector.id]), reason, note=False)
    places = parts_of(parts_of(root).get("themes"))
    for theme in taxonomy.themes:
        if not (theme.phrases or theme.hs or theme.form):
            reason = f"nothing leads to {theme.id!r}: no phrase, no code, no box of the form"
            yield Finding(line_of(places[theme.id]), reason, note=False)
