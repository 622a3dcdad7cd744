"""T06: sessions are planted, kept over a sign-in, replayed after the end, set from another host of the domain (SE-06)."""

import asyncio
import re
import socket

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.store.database import Database
from app.store.tables import sessions
from app.vault.tokens import token_hash
from tests.conftest import FrozenClock
from tests.staff import OTHER_PASSWORD, PASSWORD, Browser, Colleague, browser, form_token, hire
from tests.surfaces.conftest import on_sqlite_only

SESSION, FORM = "__Host-keng-session", "__Host-keng-form"
PLANTED = "p" * 43


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


def bearing(own: Browser, application: FastAPI, session: str) -> Browser:
    """Return another browser with this session."""
    thief = browser(application, own.clock)
    thief.client.cookies.set(SESSION, session, domain="keng.example")
    return thief


async def is_in(anybody: Browser) -> bool:
    return (await anybody.get("/desk")).status_code == 200


async def test_t06_a_planted_session_is_nobodys_after_its_victim_signed_in(
    application: FastAPI, frozen: FrozenClock, lan: Colleague
) -> None:
    victim = browser(application, frozen)
    victim.client.cookies.set(SESSION, PLANTED, domain="keng.example")
    victim.client.cookies.set(FORM, PLANTED, domain="keng.example")
    assert (await victim.sign_in(lan)).status_code == 303
    assert victim.client.cookies[SESSION] != PLANTED
    assert not await is_in(bearing(victim, application, PLANTED))


async def test_t06_the_attackers_own_session_does_not_become_the_victims(
    application: FastAPI, database: Database, frozen: FrozenClock, lan: Colleague
) -> None:
    attacker, victim = browser(application, frozen), browser(application, frozen)
    await attacker.sign_in(await hire(database, frozen, Role.READER, "ke-gian@moit.gov.vn"))
    planted = attacker.client.cookies[SESSION]
    victim.client.cookies.set(SESSION, planted, domain="keng.example")
    form = form_token((await victim.get("/desk/account")).text)
    frozen.advance(seconds=30)
    fields = {"email": lan.address, "password": lan.password, "code": lan.code, "form_token": form}
    assert (await victim.client.post("/sign-in", data=fields, headers=victim.said)).status_code == 303
    assert not await is_in(attacker), "the session that the browser had before is over, whosever it was"
    async with database.reading() as connection:
        kept = (await connection.execute(select(sessions.c.token_hash, sessions.c.account_id))).all()
    assert kept == [(token_hash(victim.client.cookies[SESSION]), lan.number)]


async def test_t06_no_session_outlives_what_changed_the_rights_behind_it(
    application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    chief = browser(application, frozen)
    await chief.sign_in(await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn"))
    ends: dict[str, dict[str, str]] = {
        "/sign-out": {},
        "/desk/account/sign-out": {},
        "/desk/account/password": {"standing": PASSWORD, "password": OTHER_PASSWORD},
        "role": {"role": "approver"},
        "reset": {"because": "lost"},
        "disable": {"because": "left"},
    }
    for number, (step, fields) in enumerate(ends.items()):
        who, own = await hire(database, frozen, address=f"a{number}@moit.gov.vn"), browser(application, frozen)
        assert (await own.sign_in(who)).status_code == 303, step
        old, by_chief = own.client.cookies[SESSION], not step.startswith("/")
        if by_chief:
            done = await chief.post(f"/desk/people/{who.number}/{step}", page="/desk/people", **fields)
        else:
            done = await own.post(step, page="/desk/account", **fields)
        assert done.status_code == 303, step
        assert not await is_in(bearing(own, application, old)), step
        assert await is_in(own) == step.endswith("password"), "who changed the password goes on, in a new session"


@on_sqlite_only
async def test_t06_every_cookie_belongs_to_this_host_alone(
    application: FastAPI, frozen: FrozenClock, lan: Colleague
) -> None:
    own = browser(application, frozen)
    given = (await own.get("/sign-in")).headers.get_list("set-cookie")
    given += (await own.sign_in(lan)).headers.get_list("set-cookie")
    given += (await own.post("/sign-out", page="/desk")).headers.get_list("set-cookie")
    assert len(given) == 4
    for one in given:
        name, *attributes = (part.strip().lower() for part in one.split(";"))
        assert name.startswith("__host-keng-")
        assert {"httponly", "secure", "path=/", "samesite=lax"} <= set(attributes)
        assert not any(attribute.startswith("domain") for attribute in attributes)


SPELLINGS = (
    b"\xa0" + SESSION.encode() + b"=%s",
    b"\x85" + SESSION.encode() + b"=%s",
    b"a=b;\xa0" + SESSION.encode() + b"=%s",
    SESSION.encode() + b"\xa0=%s",
    SESSION.lower().encode() + b"=%s",
    SESSION.upper().encode() + b"=%s",
    b"keng-session=%s",
    SESSION.encode() + b"=x; " + SESSION.encode() + b"=%s",
    SESSION.encode() + b'="%s"',
)
"""How another host of the domain would send a session in a cookie whose name a browser does not hold for ours."""


@on_sqlite_only
@pytest.mark.sockets
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_t06_a_cookie_that_another_host_of_the_domain_planted_is_none_of_ours(
    application: FastAPI, frozen: FrozenClock, lan: Colleague, server: tuple[str, int], spelling: bytes
) -> None:
    own = browser(application, frozen)
    await own.sign_in(lan)
    session = own.client.cookies[SESSION].encode()
    for cookie, status in (
        (SESSION.encode() + b"=" + session, {200}),
        (b" x=1 ;  " + SESSION.encode() + b"=" + session, {200}),
        (spelling % session, {303, 400}),
    ):
        assert await asyncio.to_thread(status_of, server, cookie) in status, cookie


def status_of(server: tuple[str, int], cookie: bytes) -> int:
    """Ask for the desk over a bare line with this cookie; return the status."""
    with socket.create_connection(server, timeout=120) as line:
        line.sendall(
            b"GET /desk HTTP/1.1\r\nHost: keng.example\r\nConnection: close\r\nCookie: " + cookie + b"\r\n\r\n"
        )
        found = re.match(rb"HTTP/1\.1 (\d{3})", line.makefile("rb").readline())
    assert found is not None
    return int(found[1])


@on_sqlite_only
async def test_t06_a_token_of_another_browser_signs_no_form(
    application: FastAPI, frozen: FrozenClock, lan: Colleague
) -> None:
    attacker, victim = browser(application, frozen), browser(application, frozen)
    planted = await attacker.token()
    victim.client.cookies.set("keng-form", attacker.client.cookies[FORM], domain="keng.example")
    frozen.advance(seconds=30)
    fields = {"email": lan.address, "password": lan.password, "code": lan.code, "form_token": planted}
    assert (await victim.client.post("/sign-in", data=fields, headers=victim.said)).status_code == 403
