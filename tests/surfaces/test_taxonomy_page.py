"""The room of the desk in which the rules for sorting are checked, tried and put in force."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.bootstrap import bundled_rules
from app.domain.access import Role
from app.flow import review
from app.store import tables
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, form_token, hire
from tests.surfaces.rows import STORED_AT, keep, regular

PAGE = "/desk/taxonomy"
BUNDLED = bundled_rules().decode()
HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
async def keeper(application: FastAPI, frozen: FrozenClock, office: Office) -> Browser:
    """The browser of an administrator."""
    opened = browser(application, frozen)
    await opened.sign_in(await hire(office.database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn"))
    return opened


async def standing(keeper: Browser) -> str:
    found = re.search(r'name="standing" value="([^"]+)"', (await keeper.get(f"{PAGE}/edit")).text)
    assert found is not None
    return unescape(found[1])


async def send(keeper: Browser, what: str, body: str, **fields: str) -> tuple[int, str, str]:
    """Send the editor's form as a browser does, in parts and with its ends of lines."""
    page = (await keeper.get(f"{PAGE}/edit")).text
    data = {"form_token": form_token(page), "standing": await standing(keeper), "body": body.replace("\n", "\r\n")}
    parts = {name: (None, value.encode()) for name, value in (data | fields).items()}
    answer = await keeper.client.post(f"{PAGE}/{what}", files=parts, headers=keeper.said)
    return answer.status_code, answer.text, answer.headers.get("location", "")


async def test_the_rules_in_force_are_shown_and_handed_out_as_they_are(keeper: Browser) -> None:
    shown = (await keeper.get(PAGE)).text
    assert all(said in shown for said in ("Dệt may", "Đang dùng bảng phân loại đi kèm", "luôn được giữ"))
    sent = await keeper.get(f"{PAGE}/file")
    assert (sent.content.decode(), sent.headers["content-type"]) == (BUNDLED, "text/yaml; charset=utf-8")
    assert "attachment" in sent.headers["content-disposition"]
    assert (await keeper.get(f"{PAGE}/file?version=none")).status_code == 404
    english = (await keeper.get(f"/en{PAGE}")).text
    assert "What staff corrected on a single notice always stays" in english


async def test_a_faulty_file_is_refused_by_line_and_stays_in_the_editor(keeper: Browser, office: Office) -> None:
    status, page, _ = await send(keeper, "apply", f"version: 1\nunknown: {HOSTILE}\n", because="thử")
    assert (status, "Dòng 2" in page, HOSTILE in page) == (422, True, False)
    assert "&lt;/textarea&gt;" in page
    assert await office.count(tables.taxonomies) == 0


@pytest.mark.parametrize(
    "body",
    [
        "a: &a [x, x]\nb: [*a, *a]\n",
        "version: !!python/object/apply:os.system [id]\n",
        "- " * 400 + "x",
        "",
        "[" * 3000,
    ],
)
async def test_a_hostile_file_is_refused(keeper: Browser, office: Office, body: str) -> None:
    for what in ("check", "try", "apply"):
        status, page, _ = await send(keeper, what, body, because="thử")
        assert (status, "chỗ phải sửa" in page) == (422, True)
    assert await office.count(tables.taxonomies) == 0


async def test_a_file_with_control_characters_is_no_text_that_a_browser_sends(keeper: Browser) -> None:
    assert (await send(keeper, "check", "version: \x00\n"))[0] == 400


async def test_a_file_too_long_for_a_page_is_refused(keeper: Browser) -> None:
    status, _, _ = await send(keeper, "check", BUNDLED + "# " + "x" * 260_000)
    assert status == 413


async def test_a_dry_run_says_what_would_change_of_how_many_and_writes_nothing(keeper: Browser, office: Office) -> None:
    number = await keep(office.database, regular("G/TBT/N/USA/7", products="Cotton fabrics"), sorted_at=STORED_AT)
    before = await office.snapshot(tables.notices, tables.labels, tables.taxonomies, tables.audit)
    status, page, _ = await send(keeper, "try", BUNDLED)
    assert (status, number) == (200, 1)
    assert all(said in page for said in ("1 thông báo mới nhất trong 1", "G/TBT/N/USA/7", "không → chính", "Dệt may"))
    assert await office.snapshot(tables.notices, tables.labels, tables.taxonomies, tables.audit) == before


async def test_a_version_is_put_in_force_with_a_reason_and_its_maker_is_named(keeper: Browser, office: Office) -> None:
    await keep(office.database, regular("G/TBT/N/USA/7", products="Cotton fabrics"), sorted_at=STORED_AT)
    await review.correct(office.database, "G/TBT/N/USA/7", {"textiles": "related"}, "xem lại", "lan", {"textiles"})
    first = await standing(keeper)
    assert "Hãy ghi lý do" in (await send(keeper, "apply", BUNDLED + "# một\n"))[1]
    assert "không có gì để đổi" in (await send(keeper, "apply", BUNDLED, because="thử"))[1]
    status, _, location = await send(keeper, "apply", BUNDLED + "# một\n", because="thêm hàng mới")
    assert (status, location) == (303, f"{PAGE}?done=applied")
    shown = (await keeper.get(PAGE)).text
    assert all(said in shown for said in ("thêm hàng mới", "chief@moit.gov.vn", "đang chờ được phân loại"))
    assert (await keeper.get(f"{PAGE}/file")).text == BUNDLED + "# một\n"
    assert await office.count(tables.corrections) == 1

    late = await send(keeper, "apply", BUNDLED + "# hai\n", because="muộn", standing=first)
    assert (late[0], "người khác đã đưa một bản khác" in late[1]) == (422, True)
    async with office.database.reading() as connection:
        rows = (
            await connection.execute(select(tables.audit.c.details).where(tables.audit.c.verb == "apply_taxonomy"))
        ).all()
    assert [row.details["because"] for row in rows] == ["thêm hàng mới"]


async def test_who_keeps_no_taxonomy_sees_it_and_has_no_editor(
    application: FastAPI, frozen: FrozenClock, office: Office
) -> None:
    reader = browser(application, frozen)
    await reader.sign_in(await hire(office.database, frozen, Role.APPROVER))
    assert f"{PAGE}/edit" not in (await reader.get(PAGE)).text
    assert (await reader.get(f"{PAGE}/edit")).status_code == 403
    assert (await reader.get(f"{PAGE}/file")).status_code == 200
