"""The whole desk in headless Chromium against a running server: from an unsure notice to what the register answers.

The story is told once. Two hands live it: one that points and clicks, and one that has nothing but a keyboard.
"""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pyotp
import pytest
from docx import Document
from playwright.async_api import Browser, Locator, Page

from tests.design.browser import PATIENCE, chromium
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.hands import Hand, Keyboard, Pointer
from tests.stories.serving import Server, served
from tests.stories.town import Eping, Letter, a_notice, day, letters, symbol

pytestmark = pytest.mark.sockets

VITAS, VCOSA, LEFASO = "vanphong@vitas.example.org", "info@vcosa.example.org", "lefaso@example.org"
LAN, BINH = "lan@example.org", "binh@example.org"
ASSOCIATION = "Hiệp hội Dệt may Việt Nam"
NOTICE, ADDENDUM = symbol(1), f"{symbol(1)}/Add.1"
CHEMICALS = "Hóa chất, phân bón, thuốc BVTV, chất tẩy rửa"
ADMITTED = "Dự thảo giới hạn hóa chất trong quần áo bảo hộ"
SUMMARY = f"{ADMITTED} xuất khẩu sang Hoa Kỳ."
MENDED = f"{ADMITTED} và ủng cao su xuất khẩu sang Hoa Kỳ."
TYPED_TOO_EARLY = "Tóm tắt còn thiếu ủng cao su."
WRONG = "Đây là hàng dệt may, hóa chất chỉ là chỉ tiêu thử."
WITHDRAWN = "Cảnh báo gửi nhầm, cơ quan thông báo đã rút dự thảo."
UNSURE: dict[str, Any] = {
    "title": "Regulation on consumer articles",
    "productsFreeText": "Consumer articles",
    "description": "The draft sets limits for chemicals in articles such as work clothing and rubber boots.",
}


@dataclass
class Desk:
    """Where one of the staff sits: a window of their own, the hand they use, and what the second factor shows."""

    hand: Hand
    server: Server

    @property
    def page(self) -> Page:
        return self.hand.page

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def button(self, name: str) -> Locator:
        """Find a button by all that it says, what only assistive programs are told included."""
        return self.main.get_by_role("button").filter(has_text=re.compile(f"^\\s*{re.escape(name)}\\s*$"))

    def link(self, name: str) -> Locator:
        return self.main.get_by_role("link", name=name, exact=True)

    async def visit(self, path: str) -> None:
        """Open an address, as from a bookmark."""
        await self.page.goto(f"http://127.0.0.1:{self.server.port}{path}")

    async def enter(self, room: str) -> None:
        """Go to a room by the desk's own navigation."""
        await self.hand.press(self.page.locator("nav.rooms").get_by_role("link", name=room, exact=True))

    async def press(self, name: str) -> None:
        await self.hand.press(self.button(name))

    async def follow(self, name: str) -> None:
        await self.hand.press(self.link(name))

    async def write(self, name: str, text: str) -> None:
        """Write into the field with that id."""
        await self.hand.write(self.main.locator(f"#{name}"), text)

    async def give_reason(self, label: str, field_id: str, because: str) -> None:
        """Open what asks for a reason, write it, and press the button of the same name."""
        await self.hand.touch(self.main.locator("summary").filter(has_text=label))
        await self.write(field_id, because)
        await self.press(label)

    async def reads(self, *said: str) -> None:
        """Find words on the page."""
        shown = await self.main.inner_text()
        assert [one for one in said if one not in shown] == [], shown


@dataclass
class House:
    """Kẻng with its server, its mail and its windows."""

    keng: Keng
    eping: Eping
    relay: SmtpPeer
    browser: Browser
    hand: type[Hand]
    server: Server
    secrets: dict[str, dict[str, Any]]
    strangers: list[str] = field(default_factory=list)

    async def sit_down(self, who: str) -> Desk:
        """Open a window for somebody and sign in with password and second factor."""
        context = await self.browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        context.on("request", lambda asked: self._notice(asked.url))
        desk = Desk(self.hand(await context.new_page()), self.server)
        await desk.visit("/desk")
        known = self.secrets[who]
        await desk.write("email", who)
        await desk.write("password", known["password"])
        await desk.write("code", pyotp.TOTP(known["secret"]).now())
        await desk.press("Đăng nhập")
        assert urlsplit(desk.page.url).path == "/desk"
        return desk

    async def told(self, recipient: str) -> list[Letter]:
        """Let everything go out that is due, and return what an address has got by then."""
        await self.keng("deliver", "--once")
        return [one for one in letters(self.relay) if one.recipient == recipient]

    def _notice(self, url: str) -> None:
        if urlsplit(url).netloc != f"127.0.0.1:{self.server.port}":
            self.strangers.append(url)


async def furnished(keng: Keng) -> dict[str, dict[str, Any]]:
    """Hire an editor and an approver; let an association have a verified address, and three addresses subscriptions."""
    staff = [keng("staff", "add", who, "--role", role, "--json") for who, role in ((LAN, "editor"), (BINH, "approver"))]
    lan, binh, _ = await asyncio.gather(*staff, keng("organisation", "seed"))
    readers = keng.folder / "readers.csv"
    lines = [f"{VITAS},textiles", f"{VCOSA},textiles", f"{LEFASO},footwear"]
    rows = "".join(f"{line},instant,vi\n" for line in lines)
    readers.write_text(f"email,sector,frequency,language\n{rows}", "utf-8")
    await keng("organisation", "add", "vitas_textile", "--address", VITAS, "--role", "Văn phòng")
    known = ("--because", "trả lời công văn từ địa chỉ này", "--source", "công văn 12/VITAS")
    await keng("organisation", "verify", "vitas_textile", VITAS, *known)
    await keng("subscribe", "--from-csv", str(readers), "--confirmed")
    return {LAN: lan.value, BINH: binh.value}


@asynccontextmanager
async def opened(keng: Keng, eping: Eping, relay: SmtpPeer, hand: type[Hand]) -> AsyncIterator[House]:
    """Open the house on the morning after the notice came in; no page of it may ask another host for anything."""
    keng = keng.with_settings(base_url="http://127.0.0.1:8000", unit="Cục Thử nghiệm", unit_email="tbt@example.org")
    secrets = await furnished(keng)
    eping.items = [a_notice(1, "nothing", **UNSURE)]
    await keng("pull", "eping")
    async with served(keng, "--worker") as server, chromium() as browser:
        house = House(keng, eping, relay, browser, hand, server, secrets)
        yield house
    assert house.strangers == []


async def take_in_hand(who: Desk, tab: str, number: int, ref: str) -> None:
    """Find a notice in a part of the queue, take it in hand, and open it; `number` is that of its box to tick."""
    await who.enter("Hàng đợi")
    await who.hand.press(who.main.locator(f"a[href='/desk?tab={tab}']"))
    await who.hand.touch(who.main.locator(f"#pick-{number}"))
    await who.hand.choose(who.main.locator("#holder"), "Tôi")
    await who.press("Giao")
    await who.follow(ref)


async def call_it_textiles(who: Desk) -> None:
    """Add the sector that the machine did not find."""
    await who.hand.choose(who.main.locator("#add-sector"), "Dệt may")
    await who.press("Thêm: Lĩnh vực")
    await who.reads("Đã sửa cách phân loại", "đã được cán bộ rà soát")


async def sort_and_write(lan: Desk) -> None:
    """Find the notice among the unsure ones, put the right sector in the place of the wrong one, write the summary."""
    await take_in_hand(lan, "unsure", 1, NOTICE)
    await lan.reads(CHEMICALS)
    await lan.hand.choose(lan.main.locator("#role-sector"), "chính, thay mọi lĩnh vực khác (cần lý do)")
    await lan.write("because-sector", WRONG)
    await call_it_textiles(lan)
    await lan.follow("Viết bài")
    await lan.press("Mở bản nháp")
    await lan.write("description", SUMMARY)
    await lan.press("Lưu bản mới")
    await lan.press("Gửi duyệt")


async def is_refused(lan: Desk) -> None:
    """Try to approve the own text: the page offers it to nobody who wrote it, and the server refuses who asks it anyway."""
    await lan.reads("Chờ duyệt", "Bạn đã viết bản này nên một người khác phải duyệt.")
    assert await lan.button("Duyệt").count() == 0
    text = lan.page.url
    form = lan.main.locator("form[action$='/back']")
    await form.evaluate("form => { form.action = form.action.replace('/back', '/approve'); }")
    await lan.give_reason("Trả lại để sửa", "back-because", "Tôi tự duyệt bài của mình.")
    await lan.reads("Không được phép", "Vai trò của bạn không có quyền này")
    await lan.page.goto(text)
    await lan.reads("Chờ duyệt")


async def find_text(who: Desk, state: str, name: str) -> None:
    """Go to a text by the list of those in one state."""
    await who.enter("Văn bản")
    await who.hand.press(who.main.locator(f"a[href='/desk/texts?state={state}']"))
    await who.follow(name)


async def changed(who: Desk, mark: str) -> set[str]:
    """Return what the page marks as added or removed since the last approval, without the sign of the mark."""
    found = await who.main.locator(f"section[aria-labelledby=changes] {mark}").all_text_contents()
    return {text.partition(":")[2].strip() for text in found}


async def write_and_approve(lan: Desk, binh: Desk) -> None:
    """Approve what the other wrote, let her mend it, see exactly what changed since, approve and publish."""
    article = f"Bài viết · {NOTICE}"
    await find_text(binh, "in_review", article)
    assert await changed(binh, "ins") == {SUMMARY}
    await binh.press("Duyệt")
    await find_text(lan, "approved", article)
    await lan.give_reason("Trả lại để sửa", "back-because", TYPED_TOO_EARLY)
    await lan.write("description", MENDED)
    await lan.press("Lưu bản mới")
    await lan.press("Gửi duyệt")
    await find_text(binh, "in_review", article)
    await binh.reads("Thay đổi từ bản 2")
    assert (await changed(binh, "ins"), await changed(binh, "del")) == ({"và ủng cao su"}, set())
    await binh.press("Duyệt")
    await binh.press("Đăng đúng bản đã duyệt")
    await binh.reads("Đã đăng đúng như bản được duyệt.")


async def write_to_association(lan: Desk, binh: Desk) -> None:
    """Write a letter about the notice to the association, and send it after a second person's look."""
    await lan.visit(f"/desk/notices/{NOTICE}")
    await lan.follow("Soạn công văn")
    await lan.hand.choose(lan.main.locator("#organisation"), ASSOCIATION)
    await lan.press("Mở bản nháp")
    await lan.press("Gửi duyệt")
    await find_text(binh, "in_review", f"Công văn · {NOTICE} → {ASSOCIATION}")
    await binh.press("Duyệt")
    await binh.press("Đăng đúng bản đã duyệt")


async def take_back(lan: Desk, binh: Desk) -> None:
    """Withdraw the alert with a reason that its readers will read, seen by two."""
    await lan.visit(f"/desk/notices/{NOTICE}")
    await lan.follow("Rút lại cảnh báo")
    await lan.press("Mở bản nháp")
    await lan.write("because", WITHDRAWN)
    await lan.press("Lưu bản mới")
    await lan.press("Gửi duyệt")
    await find_text(binh, "in_review", f"Rút lại cảnh báo · {NOTICE}")
    await binh.press("Duyệt")
    await binh.press("Rút lại và báo cho người đã nhận")


async def answers(who: Desk, ref: str) -> list[str]:
    """Ask the register whether the association got a notice; return what it was told of, the newest first."""
    await who.enter("Sổ theo dõi")
    await who.write("who", "vitas_textile")
    await who.write("notice", ref)
    await who.press("Tra cứu")
    await who.reads("Có. Máy chủ thư đã nhận lúc", "phiên bản 1")
    told = await who.main.locator("td[data-label='Nội dung']").all_inner_texts()
    assert all("phiên bản 1" in one for one in told)
    return [re.findall(r"^(.+), phiên bản 1$", one, re.MULTILINE)[0] for one in told]


def files(letter: Letter) -> list[Any]:
    """Return the Word documents that a mail carries."""
    return [Document(io.BytesIO(one.get_content())) for one in letter.message.iter_attachments()]


def is_alert(letter: Letter) -> None:
    """The alert names the notice, in Vietnamese, with its sector and its deadline."""
    assert letter.symbols == [NOTICE]
    assert "Lĩnh vực: Dệt may\n" in letter.text
    assert f"Hạn góp ý: {in_words(-59)}" in letter.text
    assert files(letter) == []


def is_letter(letter: Letter) -> None:
    """The letter is addressed to the association and carries itself and the form for comments as Word files."""
    assert "Công văn" in letter.subject
    assert NOTICE in letter.text
    paper, _form = files(letter)
    said = "\n".join(one.text for one in paper.paragraphs)
    assert f"Kính gửi: {ASSOCIATION}" in said
    assert NOTICE in said


def in_words(days_ago: int) -> str:
    """Return a day as Vietnamese people write it."""
    return f"{date.fromisoformat(day(days_ago)[:10]):%d/%m/%Y}"


async def move_deadline(house: House) -> None:
    """Let an addendum with a later deadline come in; it names no goods, so that what the editor said of the notice holds."""
    later = {"documentSymbol": f" {ADDENDUM}", "id": "100009", "commentDeadlineDate": day(-90)}
    words = {"title": UNSURE["title"], "description": "The comment period is extended.", "productsFreeText": None}
    house.eping.items.append(a_notice(9, "nothing", days_ago=0, **later, **words))
    await house.keng("pull", "eping")


async def tell_the_story(house: House) -> None:
    """One notice from its arrival to its withdrawal."""
    assert await house.told(VITAS) == []
    lan = await house.sit_down(LAN)
    await sort_and_write(lan)
    (alert,) = await house.told(VITAS)
    is_alert(alert)
    await is_refused(lan)
    binh = await house.sit_down(BINH)
    await write_and_approve(lan, binh)
    await write_to_association(lan, binh)
    _, letter = await house.told(VITAS)
    is_letter(letter)

    await move_deadline(house)
    *_, change = await house.told(VITAS)
    assert change.symbols == [ADDENDUM]
    assert in_words(-59) in change.text
    assert in_words(-90) in change.text

    await take_back(lan, binh)
    *before, withdrawal = await house.told(VITAS)
    assert len(before) == 3
    assert WITHDRAWN in withdrawal.text
    followed = [one.symbols for one in await house.told(VCOSA)]
    assert followed == [one.symbols for one in (alert, change, withdrawal)]
    assert await house.told(LEFASO) == []

    assert await answers(lan, NOTICE) == ["rút lại cảnh báo", "công văn", "thông báo mới"]
    assert await answers(binh, ADDENDUM) == ["thay đổi hạn góp ý"]


@pytest.mark.parametrize("hand", [Pointer, Keyboard])
async def test_the_desk_from_an_unsure_notice_to_the_register(
    keng: Keng, eping: Eping, relay: SmtpPeer, hand: type[Hand]
) -> None:
    async with opened(keng, eping, relay, hand) as house:
        await tell_the_story(house)
