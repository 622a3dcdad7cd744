"""Taking in: visit a source or read a file, take what a person entered, and keep what it says."""

from app.flow.ingest.entering import discard_warning, enter_warning, word_faults
from app.flow.ingest.visiting import PullReport, Source, due, import_pages, pull

__all__ = [
    "PullReport",
    "Source",
    "discard_warning",
    "due",
    "enter_warning",
    "import_pages",
    "pull",
    "word_faults",
]
