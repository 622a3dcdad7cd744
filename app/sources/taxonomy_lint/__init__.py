"""What is wrong with a taxonomy file that can be read: codes that do not exist, phrases that say two things at once.

`read_taxonomy` refuses what cannot be used; this finds what would sort badly, as faults and as notes.
"""

from app.sources.taxonomy_lint.checking import check_taxonomy

__all__ = ["check_taxonomy"]
