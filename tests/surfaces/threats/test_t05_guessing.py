"""T05: leaked passwords, one password for everybody, codes by the thousand, a code that was overheard (SE-02, SE-03)."""

import pytest
from fastapi import FastAPI

from app.domain.access import MOST_OF_A_NETWORK
from app.store.database import Database
from app.store.tables import sessions
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import OTHER_PASSWORD, Colleague, browser, form_token, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.test_people import links

HOME = "203.0.113.9"


async def staff(database: Database, frozen: FrozenClock, count: int) -> list[Colleague]:
    return [await hire(database, frozen, address=f"a{number}@moit.gov.vn") for number in range(count)]


async def test_t05_one_password_for_everybody_stops_after_thirty_tries_a_minute(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    people = await staff(database, frozen, MOST_OF_A_NETWORK + 3)
    spraying = browser(application, frozen, "198.51.100.7")
    token = await spraying.token()
    found = []
    for who in people:
        fields = {"form_token": token, "email": who.address, "password": who.password, "code": "000000"}
        found.append((await spraying.client.post("/sign-in", data=fields, headers=spraying.said)).status_code)
    assert found == [422] * MOST_OF_A_NETWORK + [429] * 3
    assert await office.count(sessions) == 0


@on_sqlite_only
async def test_t05_an_ipv6_network_is_one_however_many_addresses_it_has(
    application: FastAPI, database: Database, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flow.sign_in.entering.verify_password", lambda *_: False)
    (who,) = await staff(database, frozen, 1)
    answers = [await browser(application, frozen, f"2001:db8::{number:x}").guess(who.address) for number in range(11)]
    assert answers == [422] * 10 + [429]


async def test_t05_who_knows_the_password_cannot_try_the_codes(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = await staff(database, frozen, 1)
    monkeypatch.setattr("app.flow.sign_in.entering.verify_password", lambda *_: True)
    statuses = []
    for number in range(110):
        thief = browser(application, frozen, f"198.51.{number}.7")
        answer = await thief.post("/sign-in", email=who.address, password=who.password, code=f"{number:06d}")
        statuses.append(answer.status_code)
    assert statuses == [422] * 100 + [429] * 10
    assert await office.count(sessions) == 0


async def test_t05_nobody_is_shut_out_for_good_by_strangers(
    application: FastAPI, database: Database, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (who,) = await staff(database, frozen, 1)
    own = browser(application, frozen, HOME)
    await own.sign_in(who)
    with monkeypatch.context() as quick:
        quick.setattr("app.flow.sign_in.entering.verify_password", lambda *_: False)
        for number in range(110):
            await browser(application, frozen, f"198.51.{number}.7").guess(who.address)
    await own.post("/sign-out", page="/desk")
    assert (await own.sign_in(who)).status_code == 303, "the browser that its owner used before is counted apart"
    frozen.advance(minutes=16)
    assert (await browser(application, frozen, "192.0.2.55").sign_in(who)).status_code == 303


async def test_t05_a_code_that_was_overheard_opens_nothing_a_second_time(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    (who,) = await staff(database, frozen, 1)
    own, thief = browser(application, frozen, HOME), browser(application, frozen, "198.51.100.7")
    await thief.post("/sign-in/forgotten", page="/sign-in/forgotten", email=who.address)
    (link,) = await links(office)
    frozen.advance(seconds=30)
    code = who.code
    assert (await own.post("/sign-in", email=who.address, password=who.password, code=code)).status_code == 303
    again = await thief.post("/sign-in", email=who.address, password=who.password, code=code)
    behind = await thief.post(link, page=link, password=OTHER_PASSWORD, code=code)
    assert (again.status_code, behind.status_code) == (422, 422)
    frozen.advance(seconds=30)
    code = who.code
    assert (await thief.post(link, page=link, password=OTHER_PASSWORD, code=code)).status_code == 303
    replayed = await own.post("/sign-in", email=who.address, password=OTHER_PASSWORD, code=code)
    assert replayed.status_code == 422


async def test_t05_a_recovery_code_holds_once_on_every_way_in(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    (who,) = await staff(database, frozen, 1)
    one, other = who.recovery_codes[:2]
    own = browser(application, frozen, HOME)
    assert (await own.sign_in(who, code=one)).status_code == 303
    await own.post("/sign-out", page="/desk")
    await own.post("/sign-in/forgotten", page="/sign-in/forgotten", email=who.address)
    (link,) = await links(office)
    assert (await own.post(link, page=link, password=OTHER_PASSWORD, code=one)).status_code == 422
    assert (await own.post(link, page=link, password=OTHER_PASSWORD, code=other)).status_code == 303
    await own.post("/sign-out", page="/desk")
    assert (await own.sign_in(who, password=OTHER_PASSWORD, code=other)).status_code == 422


async def test_t05_codes_behind_an_open_session_and_a_link_are_counted_too(
    application: FastAPI, database: Database, frozen: FrozenClock, office: Office
) -> None:
    (who,) = await staff(database, frozen, 1)
    own = browser(application, frozen, HOME)
    await own.post("/sign-in/forgotten", page="/sign-in/forgotten", email=who.address)
    (link,) = await links(office)
    token = form_token((await own.get(link)).text)
    statuses = []
    for number in range(12):
        fields = {"form_token": token, "password": OTHER_PASSWORD, "code": f"{number:06d}"}
        statuses.append((await own.client.post(link, data=fields, headers=own.said)).status_code)
    assert statuses == [422] * 10 + [429] * 2
