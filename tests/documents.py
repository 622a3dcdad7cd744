"""Documents as members publish them, and as attackers would: Word files and PDFs, written by hand."""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def word_file(*paragraphs: str, parts: Mapping[str, bytes | str] | None = None) -> bytes:
    """A Word file; a paragraph may hold markup. `parts` are added to the zip, or stand instead of what has their name."""
    body = "".join(f"<w:p>{text if text.startswith('<') else run(text)}</w:p>" for text in paragraphs)
    document = f'<w:document xmlns:w="{_W}" xmlns:mc="{_MC}"><w:body>{body}</w:body></w:document>'
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": document, **(parts or {})})


def run(text: str) -> str:
    """A stretch of text within a paragraph."""
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip of parts."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return held.getvalue()


def pdf(*pages: str) -> bytes:
    """A PDF with a line of text on each page."""
    return _pdf([_shown(text) for text in pages])


def scanned_pdf(pages: int = 2, stamp: str = "") -> bytes:
    """A PDF whose pages are pictures, with no more text than a stamp."""
    picture = b"q 595 0 0 842 0 0 cm /Picture Do Q "
    return _pdf([picture + _shown(stamp)] * pages)


def mixed_pdf(text: str) -> bytes:
    """A PDF with one page of text and one that is a picture."""
    return _pdf([_shown(text), b"q 595 0 0 842 0 0 cm /Picture Do Q "])


def empty_pdf() -> bytes:
    """A PDF with neither text nor pictures."""
    return _pdf([b"0 0 10 10 re f"])


def locked_pdf() -> bytes:
    """A PDF behind a password that nobody knows: its keys are as good as any."""
    lock = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"11" * 32 + b"> /U <" + b"22" * 32 + b"> >>"
    return _written([*_objects([_shown("hidden")]), lock], encrypted=True)


def laughing_pdf(depth: int = 12) -> bytes:
    """A PDF of a few hundred bytes whose page draws a form ten times that draws a form ten times, and so on."""
    objects = _objects([b"/Laugh0 Do"])
    first = len(objects) + 1
    names = " ".join(f"/Laugh{number} {first + number} 0 R" for number in range(depth))
    objects[3] = objects[3].replace(b"/XObject <<", f"/XObject << {names}".encode())
    for number in range(depth):
        within = f"/Resources << /XObject << /Laugh{number + 1} {first + number + 1} 0 R >> >>"
        drawn = (f"/Laugh{number + 1} Do " * 10).encode() if number + 1 < depth else b"0 0 1 1 re f"
        objects.append(_stream(drawn, f"/Type /XObject /Subtype /Form /BBox [0 0 9 9] {within}"))
    return _written(objects)


def inflating_pdf(megabytes: int) -> bytes:
    """A PDF of a few kilobytes whose page is packed twice and unpacks to very much."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()
    objects = _objects([b""])
    objects[5] = _stream(zlib.compress(packed), "/Filter [/FlateDecode /FlateDecode]")
    return _written(objects)


def _shown(text: str) -> bytes:
    return f"BT /F1 12 Tf 40 800 Td ({text}) Tj ET".encode("latin-1") if text else b""


def _stream(content: bytes, entries: str = "") -> bytes:
    return f"<< {entries} /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _pdf(contents: Iterable[bytes]) -> bytes:
    return _written(_objects(list(contents)))


def _objects(contents: list[bytes]) -> list[bytes]:
    """The catalog, the pages, a font, then each page with its content, and a picture of one dot as the second last."""
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(contents)))
    resources = b"<< /Font << /F1 3 0 R >> /XObject << /Picture " + f"{5 + 2 * len(contents)} 0 R >> >>".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {len(contents)} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        resources,
    ]
    for number, content in enumerate(contents):
        place = f"/Parent 2 0 R /MediaBox [0 0 595 842] /Resources 4 0 R /Contents {6 + 2 * number} 0 R"
        objects += [f"<< /Type /Page {place} >>".encode(), _stream(content)]
    picture = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8"
    return [*objects, _stream(b"\x80", picture)]


def _written(objects: list[bytes], *, encrypted: bool = False) -> bytes:
    body, places = bytearray(b"%PDF-1.4\n"), []
    for number, held in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, held)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    lock = b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects) if encrypted else b""
    body += b"trailer\n<< /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, lock, table)
    return bytes(body)
