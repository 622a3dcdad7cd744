"""Answers that went well: JSON with the headers that every answer of this surface carries, and an ETag to ask again by."""

import hashlib
from http import HTTPStatus

from fastapi import Request, Response
from pydantic import BaseModel

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_PRIVATE = "/api/v1/subscriptions"


def headers_of(request: Request) -> dict[str, str]:
    """Return the headers of any answer. What is public may be read by pages of any origin, nothing else may."""
    public = request.method in {"GET", "HEAD"} and not request.scope["path"].startswith(_PRIVATE)
    return _ALWAYS | ({"Access-Control-Allow-Origin": "*"} if public else {})


def public(request: Request, value: BaseModel, *, seconds: int = 0) -> Response:
    """Answer what everybody may read; unchanged since the caller's ETag it is 304. It may be kept for `seconds`."""
    body = value.model_dump_json().encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = headers_of(request) | {"ETag": tag, "Cache-Control": f"public, max-age={seconds}"}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def private(request: Request, value: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Answer what only the caller may read; it is kept nowhere on the way."""
    headers = headers_of(request) | {"Cache-Control": "no-store"}
    return Response(value.model_dump_json(), status, headers, media_type="application/json")


def _tags(header: str) -> set[str]:
    """Read If-None-Match; tags are compared weakly (RFC 9110, 13.1.2)."""
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
