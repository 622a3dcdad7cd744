"""Sorting: which goods a notice is about, how surely, and why."""

from app.domain.sectors.labels import Classification, Evidence, Facet, Label, Role
from app.domain.sectors.passages import field_text
from app.domain.sectors.sorter import Sorter

__all__ = ["Classification", "Evidence", "Facet", "Label", "Role", "Sorter", "field_text"]
