"""T20: led to another site, framed, sniffed, and read from a cache after signing out (SE-08, SE-19)."""

import re
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Frame

from app.domain.access import Role
from app.store.database import Database
from app.web.dress import A_YEAR
from app.web.pages import POLICY
from tests import staff
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import hire
from tests.stories.commands import until
from tests.surfaces.conftest import asking, on_sqlite_only
from tests.surfaces.threats.sites import Sites, sign_in
from tests.surfaces.threats.test_t19_hosts import every_page

ELSEWHERE = (
    "//evil.example",
    "///evil.example",
    "////evil.example/desk",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "//evil.example/desk",
    "https:evil.example",
    "https:/evil.example",
    "https://evil.example",
    "HTTPS://evil.example/desk",
    "http://evil.example/desk",
    "ftp://evil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)//desk",
    "data:text/html,x",
    "%2F%2Fevil.example",
    "%2f%2fevil.example/desk",
    "/%2Fevil.example",
    "/%5Cevil.example",
    "%5C%5Cevil.example",
    "https%3A%2F%2Fevil.example",
    "/desk//evil.example",
    "/desk/..//evil.example",
    "/desk/../..//evil.example",
    "/desk/../sign-out",
    "/desk/%2e%2e/sign-out",
    "/desk/%2E./manage",
    "/desk/./../api/v1/events",
    "/desk@evil.example",
    "/desk.evil.example",
    "/deskevil",
    "keng.example.evil.example/desk",
    "https://keng.example@evil.example/desk",
    "https://keng.example.evil.example/desk",
    "https://keng.example/desk",
    "/desk\r\nLocation: https://evil.example",
    "/desk%0d%0aLocation:%20https://evil.example",
    "/desk#//evil.example",
    "/desk?next=https://evil.example",
    "/desk;//evil.example",
    "/en//evil.example",
    "/en/desk/..//evil.example",
    "／／evil.example",
    "/desk／evil.example",
    "//evil。example",
    "//[::1]/desk",
    "//2130706433/",
    "..//evil.example",
    "?//evil.example",
    "",
)


@on_sqlite_only
async def test_t20_forty_and_more_spellings_lead_nowhere_but_to_the_desk(
    application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    assert len(set(ELSEWHERE)) >= 40
    who = await hire(database, frozen)
    for wanted in ELSEWHERE:
        own = staff.browser(application, frozen)
        led = (await own.sign_in(who, next=wanted)).headers["location"]
        assert led == "/desk", wanted
        shown = await own.client.get("/sign-in", params={"next": wanted})
        assert shown.headers["location"] == "/desk", wanted
        outside = await staff.browser(application, frozen).client.get("/sign-in", params={"next": wanted})
        assert "evil" not in outside.text, wanted


@on_sqlite_only
@pytest.mark.sockets
async def test_t20_a_real_browser_stays_with_us_wherever_it_was_to_be_led(
    browser: Browser, sites: Sites, database: Database, frozen: FrozenClock
) -> None:
    who = await hire(database, frozen)
    context = await browser.new_context()
    page = await context.new_page()
    await sign_in(page, sites, who)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    for wanted in ELSEWHERE:
        await page.goto(f"{sites.keng}/sign-in?next={quote(wanted, safe='')}")
        assert page.url == f"{sites.keng}/desk", wanted
    assert all(one.startswith(sites.keng) for one in asked)
    await context.close()


@on_sqlite_only
@pytest.mark.sockets
async def test_t20_nobody_frames_a_page_and_nothing_is_left_of_it_after_signing_out(
    browser: Browser, sites: Sites, database: Database, frozen: FrozenClock
) -> None:
    who = await hire(database, frozen)
    context = await browser.new_context()
    page = await context.new_page()
    await sign_in(page, sites, who)
    for whose in (sites.stranger, sites.neighbour):
        await page.goto(whose)
        for path in ("/desk/account", "/sign-in", "/", "/manage"):
            await page.evaluate(
                """url => new Promise(resolve => {
                  const frame = document.createElement("iframe")
                  frame.addEventListener("load", resolve)
                  frame.src = url
                  document.body.append(frame)
                })""",
                sites.keng + path,
            )
        framed = [one for one in page.frames if one != page.main_frame]
        assert len(framed) == 4
        # The browser tells of a frame's address by itself, which may be after the frame has loaded.
        await until(partial(_have_addresses, framed))
        assert all(one.url.startswith("chrome-error:") for one in framed), [one.url for one in framed]
    await page.goto(f"{sites.keng}/desk/account")
    assert who.address in await page.content()
    await page.click("form[action='/sign-out'] button")
    await page.wait_for_url("**/sign-in")
    await page.go_back(wait_until="load")
    assert who.address not in await page.content()
    await context.close()


def _have_addresses(frames: Sequence[Frame]) -> bool:
    return all(frame.url for frame in frames)


@on_sqlite_only
async def test_t20_every_answer_says_how_it_is_to_be_taken(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    own = staff.browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, Role.APPROVER))
    for path in await every_page(application, office, frozen):
        for who in (own.client, asking(application)):
            answer = await who.get(path)
            headers, kind = answer.headers, answer.headers.get("content-type", "")
            assert headers.get("x-content-type-options") == "nosniff", path
            if kind.startswith("text/html") and not path.startswith("/api/docs"):
                assert headers["content-security-policy"] == POLICY, path
                assert headers["strict-transport-security"] == f"max-age={A_YEAR}", path
                assert headers["referrer-policy"] == "no-referrer", path
            if re.match(r"/(desk|sign-in|manage|confirm|contact|move|u)\b", path):
                assert headers["cache-control"] == "no-store", path
    assert A_YEAR >= 365 * 24 * 3600
    assert all(one in POLICY for one in ("default-src 'none'", "object-src 'none'", "base-uri 'none'"))
    assert "frame-ancestors 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "script" not in POLICY
