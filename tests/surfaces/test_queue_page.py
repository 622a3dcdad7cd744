"""The first page of the desk: what waits, filtered and paged by its address, and acts on many notices by one form."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.domain.access import Role
from app.store.database import Database
from app.store.tables import assignments, audit, events, notices, sources
from app.web.desk.queue import PAGE
from tests.conftest import FrozenClock
from tests.staff import Browser, Colleague, browser, form_token, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT
from tests.surfaces.test_api_lists import statements
from tests.waiting import add_unit, orphan, sorted_into, unmatched, wait

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture
async def lan(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen)


@pytest.fixture
async def own(application: FastAPI, frozen: FrozenClock, lan: Colleague) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(lan)
    return opened


def shown(page: str) -> list[str]:
    """Return the refs of the rows, in order."""
    return re.findall(r'<h3><a href="(?:/en)?/desk/notices/([^"]+)">', page)


def title(page: str) -> str:
    found = re.search(r"<title>(.*?)</title>", page)
    return found[1] if found else ""


def preceding(page: str) -> str:
    found = re.search(r'href="([^"]+)" rel="prev"', page)
    assert found is not None
    return unescape(found[1])


def following(page: str) -> str | None:
    found = re.search(r'href="([^"]+)" rel="next"', page)
    return unescape(found[1]) if found else None


async def act(own: Browser, name: str, *refs: str, at: str = "", **fields: str) -> httpx.Response:
    """Send the form of the page with these notices ticked."""
    token = form_token((await own.get("/desk")).text) or await own.token("/desk/account")
    data = {"form_token": token, "notice": list(refs)} | fields
    return await own.client.post(f"/desk/queue/{name}{at}", data=data, headers=own.said)


async def test_a_row_says_what_why_since_when_and_who(own: Browser, database: Database) -> None:
    ref = await wait(database, 1, left=5, titles=(("en", "Textile labels"), ("vi", "Nhãn hàng dệt")))
    await sorted_into(database, 1, "textiles", 0.62)
    await add_unit(database)
    await act(own, "assign", ref, holder="unit:xnk")
    page = (await own.get("/desk")).text
    assert title(page) == "(1) Hàng đợi · Kẻng"
    for said in (
        "<b>5</b>",
        ref,
        "Hoa Kỳ",
        "Nhãn hàng dệt",
        "Dệt may 62%",
        "phân loại chưa chắc chắn",
        "Cục xnk",
        "Gấp",
    ):
        assert said in page
    assert "Hạn nội bộ: 06/03/2026 <strong>(gấp)</strong>" in page
    english = (await own.get("/en/desk")).text
    for said in ("(1) Queue", "United States", "Textile labels", "Department xnk", f"/en/desk/notices/{ref}"):
        assert said in english


@pytest.mark.parametrize(
    ("hours", "said", "late"),
    [(2, "đã 2 giờ làm việc", False), (40, "đã 8 giờ", False), (120, "quá 24 giờ: đã 72 giờ", True)],
)
@on_sqlite_only
async def test_the_clock_counts_hours_of_working_days(
    own: Browser, database: Database, frozen: FrozenClock, hours: int, said: str, late: bool
) -> None:
    await wait(database, 1, since=frozen.now - timedelta(hours=hours))
    page = (await own.get("/desk")).text
    assert said in page
    assert ('class="chip urgent"' in page) is late


async def test_the_address_keeps_tab_filters_order_and_page(own: Browser, database: Database) -> None:
    for number in range(1, PAGE + 4):
        await wait(database, number, left=number)
    await wait(database, 900, "unlabelled", symbol="G/SPS/N/CHN/900", left=2)
    await unmatched(database, 1)
    first = (await own.get("/desk?tab=unsure&area=TBT&sort=deadline")).text
    assert title(first) == f"({PAGE + 3}) Hàng đợi · Kẻng"
    assert len(shown(first)) == PAGE
    next_page = following(first)
    assert next_page is not None
    assert "tab=unsure" in next_page
    assert "area=TBT" in next_page
    await wait(database, 901, left=1)
    second = (await own.get(next_page)).text
    assert shown(second) == [f"G/TBT/N/USA/{number}" for number in range(PAGE + 1, PAGE + 4)]
    assert following(second) is None
    assert 'href="/desk?tab=unsure&amp;area=TBT">Về đầu danh sách' in second
    back = (await own.get(preceding(second))).text
    assert shown(back) == [f"G/TBT/N/USA/{number}" for number in (901, *range(2, PAGE + 1))]
    begun = (await own.get(preceding(back))).text
    assert shown(begun) == [f"G/TBT/N/USA/{number}" for number in (1, 901, *range(2, PAGE))]
    assert 'rel="prev"' not in begun
    assert re.search(r'<option value="TBT" selected>', second)
    assert f'aria-current="page">Chưa chắc <span class="number">{PAGE + 4}</span>' in second


@on_sqlite_only
async def test_words_and_deadline_narrow_the_list(own: Browser, database: Database) -> None:
    ref = await wait(database, 1, left=5)
    await wait(database, 2, left=50)
    assert shown((await own.get("/desk?within=7")).text) == [ref]
    assert shown((await own.get("/desk?member=USA&within=&sort=age&q=")).text) == [ref, "G/TBT/N/USA/2"]
    answer = await own.get("/desk?q=%21%21")
    assert answer.status_code == 422
    assert "Không tìm được chữ này" in answer.text
    assert len(shown(answer.text)) == 2


@on_sqlite_only
@pytest.mark.parametrize(
    "query",
    [
        "tab=x", "sort=x", "sector=x", "member=x", "area=x", "within=8", "other=1", f"q={'x' * 201}",
        "unit=%00", "after=x", "before=x", "after=2026-03-02~~1&before=2026-03-02~~1", "after=2026-03-02~x~1", "after=2026-03-02~~0", "sort=age&after=2026-03-02~99999999999999999999~1",
    ],
)  # fmt: skip
async def test_an_address_that_no_page_wrote_is_refused(own: Browser, query: str) -> None:
    assert (await own.get(f"/desk?{query}")).status_code == 400


@on_sqlite_only
async def test_an_empty_list_says_why_and_when_each_source_was_read(own: Browser, database: Database) -> None:
    nothing = (await own.get("/desk")).text
    assert "Không có thông báo nào chờ người xem" in nothing
    assert "Chưa có nguồn tin nào" in nothing
    async with database.writing() as connection:
        rows: list[dict[str, object]] = [
            {"name": "eping", "last_success_at": STORED_AT, "failures": 2},
            {"name": "rasff", "last_success_at": None, "failures": 0},
        ]
        await connection.execute(sources.insert(), rows)
    page = (await own.get("/desk?tab=mine")).text
    assert "đọc lần cuối lúc 01/03/2026 10:00; lần gần nhất bị lỗi" in page
    assert "chưa đọc được lần nào" in page
    await wait(database, 1)
    assert "Các phần khác còn 1 thông báo." in (await own.get("/desk?tab=mine")).text
    assert "khớp bộ lọc" in (await own.get("/desk?area=SPS")).text
    ended = await own.get("/desk?after=2026-03-02~~999")
    assert "sau chỗ này" in ended.text


async def test_what_may_be_released_is_and_the_rest_is_named(own: Browser, lan: Colleague, database: Database) -> None:
    refs = [await wait(database, number) for number in (1, 2)]
    entered = await wait(database, 3, "manual", columns={"entered_by": lan.actor})
    silent = await orphan(database, 4)
    answer = await act(own, "release", refs[0], entered, silent, "G/X/1", at="?sort=age")
    assert answer.status_code == 200
    page = unescape(answer.text)
    assert "Đã phát hành 1 thông báo." in page
    assert "3 thông báo vẫn như cũ" in page
    for said in ("cần người thứ hai", "không có gì đang chờ", "không còn thông báo này"):
        assert said in page
    assert set(shown(page)) == {refs[1], entered, silent}
    assert '<option value="age" selected>' in page
    async with database.reading() as connection:
        released = (
            await connection.execute(select(events.c.released_by).where(events.c.released_by.is_not(None)))
        ).all()
        written = (await connection.execute(select(audit.c.verb, audit.c.subject))).all()
    assert [row.released_by for row in released] == [lan.actor]
    assert ("release", refs[0]) in [tuple(row) for row in written]
    assert shown((await own.get("/desk/queue/release?sort=age")).text) == shown(page)


@on_sqlite_only
async def test_one_box_chooses_the_whole_page(own: Browser, database: Database) -> None:
    refs = [await wait(database, number) for number in (1, 2, 3)]
    page = (await own.get("/desk")).text
    listed = re.findall(r'name="listed" value="([^"]+)"', page)
    assert sorted(listed) == refs
    data = {"form_token": form_token(page), "whole": "yes", "listed": listed[:2], "holder": "me"}
    answer = await own.client.post("/desk/queue/assign", data=data, headers=own.said)
    assert "Đã giao 2 thông báo." in answer.text
    assert len(shown((await own.get("/desk?tab=mine")).text)) == 2


@on_sqlite_only
async def test_what_is_refused_keeps_what_was_ticked_and_typed(own: Browser, database: Database) -> None:
    ref = await wait(database, 1)
    for name, fields, said in (
        ("assign", {"holder": ""}, "Hãy chọn một đơn vị"),
        ("assign", {"holder": "account:99"}, "Hãy chọn một đơn vị"),
        ("set-aside", {"because": "  "}, "Hãy ghi lý do"),
    ):
        answer = await act(own, name, ref, **fields)
        assert answer.status_code == 422
        assert said in answer.text
        assert f'value="{ref}" checked' in answer.text
    nothing = await act(own, "set-aside", because="a reason typed")
    assert (nothing.status_code, "a reason typed" in nothing.text) == (422, True)
    assert (await act(own, "assign", ref, holder="account:x")).status_code == 400
    assert "Đã xếp lại 1 thông báo." in (await act(own, "set-aside", ref, because="không liên quan")).text
    async with database.reading() as connection:
        assert (await connection.execute(select(assignments.c.id))).all() == []


async def test_what_no_browser_sends_is_no_fault_of_ours(own: Browser, database: Database) -> None:
    ref = await wait(database, 1)
    assert (await act(own, "release", "\0")).status_code == 400
    assert (await act(own, "assign", ref, holder="unit:\0")).status_code == 400
    assert (await act(own, "set-aside", ref, because="seen\0")).status_code == 400


@on_sqlite_only
@pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR])
async def test_who_only_reads_sees_no_acts_and_is_refused_them(
    application: FastAPI, frozen: FrozenClock, database: Database, role: Role
) -> None:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(database, frozen, role, "doc@moit.gov.vn"))
    ref = await wait(database, 1)
    page = (await opened.get("/desk")).text
    assert shown(page) == [ref]
    assert "checkbox" not in page
    assert "formaction" not in page
    for name in ("assign", "release", "set-aside"):
        assert (await act(opened, name, ref, holder="me", because="x")).status_code == 403
    async with database.reading() as connection:
        assert (await connection.execute(select(events.c.released_at))).scalar_one() is None


@on_sqlite_only
async def test_what_comes_from_outside_is_inert(own: Browser, database: Database) -> None:
    await wait(database, 1, titles=(("en", HOSTILE),), columns={"ref": f"rasff/{HOSTILE}"})
    await add_unit(database)
    async with database.writing() as connection:
        await connection.execute(update(notices).values(ref=f"rasff/{HOSTILE}"))
    page = (await own.get(f"/desk?q={'%3Cscript%3E'}alert")).text + (await own.get("/desk")).text
    page += (await act(own, "assign", HOSTILE, holder="me")).text
    page += (await act(own, "set-aside", HOSTILE, because=HOSTILE, at="?unit=%22%3E%3Cscript%3E")).text
    page += (await act(own, "set-aside", f"rasff/{HOSTILE}", because="")).text
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "onerror=alert(2)&gt;" in page


@on_sqlite_only
async def test_the_page_has_no_statement_for_each_row(own: Browser, database: Database) -> None:
    async def cost() -> int:
        with statements(database) as seen:
            assert (await own.get("/desk")).status_code == 200
        return len(seen)

    await wait(database, 1)
    one = await cost()
    for number in range(2, 30):
        await wait(database, number)
        await sorted_into(database, number, "textiles")
    assert await cost() == one <= 8
