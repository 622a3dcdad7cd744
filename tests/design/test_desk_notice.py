"""The desk's page of one notice in headless Chromium: every view, wide and narrow, in both languages, and by keyboard."""

from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.domain.access import Role
from app.domain.boxes import original_mark
from app.domain.sectors import Evidence, Label
from app.domain.sectors import Role as Standing
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode, visiting
from tests.office import Office
from tests.staff import Browser as Visitor
from tests.staff import browser as visitor
from tests.staff import hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import label

REF = "G/TBT/N/USA/1"
PAGE = f"/desk/notices/{REF}"
PRODUCTS = "Footwear with uppers of leather; cotton socks"
VIEWS = ("", "?view=measure", "?view=alert")


@pytest.fixture
async def signed_in(application: FastAPI, frozen: FrozenClock, database: Database, office: Office) -> Visitor:
    """An approver before a notice with two sectors, one of its boxes translated and open again."""
    goods: dict[str, Any] = {"products": PRODUCTS, "hs": ("64", "6115"), "objectives": ("Other", "Peace of mind")}
    titles: dict[str, Any] = {"titles": (("en", "Draft measure"), ("es", "Proyecto de medida"))}
    await office.settled_baseline()
    await office.pull(a_page(a_record(REF, comment_deadline=date(2026, 3, 5), **goods, **titles)))
    await office.process()
    shoes = Evidence("products", 0, 8, "Footwear", "footwear/strong/en/footwear", 0.75)
    socks = Evidence("products", 33, 45, "cotton socks", "textiles/strong/en/sock", 0.75)
    await label(database, 1, [Label("footwear", Standing.PRIMARY, 0.95, (shoes,))])
    await label(database, 1, [Label("textiles", Standing.RELATED, 0.6, (socks, shoes))])
    await office.pull(a_page(a_record("G/TBT/N/USA/2"), a_record(f"{REF}/Add.1", description="New date."), body=b"2"))
    await office.process()
    opened = visitor(application, frozen)
    await opened.sign_in(await hire(database, frozen, Role.APPROVER))
    form = {"box": "products", "number": "0", "original": original_mark(PRODUCTS), "text": "Giày da; tất bông"}
    assert (await opened.post(f"{PAGE}/boxes", page=PAGE, **form)).status_code == 303
    later = PRODUCTS.replace("cotton", "woollen")
    await office.pull(
        a_page(a_record(REF, comment_deadline=date(2026, 3, 6), **goods | {"products": later}, **titles), body=b"3")
    )
    return opened


@on_sqlite_only
@pytest.mark.parametrize(("width", "mode"), [(360, "light"), (1280, "dark")])
async def test_every_view_of_a_notice_is_accessible_and_fits(
    browser: Browser, signed_in: Visitor, width: int, mode: Mode
) -> None:
    async with visiting(browser, signed_in.client, width=width, mode=mode) as page:
        for view in VIEWS:
            for prefix in ("", "/en"):
                answer = await page.goto(f"https://keng.example{prefix}{PAGE}{view}")
                assert answer is not None
                assert answer.ok, view
                assert await faults(page) == [], view
                assert not await overflows(page), view


@on_sqlite_only
async def test_a_box_is_written_by_keyboard_alone(browser: Browser, signed_in: Visitor) -> None:
    async with visiting(browser, signed_in.client) as page:
        await page.goto(f"https://keng.example{PAGE}")
        await page.locator("#text-title").focus()
        await page.keyboard.type("Dự thảo")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{PAGE}?view=boxes&done=written")
        assert await page.locator("#box-title .stored").last.inner_text() == "Dự thảo"
