"""Pages behind the links in mails. Opening one changes nothing (law 9): a mail scanner opens them all (EM-03)."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.subscriptions import Language
from app.flow import subscribe
from app.store import subscriptions
from app.texts.consent_wordings import CURRENT, wording
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import verify
from app.web.callers import ip_of
from app.web.doors import doors_of
from app.web.pages import language_of, page
from app.web.wishes import Asked, asked_of, described

LARGEST_NUMBER = 2**63 - 1


async def show_confirmation(request: Request) -> Response:
    """Show what the link would confirm, with a button for it and one for "that was not me"."""
    doors = doors_of(request)
    waiting = await subscribe.awaiting(doors.database, request.path_params["token"])
    if waiting is None:
        return _gone(request)
    names = doors.letterhead.names[language_of(request)]
    wishes = [described(wish, names, language_of(request)) for wish in waiting.wishes]
    agreement = wording(CURRENT, language_of(request))
    token = request.path_params["token"]
    return page(request, "confirm.html", personal=True, wishes=wishes, agreement=agreement, token=token)


async def confirm(request: Request) -> Response:
    """Confirm what was asked for; once more is as good as once."""
    doors = doors_of(request)
    shown = subscribe.ConfirmationPage(
        language=Language(language_of(request)),
        keys=doors.keys,
        ip=ip_of(request),
    )
    confirmed = await subscribe.confirm(doors.database, request.path_params["token"], shown)
    if confirmed is None:
        return _gone(request)
    names = doors.letterhead.names[language_of(request)]
    wishes = [described(wish, names, language_of(request)) for wish in confirmed.wishes]
    return page(request, "confirmed.html", personal=True, wishes=wishes)


async def refuse_confirmation(request: Request) -> Response:
    """Take "that was not me": this address is sent no further confirmation mail."""
    doors = doors_of(request)
    if not await subscribe.block(doors.database, request.path_params["token"], doors.keys):
        return _gone(request)
    return page(request, "blocked.html", personal=True)


async def show_unsubscription(request: Request) -> Response:
    """Show the button that stops everything."""
    _subscriber(request, UNSUBSCRIBE)
    return page(request, "unsubscribe.html", personal=True, done=False)


async def unsubscribe(request: Request) -> Response:
    """Stop everything at one click (RFC 8058): no cookie, no login, no body that must be understood, never a redirect.

    A repeat, and the token of a subscriber who is gone, are answered in the same way (EM-04).
    """
    subscriber = _subscriber(request, UNSUBSCRIBE)
    await subscribe.stop(doors_of(request).database, subscriber, None, because="one_click")
    return page(request, "unsubscribe.html", personal=True, done=True)


async def show_subscriptions(request: Request) -> Response:
    """Show what the bearer of a manage link asked for, with a button to stop each and one to stop all."""
    return await _managed(request, _subscriber(request, MANAGE), stopped=None)


async def stop_subscriptions(request: Request) -> Response:
    """Stop the subscription that the form names, or all of them."""
    subscriber = _subscriber(request, MANAGE)
    async with request.form(max_files=0, max_fields=5) as form:
        chosen = form.get("subscription")
    if chosen == "all":
        number = None
    elif isinstance(chosen, str) and chosen.isascii() and chosen.isdecimal() and int(chosen) <= LARGEST_NUMBER:
        number = int(chosen)
    else:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    stopped = await subscribe.stop(doors_of(request).database, subscriber, number)
    return await _managed(request, subscriber, stopped)


async def _managed(request: Request, subscriber: int, stopped: int | None) -> Response:
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        rows = await subscriptions.of_subscriber(connection, subscriber)
    asked: list[Asked] = [asked_of(row, doors.letterhead.names[language], language) for row in rows]
    token = request.path_params["token"]
    return page(request, "manage.html", personal=True, asked=asked, stopped=stopped, token=token)


def _subscriber(request: Request, purpose: str) -> int:
    subscriber = verify(purpose, request.path_params["token"], doors_of(request).keys)
    if subscriber is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return subscriber


def _gone(request: Request) -> Response:
    return page(request, "gone.html", status=HTTPStatus.NOT_FOUND, personal=True)
