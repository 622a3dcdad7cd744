"""The register, the figures and the health of the desk in headless Chromium: accessible, and fitting, in every window."""

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.domain.access import Role
from app.domain.alarms import Alarm, Check, Finding
from app.domain.deliveries import Unknown
from app.domain.organisations import Organisation, Responsibility
from app.flow import alarms, feedback, mend, organisations, upkeep
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode, visiting
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.staff import browser as client_of
from tests.staff import hire
from tests.surfaces.conftest import on_sqlite_only

VITAS = "vitas@example.org"
SYMBOL = "G/TBT/N/USA/1"
WINDOWS: list[tuple[int, Mode]] = [(360, "light"), (1280, "dark")]
PAGES = (
    "/desk/register",
    f"/desk/register?notice={SYMBOL}&organisation=vitas_textile",
    f"/desk/register?notice={SYMBOL}&organisation=lefaso",
    "/desk/register?notice=G/TBT/N/USA/99",
    "/desk/figures?from=2026-01-01&to=2026-12-31",
    "/desk/figures?from=2026-03-01&to=2026-01-01",
    "/desk/health",
    "/desk/health/visits",
    "/desk/health/undecided",
    "/desk/health/suppressions",
)


@pytest.fixture
async def furnished(office: Office, frozen: FrozenClock) -> None:
    """What the pages show: one who was told, one who was not, a mail that waits for a person, an alarm, a hold, a job."""
    await office.settled_baseline()
    for key, name in (("vitas_textile", "Hiệp hội Dệt may Việt Nam"), ("lefaso", "Hiệp hội Da giầy - Túi xách")):
        one = Organisation(key=key, name_vi=name, sectors=(("textiles", Responsibility.PRIMARY),))
        await organisations.save(office.database, one, "clerk", {"textiles"})
    await office.enrol(VITAS, sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    for key, mailbox in (("vitas_textile", VITAS), ("lefaso", "lefaso@example.org")):
        await organisations.add_contact(office.database, key, address(mailbox), "", "clerk", [KEY])
    # Footwear's address stays unproved: what it got is nobody's but its own.
    await organisations.verify(office.database, "vitas_textile", address(VITAS), "họ gọi điện", "danh bạ", "clerk")
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()
    frozen.advance(minutes=10)
    await office.pull(a_page(a_record("G/TBT/N/USA/2")))
    office.mailer.answers = [Unknown("line broke"), Unknown("line broke")]
    await office.deliver()
    await feedback.suppress(office.database, "lefaso@example.org", "asked by telephone", "clerk")
    await alarms.note(office.database, [Finding(Check.NEEDS_HUMAN, "instant", 1)], [Alarm.NEEDS_HUMAN])
    await mend.hold(office.database, "review", "complaints are looked into", "clerk")
    await upkeep.beat(office.database, "seal", 60, None)
    await upkeep.beat(office.database, "process", 5, "disk full")


@on_sqlite_only
@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("width", "mode"), WINDOWS)
async def test_the_pages_are_accessible_and_fit(
    browser: Browser, application: FastAPI, office: Office, frozen: FrozenClock, width: int, mode: Mode
) -> None:
    clerk = client_of(application, frozen)
    await clerk.sign_in(await hire(office.database, frozen, Role.EDITOR))
    async with visiting(browser, clerk.client, width=width, mode=mode) as page:
        for path in PAGES:
            for prefix in ("", "/en"):
                await page.goto(f"https://keng.example{prefix}{path}")
                assert await faults(page) == [], path
                assert not await overflows(page), path


@on_sqlite_only
@pytest.mark.usefixtures("furnished")
async def test_the_register_is_asked_by_keyboard_alone(
    browser: Browser, application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    clerk = client_of(application, frozen)
    await clerk.sign_in(await hire(office.database, frozen, Role.EDITOR))
    async with visiting(browser, clerk.client) as page:
        await page.goto("https://keng.example/desk/register")
        await page.locator("#who").focus()
        await page.keyboard.type("vitas_textile")
        await page.keyboard.press("Tab")
        await page.keyboard.type(SYMBOL)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/desk/register?organisation=vitas_textile*")
        assert "Có. Máy chủ thư đã nhận" in await page.locator("main").inner_text()
