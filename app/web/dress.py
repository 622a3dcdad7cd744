"""What pages are dressed with: one style sheet made from the shared design, the fonts, and the sign.

All of it comes from this host; an address changes with its content, so that it may be kept for good.
"""

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.texts.design import FAMILY, custom_properties

A_YEAR: Final = 365 * 24 * 3600
AN_HOUR: Final = 3600
WEIGHTS: Final = (400, 600)
LETTERS: Final = {
    "vietnamese": "U+0102-0103, U+0110-0111, U+0128-0129, U+0168-0169, U+01A0-01A1, U+01AF-01B0, U+0300-0301, "
    "U+0303-0304, U+0308-0309, U+0323, U+0329, U+1EA0-1EF9, U+20AB",
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, "
    "U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
}
"""The letters that each file of the font holds, as its makers cut it; a browser fetches only what a page needs."""

_HERE = Path(__file__).parent
_FILES = _HERE / "static"
_SHEETS = (
    "base.css",
    "components.css",
    "pages.css",
    "queue.css",
    "notice.css",
    "recipients.css",
    "desk.css",
    "print.css",
)


def routes() -> list[BaseRoute]:
    """Return the addresses of the style sheet and of every other file that pages ask for."""
    return [
        Route("/static/keng.css", _show_style, methods=["GET"]),
        Mount("/static", _Files(directory=_FILES), name="static"),
    ]


@cache
def style_sheet() -> str:
    """Return the one style sheet: fonts, tokens, then rules that name no colour of their own."""
    rules = "".join((_HERE / "styles" / name).read_text(encoding="utf-8") for name in _SHEETS)
    return f"{_faces()}{custom_properties()}{rules}"


@cache
def style_address() -> str:
    """Return the address of the style sheet."""
    return f"/static/keng.css?v={_version(style_sheet().encode())}"


@cache
def font_addresses() -> tuple[str, ...]:
    """Return the addresses of the files that every Vietnamese page needs for its body text."""
    return tuple(_font_address(letters, WEIGHTS[0]) for letters in LETTERS)


def _faces() -> str:
    return "".join(_face(letters, weight) for weight in WEIGHTS for letters in LETTERS)


def _face(letters: str, weight: int) -> str:
    return (
        f'@font-face {{ font-family: "{FAMILY}"; font-style: normal; font-weight: {weight}; font-display: swap; '
        f'src: url("{_font_address(letters, weight)}") format("woff2"); unicode-range: {LETTERS[letters]}; }}\n'
    )


@cache
def _font_address(letters: str, weight: int) -> str:
    name = f"fonts/be-vietnam-pro-{letters}-{weight}.woff2"
    return f"/static/{name}?v={_version((_FILES / name).read_bytes())}"


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


async def _show_style(request: Request) -> Response:
    headers = _headers(versioned=bool(request.url.query))
    return Response(style_sheet(), media_type="text/css", headers=headers)


class _Files(StaticFiles):
    """The fonts and the sign."""

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Add the headers that every answer carries."""
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers.update(_headers(versioned=bool(scope["query_string"])))
        if Path(full_path).suffix == ".woff2":
            answer.headers["Content-Type"] = "font/woff2"
        return answer


def _headers(*, versioned: bool) -> dict[str, str]:
    return {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'",
        "Cache-Control": f"public, max-age={A_YEAR if versioned else AN_HOUR}",
    }
