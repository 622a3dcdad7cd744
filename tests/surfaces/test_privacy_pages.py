"""The page behind a manage link on which people see, take along and erase their data (PV-02, PV-03)."""

import json
from http import HTTPStatus

import httpx
import pytest
from sqlalchemy import select

from app.store.database import Database
from app.store.tables import audit, consents, metadata, person_requests, subscribers
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.test_mailed_links import awaiting

NGA = "nga@hiephoi.vn"
DATA = f"/manage/{sign(MANAGE, 1, KEY)}/data"


@pytest.fixture
async def told(office: Office) -> Office:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.deliver()
    return office


@pytest.mark.parametrize("prefix", ["", "/en"])
@on_sqlite_only
async def test_the_page_shows_what_is_held_and_changes_nothing(
    told: Office, client: httpx.AsyncClient, prefix: str
) -> None:
    before = await told.snapshot(*metadata.sorted_tables)
    shown = await client.get(prefix + DATA)
    assert shown.status_code == HTTPStatus.OK
    assert NGA in shown.text
    assert "02/03/2026" in shown.text or "2 March 2026" in shown.text or prefix
    assert shown.headers["Cache-Control"] == "no-store"
    await client.head(prefix + DATA)
    assert await told.snapshot(*metadata.sorted_tables) == before


@pytest.mark.parametrize(("form", "media_type"), [("json", "application/json"), ("csv", "text/csv; charset=utf-8")])
async def test_the_button_hands_out_a_file_and_that_is_written_down(
    told: Office, client: httpx.AsyncClient, form: str, media_type: str
) -> None:
    answer = await client.post(DATA, data={"form": form})
    assert (answer.status_code, answer.headers["Content-Type"]) == (HTTPStatus.OK, media_type)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="keng-du-lieu.{form}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert NGA in answer.text
    assert "G/TBT/N/USA/1" in answer.text
    if form == "json":
        assert json.loads(answer.text)["person"][0]["address"] == NGA
    async with told.database.reading() as connection:
        (request,) = await connection.execute(select(person_requests))
        (row,) = await connection.execute(select(audit))
    assert (request.kind, request.method, request.finished_at is not None) == ("access", "page", True)
    assert (row.actor, row.origin, row.verb, row.subject) == ("person", "page", "export_person", "person:1")


async def test_erasing_asks_once_more_then_destroys_and_the_link_shows_an_empty_house(
    told: Office, client: httpx.AsyncClient
) -> None:
    asked = await client.post(f"{DATA}/erase")
    assert (asked.status_code, f"Xóa mọi dữ liệu của {NGA}?" in asked.text) == (HTTPStatus.OK, True)
    assert await told.count(audit) == 0
    for words in ("Dữ liệu của bạn đã được xóa", "Dữ liệu của bạn đã được xóa"):
        done = await client.post(f"{DATA}/erase", data={"sure": "yes"})
        assert (done.status_code, words in done.text) == (HTTPStatus.OK, True)
    shown = await client.get(DATA)
    assert (shown.status_code, "Kẻng không giữ dữ liệu nào của bạn" in shown.text) == (HTTPStatus.OK, True)
    assert (await client.post(DATA, data={"form": "json"})).status_code == HTTPStatus.NOT_FOUND
    async with told.database.reading() as connection:
        assert (await connection.execute(select(subscribers.c.address))).scalar_one() == ""
    one_click = await client.post(f"/u/{sign(UNSUBSCRIBE, 1, KEY)}", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == HTTPStatus.OK


@on_sqlite_only
async def test_other_links_and_forms_open_nothing(told: Office, client: httpx.AsyncClient) -> None:
    for token in (sign(UNSUBSCRIBE, 1, KEY), sign(MANAGE, 1, b"another key"), "x"):
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/erase")):
            answer = await client.request(method, f"/manage/{token}/data{path}", data={"sure": "yes", "form": "json"})
            assert answer.status_code == HTTPStatus.NOT_FOUND
    for form in ({}, {"form": "xlsx"}):
        assert (await client.post(DATA, data=form)).status_code == HTTPStatus.BAD_REQUEST
    assert await told.count(audit) == 0


@on_sqlite_only
async def test_the_page_of_the_confirmation_shows_what_is_agreed_to_and_keeps_where_it_was_pressed(
    database: Database, client: httpx.AsyncClient, frozen: FrozenClock
) -> None:
    token = await awaiting(database, frozen, sectors=("footwear",))
    shown = await client.get(f"/en/confirm/{token}")
    assert "only to send me the alerts named below" in shown.text
    await client.post(f"/en/confirm/{token}")
    async with database.reading() as connection:
        (consent,) = await connection.execute(select(consents))
    assert (consent.language, consent.ip, consent.network) == ("en", "203.0.113.9", "203.0.113.0/24")
