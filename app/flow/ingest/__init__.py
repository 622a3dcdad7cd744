"""Taking in: visit a source or read a file, take what a person entered, and keep what it says."""

from app.flow.ingest.entering import enter_warning
from app.flow.ingest.visiting import PullReport, Source, due, import_pages, pull

__all__ = ["PullReport", "Source", "due", "enter_warning", "import_pages", "pull"]
