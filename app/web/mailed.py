"""Pages behind the links in mails. Opening one changes nothing (law 9): a mail scanner opens them all (EM-03)."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.subscriptions import Language
from app.flow import manage, subscribe
from app.store import subscriptions
from app.texts.consent_wordings import CURRENT, wording
from app.vault.purposes import UNSUBSCRIBE
from app.vault.tokens import verify
from app.web.callers import ip_of
from app.web.doors import doors_of
from app.web.forms import filled, subscription
from app.web.pages import language_of, page
from app.web.wishes import asked_of, described


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
    """Show the button that stops everything and, for a mail of one subscription among several, one that stops only it."""
    return await _unsubscription(request, _subscriber(request), done=False)


async def unsubscribe(request: Request) -> Response:
    """Stop everything at one click (RFC 8058): no cookie, no login, no body that must be understood, never a redirect.

    A repeat, and the token of a subscriber who is gone, are answered in the same way (EM-04).
    """
    subscriber = _subscriber(request)
    await subscribe.stop(doors_of(request).database, subscriber, None, because="one_click")
    return await _unsubscription(request, subscriber, done=True)


async def unsubscribe_one(request: Request) -> Response:
    """Stop the one subscription that the page offered to stop."""
    subscriber, chosen = _subscriber(request), subscription(await filled(request))
    if chosen is None:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    await subscribe.stop(doors_of(request).database, subscriber, chosen, because="one_click")
    return await _unsubscription(request, subscriber, done=True)


async def take_back(request: Request) -> Response:
    """Let stand again what the last stop ended: whoever bears the link has the mailbox (T25)."""
    subscriber = _subscriber(request)
    restored = await manage.take_back(doors_of(request).database, subscriber, None)
    return page(request, "restored.html", personal=True, restored=restored)


async def _unsubscription(request: Request, subscriber: int, *, done: bool) -> Response:
    doors, language = doors_of(request), language_of(request)
    async with doors.database.reading() as connection:
        since = await doors.database.now(connection) - manage.UNDO_WITHIN
        living = await subscriptions.of_subscriber(connection, subscriber)
        stopped = await subscriptions.stopped_since(connection, subscriber, since)
    written = request.query_params.get("subscription", "")
    only = [row for row in living if str(row.id) == written and len(living) > 1]
    names = doors.letterhead.names[language]
    values = {
        "done": done or bool(stopped and not living),
        "living": len(living),
        "undo": bool(stopped),
        "only": asked_of(only[0], names, language) if only and not done else None,
        "token": request.path_params["token"],
    }
    return page(request, "unsubscribe.html", personal=True, **values)


def _subscriber(request: Request) -> int:
    subscriber = verify(UNSUBSCRIBE, request.path_params["token"], doors_of(request).keys)
    if subscriber is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return subscriber


def _gone(request: Request) -> Response:
    return page(request, "gone.html", status=HTTPStatus.NOT_FOUND, personal=True)
