"""Making pages: one template environment for each language, and the headers that every page carries (SE-08)."""

from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.i18n.catalogue import LANGUAGES, SOURCE_LANGUAGE, translator
from app.i18n.dates import short_date
from app.web.doors import WebDoors, doors_of
from app.web.dress import A_YEAR, font_addresses, style_address

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def page(
    request: Request, template: str, *, status: HTTPStatus = HTTPStatus.OK, personal: bool = False, **values: Any
) -> HTMLResponse:
    """Return a filled-in page in the language of its address. What is `personal` is kept nowhere and listed nowhere."""
    doors, language, path = doors_of(request), language_of(request), request.scope["path"]
    common = {
        "banner": doors.letterhead.banner,
        "personal": personal,
        "here": quote(path),
        "other_language": None if personal else in_other_language(path, language),
    }
    body = _environment(language).get_template(template).render(common | values)
    return HTMLResponse(body, status, headers(doors, personal=personal or status >= HTTPStatus.BAD_REQUEST))


def headers(doors: WebDoors, *, personal: bool) -> dict[str, str]:
    """Return the headers of a page: nothing runs on it, nobody frames it, nobody learns where its links were followed."""
    always = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Cache-Control": "no-store" if personal else "no-cache",
    }
    if personal:
        always["X-Robots-Tag"] = "noindex, nofollow"
    if doors.letterhead.base_url.startswith("https://"):
        always["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    return always


def language_of(request: Request) -> str:
    """Return the language of an address: English under /en, Vietnamese elsewhere."""
    first = request.scope["path"].split("/")[1:2]
    return next((language for language in LANGUAGES if first == [language]), SOURCE_LANGUAGE)


def address(path: str, language: str) -> str:
    """Return the address of one of our pages on this host, percent-encoded, in a language."""
    encoded = quote(path, safe="/.")
    return encoded if language == SOURCE_LANGUAGE else f"/{language}{encoded}"


def in_other_language(path: str, language: str) -> str:
    """Return the same page in the other language; never `//`, which would lead to another host."""
    if language == SOURCE_LANGUAGE:
        return address(path, "en")
    return address("/" + path.removeprefix(f"/{language}").lstrip("/"), SOURCE_LANGUAGE)


def compile_pages() -> None:
    """Compile every template in every language, half a second each, so that no visitor waits for it."""
    for language in LANGUAGES:
        environment = _environment(language)
        for name in environment.list_templates():
            environment.get_template(name)


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("app.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_translations(translator(language), newstyle=True)  # type: ignore[attr-defined]  # of the extension i18n
    environment.globals |= {
        "language": language,
        "style": style_address(),
        "fonts": font_addresses(),
        "address": lambda path: address(path, language),
        "day": lambda day: short_date(day, language),
    }
    return environment
