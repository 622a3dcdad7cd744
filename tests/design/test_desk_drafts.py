"""A machine's draft on the page of a notice in headless Chromium: before it was asked for, and what stands out in it."""

from dataclasses import replace

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.domain.access import Role
from app.domain.boxes import original_mark
from app.store.database import Database
from app.web.doors import WebDoors
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode, visiting
from tests.office import Office
from tests.staff import Browser as Visitor
from tests.staff import browser as visitor
from tests.staff import hire
from tests.surfaces.conftest import on_sqlite_only

REF = "G/TBT/N/USA/1"
PAGE = f"/desk/notices/{REF}"
DESCRIPTION = (
    "This draft technical regulation, notified as G/TBT/N/USA/1/Add.2, limits formaldehyde in textiles to 75 mg/kg from "
    "15 March 2027 on. See https://www.federalregister.gov/documents/2026/01/15/2026-00123/labelling-of-textiles."
)


async def machine(_text: str, _tongue: str) -> str:
    return (
        "Dự thảo quy định này, thông báo theo mã G/TBT/N/USA/1, giới hạn formaldehyde trong hàng dệt và da giày ở mức "
        "750 mg/kg kể từ ngày 15/04/2027. Xem https://www.federalregister.gov/."
    )


@pytest.fixture
def web_doors(web_doors: WebDoors) -> WebDoors:
    return replace(web_doors, drafter=machine)


@pytest.fixture
async def signed_in(application: FastAPI, frozen: FrozenClock, database: Database, office: Office) -> Visitor:
    """An editor before a notice whose description was drafted by a machine that is often wrong."""
    await office.settled_baseline()
    await office.pull(a_page(a_record(REF, description=DESCRIPTION)))
    await office.process()
    opened = visitor(application, frozen)
    await opened.sign_in(await hire(database, frozen, Role.EDITOR, "lan.nguyen@moit.gov.vn"))
    form = {"box": "description", "number": "0", "original": original_mark(DESCRIPTION)}
    assert (await opened.post(f"{PAGE}/boxes/draft", page=PAGE, **form)).status_code == 303
    return opened


@on_sqlite_only
@pytest.mark.parametrize(("width", "mode"), [(360, "light"), (1280, "dark")])
async def test_a_draft_and_what_stands_out_in_it_are_accessible_and_fit(
    browser: Browser, signed_in: Visitor, width: int, mode: Mode
) -> None:
    async with visiting(browser, signed_in.client, width=width, mode=mode) as page:
        for prefix in ("", "/en"):
            answer = await page.goto(f"https://keng.example{prefix}{PAGE}")
            assert answer is not None
            assert answer.ok
            assert await page.locator("#box-description .doubts li").count() >= 6
            assert await page.locator("form[action$='/boxes/draft'] button").count() == 2
            assert await faults(page) == []
            assert not await overflows(page)
