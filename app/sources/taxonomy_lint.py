"""What is wrong with a taxonomy file that can be read: phrases that say two things at once.

`read_taxonomy` refuses what cannot be used, codes of no chapter or field among it; this finds what would sort badly.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from app.domain.taxonomy import Taxonomy, forms_of
from app.domain.text import phrase_form
from app.sources.taxonomy_file import FileComplaint, read_taxonomy
from app.sources.taxonomy_file.nodes import collections_in, compose


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a phrase stands: in which sector, and on which line."""

    sector: str
    line: int


@dataclass(frozen=True, slots=True)
class _Finding:
    """One thing found: a fault, or with `note` only something to look at."""

    line: int
    reason: str
    note: bool


_Complaints = tuple[FileComplaint, ...]


def check_taxonomy(body: bytes, name: str) -> tuple[Taxonomy | None, _Complaints, _Complaints]:
    """Return the taxonomy of a file (None when it cannot be read), its faults, and its notes, each in order of lines.

    A phrase that belongs to a sector and to none is a fault. One that names the goods of two sectors is a note: it may
    be meant so, as protective footwear is footwear and protective equipment.
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


def _findings(root: yaml.Node, taxonomy: Taxonomy) -> Iterator[_Finding]:
    top = dict(collections_in(root))
    sectors = dict(collections_in(top.get("sectors")))
    owners: dict[tuple[str, str], _Place] = {}
    for sector, node in sectors.items():
        for form, line in _phrases(dict(collections_in(node)).get("strong")):
            owner = owners.setdefault(form, _Place(sector, line))
            if owner.sector != sector and not _related(owner.sector, sector, taxonomy):
                reason = f"{form[1].strip()!r} is a strong phrase of {owner.sector!r} too (line {owner.line})"
                yield _Finding(line, reason, note=True)
    for form, line in _phrases(top.get("elsewhere")):
        if form in owners:
            owner = owners[form]
            reason = (
                f"{form[1].strip()!r} is elsewhere here and a strong phrase of {owner.sector!r} (line {owner.line})"
            )
            yield _Finding(line, reason, note=False)


def _phrases(node: yaml.Node | None) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the language and form of everything that listed phrases stand for, with the line; the file is sound."""
    for language, listed in collections_in(node):
        for item in listed.value:
            for form in {phrase_form(form) for form in forms_of(" ".join(str(item.value).split()))}:
                yield (language, form), item.start_mark.line + 1


def _related(one: str, other: str, taxonomy: Taxonomy) -> bool:
    """Say whether two sectors stand under one top: a phrase may name the goods of several parts of one sector."""
    return bool(taxonomy.with_parents([one]) & taxonomy.with_parents([other]))
