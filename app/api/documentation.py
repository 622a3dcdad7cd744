"""The API's own description: the OpenAPI document, and a page that lists it without a script or another host."""

import json
from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from app.api.problems import Problem
from app.api.replies import headers_of

DESCRIPTION = """TBT and SPS notices of the WTO's members, sorted for Viet Nam's exporters.

Lists answer `{"items", "next_cursor"}`; pass `next_cursor` back as `cursor` to read on. An unknown parameter is refused
with 400. Errors are problem+json (RFC 9457). Dates are YYYY-MM-DD; *today* is the day in Viet Nam."""

_STYLE = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_FRAME = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kẻng: API</title><link rel="stylesheet" href="/static/keng.css"></head>
<body><main class="api"><h1>Kẻng: API</h1>{introduction}{operations}</main></body></html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
async def show_document(request: Request) -> Response:
    """Show the OpenAPI document."""
    body = json.dumps(request.app.openapi(), ensure_ascii=False)
    return Response(body, headers=headers_of(request), media_type="application/json")


@router.get("/api/docs")
async def show_page(request: Request) -> Response:
    """Show the OpenAPI document as a page."""
    headers = headers_of(request) | {"Content-Security-Policy": _STYLE}
    return Response(_page(request.app.openapi()), headers=headers, media_type="text/html")


def describe(app: FastAPI) -> None:
    """Let the application describe itself as it answers: refusals are problems, and not the framework's own form."""
    app.openapi = partial(_document, app)  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(title="Kẻng", version="1", description=DESCRIPTION, routes=app.routes)
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs") | {"Problem": problem}
        for operation in _operations(document):
            _forget_framework_refusal(operation["responses"])
        app.openapi_schema = document
    return app.openapi_schema


def _forget_framework_refusal(responses: dict[str, Any]) -> None:
    schema = responses.get("422", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if schema.get("$ref", "").endswith("HTTPValidationError"):
        del responses["422"]


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield operation | {"path": path, "method": method.upper()}


def _page(document: dict[str, Any]) -> str:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in document["info"]["description"].split("\n\n"))
    introduction = paragraphs + '<p><a href="/openapi.json">/openapi.json</a></p>'
    operations = "".join(map(_operation, _operations(document)))
    return _FRAME.format(introduction=introduction, operations=operations)


def _operation(operation: dict[str, Any]) -> str:
    rows = "".join(map(_parameter, operation.get("parameters", [])))
    answers = "; ".join(f"{status} {answer['description']}" for status, answer in operation["responses"].items())
    table = f"<table><thead><tr><th>Parameter</th><th>Takes</th><th>Meaning</th></tr></thead>{rows}</table>"
    return (
        f"<section><h2><code>{operation['method']} {escape(operation['path'])}</code></h2>"
        f"<p>{escape(operation.get('description', ''))}</p>{table if rows else ''}<p>{escape(answers)}</p></section>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    name = f"<code>{escape(parameter['name'])}</code>"
    return (
        f"<tr><td>{name}</td><td>{escape(_taken(parameter['schema']))}</td>"
        f"<td>{escape(parameter.get('description', ''))}</td></tr>"
    )


def _taken(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema takes."""
    if "anyOf" in schema:
        return " | ".join(_taken(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"{_taken(schema['items'])}, several times"
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    bounds = [f"{word} {schema[key]}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in schema]
    return " ".join([str(schema.get("format") or schema.get("type", "")), *bounds])
