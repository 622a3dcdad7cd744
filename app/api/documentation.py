"""The API's own description: the OpenAPI document, and a page that lists it without a script or another host."""

import json
import re
from collections.abc import Iterator
from functools import partial
from html import escape
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from app.api.problems import Problem
from app.api.replies import headers_of

DESCRIPTION = """TBT and SPS notices of the WTO's members, sorted for Viet Nam's exporters.

Lists answer `{"items": […], "next_cursor": …}`; pass `next_cursor` back as `cursor` to read on. An unknown parameter is refused
with 400. Errors are problem+json (RFC 9457). Dates are YYYY-MM-DD; today is the day in Viet Nam."""

_STYLE = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_FRAME = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kẻng: API</title><link rel="stylesheet" href="/static/keng.css"><link rel="icon" href="/static/keng.svg"></head>
<body><main class="api"><h1>Kẻng: API</h1><p><a href="/">Kẻng</a> · <a href="/openapi.json">/openapi.json</a></p>{introduction}{operations}<h1>Shapes</h1>{schemas}</main></body></html>
"""

_CODE = re.compile("`([^`]+)`")

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
    app.openapi = partial(_document, app)  # type: ignore[method-assign]  # how FastAPI has it replaced


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
    introduction = "".join(f"<p>{_prose(part)}</p>" for part in document["info"]["description"].split("\n\n"))
    operations = "".join(map(_operation, _operations(document)))
    schemas = "".join(_schema(name, schema) for name, schema in document["components"]["schemas"].items())
    return _FRAME.format(introduction=introduction, operations=operations, schemas=schemas)


def _operation(operation: dict[str, Any]) -> str:
    parameters = "".join(_row(one["name"], one["schema"], one) for one in operation.get("parameters", []))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = "; ".join(_answer(status, answer) for status, answer in operation["responses"].items())
    return (
        f"<section><h2><code>{operation['method']} {escape(operation['path'])}</code></h2>"
        f"<p>{_prose(operation.get('description', ''))}</p>{_table(parameters)}"
        f"{f'<p>Body: {_taken(body)}</p>' if body else ''}<p>Answers: {answers}</p></section>"
    )


def _answer(status: str, answer: dict[str, Any]) -> str:
    schemas = [content.get("schema", {}) for content in answer.get("content", {}).values()]
    shape = " ".join(_taken(schema) for schema in schemas if schema)
    return f"{status} {shape or escape(answer['description'])}"


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(_row(member, one, one) for member, one in schema.get("properties", {}).items())
    values = _prose(" | ".join(map(str, schema.get("enum", []))))
    described = _prose(schema.get("description", ""))
    return f"<section id='{escape(name)}'><h2>{escape(name)}</h2><p>{described} {values}</p>{_table(rows)}</section>"


def _table(rows: str) -> str:
    return f"<table><thead><tr><th>Name<th>Holds<th>Meaning</thead>{rows}</table>" if rows else ""


def _row(name: str, schema: dict[str, Any], described: dict[str, Any]) -> str:
    meaning = _prose(described.get("description", ""))
    return f"<tr><td><code>{escape(name)}</code><td>{_taken(schema)}<td>{meaning}"


def _taken(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema holds; another schema by a link to it."""
    if "anyOf" in schema:
        return " | ".join(map(_taken, schema["anyOf"]))
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return f"list of {_taken(schema['items'])}"
    bounds = [f"{word} {schema[key]}" for word, key in (("from", "minimum"), ("to", "maximum")) if key in schema]
    return escape(" ".join([str(schema.get("format") or schema.get("const") or schema.get("type", "any")), *bounds]))


def _prose(text: str) -> str:
    return _CODE.sub(r"<code>\1</code>", escape(text))
