"""Error pages: what went wrong in plain words, with an id where it is our fault; never a trace or a statement (SE-17)."""

import secrets
from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import AppError, Kind
from app.store.database import DatabaseFault
from app.web.pages import page

_log = structlog.get_logger(__name__)
_STATUS = {
    Kind.MISSING: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.INVALID: HTTPStatus.BAD_REQUEST,
}


async def refuse(request: Request, error: Exception) -> Response:
    """Show that there is nothing here, or that it cannot be done so."""
    if isinstance(error, AppError):
        status = _STATUS[error.kind]
    else:
        status = HTTPStatus(error.status_code) if isinstance(error, HTTPException) else HTTPStatus.BAD_REQUEST
    missing, crowded = status is HTTPStatus.NOT_FOUND, status is HTTPStatus.TOO_MANY_REQUESTS
    answer = page(request, "error.html", status=status, number=None, missing=missing, crowded=crowded)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer


async def fail(request: Request, error: Exception) -> Response:
    """Show that the fault is ours, with the id that finds it in the log."""
    number = secrets.token_hex(8)
    _log.error("request failed", id=number, method=request.method, path=request.scope["path"], exc_info=error)
    gone = isinstance(error, DatabaseFault)
    status = HTTPStatus.SERVICE_UNAVAILABLE if gone else HTTPStatus.INTERNAL_SERVER_ERROR
    return page(request, "error.html", status=status, number=number, missing=False, crowded=False)
