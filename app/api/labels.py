"""How a notice was sorted, label by label, as the machine surface shows it."""

from collections.abc import Mapping

from pydantic import BaseModel

from app.domain.sectors import Evidence, Facet, Label, Role
from app.i18n.facets import FacetValue, value_name


class EvidenceModel(BaseModel):
    """Why a label was given: characters `start` to `end` of `field` are `quote`, and the rule that looks for them.

    Offsets into `hs` and `ics` count in the codes joined by ", ", those into `annex` in what the attachments say. A
    ticked box, such as `all_partners`, is quoted as `True`. With `inherited_from` the text is that notice's.
    """

    field: str
    start: int
    end: int
    quote: str
    rule: str
    weight: float
    inherited_from: str | None

    @classmethod
    def of(cls, evidence: Evidence) -> "EvidenceModel":
        """Return one piece of evidence."""
        return cls(
            field=evidence.field,
            start=evidence.start,
            end=evidence.end,
            quote=evidence.quote,
            rule=evidence.rule,
            weight=evidence.weight,
            inherited_from=evidence.inherited_from or None,
        )


class SectorLabelModel(BaseModel):
    """A sector that a notice was sorted into. `primary` is told to subscribers, `related` to those who want copies."""

    id: str
    role: Role
    confidence: float
    evidence: list[EvidenceModel]

    @classmethod
    def of(cls, label: Label) -> "SectorLabelModel":
        """Return a label with its evidence."""
        evidence = [EvidenceModel.of(one) for one in label.evidence]
        return cls(id=label.id, role=label.role, confidence=label.confidence, evidence=evidence)


class FacetLabelModel(BaseModel):
    """A value that was read out of a notice, with its names and what it was read from.

    A standard has no other name than the one it is cited by, which is its id.
    """

    id: str
    name_vi: str
    name_en: str
    confidence: float
    evidence: list[EvidenceModel]

    @classmethod
    def of(cls, facet: Facet, label: Label) -> "FacetLabelModel":
        """Return a label of a facet with its names."""
        return cls(
            id=label.id,
            name_vi=value_name(facet, label.id, "vi"),
            name_en=value_name(facet, label.id, "en"),
            confidence=label.confidence,
            evidence=[EvidenceModel.of(one) for one in label.evidence],
        )


class ReadLabelsModel(BaseModel):
    """What was read out of a notice beside its sectors and themes.

    `origin` tells rules about origin labelling from rules of origin, `affected` says whose goods a measure is about,
    `importance` whether there is something to do: null before the notice is sorted.
    """

    measure_types: list[FacetLabelModel]
    standards: list[FacetLabelModel]
    substances: list[FacetLabelModel]
    agreements: list[FacetLabelModel]
    origin: list[FacetLabelModel]
    affected: list[FacetLabelModel]
    importance: FacetLabelModel | None


def read_labels(facets: Mapping[Facet, tuple[Label, ...]]) -> ReadLabelsModel:
    """Return the labels of a notice's facets."""
    found = {facet: [FacetLabelModel.of(facet, label) for label in labels] for facet, labels in facets.items()}
    return ReadLabelsModel(
        measure_types=found.get(Facet.MEASURE_TYPE, []),
        standards=found.get(Facet.STANDARD, []),
        substances=found.get(Facet.SUBSTANCE, []),
        agreements=found.get(Facet.AGREEMENT, []),
        origin=found.get(Facet.ORIGIN, []),
        affected=found.get(Facet.AFFECTED, []),
        importance=next(iter(found.get(Facet.IMPORTANCE, [])), None),
    )


class FacetValueModel(BaseModel):
    """One value that a facet can have."""

    id: str
    name_vi: str
    name_en: str

    @classmethod
    def of(cls, value: FacetValue) -> "FacetValueModel":
        """Return a value with its names."""
        return cls(id=value.id, name_vi=value.name_vi, name_en=value.name_en)


class FacetModel(BaseModel):
    """A facet: the parameter that asks for it, its known values, and whether others can be asked for too."""

    id: Facet
    open: bool
    values: list[FacetValueModel]


class FacetPage(BaseModel):
    """All facets but sectors and themes, which have lists of their own."""

    items: list[FacetModel]
    next_cursor: None = None
