"""T09: more rights by a field of the body, of the address, twice, by a header, or by another spelling of a path (SE-10)."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.store.tables import accounts, metadata, sessions
from app.vault.purposes import MANAGE
from app.vault.tokens import sign
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.permissions import rows
from tests.staff import browser, form_token, hire

EVERYTHING = list(metadata.sorted_tables)
MORE = {
    "role": "administrator",
    "roles": "administrator",
    "permission": "keep_people",
    "session": "1",
    "account_id": "2",
    "actor": "account:2",
    "by": "2",
    "is_admin": "true",
    "admin": "1",
    "status": "published",
    "state": "published",
    "verified_at": "2026-01-01",
    "verified_by": "staff",
    "confirmed_at": "2026-01-01",
    "released_at": "2026-01-01",
    "disabled_at": "",
    "password_hash": "x",
    "factor_seed": "x",
}
"""What somebody might write who hopes that a field of a form, or a column, is taken over unseen."""
HEADERS = {
    "X-Role": "administrator",
    "X-User": "1",
    "X-Forwarded-User": "chief@moit.gov.vn",
    "X-Original-URL": "/desk/people",
    "X-Rewrite-URL": "/desk/people",
    "X-Remote-User": "chief@moit.gov.vn",
    "Authorization": "Bearer administrator",
}


@pytest.mark.parametrize("role", list(Role))
async def test_t09_no_field_and_no_header_opens_what_the_role_does_not(
    application: FastAPI, office: Office, frozen: FrozenClock, role: Role
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, role))
    await hire(office.database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    token = form_token((await own.get("/desk")).text)
    before, refused = await office.snapshot(*EVERYTHING), 0
    for row in rows(application):
        if role in row.roles:
            continue
        path = re.sub(r"\{[a-z:]+\}", "1", row.path)
        twice = "&".join(f"{name}={value}&{name}=reader&{name}[]={value}" for name, value in MORE.items())
        content = f"form_token={token}&{twice}"
        typed = {"Content-Type": "application/x-www-form-urlencoded"} | own.said | HEADERS
        if row.method == "GET":
            answer = await own.client.get(f"{path}?{twice}", headers=HEADERS)
        else:
            answer = await own.client.post(f"{path}?{twice}", content=content, headers=typed)
        assert answer.status_code == 403, (row.method, path)
        refused += 1
    assert refused > (8 if role is Role.APPROVER else 10)
    assert await office.snapshot(*EVERYTHING) == before


async def test_t09_what_is_no_field_of_a_form_changes_nothing_where_the_form_is_allowed(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    chief = await hire(office.database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    above, clerk = browser(application, frozen), await hire(office.database, frozen)
    await above.sign_in(chief)
    fields = MORE | {"email": "moi@moit.gov.vn", "role": "reader", "language": "vi", "id": "1", "signed_in_at": "x"}
    assert (await above.post("/desk/people", page="/desk/people", **fields)).status_code == 303
    before = await office.snapshot(accounts)
    more = {name: value for name, value in MORE.items() if name != "role"}
    renewed = await above.post(f"/desk/people/{clerk.number}/again", page="/desk/people", role="administrator", **more)
    assert renewed.status_code == 422
    assert await office.snapshot(accounts) == before
    async with office.database.reading() as connection:
        columns = (accounts.c.role, accounts.c.password_hash, accounts.c.factor_seed, accounts.c.disabled_at)
        new = (await connection.execute(select(*columns).where(accounts.c.address == "moi@moit.gov.vn"))).one()
        signed = (await connection.execute(select(sessions.c.account_id))).scalars().all()
    assert new == ("reader", None, None, None)
    assert signed == [chief.number]


@pytest.mark.parametrize(
    "path",
    [
        "/desk/people/",
        "//desk/people",
        "/desk//people",
        "/desk/./people",
        "/desk/account/../people",
        "/DESK/people",
        "/desk/People",
        "/desk;a=b/people",
        "/desk/people;",
        "/desk/people%00",
        "/desk/people%20",
        "/desk%2fpeople",
        "/desk/people.json",
        "/en/en/desk/people",
        "/EN/desk/people",
        "/vi/desk/people",
        "/desk/people?role=administrator",
        "/desk/people#",
    ],
)
async def test_t09_no_spelling_of_a_path_goes_around_the_gate(
    application: FastAPI, office: Office, frozen: FrozenClock, path: str
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, Role.READER))
    for method in ("GET", "HEAD", "POST"):
        asked = httpx.URL("https://keng.example").copy_with(raw_path=path.partition("#")[0].encode())
        answer = await own.client.request(method, asked, headers=HEADERS | own.said)
        assert answer.status_code in {403, 404, 405}, (method, answer.status_code)
        assert "lan@moit.gov.vn" not in answer.text or answer.status_code == 403


def bodies(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method, path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]


async def test_t09_the_api_takes_no_member_that_its_document_does_not_name(
    client: httpx.AsyncClient, office: Office
) -> None:
    number = await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    bearing = {"Authorization": f"Bearer {sign(MANAGE, 1, KEY)}"}
    document = (await client.get("/openapi.json")).json()
    sound: dict[str, dict[str, Any]] = {
        "post": {"email": "ai@hiephoi.vn", "sectors": ["footwear"]},
        "patch": {"frequency": "weekly"},
    }
    asked, before = 0, await office.snapshot(*EVERYTHING)
    for method, path in bodies(document):
        for name, value in (MORE | {"subscriber_id": "2", "id": "7", "created_at": "2020-01-01"}).items():
            where = path.replace("{number}", str(number))
            answer = await client.request(method, where, json=sound[method] | {name: value}, headers=bearing)
            assert answer.status_code == 422, (path, name)
            asked += 1
    assert asked >= 60
    assert await office.snapshot(*EVERYTHING) == before


async def test_t09_the_api_takes_no_parameter_that_its_document_does_not_name(
    client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    bearing = {"Authorization": f"Bearer {sign(MANAGE, 1, KEY)}"}
    document = (await client.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        if "get" not in operations or not path.startswith("/api/v1"):
            continue
        asked = path.replace("{number}", "1").replace("{symbol}", "G/TBT/N/USA/1")
        for name in ("role", "account_id", "subscriber_id", "is_admin"):
            answer = await client.get(asked, params={name: "1"}, headers=bearing)
            assert answer.status_code in {400, 404, 422}, (path, name)
