"""A machine's draft on the page of a notice: asked for by a click, nobody's word, and used nowhere before two people."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.domain.access import Role
from app.domain.boxes import Box, original_mark
from app.domain.visits import Fault, FaultKind
from app.flow import compose, translate
from app.flow.translate import Asker, Seen
from app.store.database import Database
from app.store.tables import audit, leases, translations
from app.web.doors import WebDoors
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only

REF = "G/TBT/N/USA/1"
PAGE = f"/desk/notices/{REF}"
TITLE = "Draft technical regulation, 60 days, 0.5 mg/kg"
DRAFT = "Dự thảo quy chuẩn kỹ thuật, 60 ngày, 0,5 mg/kg"
BUTTON = "Xin bản dịch máy"


@dataclass
class FakeMachine:
    """A machine that says what it was told to, at once or when it is let."""

    said: str | Fault = DRAFT
    asked: list[tuple[str, str]] = field(default_factory=list)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, text: str, tongue: str) -> str | Fault:
        self.asked.append((text, tongue))
        self.begun.set()
        await self.let.wait()
        return self.said


@dataclass
class Desk:
    office: Office
    machine: FakeMachine
    editor: Browser
    approver: Browser

    async def ask(
        self, by: Browser | None = None, *, box: str = "title", number: int = 0, original: str = TITLE
    ) -> Any:
        fields = {"box": box, "number": str(number), "original": original_mark(original)}
        return await (by or self.editor).post(f"{PAGE}/boxes/draft", page=PAGE, **fields)

    async def send(self, path: str, by: Browser, number: int, **more: str) -> Any:
        fields = {"box": "title", "number": str(number), "original": original_mark(TITLE)} | more
        return await by.post(f"{PAGE}/{path}", page=PAGE, **fields)

    async def words(self) -> Any:
        return (await compose.one_notice(self.office.database, REF)).subjects[0].vietnamese

    async def rows(self) -> list[Any]:
        wanted = (translations.c.state, translations.c.written_by, translations.c.asked_by, translations.c.reviewed_by)
        async with self.office.database.reading() as connection:
            return [tuple(row) for row in await connection.execute(select(*wanted).order_by(translations.c.number))]


@pytest.fixture
def machine() -> FakeMachine:
    made = FakeMachine()
    made.let.set()
    return made


@pytest.fixture
def web_doors(web_doors: WebDoors, machine: FakeMachine) -> WebDoors:
    return replace(web_doors, drafter=machine)


@pytest.fixture
async def desk(
    application: FastAPI, frozen: FrozenClock, database: Database, office: Office, machine: FakeMachine
) -> Desk:
    await office.settled_baseline()
    await office.pull(a_page(a_record(REF, titles=(("en", TITLE),), objectives=("Food safety",))))
    await office.process()
    people = []
    for role, mailbox in ((Role.EDITOR, "lan@moit.gov.vn"), (Role.APPROVER, "minh@moit.gov.vn")):
        opened = browser(application, frozen)
        await opened.sign_in(await hire(database, frozen, role, mailbox))
        people.append(opened)
    return Desk(office, machine, *people)


async def test_a_draft_is_the_machines_until_a_person_edits_it_and_another_reviews_it(desk: Desk) -> None:
    answer = await desk.ask()
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?view=boxes&done=drafted")
    assert desk.machine.asked == [(TITLE, "en")]
    page = (await desk.editor.get(answer.headers["location"])).text
    assert all(said in page for said in (DRAFT, "Máy đã dịch nháp ô", "người xin: lan@moit.gov.vn", "Chưa ai đọc lại"))
    assert "đều có trong bản máy" in page
    assert (await desk.words()).title == ""
    assert (await desk.send("boxes/confirm", desk.approver, 1)).status_code == 409  # nobody stands behind it
    assert (await desk.send("boxes", desk.editor, 1, text=DRAFT)).status_code == 303  # read, and taken over as it is
    assert (await desk.words()).title == DRAFT
    assert (await desk.send("boxes/confirm", desk.approver, 2)).status_code == 303
    assert await desk.rows() == [("machine", None, 1, None), ("translated", 1, None, None), ("reviewed", 1, None, 2)]
    async with desk.office.database.reading() as connection:
        told = (await connection.execute(select(audit.c.actor, audit.c.verb).order_by(audit.c.id))).all()
    assert [tuple(row) for row in told][-4:] == [
        ("account:1", "ask_draft"),
        ("account:1", "keep_draft"),
        ("account:1", "translate"),
        ("account:2", "review_translation"),
    ]


async def test_what_a_notice_makes_a_machine_say_is_only_a_bad_draft(desk: Desk) -> None:
    desk.machine.said = "ĐÃ DUYỆT. <script>alert(1)</script> Gửi ngay tới https://evil.example/ trước 01/01/2030"
    await desk.ask()
    page = (await desk.editor.get(PAGE)).text
    assert "<script>alert" not in page
    assert all(
        said in page for said in ("bản máy không thấy", "bản gốc không có", "https://evil.example/", "01/01/2030")
    )
    assert "quy chuẩn kỹ thuật" in page  # the term that it left out
    words = await desk.words()
    assert (words.title, words.description) == ("", "")
    public = (await desk.editor.get(f"/notices/{REF}")).text + (await desk.editor.get(f"/api/v1/notices/{REF}")).text
    alert = (await desk.editor.get(f"{PAGE}?view=alert")).text
    assert "evil.example" not in public + alert
    for path, status in (("boxes/confirm", 409), ("release", 303)):
        assert (await desk.send(path, desk.approver, 1)).status_code in {status, 409}
    async with desk.office.database.reading() as connection:
        bodies = (await connection.execute(select(func.count()).select_from(translations))).scalar_one()
    assert bodies == 1
    assert (await desk.words()).title == ""


async def test_the_button_stands_at_empty_boxes_that_have_an_original(desk: Desk) -> None:
    page = (await desk.editor.get(PAGE)).text
    assert page.count(f"<button>{BUTTON}") == page.count('/boxes/draft"') == 3  # title, products, description
    await desk.send("boxes", desk.editor, 0, text="Của người")
    assert (await desk.editor.get(PAGE)).text.count(BUTTON) == 2
    assert (await desk.ask(number=1)).status_code == 409
    assert (await desk.ask(box="impact", original="")).status_code == 409
    assert desk.machine.asked == []
    await desk.send("boxes", desk.editor, 1, text="")
    assert (await desk.ask(number=2)).status_code == 303


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (FaultKind.UNREACHABLE, "Máy dịch không trả lời"),
        (FaultKind.BUSY, "Máy dịch đang bận"),
        (FaultKind.REFUSED, "Máy dịch từ chối"),
        (FaultKind.UNSOUND, "không dùng được"),
    ],
)
@on_sqlite_only
async def test_a_machine_that_fails_is_told_of_in_words_and_can_be_asked_again(
    desk: Desk, kind: FaultKind, sentence: str
) -> None:
    desk.machine.said = Fault(kind=kind, reason="hidden from the page")
    answer = await desk.ask()
    assert (answer.status_code, sentence in answer.text) == (503, True)
    assert "hidden from the page" not in answer.text
    assert await desk.rows() == []
    desk.machine.said = DRAFT
    assert (await desk.ask()).status_code == 303


async def test_one_request_runs_for_a_notice_and_whoever_wrote_meanwhile_wins(desk: Desk) -> None:
    desk.machine.let.clear()
    waiting = asyncio.create_task(desk.ask())
    await asyncio.wait_for(desk.machine.begun.wait(), 30)
    other = await desk.ask(desk.approver, box="products", original="Cotton shirts")
    assert (other.status_code, len(desk.machine.asked)) == (409, 1)
    assert (
        await desk.send("boxes", desk.approver, 0, text="Của người")
    ).status_code == 303  # no lock is held meanwhile
    desk.machine.let.set()
    answer = await waiting
    assert (answer.status_code, "bản máy dịch không được giữ" in answer.text) == (409, True)
    assert (await desk.words()).title == "Của người"
    assert await desk.rows() == [("translated", 2, None, None)]
    async with desk.office.database.reading() as connection:
        names = (await connection.execute(select(leases.c.name))).scalars().all()
    assert not [name for name in names if name.startswith("draft:")]


async def test_a_colleague_asks_so_often_in_an_hour_and_no_more(
    desk: Desk, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translate, "MOST_DRAFTS", 2)
    desk.machine.said = Fault(kind=FaultKind.BUSY, reason="busy")
    assert [(await desk.ask()).status_code for _ in range(3)] == [503, 503, 503]
    assert len(desk.machine.asked) == 2
    desk.machine.said = DRAFT
    answer = await desk.ask()
    assert "nhiều bản dịch máy trong một giờ" in answer.text
    asker = Asker.of(1, "account:1", KEY)
    frozen.advance(minutes=61)
    seen = Seen(Box.TITLE, 0, original_mark(TITLE))
    assert await translate.draft(desk.office.database, desk.machine, REF, seen, asker) is None


async def test_a_changed_original_opens_a_draft_again_and_another_may_be_asked_for(desk: Desk) -> None:
    await desk.ask()
    changed = TITLE.replace("60", "90")
    await desk.office.pull(a_page(a_record(REF, titles=(("en", changed),)), body=b"2"))
    page = (await desk.editor.get(PAGE)).text
    assert "bản gốc đã đổi" in page
    assert (await desk.ask(number=1, original=TITLE)).status_code == 409
    assert (await desk.ask(number=1, original=changed)).status_code == 303
    assert desk.machine.asked[-1] == (changed, "en")


async def test_no_database_lets_a_draft_be_reviewed_without_a_writer(desk: Desk) -> None:
    await desk.ask()
    for forged in ({"state": "reviewed", "reviewed_by": 2}, {"state": "translated"}, {"written_by": 1}):
        with pytest.raises(Exception, match=r"(?i)check"):
            async with desk.office.database.writing() as connection:
                await connection.execute(update(translations).values(forged))


@pytest.mark.parametrize("machine", [None])
@on_sqlite_only
async def test_without_a_machine_nothing_is_offered(web_doors: WebDoors, machine: None, desk: Desk) -> None:
    assert web_doors.drafter is machine
    assert BUTTON not in (await desk.editor.get(PAGE)).text
    assert (await desk.ask()).status_code == 404
