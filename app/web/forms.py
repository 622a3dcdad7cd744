"""Reading the small forms of these pages: what is not as the page wrote it is a bad request, never a guess."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_NUMBER = 2**63 - 1
_MOST_FIELDS = 100
"""An organisation's form has a field for each sector."""


async def filled(request: Request) -> dict[str, str]:
    """Return the fields of a form; a file is none of them."""
    async with request.form(max_files=0, max_fields=_MOST_FIELDS) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def subscription(form: Mapping[str, str]) -> int | None:
    """Return the number of the subscription that a form names, None for all of them."""
    chosen = form.get("subscription", "")
    if chosen == "all":
        return None
    return number_of(chosen)


def number_of(written: str) -> int:
    """Return a number as our pages write it."""
    if not (written.isascii() and written.isdecimal()) or int(written) > LARGEST_NUMBER:
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
