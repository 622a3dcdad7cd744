"""The relay's door for bounces: for the bearer of its token, bounded, safe to knock at twice."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.api.doors import ApiDoors, FeedbackDoor
from app.domain.deliveries import DeliveryState
from app.flow.feedback import FeedbackDesk
from app.main import assemble
from app.sources.returned import read_returned
from app.store import tables
from app.web.doors import WebDoors
from tests.builders import a_page, a_record
from tests.doors.sources.test_returned import sample
from tests.office import KEY, Office
from tests.surfaces.conftest import asking, on_sqlite_only

TOKEN = "the token of the relay, long enough"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
RAW = sample("postfix-unknown-user")


@pytest.fixture
def application(api_doors: ApiDoors, web_doors: WebDoors) -> FastAPI:
    door = FeedbackDoor(TOKEN, read_returned, FeedbackDesk(api_doors.database, [KEY]))
    return assemble(replace(api_doors, feedback=door), web_doors, rate_limits=False)


@pytest.fixture
async def path(office: Office) -> str:
    """The return path of a mail that the relay took."""
    await office.settled_baseline()
    await office.enrol("nga@hiephoi.example", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.deliver()
    return office.mailer.received[0].sender


async def test_a_relay_hands_in_a_bounce_and_may_do_so_again(
    client: httpx.AsyncClient, path: str, office: Office, api_doors: ApiDoors
) -> None:
    for effect in ("hard", "repeated"):
        answer = await client.post("/api/v1/feedback", params={"recipient": path}, headers=BEARER, content=RAW)
        assert (answer.status_code, answer.json()) == (200, {"effect": effect})
        assert answer.headers["cache-control"] == "no-store"
    assert await office.count(tables.suppressions) == 1
    assert b'keng_feedback_total{door="http",effect="hard"} 1.0' in api_doors.metrics.rendered()


async def test_a_plus_that_was_not_encoded_is_understood(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(f"/api/v1/feedback?recipient={path}", headers=BEARER, content=RAW)
    assert answer.json() == {"effect": "hard"}


async def test_without_the_parameter_the_headers_say_whom_it_was_delivered_to(
    client: httpx.AsyncClient, path: str
) -> None:
    answer = await client.post(
        "/api/v1/feedback", headers=BEARER, content=b"Delivered-To: " + path.encode() + b"\n" + RAW
    )
    assert answer.json() == {"effect": "hard"}


async def test_a_mail_that_is_just_being_handed_over_is_asked_for_again_later(
    client: httpx.AsyncClient, path: str, office: Office
) -> None:
    async with office.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=DeliveryState.HANDING_OVER))
    answer = await client.post("/api/v1/feedback", params={"recipient": path}, headers=BEARER, content=RAW)
    assert (answer.status_code, answer.json()["code"]) == (503, "too-soon")


@on_sqlite_only
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}])
async def test_nobody_without_the_token_hands_anything_in(
    client: httpx.AsyncClient, path: str, office: Office, headers: dict[str, str]
) -> None:
    answer = await client.post("/api/v1/feedback", params={"recipient": path}, headers=headers, content=RAW)
    assert answer.status_code == 401
    assert await office.count(tables.feedback) == 0


@on_sqlite_only
async def test_without_a_token_in_the_settings_the_door_is_shut(api_doors: ApiDoors, web_doors: WebDoors) -> None:
    async with asking(assemble(api_doors, web_doors)) as closed:
        for headers in ({}, {"Authorization": "Bearer "}, BEARER):
            assert (await closed.post("/api/v1/feedback", headers=headers, content=RAW)).status_code == 401


@on_sqlite_only
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"content": RAW}, 200),
        ({"content": b""}, 200),
        ({"content": b"\xff\x00" * 1000}, 200),
        ({"content": b"x" * 300_000}, 413),
        ({"content": RAW, "params": {"to": "a@b.example"}}, 400),
        ({"content": RAW, "params": {"recipient": "a" * 400}}, 400),
    ],
)
async def test_what_concerns_nobody_is_taken_and_what_is_too_much_refused(
    client: httpx.AsyncClient, office: Office, asked: dict[str, Any], status: int
) -> None:
    answer = await client.post("/api/v1/feedback", headers=BEARER, **asked)
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == {"effect": "unsigned"}
    async with office.database.reading() as connection:
        assert (await connection.execute(select(tables.feedback))).all() == []
