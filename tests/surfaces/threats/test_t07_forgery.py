"""T07: another site acts as somebody on the staff: every action, every form of request, and signing in itself (SE-07)."""

import re
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.domain.access import Role
from app.store.database import Database
from app.store.tables import metadata, sessions
from tests import staff
from tests.conftest import FrozenClock
from tests.office import Office
from tests.permissions import Row, rows
from tests.staff import form_token, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.threats.sites import Answered, Sites, sign_in

EVERYTHING = list(metadata.sorted_tables)
HERE = {"Origin": "https://keng.example"}
WORDS = {"because": "đổi", "role": "administrator", "language": "vi", "email": "ke-gian@evil.vn", "version": "1"}
OVERRIDES = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST"}


def path_of(row: Row, number: str = "1") -> str:
    return re.sub(r"\{[a-z:]+\}", number, row.path)


def forgeries(own: str, other: str) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return fields and headers that no form of ours would come with; `own` is the token that its browser has."""
    return [
        ({}, HERE),
        ({"form_token": ""}, HERE),
        ({"form_token": other}, HERE),
        ({"form_token": own[:-1]}, HERE),
        ({"form_token": own.upper()}, HERE),
        ({"form_token": "ÿ" * 64}, HERE),
        ({"form_token": own}, {}),
        ({"form_token": own}, {"Origin": "https://evil.example"}),
        ({"form_token": own}, {"Origin": "https://keng.example.evil.example"}),
        ({"form_token": own}, {"Origin": "http://keng.example"}),
        ({"form_token": own}, HERE | {"Sec-Fetch-Site": "cross-site"}),
        ({"form_token": own}, HERE | {"Sec-Fetch-Site": "same-site"}),
        ({"form_token": own}, {"Referer": "https://keng.example/desk"}),
    ]


@on_sqlite_only
@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMINISTRATOR])
async def test_t07_no_action_of_the_desk_is_done_for_another_site(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office, role: Role
) -> None:
    own, other = staff.browser(application, frozen), staff.browser(application, frozen)
    await own.sign_in(await hire(database, frozen, role))
    mine, theirs = form_token((await own.get("/desk")).text), await other.token()
    before, asked = await office.snapshot(*EVERYTHING), 0
    for row in rows(application):
        if row.method == "GET" or role not in row.roles:
            continue
        for fields, said in forgeries(mine, theirs):
            answer = await own.client.post(path_of(row), data=WORDS | fields, headers=said)
            assert answer.status_code == 403, (row.path, fields, said)
            asked += 1
        json = await own.client.post(path_of(row), json=WORDS | {"form_token": mine}, headers=HERE)
        plain = {"Content-Type": "text/plain"} | HERE
        text = await own.client.post(path_of(row), content='{"form_token": "' + mine + '"}', headers=plain)
        query = await own.client.post(f"{path_of(row)}?form_token={mine}", headers=HERE)
        assert (json.status_code, text.status_code, query.status_code) == (403, 403, 403), row.path
    assert asked > 50
    assert await office.snapshot(*EVERYTHING) == before


@on_sqlite_only
async def test_t07_no_other_method_stands_in_for_a_post(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    own = staff.browser(application, frozen)
    await own.sign_in(await hire(database, frozen, Role.ADMINISTRATOR))
    mine = form_token((await own.get("/desk")).text)
    before = await office.snapshot(*EVERYTHING)
    for row in rows(application):
        if row.method == "GET" or Role.ADMINISTRATOR not in row.roles:
            continue
        query = {"form_token": mine, "_method": "POST"} | WORDS
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "POST\t", "post"):
            try:
                answer = await own.client.request(method, path_of(row), params=query, headers=HERE | OVERRIDES)
            except (httpx.LocalProtocolError, ValueError):
                continue
            assert answer.status_code in {200, 303, 400, 403, 404, 405}, (method, row.path)
    assert await office.snapshot(*EVERYTHING) == before


@on_sqlite_only
async def test_t07_the_api_knows_no_cookie(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    own = staff.browser(application, frozen)
    await own.sign_in(await hire(database, frozen, Role.ADMINISTRATOR))
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    document = (await own.get("/openapi.json")).json()
    for path, operations in document["paths"].items():
        for method in operations:
            asked = path.replace("{number}", "1").replace("{symbol}", "G/TBT/N/USA/1")
            answer = await own.client.request(method.upper(), asked, json={} if method != "get" else None)
            assert "set-cookie" not in answer.headers
            if "subscriptions" in path and "preview" not in path and (method, path[-1]) != ("post", "s"):
                assert answer.status_code == 401, (method, path)


@on_sqlite_only
async def test_t07_nobody_is_signed_in_or_out_by_another_site(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    attacker, victim = staff.browser(application, frozen), staff.browser(application, frozen)
    who = await hire(database, frozen)
    frozen.advance(seconds=30)
    fields = {"email": who.address, "password": who.password, "code": who.code, "form_token": await attacker.token()}
    await victim.get("/sign-in")
    for said in ({}, HERE, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await victim.client.post("/sign-in", data=fields, headers=said)).status_code == 403
    assert await office.count(sessions) == 0
    assert (await attacker.client.post("/sign-in", data=fields, headers=HERE)).status_code == 303
    assert (await attacker.client.get("/sign-out")).status_code == 405
    assert await office.count(sessions) == 1


ATTACKS = """
async ([keng, paths, fields]) => {
  const body = () => new URLSearchParams(fields)
  for (const path of paths) {
    const asked = {method: "POST", mode: "no-cors", credentials: "include"}
    await fetch(keng + path, {...asked, body: body()})
    await fetch(keng + path, {...asked, body: JSON.stringify(fields), headers: {"Content-Type": "text/plain"}})
    await fetch(keng + path + "?" + body(), {mode: "no-cors", credentials: "include"})
  }
  const frame = document.createElement("iframe")
  frame.name = "hidden"
  document.body.append(frame)
  for (const path of paths) {
    const form = document.createElement("form")
    form.method = "POST"
    form.action = keng + path
    form.target = "hidden"
    for (const [name, value] of Object.entries(fields)) {
      const one = document.createElement("input")
      one.name = name
      one.value = value
      form.append(one)
    }
    document.body.append(form)
    const loaded = new Promise(resolve => frame.addEventListener("load", resolve, {once: true}))
    form.submit()
    await Promise.race([loaded, new Promise(resolve => setTimeout(resolve, 3000))])
  }
}
"""


@on_sqlite_only
@pytest.mark.sockets
@pytest.mark.parametrize("whose", ["stranger", "neighbour"])
async def test_t07_a_real_browser_does_nothing_for_another_origin(
    browser: Browser,
    sites: Sites,
    application: FastAPI,
    office: Office,
    whose: str,
) -> None:
    who = await hire(office.database, sites.clock, Role.APPROVER)
    context = await browser.new_context()
    page = await context.new_page()
    await sign_in(page, sites, who)
    stolen = form_token(await page.content())
    paths = [path_of(row) for row in rows(application) if row.method == "POST" and Role.APPROVER in row.roles]
    before, seen = await office.snapshot(*EVERYTHING), len(sites.answered)
    evil = await context.new_page()
    await evil.goto({"stranger": sites.stranger, "neighbour": sites.neighbour}[whose])
    await evil.evaluate(ATTACKS, [sites.keng, paths, WORDS | {"form_token": stolen}])
    posts = [one for one in sites.answered[seen:] if one.method == "POST"]
    assert len(posts) > 2 * len(paths)
    assert statuses(posts) <= ({401} if whose == "stranger" else {403})
    assert {one.signed_in for one in posts} == {whose == "neighbour"}
    assert await office.snapshot(*EVERYTHING) == before
    await page.goto(f"{sites.keng}/desk")
    assert page.url.endswith("/desk"), "nobody was signed out"
    await context.close()


def statuses(answered: list[Answered]) -> set[Any]:
    return {one.status for one in answered}
