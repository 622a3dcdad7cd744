"""Texts go their way: begun, written, seen by a second person, published as approved, corrected, withdrawn."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.access import Role
from app.domain.addresses import Address
from app.domain.boxes import Box, original_mark
from app.domain.errors import AppError
from app.domain.organisations import Organisation
from app.domain.publishing import TextKind, TextState, Why
from app.flow import organisations as contacts
from app.flow import publish as flow
from app.flow import translate
from app.flow.publish import By, TextDesk, Wanted
from app.flow.translate import Seen
from app.store import organisations, tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeSorter
from tests.office import KEY, Office, plain
from tests.staff import hire
from tests.texts.real_notices import a_desk

REF = "G/TBT/N/USA/2211"
REASON = "một lý do đủ dài để ai cũng hiểu được"
WORDS = {"description": "Dự thảo quy định cách ghi thành phần sợi.", "impact": "Hàng dệt may phải đổi nhãn."}


@dataclass
class Room:
    """The room of texts with three people in it, and what each of them does."""

    office: Office
    desk: TextDesk
    an: By
    binh: By
    chi: By

    async def begun(self, kind: TextKind = TextKind.ARTICLE, **about: str) -> int:
        wanted = Wanted(kind=kind, **({"ref": REF} | about))
        return await flow.begin(self.desk, wanted, self.an)

    async def written(self, **words: Any) -> int:
        number = await self.begun()
        await flow.write(self.desk, number, 1, words or WORDS, self.an)
        return number

    async def approved(self, number: int, version: int = 2) -> None:
        await flow.submit(self.desk, number, version, self.an)
        await flow.approve(self.desk, number, version, self.binh)

    async def published(self) -> int:
        number = await self.written()
        await self.approved(number)
        await flow.publish(self.desk, number, 2, self.binh)
        return number

    async def state(self, number: int) -> TextState:
        return (await flow.look(self.desk, number)).text.state

    async def audited(self) -> list[tuple[str, str, str]]:
        async with self.office.database.reading() as connection:
            rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
            return [(row.actor, row.verb, row.details.get("to", "")) for row in rows]


@pytest.fixture
async def room(office: Office, frozen: FrozenClock) -> Room:
    people = []
    for name in ("an", "binh", "chi"):
        one = await hire(office.database, frozen, Role.APPROVER, f"{name}@moit.gov.vn")
        people.append(By(one.number, one.actor))
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record(REF)))
    await office.deliver()
    return Room(office, TextDesk(office.database, a_desk, 21, "keng.example"), *people)


async def refused(doing: Any) -> AppError:
    with pytest.raises(AppError) as error:
        await doing
    return error.value


async def test_nobody_approves_their_own_words_by_way_of_a_box_of_the_notice(room: Room) -> None:
    number = await room.written(impact="Hàng dệt may phải đổi nhãn.")
    await flow.submit(room.desk, number, 2, room.an)
    box = Seen(Box.DESCRIPTION, 0, original_mark("Fibre composition and care labels."))
    await translate.write(room.office.database, REF, box, "Thành phần sợi.", room.binh.account_id, room.binh.actor)
    assert (await refused(flow.approve(room.desk, number, 2, room.binh))).code == Why.OWN_TEXT
    seen = replace(box, number=1)
    await translate.confirm(room.office.database, REF, seen, room.chi.account_id, room.chi.actor)
    await flow.approve(room.desk, number, 2, room.binh)


async def test_what_was_approved_is_what_is_published(room: Room) -> None:
    number = await room.written()
    before = await flow.look(room.desk, number)
    assert before.composed is not None
    assert "Hàng dệt may phải đổi nhãn." in before.composed.plain
    await room.approved(number)
    async with room.office.database.writing() as connection:
        await connection.execute(update(tables.notices).values(comment_deadline=date(2026, 6, 1)))
    await room.office.pull(a_page(a_record(REF, revision=2, titles=(("en", "Another title of it"),))))
    await flow.publish(room.desk, number, 2, room.binh)
    sheet = await flow.look(room.desk, number)
    assert sheet.text.state is TextState.PUBLISHED
    assert sheet.composed == before.composed
    assert sheet.text.slug is not None
    assert sheet.text.slug.endswith(f"-{number}")
    assert (await refused(flow.document(room.desk, number))).code == "text-changed"
    steps = [one for one in await room.audited() if one[1] == "step_text"]
    assert [(actor, to) for actor, _, to in steps] == [
        (room.an.actor, "in_review"),
        (room.binh.actor, "approved"),
        (room.binh.actor, "published"),
    ]


async def test_nobody_approves_their_own_text_and_a_refusal_changes_nothing(room: Room) -> None:
    number = await room.written()
    await flow.submit(room.desk, number, 2, room.an)
    before = await room.office.snapshot(tables.text_steps, tables.text_compositions, tables.audit)
    assert (await refused(flow.approve(room.desk, number, 2, room.an))).code == Why.OWN_TEXT
    assert (await refused(flow.publish(room.desk, number, 2, room.binh))).code == Why.NO_APPROVAL
    assert (await refused(flow.write(room.desk, number, 2, WORDS, room.binh))).code == Why.NOT_A_DRAFT
    short = await refused(flow.send_back(room.desk, number, 2, "ngắn", room.binh))
    assert (short.code, short.field) == (Why.REASON_SHORT, "because")
    assert await room.office.snapshot(tables.text_steps, tables.text_compositions, tables.audit) == before


async def test_who_edits_what_was_sent_back_does_not_approve_it(room: Room) -> None:
    number = await room.written()
    await flow.submit(room.desk, number, 2, room.an)
    await flow.send_back(room.desk, number, 2, REASON, room.binh)
    await flow.write(room.desk, number, 2, WORDS | {"agency": "Ủy ban An toàn"}, room.binh)
    await flow.submit(room.desk, number, 3, room.an)
    assert (await refused(flow.approve(room.desk, number, 3, room.binh))).code == Why.OWN_TEXT
    await flow.approve(room.desk, number, 3, room.chi)
    assert await room.state(number) is TextState.APPROVED


async def test_two_who_write_at_once_do_not_overwrite_each_other(room: Room) -> None:
    number = await room.written()
    assert (await refused(flow.write(room.desk, number, 1, {"title": "Khác"}, room.binh))).code == "not-newest"
    assert await flow.write(room.desk, number, 2, WORDS, room.binh) == 2
    assert await room.begun() == number


async def test_breaking_the_glass_opens_a_task_that_another_person_closes(room: Room, frozen: FrozenClock) -> None:
    number = await room.written()
    await flow.submit(room.desk, number, 2, room.an)
    short = flow.approve(room.desk, number, 2, room.an, because="gấp lắm rồi", break_glass=True)
    assert (await refused(short)).code == Why.REASON_SHORT
    await flow.approve(room.desk, number, 2, room.an, because=REASON, break_glass=True)
    await flow.publish(room.desk, number, 2, room.an)
    (task,) = (await flow.look(room.desk, number)).tasks
    assert (task.due_at - frozen.now).total_seconds() == 24 * 3600
    assert (await refused(flow.close_review(room.desk, number, REASON, room.an))).code == Why.OWN_GLASS
    await flow.close_review(room.desk, number, REASON, room.binh)
    assert not (await flow.look(room.desk, number)).tasks
    assert (await refused(flow.close_review(room.desk, number, REASON, room.binh))).code == "no-task"


async def test_faults_block_with_their_place_and_proposal_which_can_be_put_in(room: Room) -> None:
    number = await room.written(impact="Hàng xuất sang Đài Loan phải đổi nhãn.")
    sheet = await flow.look(room.desk, number)
    (fault,) = sheet.faults
    assert (fault.field, fault.found, fault.proposal) == ("impact", "Đài Loan", "Đài Loan (Trung Quốc)")
    assert (await refused(flow.submit(room.desk, number, 2, room.an))).code == "findings"
    assert await flow.write(room.desk, number, 2, sheet.body, room.an, mend=True) == 3
    await flow.submit(room.desk, number, 3, room.an)
    assert await room.state(number) is TextState.IN_REVIEW


async def test_an_uncertain_notice_is_cleared_by_a_person_first(room: Room) -> None:
    room.office.sorter = FakeSorter(unsure={"textiles"})
    await room.office.pull(a_page(a_record("G/TBT/N/USA/2212")))
    await room.office.process()
    number = await room.begun(ref="G/TBT/N/USA/2212")
    assert (await refused(flow.submit(room.desk, number, 1, room.an))).code == "doubts"
    async with room.office.database.writing() as connection:
        row = {
            "notice_id": 2,
            "facet": "sector",
            "label": "textiles",
            "role": "primary",
            "because": "x",
            "actor": room.an.actor,
        }
        now = await room.office.database.now(connection)
        await connection.execute(tables.corrections.insert().values(row | {"created_at": now}))
    await flow.submit(room.desk, number, 1, room.an)


async def test_a_withdrawal_needs_four_eyes_and_tells_the_followers_once(room: Room, frozen: FrozenClock) -> None:
    told = len(room.office.inbox)
    assert told == 1
    number = await room.begun(TextKind.WITHDRAWAL)
    assert (await refused(flow.submit(room.desk, number, 1, room.an))).code == Why.REASON_SHORT
    await flow.write(room.desk, number, 1, {"because": "Cảnh báo gửi nhầm lĩnh vực."}, room.an)
    await room.approved(number)
    assert len(room.office.inbox) == told
    frozen.advance(minutes=10)
    await flow.publish(room.desk, number, 2, room.binh, withdraws=True)
    await room.office.deliver()
    assert len(room.office.inbox) == told + 1
    assert "Cảnh báo gửi nhầm lĩnh vực." in plain(room.office.inbox[-1][1])
    assert (await refused(flow.publish(room.desk, number, 2, room.binh, withdraws=True))).code == Why.NO_APPROVAL
    await room.office.deliver()
    assert len(room.office.inbox) == told + 1
    assert (await flow.look(room.desk, number)).composed is not None


async def test_a_correction_goes_the_same_way_and_says_at_the_top_what_and_when(room: Room) -> None:
    number = await room.published()
    await flow.reopen(room.desk, number, 2, "Sửa lại phần tác động đến hàng dệt may.", room.an)
    sheet = await flow.look(room.desk, number)
    assert (sheet.text.state, sheet.life.newest) == (TextState.DRAFT, 3)
    await flow.write(room.desk, number, 3, {**sheet.body, "impact": "Không phải đổi nhãn."}, room.an)
    await room.approved(number, 4)
    await flow.publish(room.desk, number, 4, room.binh)
    after = await flow.look(room.desk, number)
    assert after.text.state is TextState.CORRECTED
    assert after.composed is not None
    first = after.composed.parts[0].lines[0].text
    assert first == "Đính chính ngày 02/03/2026: Sửa lại phần tác động đến hàng dệt may."
    assert first in after.composed.html


async def test_taking_a_published_text_back_needs_a_second_person_too(room: Room) -> None:
    number = await room.published()
    assert (await refused(flow.drop(room.desk, number, 2, REASON, room.an))).code == Why.NOT_FROM_HERE
    await flow.reopen(room.desk, number, 2, "Nguồn tin đã cải chính.", room.an, withdraws=True)
    await flow.submit(room.desk, number, 3, room.an)
    assert (await refused(flow.approve(room.desk, number, 3, room.an))).code == Why.OWN_TEXT
    await flow.approve(room.desk, number, 3, room.binh)
    assert (await refused(flow.publish(room.desk, number, 3, room.binh))).code == Why.NOT_FROM_HERE
    await flow.publish(room.desk, number, 3, room.binh, withdraws=True)
    assert await room.state(number) is TextState.WITHDRAWN
    assert await room.begun() != number


async def test_a_letter_has_an_organisation_and_is_published_once(room: Room) -> None:
    missing = await refused(room.begun(TextKind.LETTER))
    assert (missing.code, missing.field) == ("no-such-organisation", "organisation")
    over = Organisation(key="hoi_cu", name_vi="Hội cũ")
    await contacts.save(room.office.database, over, "clerk", ())
    await contacts.end(room.office.database, over.key, "giải thể", "clerk")
    assert (await refused(room.begun(TextKind.LETTER, organisation=over.key))).code == "no-such-organisation"
    async with room.office.database.writing() as connection:
        now = await room.office.database.now(connection)
        vitas = Organisation(key="vitas", name_vi="Hiệp hội Dệt May Việt Nam")
        await organisations.add_missing(connection, [vitas], now)
    mailbox = Address("vanphong@hiephoi.example", "vanphong", "hiephoi.example")
    await contacts.add_contact(room.office.database, "vitas", mailbox, "", room.an.actor, [KEY])
    await contacts.verify(room.office.database, "vitas", mailbox, "they called", "their page", room.an.actor)
    number = await room.begun(TextKind.LETTER, organisation="vitas")
    await flow.submit(room.desk, number, 1, room.an)
    await flow.approve(room.desk, number, 1, room.binh)
    await flow.publish(room.desk, number, 1, room.binh)
    sheet = await flow.look(room.desk, number)
    assert sheet.text.addressee == "Hiệp hội Dệt May Việt Nam"
    assert sheet.composed is not None
    assert "Hiệp hội Dệt May Việt Nam" in sheet.composed.plain
    already = len(room.office.inbox)
    await room.office.drain()
    ((recipient, mail),) = room.office.inbox[already:]
    assert recipient == mailbox.typed
    assert sheet.composed.title in plain(mail)
    assert (await refused(flow.reopen(room.desk, number, 1, REASON, room.an))).code == Why.TOLD_ALREADY


async def test_a_letter_whose_notice_changed_since_the_approval_does_not_leave(room: Room) -> None:
    async with room.office.database.writing() as connection:
        now = await room.office.database.now(connection)
        await organisations.add_missing(connection, [Organisation(key="vitas", name_vi="Hiệp hội Dệt May")], now)
    number = await room.begun(TextKind.LETTER, organisation="vitas")
    await flow.submit(room.desk, number, 1, room.an)
    await flow.approve(room.desk, number, 1, room.binh)
    await room.office.pull(a_page(a_record(REF, revision=2, titles=(("en", "Another title of it"),))))
    assert (await refused(flow.publish(room.desk, number, 1, room.binh))).code == "text-changed"
    assert await room.state(number) is TextState.APPROVED
    assert await room.office.count(tables.letters) == 0


async def test_a_bulletin_is_of_a_period(room: Room) -> None:
    wrong = await refused(room.begun(TextKind.BULLETIN, period="tháng ba"))
    assert (wrong.code, wrong.field) == ("period", "period")
    number = await room.begun(TextKind.BULLETIN, period="2026-03")
    await flow.submit(room.desk, number, 1, room.an)
    await flow.approve(room.desk, number, 1, room.binh)
    await flow.publish(room.desk, number, 1, room.binh)
    sheet = await flow.look(room.desk, number)
    assert (sheet.text.state, sheet.text.period) == (TextState.PUBLISHED, "2026-03")
    assert sheet.composed is not None
    assert REF in sheet.composed.plain


async def test_what_no_text_has_is_refused_by_its_field(room: Room) -> None:
    number = await room.begun()
    for body, field in (({"slug": "x"}, "slug"), ({"title": "x" * 20_001}, "title"), ({"rows": [["một ô"]]}, "rows")):
        assert (await refused(flow.write(room.desk, number, 1, body, room.an))).field == field
    assert (await refused(flow.look(room.desk, 99))).code == "no-such-text"
    assert (await refused(room.begun(ref="G/TBT/N/XXX/1"))).code == "no-such-notice"
