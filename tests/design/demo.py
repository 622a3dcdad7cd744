"""A demo in this process for pictures and for axe: as `keng demo` leaves it, and with what only a longer life brings."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from playwright.async_api import Browser, Page
from rich.console import Console

from app.demo.narrator import Narrator
from app.demo.staff import Colleague
from app.demo.stage import Stage, set_up
from app.demo.story import tell
from app.domain.access import Role
from app.domain.deliveries import Unknown
from app.domain.publishing import TextKind
from app.domain.subscriptions import Language
from app.flow import feedback, organisations, publish, sign_in
from app.flow.organisations import ContactDesk
from app.flow.publish import TextDesk, Wanted
from app.flow.sign_in import AccountDesk
from app.senders.addresses import parse_address
from app.worker import work
from tests.design.browser import PATIENCE
from tests.office import Office

PORT = 24000
PREFIXES = {"vi": "", "en": "/en"}
NEWCOMERS = {"vi": "nguoi-moi@mau.example", "en": "dong-nghiep@mau.example"}
"""Who is invited and takes the link up, for the pictures of each language."""
INVITED = "moi-cho@mau.example"
REASON = "Hạn góp ý là hôm nay và người duyệt thứ hai đang đi công tác."
_LINK = re.compile(r"/sign-in/link/([\w-]+)")


@dataclass(frozen=True, slots=True)
class Demo:
    """Where a running demo shows its pages and its mails, who is at its desk, and the invitations that were mailed."""

    stage: Stage
    site: str
    mails: str
    invitations: Mapping[str, str]

    def colleague(self, role: Role) -> Colleague:
        """Return who has a role."""
        return next(one for one in self.stage.staff if one.role is role)


@asynccontextmanager
async def running(port: int = PORT) -> AsyncIterator[Demo]:
    """Run a demo until the block ends, its story told and its worker at work."""
    stop = asyncio.Event()
    async with set_up(port) as stage:
        await tell(stage, Narrator(Console(file=io.StringIO())))
        await _live_on(stage)
        working = asyncio.create_task(work(stage.house.installation, stop))
        try:
            mails = stage.mails.removesuffix("/mail")
            yield Demo(stage, stage.site.rstrip("/"), mails, await _invitations(stage))
        finally:
            stop.set()
            await working


async def window(browser: Browser) -> Page:
    """Open a window of a reader in Viet Nam, in which nothing is still moving when its picture is taken."""
    context = await browser.new_context(locale="vi-VN", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    return await context.new_page()


async def enter(browser: Browser, demo: Demo, role: Role) -> Page:
    """Open a window and sign in there as whoever has a role, by the form, with password and second factor."""
    colleague, page = demo.colleague(role), await window(browser)
    installation = demo.stage.house.installation
    async with installation.database.reading() as connection:
        now = await installation.database.now(connection)
    await page.goto(f"{demo.site}/sign-in")
    await page.locator("#email").fill(colleague.address)
    await page.locator("#password").fill(colleague.password)
    await page.locator("#code").fill(colleague.code(now))
    await page.locator("main button.main").click()
    await page.wait_for_url("**/desk")
    return page


async def _live_on(stage: Stage) -> None:
    """Let happen what does not happen on a first morning: a changed record, refused mail, texts in every other state."""
    await _correct_record(stage)
    await _write_on(stage)
    await _lose_mail(stage)
    installation = stage.house.installation
    desk = AccountDesk(installation.database, installation.letterhead, installation.keys)
    for address in (*NEWCOMERS.values(), INVITED):
        await sign_in.invite(desk, parse_address(address), Role.READER, Language.VI, stage.staff[-1].by.actor)


async def _correct_record(stage: Stage) -> None:
    """Let the source say something else of a notice, as its secretariat does when a member writes in."""
    for item in stage.stand_in._items[1]:  # noqa: SLF001 - the stand-in's records are the WTO's, and the WTO changes them
        if item["documentSymbol"].strip() == "G/TBT/N/CHN/1587":
            item["description"] = f"{item['description']} The transition period is twelve months."
    await stage.house.pull(lambda _: None)
    await stage.house.worker.process()


async def _write_on(stage: Stage) -> None:
    """Write an article that is approved, one that its writer approved alone, and one that is being corrected."""
    texts, editor, approver = _texts(stage), stage.staff[0].by, stage.staff[1].by
    for ref, way in (
        ("G/TBT/N/TPKM/9001/Add.1", "approved"),
        ("G/SPS/N/USA/3553", "glass"),
        ("G/SPS/N/ARE/295/Add.1", "corrected"),
    ):
        writer = approver if way == "glass" else editor
        number = await publish.begin(texts, Wanted(kind=TextKind.ARTICLE, ref=ref), writer)
        said = {"recommendation": "Doanh nghiệp gửi ý kiến về Bộ Công Thương trước hạn nội bộ."}
        version = await publish.write(texts, number, 1, said, writer)
        await publish.submit(texts, number, version, writer)
        if way == "glass":
            await publish.approve(texts, number, version, writer, because=REASON, break_glass=True)
            continue
        await publish.approve(texts, number, version, approver)
        if way == "corrected":
            await publish.publish(texts, number, version, approver)
            wrong = "Ngày có hiệu lực ghi nhầm tháng."
            await publish.reopen(texts, number, version, wrong, editor)
            said |= {"correction": wrong, "impact": "Cơ sở chế biến thủy sản phải đăng ký lại trước khi giao hàng."}
            await publish.write(texts, number, version + 1, said, editor)


async def _lose_mail(stage: Stage) -> None:
    """Let one mail break off twice on its way, and one person be written to no longer."""
    installation, clerk = stage.house.installation, stage.staff[0].by.actor
    desk = ContactDesk(installation.database, installation.letterhead, installation.keys)
    await organisations.mail_link(desk, "vicofa", parse_address("dau-moi@vicofa.example"), clerk)
    office = Office(installation.database)
    office.stationery = replace(office.stationery, letterhead=installation.letterhead)
    office.mailer.answers = [Unknown("đường truyền đứt sau DATA")] * 2
    for _ in range(2):
        await office.drain()
    await feedback.suppress(installation.database, "dau-moi@vasep.example", "yêu cầu qua điện thoại", clerk)


async def _invitations(stage: Stage) -> dict[str, str]:
    """Wait until every invitation arrived; return the path of each by its address."""
    found: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE / 1000):
        while len(found) < len(NEWCOMERS) + 1:
            await asyncio.sleep(0.1)
            for mail in stage.catcher.mails:
                if (link := _LINK.search(mail.part("plain") or "")) is not None:
                    found[mail.recipients[0]] = f"/sign-in/link/{link[1]}"
    return found


def _texts(stage: Stage) -> TextDesk:
    return stage.house.desk_work(stage.staff).texts
