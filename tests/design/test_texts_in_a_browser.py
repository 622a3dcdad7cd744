"""The room of texts in headless Chromium: accessible and fitting, wide and narrow, in both languages and in each state."""

from collections.abc import Sequence
from datetime import date

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.domain.access import Role
from app.domain.publishing import TextKind
from app.domain.sectors import Label
from app.domain.sectors import Role as LabelRole
from app.flow import publish as flow
from app.flow.publish import By, TextDesk, Wanted
from app.store.database import Database
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode, visiting
from tests.staff import browser as window
from tests.staff import hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, keep, label, regular
from tests.texts.real_notices import a_desk

WINDOWS: list[tuple[int, Mode]] = [(360, "light"), (1280, "dark")]
REASON = "một lý do đủ dài để ai cũng hiểu được"
LISTS = ("/desk/texts", "/desk/texts?state=in_review", "/desk/texts?state=withdrawn", "/desk/texts/new?kind=letter")


async def furnished(database: Database, writer: By, other: By) -> Sequence[str]:
    """Write a text for each state that looks different, and return their addresses."""
    desk = TextDesk(database, a_desk, 21, "keng.example")
    found = []
    for number, last in enumerate(("faults", "submitted", "glass", "corrected"), start=1):
        ref = f"G/TBT/N/USA/{number}"
        content = regular(ref, comment_deadline=date(2026, 3, 5), products="Footwear", hs=("64",))
        kept = await keep(database, content, sorted_at=STORED_AT, sure=True)
        await label(database, kept, [Label("footwear", LabelRole.PRIMARY, 0.95, ())])
        text = await flow.begin(desk, Wanted(kind=TextKind.ARTICLE, ref=ref), writer)
        said = "Xuất sang Đài Loan." if last == "faults" else "Doanh nghiệp phải đổi nhãn giày."
        await flow.write(desk, text, 1, {"impact": said}, writer)
        if last != "faults":
            await flow.submit(desk, text, 2, writer)
        if last == "glass":
            await flow.approve(desk, text, 2, writer, because=REASON, break_glass=True)
        if last == "corrected":
            await flow.approve(desk, text, 2, other)
            await flow.publish(desk, text, 2, other)
            await flow.reopen(desk, text, 2, REASON, writer)
        found.append(f"/desk/texts/{text}")
    return found


@on_sqlite_only
@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_every_page_of_texts_is_accessible_and_fits(
    browser: Browser, application: FastAPI, database: Database, frozen: FrozenClock, width: int, mode: Mode
) -> None:
    writer = await hire(database, frozen, Role.APPROVER, "an@moit.gov.vn")
    other = await hire(database, frozen, Role.APPROVER, "binh@moit.gov.vn")
    pages = await furnished(database, By(writer.number, writer.actor), By(other.number, other.actor))
    own = window(application, frozen)
    await own.sign_in(writer)
    async with visiting(browser, own.client, width=width, mode=mode) as page:
        for path in (*LISTS, *pages):
            for prefix in ("", "/en"):
                await page.goto(f"https://keng.example{prefix}{path}")
                assert await faults(page) == [], path
                assert not await overflows(page), path
