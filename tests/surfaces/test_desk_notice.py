"""One notice on the desk: side by side, box by box, and what staff do with it."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.domain.boxes import original_mark
from app.domain.sectors import Facet
from app.flow import compose
from app.store.database import Database
from app.store.tables import audit, translations
from app.store.taxonomies import labels_of
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, hire
from tests.waiting import add_unit

REF = "G/TBT/N/USA/1"
PAGE = f"/desk/notices/{REF}"
TITLE = "Draft regulation on the labelling of textile products"
TITLE_VI = "Dự thảo quy định ghi nhãn sản phẩm dệt may"
_NUMBER = re.compile(r'name="box" value="(\w+)"><input type="hidden" name="number" value="(\d+)">')


@dataclass
class Desk:
    """A notice in the house, and two colleagues who are signed in."""

    office: Office
    editor: Browser
    approver: Browser

    async def write(self, text: str, *, box: str = "title", number: int = 0, original: str = TITLE) -> Any:
        fields = {"box": box, "number": str(number), "original": original_mark(original), "text": text}
        return await self.editor.post(f"{PAGE}/boxes", page=PAGE, **fields)

    async def confirm(self, by: Browser, *, number: int = 1, original: str = TITLE) -> Any:
        fields = {"box": "title", "number": str(number), "original": original_mark(original)}
        return await by.post(f"{PAGE}/boxes/confirm", page=PAGE, **fields)

    async def change_title(self, title: str) -> None:
        await self.office.pull(a_page(a_record(REF, titles=(("en", title),)), body=title.encode()))
        await self.office.process()

    async def words(self) -> Any:
        return (await compose.one_notice(self.office.database, REF)).subjects[0].vietnamese

    async def sectors(self) -> set[tuple[str, str]]:
        return {(one.id, one.role.value) for one in (await self.labels())[Facet.SECTOR]}

    async def labels(self) -> Any:
        async with self.office.database.reading() as connection:
            return (await labels_of(connection, [1]))[1]


@pytest.fixture
async def desk(application: FastAPI, frozen: FrozenClock, database: Database, office: Office) -> Desk:
    await office.settled_baseline()
    await office.pull(a_page(a_record(REF)))
    await office.process()
    people = []
    for role, mailbox in ((Role.EDITOR, "lan@moit.gov.vn"), (Role.APPROVER, "minh@moit.gov.vn")):
        opened = browser(application, frozen)
        await opened.sign_in(await hire(database, frozen, role, mailbox))
        people.append(opened)
    return Desk(office, *people)


async def test_original_and_vietnamese_stand_side_by_side(desk: Desk) -> None:
    page = (await desk.editor.get(PAGE)).text
    assert TITLE in page
    assert "Ô 5 · Tiêu đề" in page
    assert "01/05/2026" in page  # the deadline rendered
    assert "Hoa Kỳ" in page
    assert ">máy<" in page
    assert "Hạn nội bộ" in page
    found = dict(_NUMBER.findall(page))
    assert set(found) == {"title", "products", "description", "objectives", "agency", "impact", "recommendation"}
    assert set(found.values()) == {"0"}


async def test_a_box_is_written_then_confirmed_by_somebody_else_and_texts_take_it(desk: Desk) -> None:
    answer = await desk.write(TITLE_VI)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?view=boxes&done=written")
    page = (await desk.editor.get(answer.headers["location"])).text
    assert "Đã lưu bản tiếng Việt của ô." in page
    assert "người dịch" in page
    assert "lan@moit.gov.vn" in page
    assert (await desk.words()).title == TITLE_VI
    assert (await desk.confirm(desk.editor)).status_code == 403  # an editor approves nothing
    assert (await desk.confirm(desk.approver)).status_code == 303
    page = (await desk.editor.get(PAGE)).text
    assert "đã hiệu đính" in page
    assert "minh@moit.gov.vn" in page
    async with desk.office.database.reading() as connection:
        rows = (await connection.execute(select(translations).order_by(translations.c.number))).all()
        told = (await connection.execute(select(audit.c.actor, audit.c.verb).order_by(audit.c.id))).all()
    assert [(row.number, row.state, row.written_by, row.reviewed_by) for row in rows] == [
        (1, "translated", 1, None),
        (2, "reviewed", 1, 2),
    ]
    assert [tuple(row) for row in told][-2:] == [("account:1", "translate"), ("account:2", "review_translation")]


async def test_nobody_confirms_what_they_wrote_since_the_last_review(desk: Desk) -> None:
    await desk.write(TITLE_VI)
    fields = {"box": "title", "number": "1", "original": original_mark(TITLE), "text": "Bản của người duyệt"}
    assert (await desk.approver.post(f"{PAGE}/boxes", page=PAGE, **fields)).status_code == 303
    await desk.write(TITLE_VI, number=2)
    answer = await desk.confirm(desk.approver, number=3)
    assert (answer.status_code, "tự hiệu đính" in answer.text) == (403, True)


async def test_a_changed_original_opens_its_box_again_until_somebody_confirms(desk: Desk) -> None:
    await desk.write(TITLE_VI)
    await desk.confirm(desk.approver)
    changed = TITLE.replace("textile", "leather")
    await desk.change_title(changed)
    page = (await desk.editor.get(PAGE)).text
    assert "bản gốc đã đổi" in page
    assert "<del>" in page
    assert "textile" in page
    assert "✓ đã hiệu đính" not in page
    assert (await desk.words()).title == ""
    assert (await desk.confirm(desk.approver, number=2, original=TITLE)).status_code == 409  # they saw the old words
    assert (await desk.confirm(desk.approver, number=2, original=changed)).status_code == 303
    assert "bản gốc đã đổi" not in (await desk.editor.get(PAGE)).text
    assert (await desk.words()).title == TITLE_VI


async def test_a_text_over_a_newer_one_is_refused_and_both_are_shown(desk: Desk) -> None:
    await desk.write("Bản thứ nhất")
    answer = await desk.write("Bản thứ hai")
    assert answer.status_code == 409
    assert all(said in answer.text for said in ("người khác vừa ghi ô này", "Bản thứ nhất", "Bản thứ hai"))
    assert ("title", "1") in _NUMBER.findall(answer.text)
    assert (await desk.words()).title == "Bản thứ nhất"
    assert (await desk.write("Bản thứ hai", number=1)).status_code == 303


async def test_a_click_corrects_sector_theme_and_importance_for_good(desk: Desk) -> None:
    async def click(facet: str, label: str, role: str, because: str = "") -> int:
        fields = {"facet": facet, "label": label, "role": role, "because": because}
        return (await desk.editor.post(f"{PAGE}/labels", page=PAGE, **fields)).status_code

    assert await click("sector", "footwear", "primary") == 303
    assert ("footwear", "primary") in await desk.sectors()
    assert await click("sector", "textiles", "none") == 422  # taking away asks for a reason
    assert await click("sector", "textiles", "none", "chỉ nói về giầy") == 303
    assert await desk.sectors() == {("footwear", "primary")}
    assert await click("theme", "halal", "primary") == 303
    assert await click("importance", "not_concerned", "primary") == 303
    assert await click("importance", "act", "primary") == 303
    await desk.change_title("Draft regulation on textile fibres")  # sorted anew
    found = await desk.labels()
    assert {one.id for one in found[Facet.SECTOR]} == {"footwear"}
    assert "halal" in {one.id for one in found[Facet.THEME]}
    assert [one.id for one in found[Facet.IMPORTANCE]] == ["act"]
    for facet, label in (("sector", "nothing"), ("theme", "textiles"), ("importance", "much")):
        assert await click(facet, label, "primary") == 422
    assert await click("area", "x", "primary") == 400


async def test_one_sector_takes_the_place_of_all_others_before_any_alert_goes_out(desk: Desk) -> None:
    fields = {"facet": "sector", "label": "footwear", "role": "instead"}
    assert (await desk.editor.post(f"{PAGE}/labels", page=PAGE, **fields)).status_code == 422
    assert await desk.sectors() == {("textiles", "primary")}
    told = await desk.editor.post(f"{PAGE}/labels", page=PAGE, **fields, because="chỉ nói về giầy")
    assert told.status_code == 303
    assert await desk.sectors() == {("footwear", "primary")}


async def test_what_an_addendum_takes_over_of_its_base_is_said_on_its_page(desk: Desk) -> None:
    addendum = f"{PAGE}/Add.1"
    await desk.office.pull(a_page(a_record(addendum.removeprefix("/desk/notices/")), body=b"3"))
    await desk.office.process()
    assert "theo phần đã sửa ở" not in (await desk.editor.get(addendum)).text
    fields = {"facet": "sector", "label": "footwear", "role": "primary"}
    assert (await desk.editor.post(f"{PAGE}/labels", page=PAGE, **fields)).status_code == 303
    await desk.office.process()
    assert f'theo phần đã sửa ở <a class="raw" href="{PAGE}">' in (await desk.editor.get(addendum)).text
    assert (
        f'by what was corrected at <a class="raw" href="/en{PAGE}">' in (await desk.editor.get(f"/en{addendum}")).text
    )
    assert "theo phần đã sửa ở" not in (await desk.editor.get(PAGE)).text


async def test_a_waiting_alert_is_previewed_with_its_readers_then_released(desk: Desk) -> None:
    await desk.office.enrol("a@hiephoi.vn", sectors=("footwear",))
    waiting = "/desk/notices/G/TBT/N/USA/2"
    desk.office.sorter.unsure.add("footwear")
    await desk.office.pull(a_page(a_record("G/TBT/N/USA/2", titles=(("en", "Shoes"),), products="", hs=()), body=b"2"))
    await desk.office.process()
    page = (await desk.editor.get(f"{waiting}?view=alert")).text
    assert "chờ cán bộ: phân loại chưa chắc chắn" in page
    assert "Phát hành cho 1 người" in page
    assert desk.office.recipients == []
    answer = await desk.editor.post(f"{waiting}/release", page=waiting)
    assert answer.headers["location"] == f"{waiting}?view=alert&done=released"
    await desk.office.deliver()
    assert desk.office.recipients == ["a@hiephoi.vn"]
    again = await desk.editor.post(f"{waiting}/release", page=waiting)
    assert (again.status_code, "Không còn gì để phát hành" in again.text) == (409, True)


async def test_a_person_outweighs_the_rule_of_materiality_with_a_reason(desk: Desk) -> None:
    without = await desk.editor.post(f"{PAGE}/materiality", page=PAGE, when="digest", because=" ")
    assert (without.status_code, "Hãy ghi lý do." in without.text) == (422, True)
    await desk.editor.post(f"{PAGE}/materiality", page=PAGE, when="digest", because="chỉ sửa chữ ký")
    page = (await desk.editor.get(f"{PAGE}?view=alert")).text
    assert "chỉ sửa chữ ký (cán bộ quyết định)" in page


@pytest.mark.usefixtures("desk")
async def test_readers_change_nothing_and_see_no_form(
    application: FastAPI, frozen: FrozenClock, database: Database
) -> None:
    reader = browser(application, frozen)
    await reader.sign_in(await hire(database, frozen, Role.READER, "doc@moit.gov.vn"))
    for view in ("", "?view=measure", "?view=alert"):
        page = (await reader.get(PAGE + view)).text
        assert f'action="{PAGE}' not in page
    for act in ("boxes", "boxes/confirm", "labels", "release", "materiality", "merge", "split"):
        assert (await reader.post(f"{PAGE}/{act}", page="/desk")).status_code == 403


async def test_the_views_change_nothing(desk: Desk) -> None:
    before = await desk.office.snapshot(audit, translations)
    for view in ("", "?view=measure", "?view=alert", "?view=x", "?done=written", "?done=x"):
        for prefix in ("", "/en"):
            assert (await desk.editor.get(f"{prefix}{PAGE}{view}")).status_code == 200
    assert (await desk.editor.get("/desk/notices/G/TBT/N/XXX/1")).status_code == 404
    assert (await desk.editor.get("/desk/notices/%00")).status_code == 400
    assert await desk.office.snapshot(audit, translations) == before


async def test_the_timeline_shows_versions_word_by_word(desk: Desk) -> None:
    await desk.change_title(TITLE.replace("textile", "leather"))
    addendum = a_record(f"{REF}/Add.1", distributed_on=date(2026, 3, 3), comment_deadline=date(2026, 5, 15))
    await desk.office.pull(a_page(addendum, body=b"3"))
    await desk.office.process()
    page = (await desk.editor.get(f"{PAGE}?view=measure")).text
    assert "phiên bản 2" in page
    assert "<ins>" in page
    assert f'href="/desk/notices/{REF}/Add.1"' in page
    alert = (await desk.editor.get(f"/desk/notices/{REF}/Add.1?view=alert")).text
    assert "15/05/2026" in alert


async def test_two_measures_are_merged_and_split_again(desk: Desk) -> None:
    other = "G/TBT/N/USA/7"
    await desk.office.pull(a_page(a_record(other), a_record(f"{REF}/Add.1", comment_deadline=None), body=b"2"))
    await desk.office.process()

    async def act(name: str, **fields: str) -> Any:
        return await desk.editor.post(f"{PAGE}/{name}", page=PAGE, **fields)

    assert (await act("split", because="thử")).status_code == 409  # one base symbol
    assert (await act("merge", other="G/TBT/N/USA/99", because="thử")).status_code == 422
    assert (await act("merge", other=other, because=" ")).status_code == 422
    assert (await act("merge", other=other, because="cùng một văn bản")).status_code == 303
    page = (await desk.editor.get(f"{PAGE}?view=measure")).text
    assert f"/desk/notices/{other}" in page
    assert "xếp lại biện pháp" in page
    assert (await act("merge", other=other, because="nữa")).status_code == 409
    assert (await act("split", because="nhầm")).status_code == 303
    page = (await desk.editor.get(f"{PAGE}?view=measure")).text
    assert f"/desk/notices/{REF}/Add.1" in page
    assert f"/desk/notices/{other}" not in page


async def test_a_notice_is_given_to_a_unit_and_the_page_and_the_audit_say_so(desk: Desk) -> None:
    unit = await add_unit(desk.office.database)
    assert "chưa ai nhận" in (await desk.editor.get(PAGE)).text
    answer = await desk.editor.post(f"{PAGE}/assign?view=measure", page=PAGE, holder=f"unit:{unit}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?view=measure&done=assigned")
    page = (await desk.editor.get(answer.headers["location"])).text
    assert f"<dt>Phụ trách</dt><dd>Cục {unit}</dd>" in page
    again = await desk.editor.post(f"{PAGE}/assign", page=PAGE, holder=f"unit:{unit}")
    assert (again.status_code, "đang ở đúng nơi đó" in again.text) == (409, True)
    await desk.editor.post(f"{PAGE}/assign", page=PAGE, holder="nobody")
    async with desk.office.database.reading() as connection:
        told = await connection.execute(select(audit.c.details).where(audit.c.verb == "assign").order_by(audit.c.id))
    assert list(told.scalars()) == [
        {"from": "", "to": f"unit:{unit}"},
        {"from": f"unit:{unit}", "to": ""},
    ]


@pytest.mark.parametrize("holder", ["", "unit:nobody-knows", "account:99", "account:x"])
async def test_a_notice_is_given_to_nobody_who_is_not_here(desk: Desk, holder: str) -> None:
    answer = await desk.editor.post(f"{PAGE}/assign?view=../x", page=PAGE, holder=holder)
    assert answer.status_code in {400, 422}
    assert "chưa ai nhận" in (await desk.editor.get(PAGE)).text


async def test_readers_get_the_vietnamese_of_a_box_once_two_people_stand_behind_it(desk: Desk) -> None:
    async def told() -> tuple[Any, bool, bool]:
        api = (await desk.editor.get(f"/api/v1/notices/{REF}")).json()["title_vi"]
        public = TITLE_VI in (await desk.editor.get(f"/notices/{REF}")).text
        return api, public, TITLE_VI in (await desk.editor.get(f"{PAGE}?view=alert")).text

    await desk.write(TITLE_VI)
    assert await told() == (None, False, False)
    await desk.confirm(desk.approver)
    assert await told() == (TITLE_VI, True, True)
    assert TITLE_VI not in (await desk.editor.get(f"/en/notices/{REF}")).text
    await desk.change_title("Draft regulation on the labelling of footwear")
    # What was right for other words is said of those alone: of the version whose alert this is, not of the newest.
    assert await told() == (None, False, True)
