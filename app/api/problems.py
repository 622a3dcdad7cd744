"""Errors as problem+json (RFC 9457): a sentence, a stable code, the fields at fault; never a trace or a statement."""

import secrets
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.api.replies import headers_of
from app.domain.errors import AppError, Kind
from app.store.database import DatabaseFault

MEDIA_TYPE = "application/problem+json"
SCHEMA = {"$ref": "#/components/schemas/Problem"}

_log = structlog.get_logger(__name__)
_STATUS = {
    Kind.MISSING: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


class FieldProblem(BaseModel):
    """One input at fault: the parameter or member of the body, and what is allowed."""

    field: str
    message: str


class Problem(BaseModel):
    """A refusal. `code` is for machines, `detail` for people; `id` finds the log line of a fault of ours."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldProblem] = Field(default_factory=list)
    id: str | None = None


def problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return what the OpenAPI document says of these refusals."""
    content = {MEDIA_TYPE: {"schema": SCHEMA}}
    return {int(status): {"description": status.phrase, "content": content} for status in statuses}


async def refuse(request: Request, error: Exception) -> Response:
    """Answer an error that was raised on purpose: ours, the framework's, or that of a value which cannot be read."""
    if isinstance(error, AppError):
        found = _fields(error)
        return _answer(request, _status_of(request, error), _said(found) or error.message, error.code, found)
    if isinstance(error, RequestValidationError):
        return _invalid(request, error)
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these three only
    status = HTTPStatus(error.status_code)
    return _answer(request, status, str(error.detail), _code(status), headers=dict(error.headers or {}))


async def fail(request: Request, error: Exception) -> Response:
    """Answer a fault of ours: an id that finds it in the log, and nothing else (SE-17); 503 without a database (F37)."""
    number = secrets.token_hex(8)
    _log.error("request failed", id=number, method=request.method, path=request.scope["path"], exc_info=error)
    if isinstance(error, DatabaseFault):
        words, later = "the database does not answer; try again in a minute", {"Retry-After": "60"}
        return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, words, "unavailable", number=number, headers=later)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return _answer(request, status, "the server failed; the id finds the reason in its log", "fault", number=number)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    found = [FieldProblem(field=_field(one["loc"]), message=_message(one)) for one in error.errors()]
    in_body = any(one["loc"][0] == "body" for one in error.errors())
    status = HTTPStatus.UNPROCESSABLE_ENTITY if in_body else HTTPStatus.BAD_REQUEST
    return _answer(request, status, _said(found), "invalid", found)


def _answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    code: str,
    errors: list[FieldProblem] | None = None,
    *,
    number: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    problem = Problem(title=status.phrase, status=status, detail=detail, code=code, errors=errors or [], id=number)
    body = problem.model_dump_json(exclude_none=True, exclude_defaults=False)
    every = headers_of(request) | {"Cache-Control": "no-store"} | (headers or {})
    return Response(body, status, every, media_type=MEDIA_TYPE)


def _status_of(request: Request, error: AppError) -> HTTPStatus:
    """Return the status of a refusal; what cannot be taken is 400 in an address and 422 in a body."""
    in_address = request.method in {"GET", "HEAD"}
    return _STATUS.get(error.kind, HTTPStatus.BAD_REQUEST if in_address else HTTPStatus.UNPROCESSABLE_ENTITY)


def _fields(error: AppError) -> list[FieldProblem]:
    return [] if error.field is None else [FieldProblem(field=error.field, message=error.message)]


def _said(errors: list[FieldProblem]) -> str:
    return "; ".join(f"{one.field}: {one.message}" for one in errors)


def _field(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "there is no such parameter" if error["loc"][0] == "query" else "there is no such member"
    message: str = error["msg"]
    return message.removeprefix("Value error, ").removeprefix("Input ")


def _code(status: HTTPStatus) -> str:
    return status.phrase.lower().replace(" ", "-")
