"""The register on the desk: did X get Y, in one sentence, with no address where none belongs (PV-06)."""

import csv
import io
import logging
import re
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from markupsafe import escape
from sqlalchemy import select

from app.domain.access import Role
from app.domain.deliveries import HostDown, Refused, Unknown
from app.domain.organisations import Organisation, Responsibility
from app.flow import organisations, review
from app.store.database import Database
from app.store.tables import audit
from app.web.desk.register_view import PAGE
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.staff import Browser, browser, hire
from tests.surfaces.conftest import on_sqlite_only

VITAS, LEFASO = "vitas@example.org", "lefaso@example.org"
FIRST, SECOND = "G/TBT/N/USA/1", "G/TBT/N/USA/2"
SHOES: dict[str, Any] = {"titles": (("en", "Safety of shoes"),), "products": "Shoes", "hs": ("64",)}
REGISTER = "/desk/register"


@pytest.fixture
async def told(office: Office, frozen: FrozenClock) -> Office:
    """Two associations; textiles were told of one notice, and the mail about the other was refused by footwear's server."""
    await office.settled_baseline()
    for key, name, mailbox, sector in (
        ("vitas_textile", "Hiệp hội Dệt may", VITAS, "textiles"),
        ("lefaso", "Hiệp hội Da giầy", LEFASO, "footwear"),
    ):
        one = Organisation(key=key, name_vi=name, abbreviation=key[:5], sectors=((sector, Responsibility.PRIMARY),))
        await organisations.save(office.database, one, "clerk", {sector})
        await office.enrol(mailbox, sectors=(sector,))
        await organisations.add_contact(office.database, key, address(mailbox), "", "clerk", [KEY])
        await organisations.verify(office.database, key, address(mailbox), "họ gọi điện", "danh bạ", "clerk")
    await office.pull(a_page(a_record(FIRST)))
    await office.deliver()
    frozen.advance(minutes=10)
    await office.pull(a_page(a_record(SECOND, **SHOES)))
    office.mailer.answers = [Refused(550, f"550 5.1.1 <{LEFASO}> unknown")]
    await office.deliver()
    return office


async def desk(application: FastAPI, database: Database, frozen: FrozenClock, role: Role = Role.EDITOR) -> Browser:
    opened = browser(application, frozen)
    await opened.sign_in(await hire(database, frozen, role, f"{role}@moit.gov.vn"))
    return opened


@pytest.fixture
async def clerk(application: FastAPI, database: Database, frozen: FrozenClock, told: Office) -> Browser:
    assert told.database is database
    return await desk(application, database, frozen)


async def asked(who: Browser, name: str = "", notice: str = "", prefix: str = "") -> tuple[str, str]:
    """Fill the two fields; return where that leads and what it says there."""
    answer = await who.post(f"{prefix}{REGISTER}", page=REGISTER, who=name, notice=notice)
    assert answer.status_code == 303, answer.text
    location = answer.headers["location"]
    return location, (await who.get(location)).text


async def verbs(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list((await connection.execute(select(audit.c.verb).order_by(audit.c.id))).scalars())


async def test_did_x_get_y_is_answered_in_a_sentence(clerk: Browser) -> None:
    location, page = await asked(clerk, "vitas_textile", FIRST)
    assert location == f"{REGISTER}?organisation=vitas_textile&notice=G%2FTBT%2FN%2FUSA%2F1"
    assert re.search(r"Có\. Máy chủ thư đã nhận lúc \d\d/\d\d/\d{4} \d\d:\d\d .*phiên bản 1", page)
    assert "vitas_textile" in page
    assert "v***@example.org" in page
    assert "thông báo mới" in page
    assert 'class="deadline' in page
    english = (await asked(clerk, "vitas_textile", FIRST, "/en"))[1]
    assert "Yes. The mail server took it on" in english


async def test_what_was_refused_says_so_with_the_reply_masked(clerk: Browser) -> None:
    _, page = await asked(clerk, "lefaso", SECOND)
    assert "Không. Máy chủ thư từ chối." in page
    assert "l***@example.org" in page
    assert LEFASO not in page


async def test_who_is_not_in_the_register_is_told_why(clerk: Browser) -> None:
    _, page = await asked(clerk, "lefaso", FIRST)
    assert "Không. Sổ theo dõi không có lượt nào." in page
    assert "Đăng ký này chọn lĩnh vực" in page


async def test_what_an_organisation_got_is_found_by_its_name_after_it_ended(clerk: Browser, told: Office) -> None:
    await organisations.end(told.database, "vitas_textile", "sáp nhập", "clerk")
    location, page = await asked(clerk, "Hiệp hội Dệt may", FIRST)
    assert location.startswith(f"{REGISTER}?organisation=vitas_textile")
    assert "Có. Máy chủ thư đã nhận" in page


@pytest.mark.parametrize(
    "path",
    [
        "/desk/register?organisation=%00",
        "/desk/register?notice=%00",
        "/desk/recipients?after=%00",
        "/desk/recipients/%00",
        "/desk/health/visits?source=%00",
        "/desk/warnings?before=" + "9" * 5000,
        "/desk/health/visits?before=" + "9" * 5000,
    ],
)
async def test_what_none_of_our_pages_writes_is_a_bad_request(clerk: Browser, path: str) -> None:
    assert (await clerk.get(path)).status_code == 400


async def test_what_an_address_got_as_its_own_is_said_and_not_counted(
    clerk: Browser, told: Office, frozen: FrozenClock
) -> None:
    chair = "chutich@example.org"
    await told.enrol(chair, sectors=("textiles",))
    frozen.advance(minutes=10)
    await told.pull(a_page(a_record("G/TBT/N/USA/6")))
    await told.deliver()
    frozen.advance(minutes=10)
    await organisations.add_contact(told.database, "lefaso", address(chair), "", "clerk", [KEY])
    await organisations.verify(told.database, "lefaso", address(chair), "họ gọi điện", "danh bạ", "clerk")
    _, page = await asked(clerk, "lefaso", "G/TBT/N/USA/6")
    assert "Không. Sổ theo dõi không có lượt nào." in page
    assert "đã nhận thông báo này khi chưa được xác minh" in page
    assert "bị sót" not in page


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Unknown("line broke"), "Chưa rõ."),
        (HostDown("no route"), "Chưa. Đang chờ gửi từ"),
    ],
)
async def test_what_waits_or_is_unclear_says_so(
    clerk: Browser, told: Office, frozen: FrozenClock, outcome: Any, said: str
) -> None:
    frozen.advance(minutes=10)
    await told.pull(a_page(a_record("G/TBT/N/USA/3")))
    told.mailer.answers = [outcome, outcome]
    await told.deliver()
    _, page = await asked(clerk, "vitas_textile", "G/TBT/N/USA/3")
    assert said in page


async def test_a_withdrawal_that_waits_does_not_hide_that_it_was_told(clerk: Browser, told: Office) -> None:
    await review.withdraw(told.database, FIRST, "sent by mistake", "clerk")
    _, page = await asked(clerk, "vitas_textile", FIRST)
    assert "Có. Máy chủ thư đã nhận" in page
    assert "Riêng diễn biến mới nhất: đang chờ gửi." in page


async def test_an_address_is_written_down_and_stands_in_no_address_title_or_log(
    clerk: Browser, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    before = await verbs(database)
    location, page = await asked(clerk, VITAS, FIRST)
    assert re.fullmatch(r"/desk/register\?look=\d+", location)
    assert (await verbs(database))[len(before) :] == ["look_up_person"]
    assert VITAS in page
    title = re.search("<title>(.*?)</title>", page)
    assert title is not None
    assert "@" not in title[1]
    assert VITAS not in "".join(re.findall(r'(?:href|action)="([^"]*)"', page))
    assert VITAS not in caplog.text
    assert VITAS not in str(await office_rows(database))


async def office_rows(database: Database) -> list[Any]:
    async with database.reading() as connection:
        return list((await connection.execute(select(audit))).all())


async def test_a_subscriber_is_found_by_their_number_too(clerk: Browser) -> None:
    location, page = await asked(clerk, "1")
    assert location.startswith(f"{REGISTER}?look=")
    assert "Đã báo 1 trên 1 lượt." in page


async def test_a_reader_sees_masked_addresses_and_may_not_ask_for_more(
    application: FastAPI, frozen: FrozenClock, told: Office
) -> None:
    reader = await desk(application, told.database, frozen, Role.READER)
    _, page = await asked(reader, VITAS, FIRST)
    assert "v***@example.org" in page
    assert VITAS not in page
    refused = await reader.post(f"{REGISTER}/addresses", page=REGISTER, notice=FIRST)
    assert refused.status_code == 403


async def test_reading_addresses_is_an_act_of_its_own(clerk: Browser, database: Database) -> None:
    _, masked = await asked(clerk, "", FIRST)
    assert VITAS not in masked
    answer = await clerk.post(f"{REGISTER}/addresses", page=REGISTER, notice=FIRST)
    page = (await clerk.get(answer.headers["location"])).text
    assert VITAS in page
    assert (await verbs(database))[-1] == "read_addresses"


async def test_what_somebody_else_looked_up_is_not_shown(
    application: FastAPI, database: Database, frozen: FrozenClock, clerk: Browser
) -> None:
    location, _ = await asked(clerk, VITAS)
    other = await desk(application, database, frozen, Role.APPROVER)
    answer = await other.get(location)
    assert (answer.status_code, VITAS in answer.text, "đã hết hạn" in answer.text) == (404, False, True)


async def test_what_an_address_asks_for_in_vain_stays_in_the_fields(clerk: Browser) -> None:
    for asked_for, why in (
        ("notice=G/TBT/N/USA/777", "Không có thông báo nào mang mã này."),
        ("organisation=nobody", "Không có tổ chức nào tên như vậy."),
        ("notice=%22%3E%3Cscript%3E", "Không có thông báo nào mang mã này."),
    ):
        answer = await clerk.get(f"{REGISTER}?{asked_for}")
        typed = escape(unquote(asked_for.partition("=")[2]))
        assert (answer.status_code, why in answer.text, f'value="{typed}"' in answer.text) == (404, True, True)


async def test_opening_the_page_changes_nothing(clerk: Browser, told: Office) -> None:
    before = await told.snapshot(audit)
    for query in ("", f"?notice={FIRST}", "?organisation=lefaso", "?look=1", "?organisation=nobody"):
        await clerk.get(f"{REGISTER}{query}")
    assert await told.snapshot(audit) == before


@on_sqlite_only
async def test_what_is_wrong_is_said_at_its_field(clerk: Browser) -> None:
    for fields, said in (
        ({}, "Hãy ghi người nhận, thông báo, hoặc cả hai."),
        ({"who": "nobody"}, "Không có tổ chức nào tên như vậy."),
        ({"who": "nobody@example.org"}, "Kẻng chưa từng gửi thư cho người này."),
        ({"who": "a@b@c"}, "Địa chỉ thư không đúng"),
        ({"notice": "G/TBT/N/USA/999"}, "Không có thông báo nào mang mã này."),
    ):
        answer = await clerk.post(REGISTER, page=REGISTER, **fields)
        assert (answer.status_code, said in answer.text, 'aria-invalid="true"' in answer.text) == (422, True, True)
    for query in ("after=x", "after=W10", "look=x", "look=-1"):
        assert (await clerk.get(f"{REGISTER}?notice={FIRST}&{query}")).status_code == 400


@on_sqlite_only
async def test_a_name_that_several_organisations_bear_is_a_choice(clerk: Browser, database: Database) -> None:
    tea = Organisation(key="vitas_tea", name_vi="Hiệp hội Chè", abbreviation="vitas")
    await organisations.save(database, tea, "clerk", set())
    answer = await clerk.post(REGISTER, page=REGISTER, who="VITAS", notice=FIRST)
    assert answer.status_code == 200
    assert "bạn muốn hỏi tổ chức nào?" in answer.text
    assert {"organisation=vitas_tea", "organisation=vitas_textile"} <= set(re.findall(r"organisation=\w+", answer.text))
    assert (await asked(clerk, "dệt may"))[0] == f"{REGISTER}?organisation=vitas_textile"


@on_sqlite_only
async def test_hostile_text_stays_text(clerk: Browser, told: Office, frozen: FrozenClock) -> None:
    hostile = "<script>alert(1)</script>"
    answer = await clerk.post(REGISTER, page=REGISTER, who=hostile, notice=f'"{hostile}')
    assert hostile not in answer.text
    frozen.advance(minutes=10)
    await told.pull(a_page(a_record("G/TBT/N/USA/4")))
    told.mailer.answers = [Refused(550, f"550 {hostile} {VITAS}")]
    await told.deliver()
    _, page = await asked(clerk, "", "G/TBT/N/USA/4")
    assert "&lt;script&gt;" in page
    assert hostile not in page
    assert VITAS not in page


async def test_many_entries_come_page_by_page(clerk: Browser, told: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    for number in range(PAGE + 10):
        await told.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await told.pull(a_page(a_record("G/TBT/N/USA/5")))
    await told.deliver()
    _, page = await asked(clerk, "", "G/TBT/N/USA/5")
    assert f"Đã báo {PAGE + 11} trên {PAGE + 11} lượt." in page
    assert page.count('role="rowheader"') == PAGE
    after = re.search(r'href="(/desk/register\?[^"]*after=[^"]*)"', page)
    assert after is not None
    rest = (await clerk.get(after[1].replace("&amp;", "&"))).text
    assert rest.count('role="rowheader"') == 11
    assert "Sổ theo dõi không có lượt nào" not in rest


async def test_the_table_has_every_entry_and_is_written_down(clerk: Browser, database: Database) -> None:
    answer = await clerk.post(f"{REGISTER}/export", page=REGISTER, notice=SECOND)
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["notice"], row["address"], row["answer"]) for row in rows] == [(SECOND, LEFASO, "refused")]
    assert rows[0]["organisations"] == "lefaso"
    assert "@" not in answer.headers["content-disposition"]
    assert (await verbs(database))[-1] == "export_register"
    assert (await clerk.post(f"{REGISTER}/export", page=REGISTER)).status_code == 400


async def test_the_table_of_a_reader_is_masked(application: FastAPI, frozen: FrozenClock, told: Office) -> None:
    reader = await desk(application, told.database, frozen, Role.READER)
    answer = await reader.post(f"{REGISTER}/export", page=REGISTER, notice=SECOND)
    assert "l***@example.org" in answer.text
    assert LEFASO not in answer.text


async def test_the_figures_show_each_stage_and_the_radar(clerk: Browser, told: Office) -> None:
    silent = Organisation(key="vitas_tea", name_vi="Hiệp hội Chè", sectors=(("food", Responsibility.PRIMARY),))
    await organisations.save(told.database, silent, "clerk", {"food"})
    page = (await clerk.get("/desk/figures?from=2026-01-01&to=2026-12-31")).text
    assert "Mọi lĩnh vực" in page
    assert all(stage in page for stage in ("lưu hành", "tiếp nhận", "phân loại", "phát hành", "tới người nhận"))
    assert "<meter" in page
    assert "Hiệp hội Chè" in page  # which has no address
    assert "Hiệp hội Dệt may" not in page
    table = (await clerk.get("/desk/figures.csv?from=2026-01-01&to=2026-12-31")).text
    assert table.splitlines()[0] == "\ufeffmonth,sector,stage,counted,median_days_left,least_days_left,late"
    assert any(",*,handed_over,1," in line for line in table.splitlines())


@on_sqlite_only
async def test_days_that_make_no_sense_are_refused_where_they_stand(clerk: Browser) -> None:
    empty = (await clerk.get("/desk/figures?from=2020-01-01&to=2020-02-01")).text
    assert "Chưa có thông báo nào có hạn góp ý" in empty
    for query in ("from=2026-02-01&to=2026-01-01", "from=2000-01-01&to=2026-01-01"):
        answer = await clerk.get(f"/desk/figures?{query}")
        assert (answer.status_code, 'aria-invalid="true"' in answer.text) == (422, True)
        assert (await clerk.get(f"/desk/figures.csv?{query}")).status_code == 400
    assert (await clerk.get("/desk/figures?from=yesterday")).status_code == 400
    assert (await clerk.get("/desk/figures?to=0001-01-01")).status_code == 200
