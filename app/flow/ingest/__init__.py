"""Taking in: visit a source or read a file, and keep what it says."""

from app.flow.ingest.visiting import PullReport, Source, due, import_pages, pull

__all__ = ["PullReport", "Source", "due", "import_pages", "pull"]
