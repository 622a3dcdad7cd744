"""Signing in, the links that are mailed to staff, and asking for another password. Opening a page changes nothing."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import LinkPurpose
from app.domain.errors import AppError, Kind
from app.flow import sign_in as flow
from app.flow.admit import AT_ONCE, admit
from app.flow.sign_in import Entry, Later, LinkAnswer, Opened
from app.texts.pictures import qr_code
from app.web.callers import ip_of
from app.web.desk.words import refusal
from app.web.doors import doors_of
from app.web.forms import filled
from app.web.pages import address, language_of
from app.web.session import (
    BROWSER,
    SESSION,
    account_desk,
    cookie_of,
    desk_page,
    form_secret,
    go_to,
    is_ours,
    let_in,
    redirected,
    session_of,
)

_OWN_PAGE = re.compile(r"(?:/en)?/desk(?:/[A-Za-z0-9_.~%-]+)*(?:\?[A-Za-z0-9_.~%=&+-]*)?")
_UPWARDS = re.compile(r"/(?:\.|%2e){1,2}(?=[/?]|$)", re.IGNORECASE)
_FIRST_PAGE = "/desk"
_NO_ADDRESS = "no address"
"""What is counted and looked up for all that is no address: no account is compared by it, for addresses hold an @."""


async def show_sign_in(request: Request) -> Response:
    """Show the form; who is signed in goes on to the desk."""
    if await session_of(request) is not None:
        return redirected(request, next_page(request.query_params.get("next", ""), request))
    why = request.query_params.get("why", "")
    return sign_in_form(request, HTTPStatus.OK, after=request.query_params.get("next", ""), why=why)


async def sign_in(request: Request) -> Response:
    """Let somebody in; what was wrong is never said."""
    form = await filled(request)
    after = next_page(form.get("next", ""), request)
    if not await is_ours(request):
        return sign_in_form(request, HTTPStatus.FORBIDDEN, after=after, forged=True)
    entry = Entry(
        identity=_identity(request, form.get("email", "")),
        password=form.get("password", ""),
        code=form.get("code", ""),
        network=ip_of(request),
        browser=cookie_of(request, BROWSER),
        former=cookie_of(request, SESSION),
    )
    found = await flow.sign_in(account_desk(request), entry)
    if isinstance(found, Later):
        return later(request, found, after)
    if found is None:
        return sign_in_form(request, HTTPStatus.UNPROCESSABLE_ENTITY, after=after, wrong=True)
    return let_in(request, redirected(request, after), found)


def later(request: Request, found: Later, after: str) -> Response:
    """Return the sign-in page that asks somebody to wait."""
    seconds = -int(-found.wait.total_seconds() // 1)
    answer = sign_in_form(request, HTTPStatus.TOO_MANY_REQUESTS, after=after, minutes=-(-seconds // 60))
    answer.headers["Retry-After"] = str(seconds)
    return answer


async def show_forgotten(request: Request) -> Response:
    """Show the form that asks for another password."""
    return desk_page(request, "desk/forgotten.html", asked=False, forged=False)


async def ask_password_link(request: Request) -> Response:
    """Mail a link for another password, if the address is of somebody here; the answer is the same if not.

    The mail is made after the answer went out, so that nobody can tell by the time that it takes.
    """
    if not await is_ours(request):
        return desk_page(request, "desk/forgotten.html", status=HTTPStatus.FORBIDDEN, asked=False, forged=True)
    doors, asking = doors_of(request), request.scope.get("caller")
    wait = await admit(doors.database, asking, doors.keys) if asking else AT_ONCE
    if wait > AT_ONCE:
        after = {"Retry-After": str(-int(-wait.total_seconds() // 1))}
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers=after)
    answer = desk_page(request, "desk/forgotten.html", asked=True, forged=False)
    identity = _identity(request, (await filled(request)).get("email", ""))
    answer.background = BackgroundTask(flow.ask_password_link, account_desk(request), identity)
    return answer


async def show_link(request: Request) -> Response:
    """Show what a mailed link lets its bearer do."""
    return _link_page(request, await _opened(request))


async def take_up(request: Request) -> Response:
    """Do it, and show the recovery codes once where a second factor was set."""
    desk, token, form = account_desk(request), request.path_params["token"], await filled(request)
    if not await is_ours(request):
        return _link_page(request, await _opened(request), HTTPStatus.FORBIDDEN, refused="")
    answer = LinkAnswer(
        password=form.get("password", ""),
        code=form.get("code", ""),
        browser=form_secret(request),
        former=cookie_of(request, SESSION),
    )
    try:
        taken = await flow.take_up(desk, token, answer)
    except AppError as error:
        if error.kind is Kind.MISSING:
            return _link_page(request, None)
        crowded = error.code == "too-many-tries"
        status = HTTPStatus.TOO_MANY_REQUESTS if crowded else HTTPStatus.UNPROCESSABLE_ENTITY
        said = refusal(error, language_of(request))
        return _link_page(request, await _opened(request), status, refused=said)
    if not taken.recovery_codes:
        return let_in(request, go_to(request, _FIRST_PAGE), taken.signed_in)
    page = desk_page(request, "desk/recovery_codes.html", codes=taken.recovery_codes)
    return let_in(request, page, taken.signed_in)


def ask_to_sign_in(request: Request) -> Response:
    """Send somebody whom we do not know to the sign-in page, and back after it."""
    wanted = request.scope["path"] + (f"?{query}" if (query := request.url.query) else "")
    after = f"next={quote(wanted, safe='/')}" if _is_own(wanted) else ""
    return go_to(request, "/sign-in", after)


def sign_in_form(
    request: Request, status: HTTPStatus, *, after: str = "", minutes: int = 0, why: str = "", **said: bool
) -> Response:
    """Return the sign-in page; `said` is what it says above the form: `wrong`, `over` or `forged`.

    `why` is a reason why nobody came in by the issuer, and `minutes` how long to wait.
    """
    values: dict[str, Any] = {"wrong": False, "over": False, "forged": False, "minutes": minutes} | said
    values |= {"why": why, "provider": doors_of(request).provider is not None}
    return desk_page(request, "desk/sign_in.html", status=status, after=next_page(after, request), **values)


def next_page(wanted: str, request: Request) -> str:
    """Return a page of the desk that somebody wanted to see; the first one for anything else (SE-19)."""
    return wanted if _is_own(wanted) else address(_FIRST_PAGE, language_of(request))


def _is_own(wanted: str) -> bool:
    """Say whether an address is of the desk, also after a browser went up where its path says so."""
    return _OWN_PAGE.fullmatch(wanted) is not None and _UPWARDS.search(wanted) is None


async def _opened(request: Request) -> Opened | None:
    return await flow.open_link(account_desk(request), request.path_params["token"], form_secret(request))


def _link_page(
    request: Request, opened: Opened | None, status: HTTPStatus = HTTPStatus.OK, refused: str | None = None
) -> Response:
    if opened is None:
        return desk_page(request, "desk/link_gone.html", status=HTTPStatus.NOT_FOUND)
    values: dict[str, Any] = {
        "purpose": opened.purpose.value,
        "mailbox": opened.address,
        "sets_factor": opened.purpose is not LinkPurpose.PASSWORD,
        "secret": " ".join(re.findall(".{1,4}", opened.secret)),
        "uri": opened.uri,
        "picture": Markup(qr_code(opened.uri)) if opened.uri else "",  # noqa: S704 - dots and lines, made here
        "refused": refused,
    }
    return desk_page(request, "desk/link.html", status=status, **values)


def _identity(request: Request, typed: str) -> str:
    """Return what accounts are compared by; of what is no address, one thing for all."""
    try:
        return doors_of(request).read_address(typed).identity
    except AppError:
        return _NO_ADDRESS
