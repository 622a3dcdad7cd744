"""Where a page of a list ends, as a part of an address that nobody needs to understand."""

import base64
import binascii
import json
from datetime import datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.store.register import Place
from app.web.forms import LARGEST_NUMBER, number_of

_LONGEST = 200


def written(place: Place) -> str:
    """Return a place in the register as a cursor."""
    said = json.dumps([place.listed_at.isoformat(), place.number, place.subscriber_id])
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def place_of(request: Request) -> Place | None:
    """Return the place that `after` names, None for the first page; 400 for anything that we did not write."""
    cursor = request.query_params.get("after", "")[:_LONGEST]
    if not cursor:
        return None
    try:
        found = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        match found:
            case [str(at), int(number), int(subscriber)] if max(abs(number), abs(subscriber)) <= LARGEST_NUMBER:
                moment = datetime.fromisoformat(at)
                if moment.tzinfo is not None:
                    return Place(moment, number, subscriber)
    except (binascii.Error, ValueError, RecursionError):
        pass
    raise HTTPException(HTTPStatus.BAD_REQUEST)


def number_after(request: Request, name: str = "before") -> int | None:
    """Return the number below which the next page of a list begins, None for the first page."""
    asked = request.query_params.get(name, "")
    return number_of(asked) if asked else None
