"""Reading the small forms of these pages: what is not as the page wrote it is a bad request, never a guess."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_NUMBER = 2**63 - 1
_MOST_FIELDS = 250
"""Enough for a page of a list with a box at each row; whatever a form holds beyond is no form of ours."""
_MOST_DIGITS = len(str(LARGEST_NUMBER))
_UNTYPED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


async def filled(request: Request) -> dict[str, str]:
    """Return the fields of a form; a file is none of them. Control characters but tabs and line breaks are refused.

    Nobody types them, nor half of a character, and PostgreSQL keeps neither.
    """
    return dict(await _fields(request))


async def ticked(request: Request, name: str) -> list[str]:
    """Return what was ticked among the boxes of one name, in the order of the page."""
    return [value for field, value in await _fields(request) if field == name]


async def _fields(request: Request) -> list[tuple[str, str]]:
    try:
        async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
            fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except UnicodeError:  # who sends a form in parts says what it is coded in, and may say anything
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    if any(_UNTYPED.search(one) for field in fields for one in field):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return fields


def subscription(form: Mapping[str, str]) -> int | None:
    """Return the number of the subscription that a form names, None for all of them."""
    chosen = form.get("subscription", "")
    if chosen == "all":
        return None
    return number_of(chosen)


def number_of(written: str) -> int:
    """Return a number as our pages write it."""
    decimal = len(written) <= _MOST_DIGITS and written.isascii() and written.isdecimal()
    if not decimal or int(written) > LARGEST_NUMBER:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return int(written)


def choice(form: Mapping[str, str], name: str, values: Sequence[str]) -> str:
    """Return a field that must hold one of the given values."""
    chosen = form.get(name, "")
    if chosen not in values:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    return chosen


def day(form: Mapping[str, str], name: str) -> date | None:
    """Return a day as browsers send it; None where the field is empty."""
    written = form.get(name, "")
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
