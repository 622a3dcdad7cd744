"""The room of the desk in which warnings are entered by one person and let out by another."""

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import Role
from app.store import tables
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import Browser, browser, hire

PAGE = "/desk/warnings"
FORM = {
    "source": "rasff",
    "key": "2026.1234",
    "language": "vi",
    "title": "Ethylen oxit trong túi vải",
    "members": "EU",
    "published": "2026-03-01",
    "link": "https://webgate.ec.europa.eu/rasff-window/screen/notification/1",
}
HOSTILE = "<script>alert(1)</script>"


async def signed_in(application: FastAPI, frozen: FrozenClock, office: Office, role: Role) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(office.database, frozen, role, f"{role}@moit.gov.vn"))
    return opened


@pytest.fixture
async def writer(application: FastAPI, frozen: FrozenClock, office: Office) -> Browser:
    return await signed_in(application, frozen, office, Role.EDITOR)


@pytest.fixture
async def approver(application: FastAPI, frozen: FrozenClock, office: Office) -> Browser:
    return await signed_in(application, frozen, office, Role.APPROVER)


async def entered(writer: Browser, **changed: str) -> str:
    """Enter a warning and return its page."""
    answer = await writer.post(PAGE, page=f"{PAGE}/new", **(FORM | changed))
    assert answer.headers["location"] == f"{PAGE}?done=entered", answer.text
    return f"{PAGE}/1"


async def test_what_one_enters_another_releases_and_only_then_is_it_public(writer: Browser, approver: Browser) -> None:
    one = await entered(writer)
    listed = (await writer.get(PAGE)).text
    assert all(said in listed for said in ("RASFF (EU)", "rasff/2026.1234", "editor@moit.gov.vn", "Ethylen oxit"))
    assert (await writer.get("/notices/rasff/2026.1234")).status_code == 404
    own = (await writer.get(one)).text
    assert ("Người khác phải phát hành" in own, f"{one}/release" in own) == (True, False)
    assert (await writer.post(f"{one}/release", page=one)).status_code == 403
    assert f"{one}/release" in (await approver.get(one)).text
    done = await approver.post(f"{one}/release", page=one)
    assert done.headers["location"] == f"{one}?done=released"
    assert (await writer.get("/notices/rasff/2026.1234")).status_code == 200
    assert "Không có cảnh báo nào đang chờ" in (await writer.get(PAGE)).text
    again = await approver.post(f"{one}/release", page=one)
    assert (again.status_code, "Không còn gì để phát hành" in again.text) == (422, True)


async def test_who_edits_is_a_writer_too_and_does_not_release(writer: Browser, approver: Browser) -> None:
    one = await entered(writer)
    form = (await approver.get(f"{one}/edit")).text
    assert all(said in form for said in ("Ethylen oxit trong túi vải", "2026-03-01", 'value="EU"'))
    changed = {name: FORM[name] for name in ("language", "title", "members", "published", "link")} | {"version": "1"}
    same = await approver.post(f"{one}/edit", page=f"{one}/edit", **changed)
    assert (same.status_code, "vẫn như trước" in same.text) == (409, True)
    await approver.post(f"{one}/edit", page=f"{one}/edit", **(changed | {"description": "Lô hàng bị trả về."}))
    shown = (await approver.get(one)).text
    assert all(said in shown for said in ("approver@moit.gov.vn, editor@moit.gov.vn", "Lô hàng bị trả về."))
    refused = await approver.post(f"{one}/release", page=one)
    assert (refused.status_code, "Người khác phải phát hành" in refused.text) == (422, True)


async def test_over_what_somebody_else_saved_nothing_is_saved_and_nothing_typed_is_lost(
    writer: Browser, approver: Browser
) -> None:
    one = await entered(writer)
    fields = {name: FORM[name] for name in ("language", "title", "members", "published", "link")}
    await approver.post(f"{one}/edit", page=f"{one}/edit", version="1", **(fields | {"description": "Lô bị trả về."}))
    typed = fields | {"products": "Túi vải không dệt"}
    stale = await writer.post(f"{one}/edit", page=f"{one}/edit", version="1", **typed)
    assert stale.status_code == 409
    said = ("người khác đã lưu", "Túi vải không dệt", "bản đang lưu: “Lô bị trả về.”", 'name="version" value="2"')
    assert all(words in stale.text for words in said)
    assert "Túi vải" not in (await writer.get(one)).text.replace(FORM["title"], "")
    assert (await writer.post(f"{one}/edit", page=f"{one}/edit", **typed)).status_code == 409
    joined = typed | {"description": "Lô bị trả về."}
    again = await writer.post(f"{one}/edit", page=f"{one}/edit", version="2", **joined)
    assert again.headers["location"] == f"{one}?done=revised"


async def test_a_warning_is_discarded_with_a_reason_and_goes_out_no_more(
    writer: Browser, approver: Browser, office: Office
) -> None:
    one = await entered(writer)
    assert "Hãy ghi lý do" in (await writer.post(f"{one}/discard", page=one, because=" ")).text
    await writer.post(f"{one}/discard", page=one, because="trùng với ca khác")
    assert "trùng với ca khác" in (await writer.get(one)).text
    assert "Không có cảnh báo nào đang chờ" in (await writer.get(PAGE)).text
    assert (await approver.post(f"{one}/release", page=one)).status_code == 422
    late = await writer.post(f"{one}/edit", page=PAGE, **(FORM | {"title": "Khác"}))
    assert (late.status_code, "đã bị bỏ" in late.text) == (409, True)
    assert (await writer.get("/notices/rasff/2026.1234")).status_code == 404
    async with office.database.reading() as connection:
        verbs = (await connection.execute(select(tables.audit.c.verb).order_by(tables.audit.c.id))).scalars().all()
    assert verbs[-2:] == ["enter_warning", "discard_warning"]


async def test_words_that_are_not_in_house_forms_are_named_with_their_place_and_the_fix(
    writer: Browser, office: Office
) -> None:
    answer = await writer.post(
        PAGE, page=f"{PAGE}/new", **(FORM | {"title": "Cảnh báo về da giày", "description": "Hàng đi Đài Loan"})
    )
    assert answer.status_code == 422
    for said in ("ký tự 13: “da giày”, hãy viết “da giầy”", "hãy viết “Đài Loan (Trung Quốc)”", 'aria-invalid="true"'):
        assert said in answer.text
    assert await office.count(tables.notices) == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"link": "javascript:alert(1)"}, "link"),
        ({"key": "with blank"}, "key"),
        ({"key": "G/TBT/N/USA/1"}, "key"),
        ({"source": "eping"}, "source"),
        ({"published": "31/31/2026"}, "published"),
        ({"members": "Atlantis"}, "members"),
        ({"title": ""}, "title"),
    ],
)
async def test_a_doubt_is_said_at_its_field_and_nothing_is_kept(
    writer: Browser, office: Office, changed: dict[str, str], field: str
) -> None:
    answer = await writer.post(PAGE, page=f"{PAGE}/new", **(FORM | changed))
    assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True)
    assert await office.count(tables.notices) == 0


async def test_a_source_of_its_own_name_and_hostile_words_do_no_harm(writer: Browser) -> None:
    one = await entered(writer, other="hai-quan", title=f"Case & {HOSTILE}", description=HOSTILE, language="en")
    for path in (PAGE, one, f"/en{one}", f"{one}/edit"):
        shown = (await writer.get(path)).text
        assert (HOSTILE in shown, "hai-quan" in shown) == (False, True)
    known = await writer.post(PAGE, page=f"{PAGE}/new", **(FORM | {"other": "hai-quan"}))
    assert (known.status_code, "mang số này" in known.text) == (409, True)
    for path in (f"{PAGE}/99", f"{PAGE}/99/edit"):
        assert (await writer.get(path)).status_code == 404
    assert (await writer.get(f"{PAGE}/x")).status_code == 400


async def test_a_reader_sees_what_waits_and_changes_nothing(
    application: FastAPI, frozen: FrozenClock, writer: Browser, office: Office
) -> None:
    one = await entered(writer)
    reader = await signed_in(application, frozen, office, Role.READER)
    shown = (await reader.get(one)).text
    assert (f"{one}/discard" in shown, f"{one}/edit" in shown) == (False, False)
    for path in (f"{PAGE}/new", f"{one}/edit"):
        assert (await reader.get(path)).status_code == 403
    assert (await reader.post(f"{one}/discard", page="/desk", because="x")).status_code == 403
