"""The ASGI application: the two surfaces side by side, the limits before them, the database closed behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api import problems
from app.api.doors import ApiDoors
from app.api.limits import Allowance, Limits
from app.api.surface import attach as attach_api
from app.api.surface import is_ours
from app.domain.errors import AppError
from app.web import errors
from app.web.doors import WebDoors
from app.web.surface import attach as attach_web

Handler = Callable[[Request, Exception], Awaitable[Response]]


def assemble(api: ApiDoors, web: WebDoors, *, rate_limits: bool = True) -> FastAPI:
    """Return the application over these doors; it closes the database when it ends.

    Nothing is redirected for the sake of a slash: a one-click POST must never meet a 3xx (RFC 8058, EM-02).
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await api.database.close()

    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    attach_api(app, api)
    attach_web(app, web)
    app.add_middleware(Limits, allowance=Allowance() if rate_limits else None)
    for refused in (AppError, HTTPException, RequestValidationError):
        app.add_exception_handler(refused, _either(problems.refuse, errors.refuse))
    app.add_exception_handler(Exception, _either(problems.fail, errors.fail))
    return app


def _either(for_machines: Handler, for_people: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        return await (for_machines if is_ours(request) else for_people)(request, error)

    return answer
