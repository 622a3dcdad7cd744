"""The shape of the sorter's answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

ANNEX = "annex"
"""The field of evidence that stands in the documents behind a notice's links."""


class Facet(StrEnum):
    """A side of a notice that it can be looked for by; every label belongs to one."""

    SECTOR = "sector"
    THEME = "theme"
    MEASURE_TYPE = "measure_type"
    STANDARD = "standard"
    SUBSTANCE = "substance"
    AGREEMENT = "agreement"
    ORIGIN = "origin"
    AFFECTED = "affected"
    IMPORTANCE = "importance"


class Role(StrEnum):
    """How a sector is concerned: it is told, or it may ask for a copy."""

    PRIMARY = "primary"
    RELATED = "related"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a label was given.

    `start` and `end` are character offsets into the stored text of `field` (for `hs` and `ics`: into the codes joined
    by ", "; for `annex`: into what the attachments say), so that the text between them is `quote`. A ticked box says
    `True`. `rule` is the id of the rule, of the taxonomy or of a facet; `inherited_from` is the symbol of the parent
    whose text was read, empty when it is the notice's own.
    """

    field: str
    start: int
    end: int
    quote: str
    rule: str
    weight: float
    inherited_from: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """One value of a facet that a notice was sorted into. `confidence` runs from 0 to 1."""

    id: str
    role: Role
    confidence: float
    evidence: tuple[Evidence, ...]

    @property
    def only_in_annex(self) -> bool:
        """Whether nothing but an attachment names it; by itself that lets no alert out."""
        return bool(self.evidence) and all(one.field == ANNEX for one in self.evidence)


@dataclass(frozen=True, slots=True)
class Classification:
    """What the sorter made of one content under one version of the taxonomy.

    `sure` says that every primary label rests on strong evidence; `contradictory` that the title and the stated codes
    point to different sectors, so that a person should look. `facets` holds the labels of every facet but these two
    and importance, which is weighed afterwards.
    """

    taxonomy_version: str
    sectors: tuple[Label, ...]
    themes: tuple[Label, ...]
    sure: bool
    contradictory: bool
    facets: Mapping[Facet, tuple[Label, ...]] = field(default_factory=dict)
