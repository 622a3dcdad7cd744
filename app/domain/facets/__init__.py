"""The other sides of a notice: kind of measure, standards, substances, agreements, origin, who is affected, importance."""

from app.domain.facets.importance import Exports, Importance, hs_codes, importance_of
from app.domain.facets.reader import FacetReader
from app.domain.facets.tables import Agreement, FacetPhrase, FacetTables, Substance

__all__ = [
    "Agreement",
    "Exports",
    "FacetPhrase",
    "FacetReader",
    "FacetTables",
    "Importance",
    "Substance",
    "hs_codes",
    "importance_of",
]
