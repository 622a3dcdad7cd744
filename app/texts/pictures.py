"""Pictures that are drawn here: a QR code as SVG, for who reads an address with a telephone."""

from io import BytesIO

import segno


def qr_code(uri: str) -> str:
    """Return an address as a QR code: an SVG element, dark on light whatever the page's colours are."""
    written = BytesIO()
    segno.make(uri, error="m").save(
        written, kind="svg", scale=5, border=4, light="#ffffff", dark="#000000", xmldecl=False, svgns=True, nl=False
    )
    return written.getvalue().decode("utf-8")
