"""Signing in by an issuer in Chromium, over real sockets on both sides, under the pages' own policy and without a script."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from threading import Thread

import pytest
import uvicorn
from playwright.async_api import Browser, Page

from app.api.doors import ApiDoors
from app.main import assemble
from app.sources.fetch import Fetcher, open_client
from app.sources.openid import LIMITS, IdentityProvider
from app.store.database import Database
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import PATIENCE
from tests.peers.openid_peer import CLIENT, SECRET, OpenIdPeer
from tests.staff import Colleague, hire
from tests.surfaces.conftest import on_sqlite_only

pytestmark = pytest.mark.sockets

BUTTONS = {"": "Đăng nhập bằng tài khoản của Bộ", "/en": "Sign in with your Ministry account"}


@pytest.fixture
async def issuer(frozen: FrozenClock) -> AsyncIterator[OpenIdPeer]:
    """An issuer that leaves the proof to another origin, and asks there before it sends anybody back."""
    async with OpenIdPeer(frozen, asks_first=True) as opened:
        opened.person = {"sub": "1", "email": "lan@moit.gov.vn", "email_verified": True, "amr": ["mfa"]}
        yield opened


@pytest.fixture
def site(
    database_url: str, frozen: FrozenClock, api_doors: ApiDoors, web_doors: WebDoors, issuer: OpenIdPeer
) -> Iterator[str]:
    """Kẻng served on loopback, with a database and a line to the issuer of its own; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    own, client = Database(database_url, clock=frozen), open_client(LIMITS)
    provider = IdentityProvider(
        Fetcher(client, limits=LIMITS), issuer=issuer.url, client=CLIENT, secret=SECRET, close=client.aclose
    )
    letterhead = replace(web_doors.letterhead, base_url=url)
    application = assemble(
        replace(api_doors, database=own, desk=replace(api_doors.desk, database=own)),
        replace(web_doors, database=own, letterhead=letterhead, provider=provider),
    )
    serving = uvicorn.Server(uvicorn.Config(application, log_config=None, access_log=False, proxy_headers=False))
    thread = Thread(target=lambda: asyncio.run(serving.serve(sockets=[listener])), daemon=True)
    thread.start()
    yield url
    serving.should_exit = True
    thread.join()


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Page]:
    """A window without scripts."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield await context.new_page()
    await context.close()


async def proved(window: Page, begin: str, button: str) -> None:
    """Press the button, be led to the issuer and on to another origin, and say there who one is."""
    await window.goto(begin)
    await window.get_by_role("button", name=button).click()
    await window.wait_for_url("http://localhost:*/**")
    await window.get_by_role("link", name="That is me").click()


async def test_somebody_goes_to_the_issuer_and_comes_back_without_a_script_and_under_the_policy(
    window: Page, site: str, lan: Colleague, issuer: OpenIdPeer
) -> None:
    await proved(window, f"{site}/sign-in?next=/desk/account", BUTTONS[""])
    await window.wait_for_url(f"{site}/sign-in/openid/code")
    lan.clock.advance(seconds=30)
    await window.get_by_label("Mã xác thực").fill(lan.code)
    await window.get_by_role("button", name="Đăng nhập").click()
    await window.wait_for_url(f"{site}/desk/account")
    await window.get_by_role("button", name="Đăng xuất", exact=True).click()
    await proved(window, f"{site}/en/sign-in?next=/en/desk/account", BUTTONS["/en"])
    await window.wait_for_url(f"{site}/en/desk/account")
    assert all("referer" not in request.headers for request in issuer.asked("/authorize"))


@on_sqlite_only
@pytest.mark.usefixtures("lan")
@pytest.mark.parametrize("width", [360, 1280])
async def test_its_pages_are_accessible_and_fit(browser: Browser, site: str, width: int) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE)
    for prefix, button in BUTTONS.items():
        for why in ("refused", "unfinished", "unreachable"):
            await page.goto(f"{site}{prefix}/sign-in?why={why}")
            assert (await faults(page), await overflows(page)) == ([], False)
        await proved(page, f"{site}{prefix}/sign-in?next={prefix}/desk", button)
        await page.wait_for_url(f"{site}{prefix}/sign-in/openid/code")
        assert (await faults(page), await overflows(page)) == ([], False)
    await page.close()


@on_sqlite_only
@pytest.mark.parametrize("width", [360, 1280])
async def test_the_page_that_leads_on_is_accessible_and_fits(
    browser: Browser, site: str, issuer: OpenIdPeer, width: int
) -> None:
    issuer.metadata = {"authorization_endpoint": f"{issuer.url}/nothing"}
    page = await browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE)
    for prefix, button in BUTTONS.items():
        await page.goto(f"{site}{prefix}/sign-in")
        await page.get_by_role("button", name=button).click()
        await page.wait_for_url(f"{site}{prefix}/sign-in/openid")
        assert (await faults(page), await overflows(page)) == ([], False)
    await page.close()
