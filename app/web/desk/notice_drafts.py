"""A box that a machine drafts because somebody asked for it on the page of the notice."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.errors import AppError, conflict, unavailable
from app.flow import translate
from app.flow.translate import Asker, Drafter, Seen
from app.web.desk.gate import caller
from app.web.desk.notice import BOXES
from app.web.desk.notice_acts import back_to_page, ref_of, seen_in
from app.web.doors import doors_of
from app.web.forms import filled

_OVERTAKEN = {"text-newer", "original-newer"}


async def ask_draft(request: Request) -> Response:
    """Let the machine draft an empty box; where it cannot, the page says why."""
    drafter = doors_of(request).drafter
    if drafter is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return await back_to_page(request, BOXES, "drafted", _drafted(request, drafter, seen_in(await filled(request))))


async def _drafted(request: Request, drafter: Drafter, seen: Seen) -> None:
    doors, session, ref = doors_of(request), caller(request), ref_of(request)
    asker = Asker.of(session.account_id, session.actor, doors.keys[0])
    try:
        fault = await translate.draft(doors.database, drafter, ref, seen, asker)
    except AppError as error:
        if error.code not in _OVERTAKEN:
            raise
        raise conflict("draft-overtaken", error.message) from error
    if fault is not None:
        raise unavailable(f"draft-{fault.kind.value}", f"{ref}: {fault.reason}")
