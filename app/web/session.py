"""Cookies, who is signed in, and proof that a form is one of ours (SE-06, SE-07).

Every form holds a token that is signed for the browser's own cookie, which no other site can read. Where a browser says
from where a form was sent, that must be here too.
"""

import hmac
from dataclasses import dataclass
from http import HTTPMethod, HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.access import OPENID_HOLDS
from app.flow.sign_in import AccountDesk, Session, SignedIn, resume
from app.vault.tokens import keyed_hash, new_token
from app.web.doors import WebDoors, doors_of
from app.web.dress import A_YEAR
from app.web.forms import filled
from app.web.pages import address, headers, in_other_language, language_of, page
from app.web.rooms import rooms_of

SESSION, BROWSER, FORM, OPENID = "session", "browser", "form", "openid"
FIELD = "form_token"
_OURS = {"same-origin", "none"}


@dataclass(frozen=True, slots=True)
class _Secret:
    """What the browser alone knows and its forms are signed for; `fresh` when it is to be told just now."""

    value: str
    fresh: bool


def account_desk(request: Request) -> AccountDesk:
    """Return what the use cases of signing in need."""
    doors = doors_of(request)
    return AccountDesk(doors.database, doors.letterhead, doors.keys)


async def session_of(request: Request) -> Session | None:
    """Return who is signed in; None for nobody, and when the session is over."""
    token = cookie_of(request, SESSION)
    return None if token is None else await resume(doors_of(request).database, token)


def cookie_of(request: Request, name: str) -> str | None:
    """Return a cookie of ours; an empty one is none, and so are two of one name, of which one was planted.

    The names are compared octet by octet. Starlette's reader strips what Python takes for a space, so that another host of
    the domain could plant a cookie under a name that browsers do not know to begin with `__Host-`.
    """
    wanted = _named(doors_of(request), name)
    pairs = [one.strip(" \t").partition("=") for line in request.headers.getlist("cookie") for one in line.split(";")]
    found = [value for key, _, value in pairs if key == wanted]
    return found[0] if len(found) == 1 and found[0] else None


def let_in(request: Request, answer: Response, signed_in: SignedIn) -> Response:
    """Give the browser its session, and the mark that it signed in here before."""
    _give(request, answer, SESSION, signed_in.token)
    _give(request, answer, BROWSER, signed_in.browser, A_YEAR)
    return answer


def renew(request: Request, answer: Response, token: str) -> Response:
    """Give the browser another session in the place of the one it has."""
    _give(request, answer, SESSION, token)
    return answer


def let_out(request: Request, answer: Response) -> Response:
    """Take the session from the browser."""
    _give(request, answer, SESSION, "", 0)
    return answer


def let_go(request: Request, answer: Response, token: str) -> Response:
    """Give the browser what it must hold when it comes back from the issuer; an empty token takes it away again."""
    _give(request, answer, OPENID, token, int(OPENID_HOLDS.total_seconds()) * 2 if token else 0)
    return answer


def desk_page(
    request: Request,
    template: str,
    *,
    session: Session | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    **values: Any,
) -> Response:
    """Return a page whose forms can be sent back; it is kept nowhere."""
    secret = _secret_of(request)
    values |= {"session": session, "form_token": _token_for(request, secret.value), "form_field": FIELD}
    if session is not None:
        values["rooms"] = rooms_of(session.role, request.scope["path"], language_of(request))
    if request.method in {HTTPMethod.GET, HTTPMethod.HEAD}:
        values["other_language"] = in_other_language(request.scope["path"], language_of(request))
    answer = page(request, template, status=status, personal=True, **values)
    if secret.fresh:
        _give(request, answer, FORM, secret.value)
    return answer


def go_to(request: Request, path: str, query: str = "") -> Response:
    """Send the browser to one of our pages with a GET, in the language of the page that it comes from."""
    return redirected(request, address(path, language_of(request)) + (f"?{query}" if query else ""))


def redirected(request: Request, location: str) -> Response:
    """Send the browser to an address of this site with a GET."""
    found = RedirectResponse(location, HTTPStatus.SEE_OTHER)
    found.headers.update(headers(doors_of(request), personal=True))
    return found


def form_secret(request: Request) -> str:
    """Return what the browser alone knows and its forms are signed for; a page of ours tells it to one that has none."""
    return _secret_of(request).value


async def is_ours(request: Request) -> bool:
    """Say whether a form was made by us for this browser, and sent from one of our pages."""
    secret = _secret_of(request)
    sent = (await filled(request)).get(FIELD, "")
    signed = hmac.compare_digest(sent.encode(), _token_for(request, secret.value).encode())
    return signed and not secret.fresh and _comes_from_here(request)


def _comes_from_here(request: Request) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _OURS
    # A page that tells nobody where its links were followed sends its forms from `null`; no browser says nothing at all.
    if origin == "null":
        return True
    return origin in {_origin(doors_of(request).letterhead.base_url), f"{request.url.scheme}://{request.url.netloc}"}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _secret_of(request: Request) -> _Secret:
    held = cookie_of(request, SESSION) or cookie_of(request, FORM)
    if held is not None:
        return _Secret(held, fresh=False)
    if not hasattr(request.state, "fresh_secret"):
        request.state.fresh_secret = new_token()
    return _Secret(request.state.fresh_secret, fresh=True)


def _token_for(request: Request, secret: str) -> str:
    return keyed_hash(f"form of {secret}", doors_of(request).keys[0])


def _give(request: Request, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
    doors = doors_of(request)
    answer.set_cookie(
        _named(doors, name), value, max_age=seconds, path="/", secure=_is_safe(doors), httponly=True, samesite="lax"
    )


def _named(doors: WebDoors, name: str) -> str:
    """Return the cookie's name; `__Host-` keeps other hosts of the domain from planting one (RFC 6265bis 4.1.3.2)."""
    return f"__Host-keng-{name}" if _is_safe(doors) else f"keng-{name}"


def _is_safe(doors: WebDoors) -> bool:
    return doors.letterhead.base_url.startswith("https://")
