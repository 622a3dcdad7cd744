"""Signing in by an issuer, as colleagues do it and as attackers try it; the issuer is a peer on a real socket."""

import asyncio
import html
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.api.doors import ApiDoors
from app.domain.access import OPENID_HOLDS, Role
from app.flow import sign_in
from app.main import assemble
from app.sources.fetch import Fetcher, open_client
from app.sources.openid import BRAKE, LIMITS, IdentityProvider
from app.store.database import Database
from app.store.tables import account_links, accounts, audit, openid_requests, sessions
from app.telemetry.logs import configure_logging
from app.vault.tokens import new_token
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.office import Office
from tests.peers.http_peer import Reply
from tests.peers.openid_peer import (
    CLIENT,
    SECRET,
    OpenIdPeer,
    ec_key,
    rsa_key,
    signed_with_the_public_key,
    unsigned,
)
from tests.staff import Browser, Colleague, browser, hire
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

SESSION = "__Host-keng-session"
AWAY = "__Host-keng-openid"
BOTH = ["pwd", "otp"]
_LEADS_ON = re.compile(r'<meta http-equiv="refresh" content="0;url=([^"]+)">')


@dataclass
class Ticks:
    """The seconds that the issuer's door counts its brake by."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def issuer(frozen: FrozenClock) -> AsyncIterator[OpenIdPeer]:
    async with OpenIdPeer(frozen) as opened:
        opened.person = {"sub": "248289761001", "email": "lan@moit.gov.vn", "email_verified": True, "amr": BOTH}
        yield opened


@pytest.fixture
async def application(
    api_doors: ApiDoors, web_doors: WebDoors, issuer: OpenIdPeer, ticks: Ticks
) -> AsyncIterator[FastAPI]:
    client = open_client(LIMITS)
    fetcher = Fetcher(client, limits=replace(LIMITS, spacing=0, tries=1))
    provider = IdentityProvider(
        fetcher, issuer=issuer.url, client=CLIENT, secret=SECRET, clock=ticks, close=client.aclose
    )
    yield assemble(api_doors, replace(web_doors, provider=provider), rate_limits=False)
    await provider.close()


@pytest.fixture
def own(application: FastAPI, frozen: FrozenClock) -> Browser:
    return browser(application, frozen)


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


async def go_out(anybody: Browser, **fields: str) -> str:
    """Press the button, and return the address at the issuer that the page leads on to."""
    page = await anybody.post("/sign-in/openid", **fields)
    assert page.status_code == 200
    found = _LEADS_ON.search(page.text)
    assert found
    return html.unescape(found[1])


async def proved(url: str) -> str:
    """Sign in at the issuer, and return the path that it sends the browser back to."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == "https://keng.example/sign-in/openid/return"
    return f"{back.path}?{back.query}"


async def attempt(anybody: Browser, **fields: str) -> httpx.Response:
    """Go out, sign in there and come back."""
    return await anybody.get(await proved(await go_out(anybody, **fields)))


async def give(anybody: Browser, code: str) -> httpx.Response:
    return await anybody.post("/sign-in/openid/code", page="/sign-in/openid/code", code=code)


async def link(anybody: Browser, who: Colleague) -> None:
    """Sign in the first time, with a code of the standing second factor, and sign out again."""
    assert (await attempt(anybody)).headers["location"] == "/sign-in/openid/code"
    who.clock.advance(seconds=30)
    assert (await give(anybody, who.code)).headers["location"] == "/desk"
    await anybody.post("/sign-out", page="/desk")


def why(answer: httpx.Response) -> str:
    """Return why nobody came in; the session must not be there."""
    assert SESSION not in answer.cookies
    assert answer.status_code == 303
    asked = urlsplit(answer.headers["location"])
    assert asked.path in {"/sign-in", "/en/sign-in"}
    return parse_qs(asked.query)["why"][0]


async def verbs(database: Database) -> list[tuple[str, Any]]:
    async with database.reading() as connection:
        rows = (await connection.execute(select(audit.c.verb, audit.c.details).order_by(audit.c.id))).all()
    return [(row.verb, row.details) for row in rows]


async def nobody_is_in(database: Database) -> bool:
    async with database.reading() as connection:
        return (await connection.execute(select(sessions))).first() is None


async def test_an_account_in_use_is_linked_once_by_its_own_code_and_then_the_issuer_is_enough(
    own: Browser, lan: Colleague, database: Database, issuer: OpenIdPeer
) -> None:
    await link(own, lan)
    issuer.person["email"] = "another@moit.gov.vn"
    issuer.person["email_verified"] = False
    answer = await attempt(own)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
    assert "lan@moit.gov.vn" in (await own.get("/desk/account")).text
    await own.post("/sign-out", page="/desk")
    assert (await own.get("/desk")).status_code == 303
    assert await verbs(database) == [
        ("link_identity", {"issuer": issuer.url}),
        ("sign_in", {"by": "openid", "factor": "code"}),
        ("sign_out", {}),
        ("sign_in", {"by": "openid", "factor": "issuer"}),
        ("sign_out", {}),
    ]
    async with database.reading() as connection:
        assert (await connection.execute(select(openid_requests))).first() is None


async def test_who_was_invited_comes_in_by_two_factors_of_the_issuer_and_the_mailed_link_ends(
    application: FastAPI, database: Database, frozen: FrozenClock, own: Browser, office: Office, issuer: OpenIdPeer
) -> None:
    chief = await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    above = browser(application, frozen)
    await above.sign_in(chief)
    await above.post("/desk/people", page="/desk/people", email="lan@moit.gov.vn", role="reader", language="vi")
    issuer.person["amr"] = ["pwd"]
    assert why(await attempt(own)) == "refused"
    issuer.person["amr"] = ["mfa"]
    assert (await attempt(own)).headers["location"] == "/desk"
    assert "Người đọc" in (await own.get("/desk/account")).text
    assert not await office.snapshot(account_links)
    page = (await above.get("/desk/people")).text
    assert "Đã liên kết" in page
    assert "Chưa nhận lời mời" not in page


async def test_a_page_that_was_wanted_comes_after_it_and_its_language_with_it(
    own: Browser, lan: Colleague, issuer: OpenIdPeer
) -> None:
    await link(own, lan)
    url = await go_out(own, next="/en/desk/account")
    assert (await own.get(await proved(url))).headers["location"] == "/en/desk/account"
    own.client.cookies.clear()
    issuer.changed = {"nonce": "another"}
    answer = await attempt(own, next="/en/desk/account")
    assert answer.headers["location"] == "/en/sign-in?why=unfinished&next=/en/desk/account"
    assert "was not completed" in (await own.get(answer.headers["location"])).text


@on_sqlite_only
@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/desk", "/desk//evil.example", "/\\evil"])
async def test_nobody_is_led_to_another_place(own: Browser, lan: Colleague, wanted: str) -> None:
    await link(own, lan)
    assert (await attempt(own, next=wanted)).headers["location"] == "/desk"


async def test_a_state_holds_once_and_in_its_own_browser_only(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague, issuer: OpenIdPeer
) -> None:
    await link(own, lan)
    back = await proved(await go_out(own))
    held = own.client.cookies[AWAY]
    stranger = browser(application, frozen)
    assert why(await stranger.get(back)) == "unfinished"
    await go_out(stranger)
    assert why(await stranger.get(back)) == "unfinished", "a cookie of its own opens no state of another"
    own.client.cookies.set(AWAY, held, domain="keng.example")
    assert (await own.get(back)).headers["location"] == "/desk"
    own.client.cookies.clear()
    own.client.cookies.set(AWAY, held, domain="keng.example")
    assert why(await own.get(back)) == "unfinished"
    assert len(issuer.asked("/token")) == 2


async def test_a_victims_browser_is_not_signed_in_with_an_attackers_code(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    await link(own, lan)
    attacker = browser(application, frozen)
    theirs = parse_qs(urlsplit(await proved(await go_out(attacker))).query)
    mine = parse_qs(urlsplit(await proved(await go_out(own))).query)
    crossed = urlencode({"code": theirs["code"][0], "state": mine["state"][0]})
    assert why(await own.get(f"/sign-in/openid/return?{crossed}")) == "unfinished", "PKCE binds the code to its sign-in"


async def test_two_at_once_with_one_state_let_one_in(own: Browser, lan: Colleague, database: Database) -> None:
    await link(own, lan)
    back = await proved(await go_out(own))
    answers = await asyncio.gather(*(own.get(back) for _ in range(4)))
    assert sum(answer.headers["location"] == "/desk" for answer in answers) == 1
    async with database.reading() as connection:
        assert len((await connection.execute(select(sessions))).all()) == 1


async def test_a_state_is_over_after_ten_minutes(
    own: Browser, lan: Colleague, database: Database, frozen: FrozenClock
) -> None:
    await link(own, lan)
    back = await proved(await go_out(own))
    frozen.advance(seconds=OPENID_HOLDS.total_seconds())
    assert why(await own.get(back)) == "unfinished"
    assert await sign_in.forget_old(database) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "n" * 64},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"], "azp": CLIENT},
        {"aud": None},
        {"azp": "another client"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "a\x00b"},
    ],
    ids=str,
)
@on_sqlite_only
async def test_a_token_with_a_false_claim_lets_nobody_in(
    own: Browser, lan: Colleague, database: Database, issuer: OpenIdPeer, changed: dict[str, Any]
) -> None:
    await link(own, lan)
    issuer.changed = changed
    assert why(await attempt(own)) == "unfinished"
    assert await nobody_is_in(database)


@on_sqlite_only
async def test_a_token_that_the_issuer_did_not_sign_lets_nobody_in(
    own: Browser, lan: Colleague, database: Database, issuer: OpenIdPeer
) -> None:
    await link(own, lan)
    for forge in (unsigned, signed_with_the_public_key, lambda _: "no.token.at all", lambda _: "x", lambda _: "é.é.é"):
        issuer.forge = forge
        assert why(await attempt(own)) == "unfinished"
    issuer.forge = None
    issuer.key = rsa_key("of somebody else")
    issuer.header = {"kid": "first"}
    assert why(await attempt(own)) == "unfinished"
    assert await nobody_is_in(database)


@on_sqlite_only
async def test_new_keys_are_fetched_once_for_an_unknown_one_and_not_for_every_unknown_one(
    own: Browser, lan: Colleague, issuer: OpenIdPeer, ticks: Ticks
) -> None:
    await link(own, lan)
    assert len(issuer.asked("/keys")) == 1
    issuer.key = rsa_key("never shown")
    for _ in range(3):
        assert why(await attempt(own)) == "unfinished"
    assert len(issuer.asked("/keys")) == 1, "the brake holds"
    ticks.now += BRAKE
    for _ in range(3):
        assert why(await attempt(own)) == "unfinished"
    assert len(issuer.asked("/keys")) == 2
    issuer.key, issuer.alg, issuer.shown = ec_key(), "ES256", [ec_key()]
    ticks.now += BRAKE
    assert (await attempt(own)).headers["location"] == "/desk"
    assert len(issuer.asked("/keys")) == 3
    assert len(issuer.asked("/.well-known/openid-configuration")) == 1


@on_sqlite_only
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(status=400, body=b'{"error": "invalid_grant"}'), "unfinished"),
        (Reply(status=200, body=b'{"access_token": "x"}'), "unfinished"),
        (Reply(status=200, body=b"[" * 100_000), "unfinished"),
        (Reply(status=302, headers={"Location": "https://evil.example/token"}), "unfinished"),
        (Reply(status=500, body=b"broken"), "unreachable"),
        (Reply(status=503, headers={"Retry-After": "60"}), "unreachable"),
    ],
    ids=["refused", "no token", "deep", "redirect", "broken", "busy"],
)
async def test_an_issuer_that_fails_ends_on_the_sign_in_page_with_a_sentence(
    own: Browser, lan: Colleague, issuer: OpenIdPeer, reply: Reply, said: str
) -> None:
    issuer.token_reply = reply
    answer = await attempt(own)
    assert why(answer) == said
    page = await own.get(answer.headers["location"])
    assert page.status_code == 200
    assert 'role="alert"' in page.text
    issuer.token_reply = None
    await link(own, lan)


@on_sqlite_only
async def test_an_issuer_that_names_itself_otherwise_or_unsafe_doors_is_not_asked(
    own: Browser, issuer: OpenIdPeer
) -> None:
    for metadata in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://user@evil.example/"},
        {"authorization_endpoint": None},
    ):
        issuer.metadata = metadata
        assert why(await own.post("/sign-in/openid")) == "unreachable", metadata
    issuer.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert why(await attempt(own)) == "refused", "the secret goes in the form where the issuer wants it there"


async def test_whoever_may_not_come_in_is_answered_alike(
    own: Browser, database: Database, frozen: FrozenClock, issuer: OpenIdPeer, lan: Colleague
) -> None:
    await hire(database, frozen, address="gone@moit.gov.vn", disabled_at=frozen())
    await link(own, lan)
    answers = []
    for person in (
        {"sub": "a", "email": "nobody@moit.gov.vn"},
        {"sub": "b", "email": "gone@moit.gov.vn"},
        {"sub": "c", "email": "lan@moit.gov.vn"},
        {"sub": "d", "email": "gone@moit.gov.vn", "email_verified": False},
        {"sub": "e", "email": "gone@moit.gov.vn", "email_verified": "true"},
        {"sub": "f", "email": "no address"},
        {"sub": "g", "email": None},
        {"sub": "h", "email": ["lan@moit.gov.vn"]},
    ):
        issuer.person = {"email_verified": True, "amr": BOTH} | person
        answer = await attempt(own)
        assert why(answer) == "refused", person
        answers.append((answer.status_code, answer.headers["location"], answer.text))
    assert len(set(answers)) == 1
    assert await nobody_is_in(database)
    async with database.reading() as connection:
        assert len((await connection.execute(select(accounts))).all()) == 2, "nobody is given an account"


async def test_who_is_disabled_stays_out_also_when_linked_and_at_the_second_step(
    own: Browser, lan: Colleague, office: Office
) -> None:
    await attempt(own)
    await sign_in.disable(office.database, lan.number, "left", "staff")
    lan.clock.advance(seconds=30)
    assert (await own.get("/sign-in/openid/code")).status_code == 303
    assert why(await give(own, lan.code)) == "unfinished"
    await sign_in.enable(office.database, lan.number, "back", "staff")
    await link(own, lan)
    await sign_in.disable(office.database, lan.number, "left", "staff")
    assert why(await attempt(own)) == "refused"


async def test_the_own_code_is_asked_for_where_the_issuer_asserts_no_two_factors(
    own: Browser, lan: Colleague, issuer: OpenIdPeer, frozen: FrozenClock
) -> None:
    await link(own, lan)
    issuer.person["amr"] = ["pwd"]
    assert (await attempt(own)).headers["location"] == "/sign-in/openid/code"
    assert (await own.get("/desk")).status_code == 303, "nobody is in yet"
    used = lan.code
    assert (await give(own, used)).status_code == 422, "a code that held once"
    assert (await give(own, "000000")).status_code == 422
    frozen.advance(seconds=30)
    assert (await give(own, lan.code)).headers["location"] == "/desk"
    frozen.advance(seconds=30)
    assert (await own.client.get("/sign-in/openid/code")).headers["location"] == "/sign-in"


async def test_codes_cannot_be_guessed_behind_the_issuer(
    application: FastAPI, frozen: FrozenClock, own: Browser, lan: Colleague
) -> None:
    await attempt(own)
    for _ in range(10):
        assert (await give(own, "000000")).status_code == 422
    assert (await give(own, lan.code)).status_code == 429
    another = browser(application, frozen, "192.0.2.9")
    await attempt(another)
    assert (await give(another, lan.code)).status_code == 429, "a new state brings no new tries"


async def test_a_recovery_code_stands_in_once(own: Browser, lan: Colleague) -> None:
    await attempt(own)
    assert (await give(own, lan.recovery_codes[0])).headers["location"] == "/desk"


async def test_an_administrator_parts_an_account_from_the_issuer_with_a_reason(
    application: FastAPI, database: Database, frozen: FrozenClock, own: Browser, lan: Colleague, issuer: OpenIdPeer
) -> None:
    chief = await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")
    above = browser(application, frozen)
    await above.sign_in(chief)
    await link(own, lan)
    await attempt(own)
    path = f"/desk/people/{lan.number}/unlink"
    assert (await above.post(path, page="/desk/people", because=" ")).status_code == 422
    done = await above.post(path, page="/desk/people", because="a new account there")
    assert done.headers["location"] == "/desk/people?done=unlinked"
    assert (await own.get("/desk")).status_code == 303, "the session ended"
    issuer.person["sub"] = "another"
    await link(own, lan)


@on_sqlite_only
@pytest.mark.usefixtures("lan")
async def test_an_account_linked_to_another_issuer_is_not_opened_by_the_same_name_here(
    own: Browser, database: Database, issuer: OpenIdPeer
) -> None:
    async with database.writing() as connection:
        values = {"openid_issuer": "https://former.example", "openid_subject": issuer.person["sub"]}
        await connection.execute(accounts.update().values(**values))
    assert why(await attempt(own)) == "refused"


@on_sqlite_only
async def test_forged_forms_and_plain_addresses_begin_nothing(own: Browser, office: Office) -> None:
    assert (await own.client.post("/sign-in/openid", headers=own.said)).status_code == 403
    cross = {"Sec-Fetch-Site": "cross-site"}
    data = {"form_token": await own.token()}
    assert (await own.client.post("/sign-in/openid", data=data, headers=cross)).status_code == 403
    assert (await own.client.get("/sign-in/openid")).status_code == 405
    for query in (
        "",
        "?code=x",
        f"?state={new_token()}",
        f"?state={new_token()}&code=x",
        "?error=access_denied&state=",
    ):
        assert why(await own.get(f"/sign-in/openid/return{query}")) == "unfinished"
    assert not await office.snapshot(openid_requests)


@on_sqlite_only
async def test_who_does_not_agree_there_is_told_so_and_another_issuers_answer_is_none(
    own: Browser, issuer: OpenIdPeer
) -> None:
    for answer in ({"error": "access_denied"}, {"code": "x", "iss": "https://evil.example"}, {}):
        state = parse_qs(urlsplit(await go_out(own)).query)["state"][0]
        assert why(await own.get(f"/sign-in/openid/return?{urlencode({'state': state, **answer})}")) == "unfinished"
    assert not issuer.asked("/token")


@on_sqlite_only
async def test_starting_again_and_again_is_braked_for_a_network(own: Browser) -> None:
    token = await own.token()
    asked = [
        (await own.client.post("/sign-in/openid", data={"form_token": token}, headers=own.said)).status_code
        for _ in range(31)
    ]
    assert asked == [200] * 30 + [429]


@on_sqlite_only
async def test_no_token_code_or_secret_stands_in_a_log_in_the_database_or_in_a_referrer(
    own: Browser, issuer: OpenIdPeer, office: Office
) -> None:
    written = io.StringIO()
    configure_logging(stream=written)
    url = await go_out(own)
    held, asked = own.client.cookies[AWAY], parse_qs(urlsplit(url).query)
    kept = str(await office.snapshot(openid_requests))
    back = await proved(url)
    issuer.token_reply = Reply(status=400, body=b'{"error": "invalid_grant \\u0000 eyJhbGciOi"}')
    answer = await own.get(back)
    secrets = [held, asked["state"][0], asked["nonce"][0], parse_qs(urlsplit(back).query)["code"][0], SECRET]
    assert answer.headers["referrer-policy"] == "no-referrer"
    shown = written.getvalue()
    assert "openid_refused" in shown
    assert not [one for one in [*secrets, "eyJhbGciOi"] if one in shown + kept + answer.headers["location"]]
    given = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(AWAY))
    assert "Max-Age=0" in given


@on_sqlite_only
async def test_the_cookie_of_who_is_away_is_short_and_out_of_reach(own: Browser) -> None:
    page = await own.post("/sign-in/openid")
    (given,) = (one for one in page.headers.get_list("set-cookie") if one.startswith(AWAY))
    attributes = {part.strip().lower() for part in given.split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax", "max-age=1200"} <= attributes
    assert "form-action 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"


@on_sqlite_only
async def test_without_an_issuer_there_is_no_such_way(
    api_doors: ApiDoors, web_doors: WebDoors, frozen: FrozenClock
) -> None:
    own = browser(assemble(api_doors, web_doors, rate_limits=False), frozen)
    assert "tài khoản của Bộ" not in (await own.get("/sign-in")).text
    assert (await own.post("/sign-in/openid")).status_code == 404
    for path in ("/sign-in/openid/return?state=x&code=y", "/sign-in/openid/code"):
        assert (await own.get(path)).status_code == 404
