"""The one place where permissions are asked. A route of the desk exists only through `guarded`."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPMethod, HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.domain.access import Permission, permits
from app.flow.sign_in import Session
from app.web.desk.entrance import ask_to_sign_in, sign_in_form
from app.web.desk.words import permission_name
from app.web.pages import language_of
from app.web.session import desk_page, is_ours, session_of

Endpoint = Callable[[Request], Awaitable[Response]]

DECLARED: Final = "permission"
"""The attribute by which an endpoint says what it asks for; the permission matrix reads it from the routes."""


def guarded(path: str, endpoint: Endpoint, permission: Permission, method: HTTPMethod = HTTPMethod.GET) -> Route:
    """Return a route that asks for a permission before its endpoint is called, and that a form is ours (SE-07, SE-09).

    Nobody is led to the sign-in page; somebody without the permission meets a 403, and so does a form from elsewhere. The
    endpoint finds who asks by `caller`.
    """

    @wraps(endpoint)
    async def ask_first(request: Request) -> Response:
        session = await session_of(request)
        reads = request.method in {HTTPMethod.GET, HTTPMethod.HEAD}
        if session is None:
            return ask_to_sign_in(request) if reads else sign_in_form(request, HTTPStatus.UNAUTHORIZED, over=True)
        if not permits(session.role, permission):
            needed = permission_name(permission, language_of(request))
            return desk_page(request, "desk/refused.html", session=session, status=HTTPStatus.FORBIDDEN, needed=needed)
        if not reads and not await is_ours(request):
            return desk_page(request, "desk/refused.html", session=session, status=HTTPStatus.FORBIDDEN, needed="")
        if any("\0" in said for said in (*request.path_params.values(), *request.query_params.values())):
            raise HTTPException(HTTPStatus.BAD_REQUEST)  # PostgreSQL keeps no NUL; in forms `filled` refuses it
        request.state.session = session
        return await endpoint(request)

    setattr(ask_first, DECLARED, permission)
    return Route(path, ask_first, methods=[method])


def permission_of(route: Any) -> Permission | None:
    """Return what a route asks for; None for one that is open."""
    found: Permission | None = getattr(getattr(route, "endpoint", None), DECLARED, None)
    return found


def caller(request: Request) -> Session:
    """Return who asks; only behind `guarded`."""
    found: Session = request.state.session
    return found
