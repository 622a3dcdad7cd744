"""Text out of a PDF (ISO 32000), by PDFium; and whether there is any, or only pictures of pages."""

from collections.abc import Iterator

import pypdfium2
from pypdfium2 import raw

from app.domain.attachments import AttachmentState, Reading
from app.sources.clean import plain_text
from app.sources.documents.limits import ReadingLimits

BEGINNING = b"%PDF-"
BEGINS_WITHIN = 1024
"""Bytes before the signature that readers put up with (ISO 32000-1, annex H.3.4.1)."""

_LETTERS_OF_A_PAGE = 20
"""A scanned page holds fewer: a stamp, a page number."""
_DEEP = 3


def read_portable(body: bytes, limits: ReadingLimits) -> Reading:
    """Return the text of a PDF, page by page, or why there is none. One that opens without a password is read."""
    try:
        document = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            return Reading(state=AttachmentState.ENCRYPTED, reason="The PDF is behind a password.")
        return Reading(state=AttachmentState.BROKEN, reason="The PDF cannot be read.")
    try:
        return _judged(list(_pages(document, limits)), len(document), limits)
    finally:
        document.close()


def _pages(document: pypdfium2.PdfDocument, limits: ReadingLimits) -> Iterator[tuple[str, bool]]:
    """Yield the text of each page, and whether it is a picture; a page that cannot be read has neither."""
    read = 0
    for number in range(min(len(document), limits.pages)):
        if read > limits.characters:
            return
        try:
            text, pictured = _page(document, number)
        except pypdfium2.PdfiumError:
            text, pictured = "", False
        read += len(text)
        yield text, pictured


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[str, bool]:
    page = document[number]
    words = page.get_textpage()
    try:
        text = words.get_text_bounded()
        bare = sum(map(str.isalnum, text)) < _LETTERS_OF_A_PAGE
        return text, bare and any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEP))
    finally:
        words.close()
        page.close()


def _judged(pages: list[tuple[str, bool]], there: int, limits: ReadingLimits) -> Reading:
    cleaned = plain_text("\n".join(text for text, _ in pages), limits.characters)
    pictured = sum(is_picture for _, is_picture in pages)
    lettered = sum(map(str.isalnum, cleaned.text)) >= (_LETTERS_OF_A_PAGE if pictured else 1)
    if pictured and (pictured == len(pages) or not lettered):
        reason = (
            f"All {there} pages are pictures." if pictured == there else f"{pictured} of {there} pages are pictures."
        )
        return Reading(state=AttachmentState.SCANNED, reason=reason, pages=there)
    if not lettered:
        return Reading(state=AttachmentState.BROKEN, reason="The PDF holds neither text nor pictures.", pages=there)
    reasons = []
    if pictured:
        reasons.append(f"{pictured} of {there} pages are pictures.")
    if len(pages) < there:
        reasons.append(f"Only the first {len(pages)} of {there} pages were read.")
    if "too_long" in cleaned.problems:
        reasons.append(f"Only the first {limits.characters} characters were read.")
    return Reading(state=AttachmentState.READ, reason=" ".join(reasons), pages=there, text=cleaned.text)
