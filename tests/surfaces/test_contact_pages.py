"""The page behind the link that verifies an organisation's address."""

import re

import httpx
import pytest
from sqlalchemy import select

from app.domain.organisations import Organisation
from app.flow import organisations
from app.flow.organisations import ContactDesk
from app.store import tables
from app.store.database import Database
from tests.flow.test_readdress import address
from tests.office import KEY, Office, plain
from tests.surfaces.conftest import on_sqlite_only

OFFICE = "vanphong@hiephoi.example"


@pytest.fixture
async def link(office: Office) -> str:
    """The path of a link that was mailed to an association, whose name is a trap for pages."""
    one = Organisation(key="vitas_tea", name_vi="Hiệp hội <b>Chè</b> Việt Nam", name_en="Vietnam Tea Association")
    await organisations.save(office.database, one, "clerk", ())
    await organisations.add_contact(office.database, one.key, address(OFFICE), "", "clerk", [KEY])
    desk = ContactDesk(office.database, office.stationery.letterhead, [KEY])
    await organisations.mail_link(desk, one.key, address(OFFICE), "clerk")
    await office.drain()
    found = re.search(r"/contact/\S+", plain(office.inbox[0][1]))
    assert found is not None
    return found[0]


async def verified(database: Database) -> list[str | None]:
    async with database.reading() as connection:
        return list((await connection.execute(select(tables.contacts.c.verified_by))).scalars())


async def test_opening_the_link_changes_nothing_and_the_button_verifies(
    database: Database, client: httpx.AsyncClient, link: str
) -> None:
    for method in ("GET", "HEAD"):
        shown = await client.request(method, link)
        assert shown.status_code == 200
    opened = await client.get(link)
    assert "Hiệp hội &lt;b&gt;Chè&lt;/b&gt; Việt Nam" in opened.text
    assert "<b>Chè" not in opened.text
    assert await verified(database) == [None]
    for path in (link, f"/en{link}"):
        done = await client.post(path)
        assert done.status_code == 200
        assert OFFICE not in done.text
        assert done.headers["cache-control"] == "no-store"
        assert await verified(database) == ["link"]
    assert "The address is confirmed" in done.text
    assert "Vietnam Tea Association" in done.text


@on_sqlite_only
async def test_a_link_that_leads_nowhere_says_so(client: httpx.AsyncClient, link: str) -> None:
    for answer in (await client.get("/contact/nothing"), await client.post("/en/contact/nothing")):
        assert answer.status_code == 404
    assert link
