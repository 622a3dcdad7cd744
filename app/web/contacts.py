"""The page behind the link that verifies an organisation's address. Opening it changes nothing; the button does (law 9)."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.flow import organisations
from app.flow.organisations import Linked
from app.web.doors import doors_of
from app.web.pages import language_of, page


async def show_link(request: Request) -> Response:
    """Show whose address it is said to be, and the button that says yes."""
    return _answer(request, await organisations.linked(doors_of(request).database, request.path_params["token"]))


async def confirm(request: Request) -> Response:
    """Verify the address; once more is as good as once."""
    return _answer(request, await organisations.confirm(doors_of(request).database, request.path_params["token"]))


def _answer(request: Request, found: Linked | None) -> Response:
    if found is None:
        return page(request, "gone.html", status=HTTPStatus.NOT_FOUND, personal=True)
    name = found.name_en if language_of(request) == "en" and found.name_en else found.name_vi
    return page(request, "contact.html", personal=True, name=name, verified=found.verified)
