"""Every part and every standing page in headless Chromium: light and dark, wide and narrow, in both languages."""

from datetime import date

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, Page

from app.domain.sectors import Evidence, Label, Role
from app.domain.subscriptions import Frequency, Language
from app.store.database import Database
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests import staff
from tests.conftest import FrozenClock
from tests.design import gallery
from tests.design.accessibility import STANDARD, faults, overflows
from tests.design.browser import Mode, visiting
from tests.design.sample_mails import bodies
from tests.office import KEY, Office
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, happen, keep, label, regular
from tests.waiting import furnish_desk, wait

WINDOWS: list[tuple[int, Mode]] = [(360, "light"), (1280, "dark")]
MANAGED = f"/manage/{sign(MANAGE, 1, KEY)}"
PAGES = (
    "/",
    "/notices/G/TBT/N/USA/1",
    "/measures/G/TBT/N/USA/1",
    "/nothing",
    "/manage",
    MANAGED,
    f"{MANAGED}/data",
    f"/u/{sign(UNSUBSCRIBE, 1, KEY)}?subscription=1",
    "/confirm/x",
)
DESK_PAGES = ("/desk", "/desk?tab=mine&q=%21", "/desk?area=SPS&member=VNM", "/desk/account")


@pytest.fixture
async def furnished(database: Database, office: Office) -> None:
    """What the pages show: a thread with an urgent deadline, its sorting and events, and somebody who reads it."""
    number = await keep(
        database,
        regular("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 5), products="Footwear", hs=("64",)),
        sorted_at=STORED_AT,
    )
    ground = Evidence("products", 0, 8, "Footwear", "footwear/strong/en/footwear", 0.75)
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.95, (ground,) * 6)])
    await happen(database, number, "notified", happened_on=date(2026, 2, 20))
    await keep(database, regular("G/TBT/N/USA/2"))
    for sector in ("textiles", "footwear"):
        await office.enrol("nga@hiephoi.vn", Frequency.DAILY, sectors=(sector,))


@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_every_part_in_every_state_is_accessible_and_fits(browser: Browser, width: int, mode: Mode) -> None:
    transport = httpx.ASGITransport(gallery.application())
    async with (
        httpx.AsyncClient(transport=transport, base_url="https://keng.example") as client,
        visiting(browser, client, width=width, mode=mode) as page,
    ):
        for prefix in ("", "/en"):
            await page.goto(f"https://keng.example{prefix}{gallery.ADDRESS}")
            assert await faults(page) == []
            assert not await overflows(page)


@on_sqlite_only
@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_every_standing_page_is_accessible_and_fits(
    browser: Browser, client: httpx.AsyncClient, width: int, mode: Mode
) -> None:
    async with visiting(browser, client, width=width, mode=mode) as page:
        for path in PAGES:
            for prefix in ("", "/en"):
                await page.goto(f"https://keng.example{prefix}{path}")
                assert await faults(page) == [], path
                assert not await overflows(page), path


@on_sqlite_only
@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_every_page_of_the_desk_is_accessible_and_fits(
    browser: Browser, application: FastAPI, database: Database, frozen: FrozenClock, width: int, mode: Mode
) -> None:
    await furnish_desk(database)
    own = staff.browser(application, frozen)
    await own.sign_in(await staff.hire(database, frozen))
    async with visiting(browser, own.client, width=width, mode=mode) as page:
        for path in DESK_PAGES:
            for prefix in ("", "/en"):
                await page.goto(f"https://keng.example{prefix}{path}")
                assert await faults(page) == [], path
                assert not await overflows(page), path


async def tab_to(page: Page, wanted: str) -> None:
    """Go on from field to field, each of which shows where one is, up to the one with this id or these words."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        found, outline = await page.evaluate(
            "(one => [one.id || one.innerText, getComputedStyle(one).outlineStyle])(document.activeElement)"
        )
        assert outline == "solid", found
        if found == wanted:
            return
    raise AssertionError(wanted)


@on_sqlite_only
async def test_the_queue_is_worked_by_keyboard_alone(
    browser: Browser, application: FastAPI, database: Database, frozen: FrozenClock
) -> None:
    await wait(database, 1)
    own = staff.browser(application, frozen)
    await own.sign_in(await staff.hire(database, frozen))
    async with visiting(browser, own.client) as page:
        await page.goto("https://keng.example/desk")
        await tab_to(page, "pick-1")
        await page.keyboard.press("Space")
        await tab_to(page, "because")
        await page.keyboard.type("không liên quan")
        await tab_to(page, "Xếp lại")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/queue/set-aside")
        assert "Đã xếp lại 1 thông báo." in await page.locator("main").inner_text()


@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_every_mail_is_accessible_and_fits(browser: Browser, width: int, mode: Mode) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=mode)
    for language in Language:
        for name, html in bodies(language):
            await page.set_content(html)
            assert await faults(page, STANDARD) == [], name
            assert not await overflows(page), name


async def test_what_is_wrong_is_found(browser: Browser) -> None:
    page = await browser.new_page(viewport={"width": 360, "height": 900})
    await page.set_content('<p style="width: 500px; color: #999; background: #fff">Chữ nhạt</p><img src="data:,">')
    found = " ".join(await faults(page))
    assert {"color-contrast", "image-alt"} <= {rule for rule in ("color-contrast", "image-alt") if rule in found}
    assert await overflows(page)


@on_sqlite_only
async def test_pages_are_set_in_their_own_font(browser: Browser, client: httpx.AsyncClient) -> None:
    async with visiting(browser, client) as page:
        await page.goto("https://keng.example/")
        await page.evaluate("document.fonts.ready")
        loaded = await page.evaluate("[...document.fonts].filter(one => one.status == 'loaded').map(one => one.weight)")
        assert sorted(set(loaded)) == ["400", "600"]


@on_sqlite_only
async def test_the_keyboard_finds_the_content_first_and_sees_where_it_is(
    browser: Browser, client: httpx.AsyncClient
) -> None:
    async with visiting(browser, client) as page:
        await page.goto("https://keng.example/")
        await page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert await skip.get_attribute("href") == "#main"
        assert await skip.evaluate("one => one.getBoundingClientRect().left >= 0")
        assert await skip.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.locator(":focus").evaluate("one => one.closest('header') === null")
