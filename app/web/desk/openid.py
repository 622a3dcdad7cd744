"""The pages of signing in by the issuer: leaving for it, coming back, and giving a code where it asserts no second factor.

Nobody is sent away by the answer to a form: Chromium asks `form-action` of every redirect that follows a form, and those of
an issuer are not ours to know. The answer is a page that leads on by itself, so the policy stays as it is.
"""

from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.flow.sign_in import (
    CodeWanted,
    Entered,
    Later,
    NotIn,
    OpenIdDesk,
    Returned,
    come_back,
    give_code,
    is_code_wanted,
    leave,
)
from app.web.callers import ip_of
from app.web.desk.entrance import later, next_page, sign_in_form
from app.web.doors import doors_of
from app.web.forms import filled
from app.web.pages import address, language_of
from app.web.session import (
    OPENID,
    SESSION,
    account_desk,
    cookie_of,
    desk_page,
    is_ours,
    let_go,
    let_in,
    redirected,
)

_CODE_PAGE = "/sign-in/openid/code"


def openid_routes(prefix: str) -> list[BaseRoute]:
    """Return the pages of signing in by the issuer in one language; it knows one address to send people back to."""
    back = [] if prefix else [Route("/sign-in/openid/return", come_in, methods=["GET"])]
    return [
        Route(f"{prefix}/sign-in/openid", go_out, methods=["POST"]),
        *back,
        Route(f"{prefix}{_CODE_PAGE}", show_code, methods=["GET"]),
        Route(f"{prefix}{_CODE_PAGE}", take_code, methods=["POST"]),
    ]


async def go_out(request: Request) -> Response:
    """Lead the browser to the issuer, with a cookie by which it is known when it comes back."""
    door = _door(request)
    after = next_page((await filled(request)).get("next", ""), request)
    if not await is_ours(request):
        return sign_in_form(request, HTTPStatus.FORBIDDEN, after=after, forged=True)
    leaving = await leave(door, after, language_of(request), ip_of(request))
    if isinstance(leaving, Later):
        return later(request, leaving, after)
    if isinstance(leaving, NotIn):
        return _refused(request, leaving)
    return let_go(request, desk_page(request, "desk/openid_leaving.html", url=leaving.url), leaving.browser)


async def come_in(request: Request) -> Response:
    """Take what the issuer sent the browser back with. It is a GET, as the protocol has it, and does its work once."""
    asked = request.query_params
    returned = Returned(
        state=asked.get("state", ""),
        code=asked.get("code", ""),
        error=asked.get("error", ""),
        issuer=asked.get("iss", ""),
        browser=cookie_of(request, OPENID) or "",
        former=cookie_of(request, SESSION),
    )
    found = await come_back(_door(request), returned)
    if isinstance(found, CodeWanted):
        return redirected(request, address(_CODE_PAGE, _language(found.after)))
    return _entered(request, found) if isinstance(found, Entered) else _refused(request, found)


async def show_code(request: Request) -> Response:
    """Ask for a code of the second factor, where somebody owes one."""
    if not await is_code_wanted(_door(request), cookie_of(request, OPENID) or ""):
        return redirected(request, address("/sign-in", language_of(request)))
    return _code_page(request)


async def take_code(request: Request) -> Response:
    """Let somebody in whose code holds."""
    door, form = _door(request), await filled(request)
    if not await is_ours(request):
        return sign_in_form(request, HTTPStatus.FORBIDDEN, forged=True)
    browser, former = cookie_of(request, OPENID) or "", cookie_of(request, SESSION)
    found = await give_code(door, browser, form.get("code", ""), former, ip_of(request))
    if found is None:
        return _code_page(request, HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(found, Later):
        return later(request, found, "")
    return _entered(request, found) if isinstance(found, Entered) else _refused(request, found)


def _door(request: Request) -> OpenIdDesk:
    """Return what signing in by the issuer needs; where there is no issuer, there is no such page."""
    doors = doors_of(request)
    if doors.provider is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return OpenIdDesk(account_desk(request), doors.provider, doors.read_address)


def _entered(request: Request, found: Entered) -> Response:
    answer = redirected(request, next_page(found.after, request))
    return let_go(request, let_in(request, answer, found.signed_in), "")


def _refused(request: Request, found: NotIn) -> Response:
    """Lead back to the sign-in page, which says why in a sentence; what the issuer sent stays in no address."""
    language = _language(found.after) if found.after else language_of(request)
    wanted = f"&next={quote(found.after, safe='/')}" if found.after else ""
    return let_go(request, redirected(request, f"{address('/sign-in', language)}?why={found.why}{wanted}"), "")


def _code_page(request: Request, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return desk_page(request, "desk/openid_code.html", status=status, wrong=status is not HTTPStatus.OK)


def _language(after: str) -> str:
    """Return the language in which somebody left: that of the page that they wanted."""
    return "en" if after.startswith("/en/") else "vi"
