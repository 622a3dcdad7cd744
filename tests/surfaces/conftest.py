"""The application over a real database, asked without a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from threading import Thread

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.api.doors import ApiDoors
from app.bootstrap import label_names, open_form, open_organisations, open_sorter, open_taxonomy
from app.flow.subscribe import SubscriptionDesk
from app.main import assemble, rules_door
from app.senders.addresses import parse_address
from app.sources.holidays import calendar_of
from app.store.database import Database
from app.telemetry.metrics import Metrics
from app.texts.letterhead import Letterhead
from app.texts.mail import Sender
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.texts.real_notices import a_desk

STRANGER = ("203.0.113.9", 50_000)

on_sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what has nothing to do with the database behind the surface."""


@pytest.fixture
def letterhead() -> Letterhead:
    taxonomy = open_taxonomy()
    return Letterhead(
        sender=Sender("Kẻng", "keng@keng.example"),
        base_url="https://keng.example",
        list_id="alerts.keng.example",
        mail_domain="keng.example",
        names={language: label_names(taxonomy, language) for language in ("vi", "en")},
    )


@pytest.fixture
def api_doors(database: Database, letterhead: Letterhead) -> ApiDoors:
    return ApiDoors(
        database=database,
        desk=SubscriptionDesk(database, letterhead, [KEY]),
        taxonomy=open_taxonomy(),
        read_address=parse_address,
        metrics=Metrics(),
        jobs=("clock",),
    )


@pytest.fixture
def web_doors(database: Database, letterhead: Letterhead) -> WebDoors:
    return WebDoors(
        database=database,
        letterhead=letterhead,
        keys=[KEY],
        read_address=parse_address,
        taxonomy=open_taxonomy(),
        sorter=open_sorter,
        rules=rules_door(),
        calendar=calendar_of(None),
        desk_on=a_desk,
        open_warning=open_form,
        bundled_organisations=open_organisations,
    )


@pytest.fixture
def application(api_doors: ApiDoors, web_doors: WebDoors) -> FastAPI:
    return assemble(api_doors, web_doors, rate_limits=False)


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(application) as opened:
        yield opened


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


@pytest.fixture
def server(
    database_url: str, frozen: FrozenClock, api_doors: ApiDoors, web_doors: WebDoors
) -> Iterator[tuple[str, int]]:
    """The application served on loopback, with connections to the database of its own; host and port."""
    own = Database(database_url, clock=frozen)
    desk = replace(api_doors.desk, database=own)
    application = assemble(replace(api_doors, database=own, desk=desk), replace(web_doors, database=own))
    listener = socket.create_server(("127.0.0.1", 0))
    serving = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False, proxy_headers=False))
    thread = Thread(target=lambda: asyncio.run(serving.serve(sockets=[listener])), daemon=True)
    thread.start()
    yield listener.getsockname()
    serving.should_exit = True
    thread.join()


def asking(application: FastAPI, client: tuple[str, int] = STRANGER) -> httpx.AsyncClient:
    """Return a client of an application; a fault of it is an answer, as it is for anybody else."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=client)
    return httpx.AsyncClient(transport=transport, base_url="https://keng.example")


def with_banner(doors: WebDoors, banner: str) -> WebDoors:
    """Return the same doors with a remark that stands on every page."""
    return replace(doors, letterhead=replace(doors.letterhead, banner=banner))
