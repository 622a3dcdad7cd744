"""Every route of the desk is asked as everybody; a route that neither asks for a permission nor is named as open fails."""

import re

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.domain.access import Permission, Role
from app.store.database import Database
from app.store.tables import accounts, audit, sessions
from app.telemetry.masking import Mask
from app.vault.tokens import new_token
from app.web.desk.gate import guarded
from tests.conftest import FrozenClock
from tests.office import Office
from tests.permissions import OPEN, PAPER, Row, routes, rows, table, unaccounted
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only

pytestmark = on_sqlite_only

NOBODY_OF_THIS_NUMBER = "999"


def path_of(row: Row, prefix: str = "") -> str:
    return prefix + re.sub(r"\{[a-z:]+\}", NOBODY_OF_THIS_NUMBER, row.path)


async def asked(anybody: Browser, row: Row, prefix: str = "") -> Response:
    path = path_of(row, prefix)
    if row.method == "GET":
        return await anybody.get(path)  # type: ignore[return-value]  # httpx's answer has the same attributes
    return await anybody.post(path, page="/desk", role="reader", language="vi", because="asked")  # type: ignore[return-value]  # as above


def test_every_route_asks_for_a_permission_or_is_named_as_open(application: FastAPI) -> None:
    assert unaccounted(application) == []
    assert rows(application)


def test_a_route_without_a_row_is_found(application: FastAPI) -> None:
    async def careless(_: Request) -> Response:
        return PlainTextResponse("all our secrets")

    application.router.routes.append(Route("/desk/secrets", careless))
    assert unaccounted(application) == ["/desk/secrets"]


def test_no_open_address_is_named_that_is_not_there(application: FastAPI) -> None:
    assert set(OPEN) <= {path for path, _ in routes(application)}


def test_no_log_shows_the_token_in_any_address(application: FastAPI) -> None:
    token = new_token()
    held = [path for path, _ in routes(application) if "{token}" in path]
    assert any(path.endswith("/sign-in/link/{token}") for path in held)
    for path in held:
        shown = Mask().text(f"GET {path.format_map(dict.fromkeys(('token', 'number'), token))} HTTP/1.1")
        assert token not in shown, path


def test_the_paper_shows_the_matrix(application: FastAPI) -> None:
    assert PAPER.read_text(encoding="utf-8") == table(application)


async def test_nobody_gets_anywhere(application: FastAPI, frozen: FrozenClock, office: Office) -> None:
    before = await office.snapshot(accounts, sessions, audit)
    for row in rows(application):
        for prefix in ("", "/en"):
            answer = await asked(browser(application, frozen), row, prefix)
            if row.method == "GET":
                assert (answer.status_code, answer.headers["location"]) == (
                    303,
                    f"{prefix}/sign-in?next={path_of(row, prefix)}",
                )
            else:
                assert answer.status_code == 401
    assert await office.snapshot(accounts, sessions, audit) == before


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_what_the_matrix_says(
    application: FastAPI, database: Database, frozen: FrozenClock, role: Role
) -> None:
    who = await hire(database, frozen, role)
    for row in rows(application):
        own = browser(application, frozen)
        assert (await own.sign_in(who)).status_code == 303
        answer = await asked(own, row)
        assert (answer.status_code != 403) == (role in row.roles), (row, answer.status_code)
        assert answer.status_code < 500


async def test_a_new_route_is_refused_to_whose_role_lacks_its_permission(
    application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    async def approve(_: Request) -> Response:
        return PlainTextResponse("approved")

    application.router.routes.append(guarded("/desk/approve", approve, Permission.APPROVE_TEXTS))
    for role, status in ((Role.EDITOR, 403), (Role.ADMINISTRATOR, 403), (Role.APPROVER, 200)):
        own = browser(application, frozen)
        await own.sign_in(await hire(database, frozen, role, f"{role}@moit.gov.vn"))
        assert (await own.get("/desk/approve")).status_code == status


async def test_who_is_disabled_or_given_another_role_is_out_at_once(
    application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    chief = await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    clerk = await hire(database, frozen, Role.EDITOR)
    above, below = browser(application, frozen), browser(application, frozen)
    await above.sign_in(chief)
    for change in ({"path": "role", "role": "reader"}, {"path": "disable", "because": "left the ministry"}):
        await below.sign_in(clerk)
        assert (await below.get("/desk")).status_code == 200
        fields = {name: value for name, value in change.items() if name != "path"}
        done = await above.post(f"/desk/people/{clerk.number}/{change['path']}", page="/desk", **fields)
        assert done.status_code == 303
        assert (await below.get("/desk")).status_code == 303
    assert (await below.sign_in(clerk)).status_code == 422
