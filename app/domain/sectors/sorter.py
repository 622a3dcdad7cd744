"""The sorter: which sectors and themes a notice concerns, how surely, and why."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.domain.notices import Content
from app.domain.sectors.annexes import annex_codes, annex_passage
from app.domain.sectors.findings import Finder
from app.domain.sectors.labels import Classification, Facet, Label
from app.domain.sectors.passages import Passage, codes_of, passages_of
from app.domain.sectors.weighing import Scale
from app.domain.taxonomy import Taxonomy


class ReadsFacets(Protocol):
    """What finds the labels of the facets beside sector and theme."""

    def read(
        self, content: Content, parent: Content | None, passages: Sequence[Passage], themes: Sequence[Label]
    ) -> Mapping[Facet, tuple[Label, ...]]:
        """Return the labels of each facet that a notice has any of."""


class Sorter:
    """Sorts notices by one version of the taxonomy; the same notice is always sorted the same.

    Without `facets` it finds sectors and themes only.
    """

    def __init__(self, taxonomy: Taxonomy, facets: ReadsFacets | None = None) -> None:
        self.taxonomy = taxonomy
        self._facets = facets
        self._finder = Finder(taxonomy)
        self._scale = Scale(taxonomy)

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:
        """Sort a notice. `parent` is the document that an addendum stands on: it lends what the own boxes leave empty.

        A child sector implies its parent; the parent has a label of its own only where something speaks for it itself,
        and beside a primary child that label is related. `annex` is what the notice's attachments say; what only they
        name is related at most.
        """
        passages = passages_of(content, parent)
        findings = self._finder.find(passages, codes_of(content, parent, passages))
        sectors = self._scale.sectors(findings)
        themes = self._scale.themes(findings)
        if annex:
            read = annex_passage(annex)
            sectors = self._scale.with_annex(sectors, findings, self._finder.find([read], annex_codes(read)))
        contradictory = self._scale.contradicts(findings)
        return Classification(
            taxonomy_version=self.taxonomy.version,
            sectors=sectors,
            themes=themes,
            sure=not contradictory and self._scale.is_sure(sectors),
            contradictory=contradictory,
            facets={} if self._facets is None else self._facets.read(content, parent, passages, themes),
        )
