"""Text out of a Word file (.docx, Office Open XML): a zip of XML parts, read with every bomb in mind (F58, F59)."""

import zlib
from collections.abc import Iterator
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from app.domain.attachments import AttachmentState, Reading
from app.sources.clean import plain_text
from app.sources.documents.limits import ReadingLimits

BEGINNING = b"PK\x03\x04"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How Microsoft's older container begins: a .doc file, or a .docx file behind a password."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PRINTED = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}p": "\n", f"{_W}noBreakHyphen": "-"}
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_BODY = "word/document.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_LOCKED = 1
_NO_MEMORY = expat.errors.codes[expat.errors.XML_ERROR_NO_MEMORY]
"""How the parser says that it ran out of memory where it notices that itself."""


class _TooMuchError(Exception):
    """A part is larger than allowed; the message says which."""


def read_word(body: bytes, limits: ReadingLimits) -> Reading:
    """Return the text of a Word file: its body, tables and notes, without what was deleted under tracked changes.

    MemoryError when it takes more memory than there is, whoever of Python and its XML parser notices that first.
    """
    try:
        with ZipFile(BytesIO(body)) as package:
            return _read(package, limits)
    except _TooMuchError as error:
        return Reading(state=AttachmentState.OVER_LIMITS, reason=str(error))
    except ParseError as error:
        if error.code == _NO_MEMORY:
            raise MemoryError from error
        return Reading(state=AttachmentState.BROKEN, reason="The Word file is no well-formed XML.")
    except DefusedXmlException as error:
        return Reading(state=AttachmentState.BROKEN, reason=f"The file declares entities: {type(error).__name__}.")
    except (
        BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        ValueError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        return Reading(state=AttachmentState.BROKEN, reason=f"The Word file cannot be read: {type(error).__name__}.")


def read_compound(body: bytes) -> Reading:
    """Say what a file in Microsoft's older container is; neither kind is read."""
    if _PACKAGE in body:
        return Reading(state=AttachmentState.ENCRYPTED, reason="The Word file is behind a password.")
    return Reading(state=AttachmentState.UNSUPPORTED, reason="The file is in the older format of Word (.doc).")


def _read(package: ZipFile, limits: ReadingLimits) -> Reading:
    parts = {part.filename: part for part in package.infolist()}
    if len(parts) > limits.parts:
        raise _TooMuchError(f"The Word file has more than {limits.parts} parts.")
    if _BODY not in parts:
        return Reading(state=AttachmentState.UNSUPPORTED, reason="The file is a zip archive and no Word file.")
    if any(part.flag_bits & _LOCKED for part in parts.values()):
        return Reading(state=AttachmentState.ENCRYPTED, reason="The Word file is behind a password.")
    pieces = [
        piece for name in (_BODY, *_NOTES) if name in parts for piece in _pieces(_unpacked(package, name, limits.part))
    ]
    cleaned = plain_text("".join(pieces), limits.characters)
    if not cleaned.text:
        return Reading(state=AttachmentState.BROKEN, reason="The Word file holds no text.")
    reason = f"Only the first {limits.characters} characters were read." if "too_long" in cleaned.problems else ""
    return Reading(state=AttachmentState.READ, reason=reason, text=cleaned.text)


def _unpacked(package: ZipFile, name: str, limit: int) -> bytes:
    """Return one part; what its directory says of its size is not believed."""
    with package.open(name) as part:
        unpacked = part.read(limit + 1)
    if len(unpacked) > limit:
        raise _TooMuchError(f"{name} is larger than {limit} bytes once it is unpacked.")
    return unpacked


def _pieces(part: bytes) -> Iterator[str]:
    """Yield the text of a part as it stands on paper. A text box is in it twice, for old and for new readers."""
    within = 0
    for event, element in iterparse(BytesIO(part), events=("start", "end"), forbid_dtd=True):
        if element.tag == _FALLBACK:
            within += 1 if event == "start" else -1
        elif event == "end" and not within:
            yield _printed(element)
        if event == "end":
            element.clear()


def _printed(element: Element) -> str:
    if element.tag == f"{_W}t":
        return element.text or ""
    return _PRINTED.get(element.tag, "")
