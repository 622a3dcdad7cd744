"""What the bearer of a manage link may do with their data: see it in short, take all of it along, have it erased (PV-02).

Everything is done at once. Handing out is a POST too, for it is written down.
"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.domain.privacy import INACTIVE_KEPT, MAILS_KEPT
from app.flow import personal_data
from app.i18n.dates import today_in_vietnam
from app.store.person_requests import BY_PAGE
from app.texts.personal_data import as_csv, as_json
from app.web.bearers import bearer_of
from app.web.doors import doors_of
from app.web.forms import filled
from app.web.pages import headers, page

_FILES = {"json": (as_json, "application/json"), "csv": (as_csv, "text/csv; charset=utf-8")}
_BECAUSE = "asked by the mailed link"


async def show_data(request: Request) -> Response:
    """Show what is held about the bearer in short, with buttons to take it along and to have it erased."""
    return await _shown(request, asked=False)


async def hand_out(request: Request) -> Response:
    """Hand out all that is held as a file; the form says in which form."""
    doors, subscriber = doors_of(request), await bearer_of(request)
    chosen = await _field(request, "form")
    if chosen not in _FILES:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    await personal_data.hand_out(doors.database, subscriber, personal_data.PERSON, BY_PAGE)
    write, media_type = _FILES[chosen]
    written = write(personal_data.records(doors.database, subscriber))
    named = {"Content-Disposition": f'attachment; filename="keng-du-lieu.{chosen}"', "Content-Type": media_type}
    return StreamingResponse(written, headers=headers(doors, personal=True) | named)


async def erase(request: Request) -> Response:
    """Erase everything once the form says that it is meant; before that, say what would be erased."""
    doors, subscriber = doors_of(request), await bearer_of(request)
    if await _field(request, "sure") != "yes":
        return await _shown(request, asked=True)
    await personal_data.erase(doors.database, subscriber, doors.keys, personal_data.PERSON, BY_PAGE, because=_BECAUSE)
    return page(request, "data_erased.html", personal=True, just_now=True)


async def _shown(request: Request, *, asked: bool) -> Response:
    held = await personal_data.held(doors_of(request).database, await bearer_of(request))
    if held is None:
        return page(request, "data_erased.html", personal=True, just_now=False)
    return page(
        request,
        "data_sure.html" if asked else "data.html",
        personal=True,
        held=held,
        since=today_in_vietnam(held.since),
        mails_kept=MAILS_KEPT.days,
        inactive_kept=INACTIVE_KEPT.days,
        token=request.path_params["token"],
    )


async def _field(request: Request, name: str) -> str | None:
    return (await filled(request)).get(name)
