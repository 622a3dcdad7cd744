"""The sorter: which sectors and themes a notice concerns, how surely, and why."""

from app.domain.notices import Content
from app.domain.sectors.annexes import annex_codes, annex_passage
from app.domain.sectors.findings import Finder
from app.domain.sectors.labels import Classification
from app.domain.sectors.passages import codes_of, passages_of
from app.domain.sectors.weighing import Scale
from app.domain.taxonomy import Taxonomy


class Sorter:
    """Sorts notices by one version of the taxonomy; the same notice is always sorted the same."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self.taxonomy = taxonomy
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
        if annex:
            read = annex_passage(annex)
            sectors = self._scale.with_annex(sectors, findings, self._finder.find([read], annex_codes(read)))
        contradictory = self._scale.contradicts(findings)
        return Classification(
            taxonomy_version=self.taxonomy.version,
            sectors=sectors,
            themes=self._scale.themes(findings),
            sure=not contradictory and self._scale.is_sure(sectors),
            contradictory=contradictory,
        )
