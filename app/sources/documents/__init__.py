"""Documents as members and the WTO publish them: plain text out of Word files and PDFs, within limits."""

from app.sources.documents.limits import ReadingLimits
from app.sources.documents.reader import DocumentReader

__all__ = ["DocumentReader", "ReadingLimits"]
