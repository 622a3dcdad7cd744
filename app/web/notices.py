"""Pages to read: the newest notices, one notice, one measure."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.i18n.dates import today_in_vietnam
from app.store import catalogue, timeline
from app.store.filters import Filters
from app.web.doors import doors_of
from app.web.pages import language_of, page
from app.web.timeline import thread_view
from app.web.views import line, sheet

NEWEST = 20


async def show_start(request: Request) -> Response:
    """Show what Kẻng is, and the newest notices."""
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        found, _ = await catalogue.newest(connection, Filters(), None, NEWEST)
    names = doors.letterhead.names[language]
    return page(request, "start.html", notices=[line(notice, names, today, language) for notice in found])


async def show_notice(request: Request) -> Response:
    """Show one notice, where links in mails lead: what it says, why it was sorted so, what happened around it."""
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        found = await catalogue.notice_in_thread(connection, request.path_params["ref"])
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    notice, thread = found
    names = doors.letterhead.names[language]
    shown = sheet(notice, thread, names, today, language)
    return page(request, "notice.html", notice=shown, thread=thread_view(thread, names, today, language))


async def show_measure(request: Request) -> Response:
    """Show a whole thread."""
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        today = today_in_vietnam(await doors.database.now(connection))
        thread = await catalogue.thread(connection, request.path_params["ref"])
        if thread is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        versions = await timeline.later_versions(connection, thread.ref)
    names = doors.letterhead.names[language]
    return page(request, "measure.html", thread=thread_view(thread, names, today, language, versions))
