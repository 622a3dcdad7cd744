"""The taxonomy as a file: YAML read within limits, and every fault of it named by file, line and reason."""

from app.sources.taxonomy_file.nodes import FileComplaint
from app.sources.taxonomy_file.reading import TaxonomyReading, bundled_file, bundled_taxonomy, read_taxonomy

__all__ = ["FileComplaint", "TaxonomyReading", "bundled_file", "bundled_taxonomy", "read_taxonomy"]
