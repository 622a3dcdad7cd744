"""Real sites on loopback for a real browser: Kẻng, a stranger's site, and another port of our own host."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Thread

import uvicorn
from fastapi import FastAPI
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.doors import ApiDoors
from app.main import assemble
from app.store.database import Database
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.staff import Colleague


@dataclass(frozen=True, slots=True)
class Answered:
    """One request as the site saw it: with which status it was answered, and whether a session came with it."""

    method: str
    path: str
    status: int
    signed_in: bool


@dataclass
class Sites:
    """Where each site stands, and what Kẻng was asked."""

    keng: str
    stranger: str
    """A host that shares nothing with ours."""
    neighbour: str
    """Another port of our host: browsers hold it for the same site, and send our cookies there and from there."""
    clock: FrozenClock
    answered: list[Answered] = field(default_factory=list)


def _evil() -> ASGIApp:
    async def show(_: Request) -> HTMLResponse:
        return HTMLResponse("<!doctype html><title>evil</title><p>You won")

    return Starlette(routes=[Route("/", show)])


def _watched(application: FastAPI, answered: list[Answered]) -> ASGIApp:
    async def watch(scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                signed_in = "session=" in Request(scope).headers.get("cookie", "")
                answered.append(Answered(scope["method"], scope["path"], message["status"], signed_in))
            await send(message)

        await application(scope, receive, note)

    return watch


@contextmanager
def _served(listener: socket.socket, application: ASGIApp) -> Iterator[None]:
    serving = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False, proxy_headers=False))
    thread = Thread(target=lambda: asyncio.run(serving.serve(sockets=[listener])), daemon=True)
    thread.start()
    yield
    serving.should_exit = True
    thread.join()


@contextmanager
def three_sites(url: str, clock: FrozenClock, api: ApiDoors, web: WebDoors) -> Iterator[Sites]:
    """Serve Kẻng with a database connection of its own, and the two others."""
    keng, stranger, neighbour = (socket.create_server(("127.0.0.1", 0)) for _ in range(3))
    ports = [one.getsockname()[1] for one in (keng, stranger, neighbour)]
    hosts = ("127.0.0.1", "localhost", "127.0.0.1")
    urls = [f"http://{host}:{port}" for host, port in zip(hosts, ports, strict=True)]
    sites = Sites(urls[0], urls[1], urls[2], clock)
    own = Database(url, clock=clock)
    letterhead = replace(web.letterhead, base_url=sites.keng)
    desk = replace(api.desk, database=own, letterhead=letterhead)
    application = assemble(
        replace(api, database=own, desk=desk), replace(web, database=own, letterhead=letterhead), rate_limits=False
    )
    with (
        _served(keng, _watched(application, sites.answered)),
        _served(stranger, _evil()),
        _served(neighbour, _evil()),
    ):
        yield sites


async def sign_in(page: Page, sites: Sites, who: Colleague) -> None:
    """Sign in as people do."""
    who.clock.advance(seconds=30)
    await page.goto(f"{sites.keng}/sign-in")
    for name, value in (("email", who.address), ("password", who.password), ("code", who.code)):
        await page.fill(f"input[name={name}]", value)
    await page.click("main button")
    await page.wait_for_url("**/desk")
