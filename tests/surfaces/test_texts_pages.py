"""The room of texts in a browser: who may do what, what a refusal says, and that nothing written there can run."""

import re
from datetime import date

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.domain.sectors import Label
from app.domain.sectors import Role as LabelRole
from app.store.database import Database
from app.store.tables import text_steps, text_versions, texts
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, keep, label, regular

REF = "G/TBT/N/USA/1"
REASON = "một lý do đủ dài để ai cũng hiểu được"
XSS = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'

pytestmark = on_sqlite_only


@pytest.fixture
async def notice(database: Database) -> None:
    """A sure, labelled notice with a deadline."""
    content = regular(REF, comment_deadline=date(2026, 5, 1), products="Footwear", hs=("64",))
    number = await keep(database, content, sorted_at=STORED_AT, sure=True)
    await label(database, number, [Label("footwear", LabelRole.PRIMARY, 0.95, ())])


async def signed_in(application: FastAPI, database: Database, frozen: FrozenClock, role: Role, name: str) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(database, frozen, role, f"{name}@moit.gov.vn"))
    return opened


@pytest.fixture
async def editor(application: FastAPI, database: Database, frozen: FrozenClock, notice: None) -> Browser:  # noqa: ARG001 - she writes about it
    return await signed_in(application, database, frozen, Role.EDITOR, "an")


@pytest.fixture
async def approver(application: FastAPI, database: Database, frozen: FrozenClock, editor: Browser) -> Browser:  # noqa: ARG001 - comes after her
    return await signed_in(application, database, frozen, Role.APPROVER, "binh")


async def begun(who: Browser, kind: str = "article") -> str:
    """Begin a text on the page that a notice links to, and return the address of the text."""
    page = f"/desk/texts/new?ref={REF}&kind={kind}"
    assert f'value="{REF}"' in (await who.get(page)).text
    answer = await who.post("/desk/texts", page=page, kind=kind, ref=REF)
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def did(who: Browser, page: str, step: str, version: int, **fields: str) -> tuple[int, str]:
    """Press a button of a text; return the status and where it leads, or the page that says why not."""
    answer = await who.post(f"{page}/{step}", page=page, version=str(version), **fields)
    return answer.status_code, answer.headers.get("location", answer.text)


async def test_an_editor_writes_an_approver_sees_what_changed_and_publishes(
    editor: Browser, approver: Browser, database: Database
) -> None:
    page = await begun(editor)
    assert (await did(editor, page, "write", 1, impact="Phải đổi nhãn giày."))[0] == 303
    assert (await did(editor, page, "submit", 2))[1] == f"{page}?done=submitted"
    assert "Duyệt</button>" not in (await editor.get(page)).text
    seen = (await approver.get(page)).text
    assert "Duyệt</button>" in seen
    assert re.search(r"<ins>.*Phải đổi nhãn giày\.</ins>", seen)
    assert (await did(approver, page, "approve", 2))[0] == 303
    assert (await did(approver, page, "publish", 2))[0] == 303
    assert "Đã đăng" in (await approver.get(page)).text
    async with database.reading() as connection:
        assert list((await connection.execute(select(text_steps.c.by).order_by(text_steps.c.id))).scalars()) == [
            1,
            2,
            2,
        ]


async def test_nobody_approves_their_own_text_but_by_breaking_the_glass(approver: Browser) -> None:
    page = await begun(approver)
    await did(approver, page, "submit", 1)
    status, said = await did(approver, page, "approve", 1)
    assert status == 409
    assert "Không ai duyệt văn bản mà mình đã viết" in said
    assert (await did(approver, page, "glass", 1, because="gấp"))[0] == 422
    assert (await did(approver, page, "glass", 1, because=REASON))[0] == 303
    listed = (await approver.get("/desk/texts")).text
    assert "Chờ hậu kiểm" in listed
    assert "quá hạn" not in listed
    assert (await did(approver, page, "review", 1, finding=REASON))[0] == 409


async def test_an_editor_presses_no_button_of_an_approver(editor: Browser) -> None:
    page = await begun(editor)
    for step in ("approve", "glass", "publish", "withdraw", "recall", "review"):
        assert (await did(editor, page, step, 1, because=REASON))[0] == 403


async def test_whoever_wrote_a_text_is_told_who_approves_it(editor: Browser, approver: Browser) -> None:
    page, said = await begun(editor), "Bạn đã viết bản này nên một người khác phải duyệt."
    await did(editor, page, "submit", 1)
    assert said in (await editor.get(page)).text
    assert said not in (await approver.get(page)).text


async def test_an_editor_writes_the_withdrawal_that_an_approver_will_see(editor: Browser) -> None:
    assert "kind=withdrawal" in (await editor.get(f"/desk/notices/{REF}")).text
    assert (await begun(editor, "withdrawal")).startswith("/desk/texts/")


async def test_a_refused_version_loses_no_word(editor: Browser) -> None:
    page = await begun(editor)
    await did(editor, page, "write", 1, title="Bản của người khác")
    status, said = await did(editor, page, "write", 1, impact="Câu đang viết dở.")
    assert status == 409
    assert "Người khác vừa viết một bản mới hơn" in said
    assert "Câu đang viết dở." in said


async def test_beside_what_was_written_stands_what_somebody_else_saved(editor: Browser) -> None:
    page = await begun(editor)
    await did(editor, page, "write", 1, title="Bản của người khác", impact="Câu chung.")
    _, said = await did(editor, page, "write", 1, title="Bản của tôi", impact="Câu chung.")
    assert "bản đang lưu: “Bản của người khác”" in said
    assert "bản đang lưu: “Câu chung.”" not in said
    assert 'name="version" value="2"' in said


async def test_what_was_written_while_somebody_asked_for_approval_is_still_there_to_be_copied(editor: Browser) -> None:
    page = await begun(editor)
    await did(editor, page, "submit", 1)
    status, said = await did(editor, page, "write", 1, impact="Câu đang viết dở.")
    assert status == 409
    assert "Câu đang viết dở.</textarea>" in said
    assert f'action="{page}/write"' not in said


async def test_a_reason_that_was_refused_stays_in_its_form(editor: Browser, approver: Browser) -> None:
    page = await begun(editor)
    await did(editor, page, "submit", 1)
    status, said = await did(approver, page, "back", 1, because="ngắn")
    assert status == 422
    assert re.search(r'<textarea id="back-because"[^>]*aria-invalid="true"[^>]*>\s*ngắn</textarea>', said)
    assert said.count("ngắn</textarea>") == 1


async def test_faults_are_named_with_their_proposal_and_mended_by_a_click(editor: Browser) -> None:
    page = await begun(editor)
    await did(editor, page, "write", 1, impact="Xuất sang Đài Loan.")
    shown = (await editor.get(page)).text
    assert "<ins>Đài Loan (Trung Quốc)</ins>" in shown
    assert (await did(editor, page, "submit", 2))[0] == 409
    assert (await did(editor, page, "write", 2, impact="Xuất sang Đài Loan.", mend="yes"))[0] == 303
    assert (await did(editor, page, "submit", 3))[0] == 303


async def test_whatever_is_written_is_inert(editor: Browser, approver: Browser) -> None:
    page = await begun(editor)
    names = ("title", "description", "products", "agency", "impact", "recommendation")
    assert (await did(editor, page, "write", 1, **dict.fromkeys(names, XSS)))[0] == 303
    for who in (editor, approver):
        for prefix in ("", "/en"):
            shown = await who.get(prefix + page)
            assert shown.status_code == 200
            assert "<script" not in shown.text
            assert "<img" not in shown.text
            assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_lists_show_each_state_with_the_days_left_and_who_is_waited_for(editor: Browser) -> None:
    assert "Không có văn bản nào" in (await editor.get("/desk/texts")).text
    await begun(editor)
    listed = (await editor.get("/desk/texts?state=draft")).text
    assert REF in listed
    assert "chờ người viết" in listed
    assert "Hạn góp ý: 01/05/2026" in listed
    assert (await editor.get("/desk/texts?state=nothing")).status_code == 400
    assert (await editor.get("/desk/texts?after=x")).status_code == 400
    assert (await editor.get("/en/desk/texts?state=draft&after=2026-05-01.99")).status_code == 200


async def test_a_list_goes_on_where_the_page_before_ended(
    editor: Browser, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.web.desk.texts._PAGE", 2)
    for number in range(2, 6):
        await keep(database, regular(f"G/TBT/N/USA/{number}", comment_deadline=date(2026, 5, 10 - number)))
        await editor.post("/desk/texts", page="/desk/texts/new", kind="article", ref=f"G/TBT/N/USA/{number}")
    path, found = "/desk/texts?state=draft", list[str]()
    while path:
        shown = (await editor.get(path)).text
        found += re.findall(r"Bài viết · (G/TBT/N/USA/\d)", shown)
        following = re.search(r'href="([^"]+)" rel="next"', shown)
        path = following[1].replace("&amp;", "&") if following else ""
    assert found == [f"G/TBT/N/USA/{number}" for number in (5, 4, 3, 2)]


async def test_files_are_made_of_the_text(editor: Browser) -> None:
    page = await begun(editor)
    for form, begins in (("docx", b"PK"), ("html", b"<!doctype html>"), ("txt", "Hoa Kỳ".encode())):
        answer = await editor.get(f"{page}/file.{form}")
        assert answer.status_code == 200
        assert answer.content.startswith(begins)
        assert "attachment" in answer.headers["content-disposition"]
    for form in ("pdf", "form"):
        assert (await editor.get(f"{page}/file.{form}")).status_code == 404


async def test_opening_pages_changes_nothing(editor: Browser, office: Office) -> None:
    page = await begun(editor)
    before = await office.snapshot(texts, text_versions, text_steps)
    for path in (page, "/desk/texts", "/desk/texts/new", f"{page}/file.docx", f"/en{page}"):
        assert (await editor.get(path)).status_code == 200
    assert await office.snapshot(texts, text_versions, text_steps) == before


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "article", "ref": "G/TBT/N/XXX/1"}, "Không có thông báo nào mang mã này."),
        ({"kind": "letter", "ref": REF}, "Hãy chọn tổ chức nhận công văn."),
        ({"kind": "bulletin", "period": "x"}, "Kỳ không đúng"),
    ],
)
async def test_what_no_text_can_be_about_is_said_by_the_field(
    editor: Browser, fields: dict[str, str], said: str
) -> None:
    answer = await editor.post("/desk/texts", page="/desk/texts/new", **fields)
    assert answer.status_code in {404, 422}
    assert said in answer.text
