"""The rooms for organisations, the rules and warnings in headless Chromium, as those see them who may change them."""

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser

from app.bootstrap import open_form
from app.domain.access import Role
from app.domain.organisations import Organisation, Responsibility
from app.domain.sectors import Label
from app.domain.sectors import Role as SectorRole
from app.flow import ingest, organisations
from tests.conftest import FrozenClock
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode, visiting
from tests.design.test_in_a_browser import WINDOWS
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.staff import browser as own_browser
from tests.staff import hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, keep, label, regular

ROOMS = {
    Role.EDITOR: (
        "/desk/recipients",
        "/desk/recipients?q=zzz",
        "/desk/recipients/_new",
        "/desk/recipients/vitas_textile",
        "/desk/warnings",
        "/desk/warnings/new",
        "/desk/warnings/2",
        "/desk/warnings/2/edit",
    ),
    Role.ADMINISTRATOR: ("/desk/taxonomy", "/desk/taxonomy/edit"),
}
WARNING = {
    "source": "trade-office",
    "key": "stockholm-2026-11",
    "language": "vi",
    "title": "Thụy Điển siết kiểm tra hàng dệt may",
    "members": ("EU",),
    "published": "2026-03-01",
}


@pytest.fixture
async def furnished(office: Office) -> None:
    """What the rooms show: an association with two addresses and a notice that it would get, and a warning that waits."""
    number = await keep(office.database, regular("G/TBT/N/USA/7", products="Fabrics"), sorted_at=STORED_AT)
    await label(office.database, number, [Label("textiles", SectorRole.PRIMARY, 0.95, ())])
    one = Organisation(
        key="vitas_textile",
        abbreviation="VITAS",
        name_vi="Hiệp hội Dệt may Việt Nam",
        sectors=(("textiles", Responsibility.PRIMARY),),
        hs=("61", "62"),
    )
    await organisations.save(office.database, one, "clerk", {"textiles"})
    for name in ("vanphong", "mot-hop-thu-co-ten-rat-dai-cua-chanh-van-phong"):
        mailbox = address(f"{name}@hiephoi.example")
        await organisations.add_contact(office.database, one.key, mailbox, "Văn phòng", "clerk", [KEY])
    await organisations.verify(office.database, one.key, address("vanphong@hiephoi.example"), "gọi", "danh bạ", "clerk")
    await ingest.enter_warning(office.database, open_form(WARNING), "nga")


@on_sqlite_only
@pytest.mark.usefixtures("furnished")
@pytest.mark.parametrize(("width", "mode"), WINDOWS)
@pytest.mark.parametrize("role", list(ROOMS))
async def test_every_room_is_accessible_and_fits(
    browser: Browser, *, application: FastAPI, frozen: FrozenClock, office: Office, role: Role, width: int, mode: Mode
) -> None:
    own = own_browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, role))
    async with visiting(browser, own.client, width=width, mode=mode) as page:
        for path in ROOMS[role]:
            for prefix in ("", "/en"):
                answer = await page.goto(f"https://keng.example{prefix}{path}")
                assert answer is not None
                assert answer.status == 200, path
                assert await faults(page) == [], path
                assert not await overflows(page), path
