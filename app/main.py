"""The ASGI application: the two surfaces side by side, the limits before them, the database closed behind them."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api import problems
from app.api.doors import ApiDoors, FeedbackDoor
from app.api.head import HeadAsGet
from app.api.limits import Allowance, Limits
from app.api.surface import attach as attach_api
from app.api.surface import is_ours
from app.bootstrap import (
    Installation,
    bundled_rules,
    desks,
    followed,
    jobs_of,
    open_drafter,
    open_form,
    open_organisations,
    open_provider,
)
from app.bootstrap.apart import SorterApart
from app.domain.audit import Origin
from app.domain.errors import AppError
from app.domain.release import ReleaseMode
from app.flow.feedback import FeedbackDesk
from app.flow.sign_in import Provider
from app.flow.subscribe import SubscriptionDesk
from app.senders.addresses import parse_address
from app.sources.returned import read_returned
from app.sources.taxonomy_lint import check_taxonomy
from app.store.origins import acting_from
from app.web import errors
from app.web.doors import RulesDoor, WebDoors
from app.web.guesses import MOST_GUESSES, Guesses
from app.web.surface import attach as attach_web

SILENT_AFTER = timedelta(hours=24)
"""How long a source may go without a sound visit, where it is visited more often than every twelve hours."""

_log = structlog.get_logger(__name__)

Handler = Callable[[Request, Exception], Awaitable[Response]]


_LOOK_EVERY = 3.0
"""Seconds between two looks at which taxonomy is in force."""
_WITHOUT_RULES = ("/healthz", "/readyz", "/metrics", "/static/")
"""Addresses that are answered the same under all rules, and also where the database hangs."""


class RulesFollowed:
    """Lets an application go by the taxonomy in force, which staff change from another process (ASGI).

    One request in a few seconds reads one row; all others are answered without a question asked.
    """

    def __init__(self, app: ASGIApp, *, installation: Installation, renew: Callable[[Installation], None]) -> None:
        self._app = app
        self._installation = installation
        self._renew = renew
        self._looked_at = -math.inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look once more where it is time, then answer."""
        if scope["type"] == "http" and not scope["path"].startswith(_WITHOUT_RULES):
            now = asyncio.get_running_loop().time()
            if now - self._looked_at >= _LOOK_EVERY:
                self._looked_at = now
                await self._look()
        await self._app(scope, receive, send)

    async def _look(self) -> None:
        try:
            installation = await followed(self._installation)
        except Exception:  # noqa: BLE001 - whatever is wrong with the look, requests are answered by the rules at hand
            _log.exception("rules_unread")
            return
        if installation is not self._installation:
            self._installation = installation
            self._renew(installation)
            _log.info("rules_followed", version=installation.taxonomy.version)


class OriginNamed:
    """Lets what a request does be written down as done by a page or by the API (ASGI)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name it, then answer."""
        api = scope["type"] == "http" and is_ours(Request(scope))
        with acting_from(Origin.API if api else Origin.PAGE):
            await self._app(scope, receive, send)


def create_app(installation: Installation, *, worker_expected: bool = False) -> FastAPI:
    """Return the application of an installation; with a worker beside it, it is not ready before that one works."""
    provider = open_provider(installation.settings)
    api, web = _doors(installation, provider, worker_expected=worker_expected)
    app = assemble(api, web, rate_limits=installation.settings.rate_limits)

    def renew(renewed: Installation) -> None:
        app.state.api, app.state.web = _doors(renewed, provider, worker_expected=worker_expected)

    app.add_middleware(RulesFollowed, installation=installation, renew=renew)
    return app


def _doors(
    installation: Installation, provider: Provider | None, *, worker_expected: bool
) -> tuple[ApiDoors, WebDoors]:
    """Return what both surfaces need of an installation, under the rules that it goes by."""
    settings = installation.settings
    most = settings.confirmations_per_hour
    desk = SubscriptionDesk(installation.database, installation.letterhead, installation.keys, most)
    api = ApiDoors(
        database=installation.database,
        desk=desk,
        taxonomy=installation.taxonomy,
        read_address=parse_address,
        metrics=installation.metrics,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
        worker_expected=worker_expected,
        release_mode=ReleaseMode(settings.release),
        sources=installation.source_names,
        jobs=tuple(job.name for job in jobs_of(settings)),
        silent_after=max(SILENT_AFTER, 2 * timedelta(minutes=settings.pull_minutes)),
        feedback=_feedback_door(installation),
    )
    web = WebDoors(
        database=installation.database,
        letterhead=installation.letterhead,
        keys=installation.keys,
        read_address=parse_address,
        taxonomy=installation.taxonomy,
        sorter=lambda: installation.rules.sorter,
        calendar=installation.calendar,
        desk_on=desks(settings),
        month_begins=settings.month_begins,
        rules=rules_door(),
        open_warning=open_form,
        bundled_organisations=open_organisations,
        drafter=open_drafter(settings),
        most_per_hour=most,
        provider=provider,
    )
    return api, web


def rules_door() -> RulesDoor:
    """Return what the desk needs to look after the rules for sorting."""
    return RulesDoor(check=check_taxonomy, sorter=SorterApart, bundled=bundled_rules)


def _feedback_door(installation: Installation) -> FeedbackDoor | None:
    token = installation.settings.feedback_token
    if token is None:
        return None
    return FeedbackDoor(token.get_secret_value(), read_returned, FeedbackDesk(installation.database, installation.keys))


def assemble(api: ApiDoors, web: WebDoors, *, rate_limits: bool = True) -> FastAPI:
    """Return the application over these doors; it closes the database, and the line to an issuer, when it ends.

    Nothing is redirected for the sake of a slash: a one-click POST must never meet a 3xx (RFC 8058, EM-02).
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        if web.provider is not None:
            await web.provider.close()
        await api.database.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    attach_api(app, api)
    attach_web(app, web)
    app.add_middleware(OriginNamed)
    app.add_middleware(HeadAsGet)
    app.add_middleware(Guesses, allowance=Allowance(MOST_GUESSES), refuse=errors.refuse)
    app.add_middleware(Limits, allowance=Allowance() if rate_limits else None)
    for refused in (AppError, HTTPException, RequestValidationError):
        app.add_exception_handler(refused, _either(problems.refuse, errors.refuse))
    app.add_exception_handler(Exception, _either(problems.fail, errors.fail))
    return app


def _either(for_machines: Handler, for_people: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        return await (for_machines if is_ours(request) else for_people)(request, error)

    return answer
