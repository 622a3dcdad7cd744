"""Who follows mailed links that lead nowhere, one after the other, is guessing, and waits (SE-04)."""

import math
import re
import time
from collections.abc import Awaitable, Callable
from http import HTTPMethod, HTTPStatus
from typing import Final, Protocol

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_GUESSES: Final = 30
"""Links in a minute that may lead nowhere, of one caller; links that lead somewhere count nothing."""

_LINK = re.compile(r"(?:/en)?/(confirm|contact|manage|move|u|sign-in/link)/.")
_ONE_CLICK = "u"
_LOG_EVERY = 60.0
"""Seconds between two lines about guesses, however many there are (T21)."""
_log = structlog.get_logger(__name__)


class Counting(Protocol):
    """What counts the requests of each caller."""

    def wait(self, caller: str) -> float:
        """Count one request and return 0, or return the seconds until the next is allowed."""

    def give_back(self, caller: str) -> None:
        """Take back that a request was counted."""


class Guesses:
    """ASGI middleware that refuses a mailed link to a caller who tried too many that lead nowhere, by GET or by POST.

    A try counts before it is answered, so that guesses at once count too, and no more once it led somewhere. The POST of
    one click is never refused (RFC 8058): its token is checked by arithmetic alone, and mail services send many of them.
    """

    def __init__(
        self, app: ASGIApp, allowance: Counting, refuse: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self._app = app
        self._allowance = allowance
        self._refuse = refuse
        self._refused = 0
        self._logged_at = -math.inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 429 in its place."""
        caller = scope.get("caller") if scope["type"] == "http" and _guessable(scope) else None
        if caller is None:
            await self._app(scope, receive, send)
            return
        wait = self._allowance.wait(caller)
        if wait:
            self._note()
            after = {"Retry-After": str(math.ceil(wait))}
            refusal = HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers=after)
            await (await self._refuse(Request(scope), refusal))(scope, receive, send)
            return

        async def judged(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] != HTTPStatus.NOT_FOUND:
                self._allowance.give_back(caller)
            await send(message)

        await self._app(scope, receive, judged)

    def _note(self) -> None:
        self._refused += 1
        if time.monotonic() - self._logged_at >= _LOG_EVERY:
            _log.warning("links_guessed", refused=self._refused)
            self._refused, self._logged_at = 0, time.monotonic()


def _guessable(scope: Scope) -> bool:
    link = _LINK.match(scope["path"])
    one_click = scope["method"] == HTTPMethod.POST and link is not None and link[1] == _ONE_CLICK
    return link is not None and not one_click
