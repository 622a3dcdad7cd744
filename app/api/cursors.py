"""Cursors: where a page ended, in a form that callers pass back and need not understand."""

import base64
import binascii
import json
from datetime import UTC, date, datetime

from app.domain.errors import AppError, invalid
from app.store.catalogue import Place

LARGEST_NUMBER = 2**63 - 1
_LONGEST = 200


def newest_cursor(place: Place | None) -> str | None:
    """Return the cursor after a page that is ordered by day of circulation; None after the last page."""
    return None if place is None else _written("n", None if place.at is None else place.at.isoformat(), place.id)


def changed_cursor(place: Place | None) -> str | None:
    """Return the cursor after a page that is ordered by change; None after the last page."""
    return None if place is None or place.at is None else _written("u", place.at.isoformat(), place.id)


def newest_place(cursor: str) -> Place:
    """Read a cursor of a list by day; AppError when it is none."""
    at, number = _read("n", cursor)
    try:
        return Place(None if at is None else date.fromisoformat(at), number)
    except ValueError as error:
        raise _foreign() from error


def changed_place(cursor: str) -> Place:
    """Read a cursor of a list by change; AppError when it is none."""
    at, number = _read("u", cursor)
    try:
        return Place(datetime.fromisoformat(at or "").astimezone(UTC), number)
    except (ValueError, OverflowError) as error:
        raise _foreign() from error


def _written(order: str, at: str | None, number: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([order, at, number]).encode()).decode().rstrip("=")


def _read(order: str, cursor: str) -> tuple[str | None, int]:
    try:
        padded = cursor[:_LONGEST] + "=" * (-len(cursor[:_LONGEST]) % 4)
        found = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError) as error:
        raise _foreign() from error
    match found:
        case [str(name), str() | None as at, int(number)] if name == order and 0 < number <= LARGEST_NUMBER:
            return at, number
    raise _foreign()


def _foreign() -> AppError:
    return invalid("cursor-foreign", "must be the next_cursor of a page of the same list", field="cursor")
