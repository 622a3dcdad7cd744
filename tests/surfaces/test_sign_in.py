"""Signing in as attackers try it (T03 to T07, T09, T19, T20), and as colleagues do."""

import asyncio
import re
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import select, update

from app.domain.access import IDLE, LONGEST_SESSION, Role
from app.store.database import Database
from app.store.tables import accounts, audit, sessions, sign_in_tries
from app.vault.tokens import token_hash
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import OTHER_PASSWORD, Browser, Colleague, browser, form_token, hire
from tests.surfaces.conftest import on_sqlite_only

SESSION = "__Host-keng-session"
STRANGERS = "198.51.100.7"


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


@pytest.fixture
def own(application: FastAPI, frozen: FrozenClock) -> Browser:
    return browser(application, frozen)


async def is_in(anybody: Browser) -> bool:
    return (await anybody.get("/desk")).status_code == 200


async def test_somebody_signs_in_sees_who_they_are_and_signs_out(own: Browser, lan: Colleague, office: Office) -> None:
    answer = await own.sign_in(lan)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    page, english = (await own.get("/desk/account")).text, (await own.get("/en/desk/account")).text
    assert all(said in page for said in (lan.address, "Biên tập viên", "viết bài"))
    assert all(said in english for said in ("Editor", "write articles", 'href="/desk/account"'))
    assert "duyệt văn bản" not in page
    out = await own.post("/sign-out", page="/desk")
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert not await is_in(own)
    async with office.database.reading() as connection:
        rows = (await connection.execute(select(audit.c.verb, audit.c.actor))).all()
    assert rows == [("sign_in", lan.actor), ("sign_out", lan.actor)]


async def test_a_page_that_was_wanted_comes_after_signing_in(own: Browser, lan: Colleague) -> None:
    led = await own.get("/en/desk/account")
    assert led.headers["location"] == "/en/sign-in?next=/en/desk/account"
    assert 'value="/en/desk/account"' in (await own.get(led.headers["location"])).text
    answer = await own.sign_in(lan, next="/en/desk/account")
    assert answer.headers["location"] == "/en/desk/account"


@on_sqlite_only
@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/\\evil.example",
        "https:evil.example",
        "https://evil.example/desk",
        "/desk//evil.example",
        "/desk@evil.example",
        "/deskevil",
        "/desk\r\nSet-Cookie: a=b",
        "/desk#//evil",
        "/sign-out",
        "javascript:alert(1)",
        "%2F%2Fevil.example",
        "/desk/\t/evil",
        " /desk",
        "/desk\n",
    ],
)
async def test_nobody_is_led_to_another_place(own: Browser, lan: Colleague, wanted: str) -> None:
    assert (await own.sign_in(lan, next=wanted)).headers["location"] == "/desk"


async def test_whatever_was_wrong_the_answer_is_the_same(
    application: FastAPI, database: Database, frozen: FrozenClock, lan: Colleague
) -> None:
    await hire(database, frozen, address="gone@moit.gov.vn", disabled_at=frozen())
    await hire(database, frozen, address="invited@moit.gov.vn", password_hash=None)
    await hire(database, frozen, address="reset@moit.gov.vn", factor_seed=None)
    mistyped = lan.recovery_codes[0][:-1] + ("b" if lan.recovery_codes[0].endswith("a") else "a")
    answers = []
    for changed in (
        {"email": "nobody@moit.gov.vn"},
        {"email": "no address"},
        {"password": OTHER_PASSWORD},
        {"password": ""},
        {"code": "000000"},
        {"code": ""},
        {"code": mistyped},
        {"email": "gone@moit.gov.vn"},
        {"email": "invited@moit.gov.vn"},
        {"email": "reset@moit.gov.vn"},
        {"password": lan.password + " "},
    ):
        answer = await browser(application, frozen).sign_in(lan, **changed)
        assert SESSION not in answer.cookies
        answers.append((answer.status_code, answer.text.replace(form_token(answer.text), "")))
    assert len(set(answers)) == 1
    assert answers[0][0] == 422


async def test_a_code_holds_once_and_an_older_one_never_again(
    own: Browser, lan: Colleague, frozen: FrozenClock
) -> None:
    frozen.advance(seconds=30)
    before, fields = lan.code, {"email": lan.address, "password": lan.password}
    frozen.advance(seconds=30)
    code = lan.code
    assert (await own.post("/sign-in", **fields, code=code)).status_code == 303
    own.client.cookies.clear()
    for used in (code, before):
        assert (await own.post("/sign-in", **fields, code=used)).status_code == 422
    frozen.advance(seconds=30)
    assert (await own.post("/sign-in", **fields, code=lan.code)).status_code == 303


async def test_a_code_from_before_the_last_half_minute_does_not_hold(own: Browser, lan: Colleague) -> None:
    code = lan.code
    assert (await own.sign_in(lan, code=code)).status_code == 303
    late = lan.code
    lan.clock.advance(seconds=60)
    own.client.cookies.clear()
    assert (await own.sign_in(lan, code=late)).status_code == 422


async def test_one_code_used_twice_at_once_lets_one_in(
    application: FastAPI, frozen: FrozenClock, lan: Colleague
) -> None:
    frozen.advance(seconds=30)
    each = [browser(application, frozen) for _ in range(4)]
    fields = {"email": lan.address, "password": lan.password, "code": lan.code}
    answers = await asyncio.gather(*(one.post("/sign-in", **fields) for one in each))
    assert Counter(answer.status_code for answer in answers) == {303: 1, 422: 3}


async def test_a_recovery_code_stands_in_once(own: Browser, lan: Colleague) -> None:
    spare = lan.recovery_codes[3].upper().replace("-", " ")
    assert (await own.sign_in(lan, code=spare)).status_code == 303
    own.client.cookies.clear()
    assert (await own.sign_in(lan, code=spare)).status_code == 422
    assert (await own.sign_in(lan, code=lan.recovery_codes[0])).status_code == 303


async def test_strangers_hold_each_other_up_and_not_the_owner(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    await own.sign_in(lan)
    guessing = browser(application, frozen, STRANGERS)
    for _ in range(10):
        assert await guessing.guess(lan.address) == 422
    held = await guessing.post("/sign-in", email=lan.address, password=lan.password, code="000000")
    assert (held.status_code, "Đã thử quá nhiều lần" in held.text) == (429, True)
    assert 0 < int(held.headers["retry-after"]) <= 30
    colleague = browser(application, frozen, "192.0.2.44")
    assert (await colleague.sign_in(lan)).status_code == 303
    same_network = browser(application, frozen, STRANGERS)
    mark = own.client.cookies["__Host-keng-browser"]
    same_network.client.cookies.set("__Host-keng-browser", mark, domain="keng.example")
    assert (await same_network.sign_in(lan)).status_code == 303
    frozen.advance(seconds=60)
    assert (await guessing.sign_in(lan)).status_code == 303


async def test_somebody_elses_mark_makes_no_browser_known(
    application: FastAPI, database: Database, frozen: FrozenClock, lan: Colleague
) -> None:
    other = await hire(database, frozen, address="other@moit.gov.vn")
    guessing = browser(application, frozen, STRANGERS)
    await guessing.sign_in(other)
    answers = [await guessing.guess(lan.address) for _ in range(11)]
    assert answers == [422] * 10 + [429]


@on_sqlite_only
async def test_an_address_that_nobody_has_is_held_up_alike(application: FastAPI, frozen: FrozenClock) -> None:
    for email in ("nobody@moit.gov.vn", "no address"):
        guessing = browser(application, frozen, STRANGERS)
        answers = [await guessing.guess(email) for _ in range(11)]
        assert answers == [422] * 10 + [429]


@on_sqlite_only
async def test_a_network_has_thirty_tries_a_minute_for_all_accounts_together(
    application: FastAPI, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flow.sign_in.entering.verify_password", lambda *_: False)
    guessing = browser(application, frozen, STRANGERS)
    token = await guessing.token()

    async def guess(number: int, one: Browser, told: dict[str, str] | None = None) -> int:
        data = {"form_token": token, "email": f"a{number}@moit.gov.vn", "password": "x", "code": "000000"}
        said = {"Sec-Fetch-Site": "same-origin"} | (told or {})
        return (await one.client.post("/sign-in", data=data, headers=said)).status_code

    assert {await guess(number, guessing) for number in range(30)} == {422}
    assert await guess(31, guessing) == 429
    assert await guess(32, guessing, {"X-Forwarded-For": "203.0.113.200"}) == 429, "only our own proxy is believed"
    frozen.advance(seconds=61)
    assert await guess(33, guessing) == 422


@on_sqlite_only
async def test_ten_thousand_guesses_in_an_hour_are_impossible_from_however_many_networks(
    application: FastAPI, frozen: FrozenClock, lan: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.flow.sign_in.entering.verify_password", lambda *_: False)
    until, tried, network = frozen.now + timedelta(hours=1), 0, 0
    while frozen.now < until:
        network += 1
        guessing = browser(application, frozen, f"198.51.{100 + network // 250}.{1 + network % 250}")
        fields = {"email": lan.address, "password": "x", "code": "000000"}
        answer = await guessing.post("/sign-in", **fields)
        if answer.status_code == 429:
            frozen.advance(seconds=int(answer.headers["retry-after"]))
        tried += answer.status_code == 422
    assert 100 <= tried <= 120


async def test_a_session_that_was_planted_is_nobodys_and_the_former_one_dies(
    application: FastAPI, database: Database, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    planted = "p" * 43
    own.client.cookies.set(SESSION, planted, domain="keng.example")
    await own.sign_in(lan)
    first = own.client.cookies[SESSION]
    assert planted not in first
    thief = browser(application, frozen)
    thief.client.cookies.set(SESSION, planted, domain="keng.example")
    assert not await is_in(thief)
    frozen.advance(seconds=30)
    token = form_token((await own.get("/desk")).text)
    fields = {"email": lan.address, "password": lan.password, "code": lan.code, "form_token": token}
    assert (await own.client.post("/sign-in", data=fields, headers=own.said)).status_code == 303
    thief.client.cookies.set(SESSION, first, domain="keng.example")
    assert not await is_in(thief)
    async with database.reading() as connection:
        kept = (await connection.execute(select(sessions.c.token_hash))).scalars().all()
    assert kept == [token_hash(own.client.cookies[SESSION])]


async def test_a_session_that_was_signed_out_cannot_be_replayed(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    await own.sign_in(lan)
    kept = own.client.cookies[SESSION]
    await own.post("/sign-out", page="/desk")
    thief = browser(application, frozen)
    thief.client.cookies.set(SESSION, kept, domain="keng.example")
    assert not await is_in(thief)


async def test_a_session_ends_when_it_rests_and_after_twelve_hours_whatever_it_does(
    own: Browser, lan: Colleague, frozen: FrozenClock
) -> None:
    await own.sign_in(lan)
    frozen.advance(seconds=IDLE.total_seconds() - 1)
    assert await is_in(own)
    frozen.advance(seconds=IDLE.total_seconds())
    assert not await is_in(own)
    await own.sign_in(lan)
    for _ in range(int(LONGEST_SESSION / timedelta(minutes=20)) - 1):
        frozen.advance(minutes=20)
        assert await is_in(own)
    frozen.advance(minutes=20)
    assert not await is_in(own)


async def test_a_session_is_written_once_a_minute_and_not_at_every_page(
    own: Browser, lan: Colleague, office: Office, frozen: FrozenClock
) -> None:
    await own.sign_in(lan)
    before = await office.snapshot(sessions)
    frozen.advance(seconds=59)
    await own.get("/desk")
    assert await office.snapshot(sessions) == before
    frozen.advance(seconds=1)
    await own.get("/desk")
    assert await office.snapshot(sessions) != before


@on_sqlite_only
async def test_cookies_are_out_of_reach_of_scripts_other_sites_and_other_hosts(own: Browser, lan: Colleague) -> None:
    await own.get("/sign-in")
    given = (await own.sign_in(lan)).headers.get_list("set-cookie")
    assert [one.partition("=")[0] for one in given] == [SESSION, "__Host-keng-browser"]
    for one in given:
        attributes = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"httponly", "secure", "path=/", "samesite=lax"} <= attributes
        assert not [part for part in attributes if part.startswith("domain")]


@on_sqlite_only
async def test_forged_forms_change_nothing(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague, office: Office
) -> None:
    await own.sign_in(lan)
    other = browser(application, frozen)
    theirs, mine = await other.token(), form_token((await own.get("/desk")).text)
    path = "/desk/account/sign-out"
    before = await office.snapshot(sessions, accounts, audit)
    same = {"Sec-Fetch-Site": "same-origin"}
    for data, told in (
        ({}, same),
        ({"form_token": ""}, same),
        ({"form_token": theirs}, same),
        ({"form_token": mine[:-1]}, same),
        ({"form_token": mine}, {"Sec-Fetch-Site": "cross-site"}),
        ({"form_token": mine}, {"Sec-Fetch-Site": "same-site"}),
        ({"form_token": mine}, {}),
        ({"form_token": mine}, {"Origin": "https://evil.example"}),
        ({"form_token": mine}, {"Origin": "http://keng.example"}),
        ({}, {"X-HTTP-Method-Override": "POST"}),
    ):
        assert (await own.client.post(path, data=data, headers=told)).status_code == 403, (data, told)
    plain = {"Content-Type": "text/plain"} | same
    assert (await own.client.post(path, content='{"form_token": "x"}', headers=plain)).status_code == 403
    json = await own.client.post(path, json={"form_token": mine}, headers=same)
    assert json.status_code == 403
    for method in ("GET", "PUT", "DELETE"):
        assert (await own.client.request(method, f"{path}?form_token={mine}&_method=POST")).status_code == 405
    assert await office.snapshot(sessions, accounts, audit) == before
    right = await own.client.post(path, data={"form_token": mine}, headers={"Origin": "https://keng.example"})
    assert right.status_code == 303


@on_sqlite_only
async def test_nobody_is_signed_in_by_another_site(application: FastAPI, frozen: FrozenClock, lan: Colleague) -> None:
    attacker, victim = browser(application, frozen), browser(application, frozen)
    frozen.advance(seconds=30)
    fields = {"email": lan.address, "password": lan.password, "code": lan.code, "form_token": await attacker.token()}
    answer = await victim.client.post("/sign-in", data=fields, headers=victim.said)
    assert (answer.status_code, SESSION in answer.cookies) == (403, False)
    assert (await attacker.client.post("/sign-in", data=fields, headers=attacker.said)).status_code == 303


@on_sqlite_only
async def test_no_field_gives_anybody_another_role(own: Browser, lan: Colleague, office: Office) -> None:
    more = {"role": "administrator", "account_id": "1", "disabled_at": "", "is_admin": "true"}
    await own.sign_in(lan, role="administrator")
    await own.post(
        "/desk/account/password?role=administrator",
        page="/desk/account",
        standing=lan.password,
        password=OTHER_PASSWORD,
        role="administrator",
    )
    assert (
        await own.post("/desk/people", page="/desk", email="x@y.vn", language="vi", role="administrator")
    ).status_code == 403
    assert (await own.post(f"/desk/people/{lan.number}/role", page="/desk", role="administrator")).status_code == 403
    more |= {f"field{number}": "x" for number in range(250)}
    too_many = await own.post("/desk/account/password", page="/desk/account", standing="a", password="b", **more)
    assert too_many.status_code == 400
    async with office.database.reading() as connection:
        assert (await connection.execute(select(accounts.c.role))).scalars().all() == ["editor"]


async def test_a_changed_password_ends_every_other_session(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    elsewhere = browser(application, frozen)
    for one in (own, elsewhere):
        await one.sign_in(lan)

    async def changed(standing: str, password: str) -> httpx.Response:
        return await own.post("/desk/account/password", page="/desk/account", standing=standing, password=password)

    for standing, password, said in (
        (lan.password, "quá ngắn", "ít nhất 12"),
        (lan.password, "MậtKhẩu@123456", "dễ đoán"),
        (lan.password, lan.address, "dễ đoán"),
        ("wrong", OTHER_PASSWORD, "hiện tại không đúng"),
    ):
        refused = await changed(standing, password)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert await is_in(elsewhere)
    former = own.client.cookies[SESSION]
    assert (await changed(lan.password, OTHER_PASSWORD)).headers["location"] == "/desk/account?done=password"
    assert own.client.cookies[SESSION] != former
    assert "Đã đổi mật khẩu" in (await own.get("/desk/account?done=password")).text
    assert not await is_in(elsewhere)
    assert (await elsewhere.sign_in(lan)).status_code == 422
    assert (await elsewhere.sign_in(lan, password=OTHER_PASSWORD)).status_code == 303


async def test_who_found_an_open_session_cannot_guess_the_password(own: Browser, lan: Colleague) -> None:
    await own.sign_in(lan)
    fields = {"page": "/desk/account", "standing": "wrong", "password": OTHER_PASSWORD}
    for _ in range(10):
        await own.post("/desk/account/password", **fields)
    assert "quá nhiều lần" in (await own.post("/desk/account/password", **fields)).text


async def test_signing_out_everywhere_ends_every_session(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    elsewhere = browser(application, frozen)
    for one in (own, elsewhere):
        await one.sign_in(lan)
    await own.post("/desk/account/sign-out", page="/desk/account")
    assert [await is_in(one) for one in (own, elsewhere)] == [False, False]


@on_sqlite_only
async def test_every_page_is_kept_nowhere_runs_nothing_and_is_framed_by_nobody(own: Browser, lan: Colleague) -> None:
    pages = [await own.get("/sign-in"), await own.get("/sign-in/forgotten"), await own.get("/sign-in/link/none")]
    pages.append(await own.sign_in(lan))
    pages += [await own.get(path) for path in ("/desk", "/desk/account", "/desk/people")]
    for page in pages:
        assert page.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["strict-transport-security"].startswith("max-age=")
        assert not re.search(r"<script|\son\w+=|style=", page.text)


@on_sqlite_only
async def test_what_is_stored_lets_nobody_in(own: Browser, lan: Colleague, office: Office) -> None:
    await own.sign_in(lan)
    stored = str(await office.snapshot(accounts, sessions, sign_in_tries, audit))
    for secret in (lan.password, lan.secret, lan.recovery_codes[0], own.client.cookies[SESSION]):
        assert secret not in stored
    assert lan.address not in str(await office.snapshot(sign_in_tries, audit))


async def test_a_password_hashed_at_another_cost_is_hashed_anew(
    own: Browser, lan: Colleague, database: Database
) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(lan.password)
    async with database.writing() as connection:
        await connection.execute(update(accounts).values(password_hash=cheap))
    assert (await own.sign_in(lan)).status_code == 303
    async with database.reading() as connection:
        assert "m=47104,t=2" in (await connection.execute(select(accounts.c.password_hash))).scalar_one()


@on_sqlite_only
async def test_another_role_changes_what_is_shown(
    application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    for role, there in ((Role.READER, False), (Role.ADMINISTRATOR, True)):
        one = browser(application, frozen)
        await one.sign_in(await hire(database, frozen, role, f"{role}@moit.gov.vn"))
        assert ("/desk/people" in (await one.get("/desk")).text) is there
