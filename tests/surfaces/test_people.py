"""Who looks after people, and the links that are mailed to staff (T03, T04)."""

import re
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.domain.access import LINK_HOLDS, LinkPurpose, Role
from app.domain.deliveries import Accepted, HostDown, Refused, Unknown
from app.flow import sign_in
from app.flow.sign_in import Post
from app.store.database import Database
from app.store.tables import account_links, account_mails, accounts, audit, recovery_codes, sessions
from tests.conftest import FrozenClock
from tests.office import Office, plain
from tests.staff import OTHER_PASSWORD, PASSWORD, Browser, Colleague, browser, code_at, hire
from tests.surfaces.conftest import on_sqlite_only

CHI = "chi@moit.gov.vn"
_LINK = re.compile(r"https://keng\.example((?:/en)?/sign-in/link/[\w-]{43})\b")
_SECRET = re.compile(r"<code>((?:[A-Z2-7]{4} ){7}[A-Z2-7]{4})</code>")


@pytest.fixture
async def chief(database: Database, frozen: FrozenClock) -> Colleague:
    return await hire(database, frozen, Role.ADMINISTRATOR, "chief@moit.gov.vn")


@pytest.fixture
async def above(application: FastAPI, frozen: FrozenClock, chief: Colleague) -> Browser:
    """The browser of an administrator who is signed in."""
    opened = browser(application, frozen)
    await opened.sign_in(chief)
    return opened


async def links(office: Office) -> list[str]:
    """Hand over what waits, and return the links in all mails so far."""
    await sign_in.send_due(office.database, Post(office.mailer, "keng@keng.example"))
    return [found[1] for _, mail in office.inbox if (found := _LINK.search(plain(mail)))]


async def invite(above: Browser, email: str = CHI, role: str = "approver", language: str = "vi") -> httpx.Response:
    return await above.post("/desk/people", page="/desk/people", email=email, role=role, language=language)


async def take_up(anybody: Browser, link: str, password: str = PASSWORD, code: str | None = None) -> httpx.Response:
    """Open a link, read the secret of its second factor as a telephone would, and fill the form in."""
    shown = _SECRET.search((await anybody.get(link)).text)
    made = code_at(shown[1].replace(" ", ""), anybody.clock) if shown and code is None else code or ""
    return await anybody.post(link, page=link, password=password, code=made)


async def test_an_invitation_brings_somebody_in_with_password_and_second_factor(
    application: FastAPI, frozen: FrozenClock, above: Browser, chief: Colleague, office: Office
) -> None:
    assert (await invite(above)).headers["location"] == "/desk/people?done=invited"
    page = (await above.get("/desk/people?done=invited")).text
    assert all(said in page for said in (CHI, "Chưa nhận lời mời", "đang chờ gửi", "thư mời đang được gửi"))
    (link,) = await links(office)
    assert "đã gửi" in (await above.get("/desk/people")).text
    assert office.recipients == [CHI]
    new = browser(application, frozen)
    assert "Nhận tài khoản" in (await new.get(link)).text
    answer = await take_up(new, link)
    assert answer.status_code == 200
    assert len(re.findall(r"<code>(?:[a-z2-7]{4}-){5}[a-z2-7]{4}</code>", answer.text)) == 8
    assert "duyệt văn bản" in (await new.get("/desk/account")).text
    async with office.database.reading() as connection:
        rows = (await connection.execute(select(audit.c.actor, audit.c.verb, audit.c.subject))).all()
    assert rows[1:] == [
        (chief.actor, "invite", "account:2"),
        ("account:2", "take_up_invitation", "account:2"),
    ]
    assert CHI not in str(rows)


async def test_opening_a_link_changes_nothing_however_often(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    (link,) = await links(office)
    tables = (accounts, account_links, recovery_codes, audit)
    before = await office.snapshot(*tables)
    scanner = browser(application, frozen)
    pages = {_SECRET.findall((await scanner.get(link)).text)[0] for _ in range(3)}
    await scanner.client.head(link)
    assert len(pages) == 1
    assert await office.snapshot(*tables) == before


async def test_who_opened_an_invitation_before_its_owner_does_not_know_the_second_factor(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    (link,) = await links(office)
    spy, owner = browser(application, frozen), browser(application, frozen)
    seen = _SECRET.findall((await spy.get(link)).text)[0].replace(" ", "")
    assert (await owner.post(link, page=link, password=PASSWORD, code=code_at(seen, frozen))).status_code == 422
    assert (await take_up(owner, link)).status_code == 200
    frozen.advance(seconds=30)
    fields = {"email": CHI, "password": PASSWORD, "code": code_at(seen, frozen)}
    assert (await spy.post("/sign-in", **fields)).status_code == 422


async def test_a_link_holds_once_and_for_two_days(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    await invite(above, "binh@moit.gov.vn")
    first, second = await links(office)
    new = browser(application, frozen)
    assert (await take_up(new, first)).status_code == 200
    for again in (await new.get(first), await new.post(first, page="/sign-in", password=PASSWORD, code="1")):
        assert (again.status_code, "không còn hiệu lực" in again.text) == (404, True)
    frozen.advance(seconds=LINK_HOLDS[LinkPurpose.INVITATION].total_seconds())
    assert (await new.get(second)).status_code == 404


@on_sqlite_only
async def test_a_token_that_is_cut_or_of_another_kind_leads_nowhere(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    (link,) = await links(office)
    guessing = browser(application, frozen)
    for wrong in (link[:-1], link + "A", link[:-1] + ("A" if link[-1] != "A" else "B"), link.lower(), link + "/"):
        assert (await guessing.get(wrong)).status_code == 404
    token = link.rpartition("/")[2]
    for elsewhere in (f"/confirm/{token}", f"/manage/{token}", f"/move/{token}", f"/u/{token}"):
        assert (await guessing.get(elsewhere)).status_code == 404


async def test_an_invitation_takes_no_common_password_and_no_wrong_code(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    (link,) = await links(office)
    new = browser(application, frozen)
    for password, code, said in (
        ("password1234", None, "dễ đoán"),
        ("Bộ Công Thương", None, "dễ đoán"),
        ("ngắn", None, "ít nhất 12"),
        (PASSWORD, "000000", "Mã xác thực không đúng"),
    ):
        refused = await take_up(new, link, password, code)
        assert (refused.status_code, said in refused.text) == (422, True)
    assert (await take_up(new, link)).status_code == 200


async def test_a_code_of_the_second_factor_cannot_be_guessed_behind_a_link(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    clerk = await hire(office.database, frozen, address=CHI)
    await above.post(f"/desk/people/{clerk.number}/reset", page="/desk/people", because="lost telephone")
    (link,) = await links(office)
    guessing = browser(application, frozen)
    answers = [(await take_up(guessing, link, "a wrong guess")).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


async def test_sending_again_ends_the_earlier_link(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    await invite(above)
    first = (await links(office))[0]
    assert (await above.post("/desk/people/2/again", page="/desk/people")).status_code == 303
    second = (await links(office))[1]
    new = browser(application, frozen)
    assert [(await new.get(link)).status_code for link in (first, second)] == [404, 200]
    await take_up(new, second)
    assert "không cần thư nữa" in (await above.post("/desk/people/2/again", page="/desk/people")).text


async def test_an_address_is_invited_once_and_wrong_ones_not_at_all(above: Browser, office: Office) -> None:
    for email, said in (
        (CHI.upper(), ""),
        (CHI, "đã có tài khoản"),
        ("nobody", "không đúng"),
        ("a@b.vn,c@d.vn", "không đúng"),
    ):
        answer = await invite(above, email)
        assert said in answer.text
    assert await office.count(accounts) == 2


async def test_a_second_factor_is_reset_with_a_reason_and_takes_the_password_to_set_up_anew(
    application: FastAPI, frozen: FrozenClock, above: Browser, chief: Colleague, office: Office
) -> None:
    clerk = await hire(office.database, frozen, address=CHI)
    own = browser(application, frozen)
    await own.sign_in(clerk)
    path = f"/desk/people/{clerk.number}/reset"
    assert "Hãy ghi lý do" in (await above.post(path, page="/desk/people", because="  ")).text
    assert (await own.get("/desk")).status_code == 200
    await above.post(path, page="/desk/people", because=f"lost telephone of {CHI}")
    assert (await own.get("/desk")).status_code == 303
    assert (await own.sign_in(clerk)).status_code == 422
    assert (await own.sign_in(clerk, code=clerk.recovery_codes[0])).status_code == 422
    (link,) = await links(office)
    assert (await take_up(own, link, OTHER_PASSWORD)).status_code == 422
    assert (await take_up(own, link)).status_code == 200
    assert (await own.get("/desk")).status_code == 200
    async with office.database.reading() as connection:
        verb = audit.c.verb == "reset_second_factor"
        row = (await connection.execute(select(audit.c.actor, audit.c.details).where(verb))).one()
    assert row == (chief.actor, {"because": "lost telephone of c***@moit.gov.vn"})


async def test_a_forgotten_password_takes_the_second_factor_and_tells_nobody_who_is_known(
    application: FastAPI, frozen: FrozenClock, database: Database, office: Office
) -> None:
    clerk = await hire(database, frozen, address=CHI)
    await hire(database, frozen, address="gone@moit.gov.vn", disabled_at=frozen())
    asking = browser(application, frozen)
    answers = [
        (await asking.post("/sign-in/forgotten", page="/sign-in/forgotten", email=email)).text
        for email in ("nobody@moit.gov.vn", "gone@moit.gov.vn", "no address", CHI, CHI)
    ]
    assert len(set(answers)) == 1
    assert "Đã nhận yêu cầu" in answers[0]
    (link,) = await links(office)
    assert office.recipients == [CHI]
    assert "Mã QR" not in (await asking.get(link)).text
    assert (await take_up(asking, link, OTHER_PASSWORD, "000000")).status_code == 422
    assert (await take_up(asking, link, OTHER_PASSWORD, clerk.code)).status_code == 303
    assert (await asking.get("/desk")).status_code == 200
    asking.client.cookies.clear()
    assert (await asking.sign_in(clerk)).status_code == 422
    assert (await asking.sign_in(clerk, password=OTHER_PASSWORD)).status_code == 303


@on_sqlite_only
async def test_a_link_for_a_password_holds_for_an_hour(
    application: FastAPI, frozen: FrozenClock, database: Database, office: Office
) -> None:
    await hire(database, frozen, address=CHI)
    asking = browser(application, frozen)
    await asking.post("/sign-in/forgotten", page="/sign-in/forgotten", email=CHI)
    (link,) = await links(office)
    frozen.advance(minutes=59)
    assert (await asking.get(link)).status_code == 200
    frozen.advance(minutes=1)
    assert (await asking.get(link)).status_code == 404


@on_sqlite_only
async def test_no_link_of_a_mail_leads_to_a_host_that_a_request_named(
    application: FastAPI, frozen: FrozenClock, database: Database, office: Office
) -> None:
    await hire(database, frozen, address=CHI)
    asking = browser(application, frozen)
    asking.said |= {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    await asking.post("/sign-in/forgotten", page="/sign-in/forgotten", email=CHI)
    await links(office)
    assert "evil.example" not in str(office.mailer.received[0].body)


async def test_nobody_changes_their_own_role_and_the_last_administrator_stays(
    above: Browser, chief: Colleague, office: Office
) -> None:
    for path, fields in (("role", {"role": "reader"}), ("disable", {"because": "holiday"})):
        answer = await above.post(f"/desk/people/{chief.number}/{path}", page="/desk/people", **fields)
        assert "Không ai tự đổi quyền" in answer.text
    for doing in (
        sign_in.set_role(office.database, chief.number, Role.READER, "staff"),
        sign_in.disable(office.database, chief.number, "left", "staff"),
    ):
        with pytest.raises(Exception, match="the last administrator"):
            await doing


async def test_a_disabled_account_comes_back_with_a_reason(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office
) -> None:
    clerk = await hire(office.database, frozen, address=CHI)
    path = f"/desk/people/{clerk.number}"
    await above.post(f"{path}/disable", page="/desk/people", because="on leave")
    own = browser(application, frozen)
    assert (await own.sign_in(clerk)).status_code == 422
    assert (await above.post(f"{path}/role", page="/desk/people", role="approver")).status_code == 422
    await above.post(f"{path}/enable", page="/desk/people", because="is back")
    assert (await own.sign_in(clerk)).status_code == 303


@on_sqlite_only
async def test_a_form_that_is_not_ours_is_a_bad_request(above: Browser, office: Office) -> None:
    before = await office.count(accounts)
    for path, fields in (
        ("/desk/people", {"email": CHI, "role": "king", "language": "vi"}),
        ("/desk/people", {"email": CHI, "role": "reader", "language": "fr"}),
        ("/desk/people/1/role", {"role": ""}),
        ("/desk/people/one/role", {"role": "reader"}),
        (f"/desk/people/{10**30}/role", {"role": "reader"}),
    ):
        assert (await above.post(path, page="/desk/people", **fields)).status_code == 400
    assert await office.count(accounts) == before


@pytest.mark.parametrize("control", ["\x00", "\x08", "\x1b", "\x7f", "\x85"])
async def test_control_characters_in_a_form_are_a_bad_request(
    application: FastAPI, frozen: FrozenClock, above: Browser, office: Office, control: str
) -> None:
    clerk = await hire(office.database, frozen, address=CHI)
    path, stranger = f"/desk/people/{clerk.number}/disable", browser(application, frozen)
    answers = [
        await above.post(path, page="/desk/people", because=f"left{control}"),
        await invite(above, f"a{control}@moit.gov.vn"),
        await stranger.post("/sign-in", email=f"x{control}", password="x", code="x"),
        await stranger.post("/sign-in/forgotten", page="/sign-in/forgotten", email=f"x{control}"),
    ]
    assert [answer.status_code for answer in answers] == [400] * 4
    lines = await above.post(path, page="/desk/people", because="left\r\n\tfor good")
    assert lines.status_code == 303


@on_sqlite_only
async def test_a_number_of_any_length_is_a_bad_request(above: Browser) -> None:
    for digits in (20, 5_000):
        answer = await above.post(f"/desk/people/{'9' * digits}/role", page="/desk/people", role="reader")
        assert answer.status_code == 400


@on_sqlite_only
async def test_what_somebody_typed_runs_nowhere(above: Browser, database: Database, frozen: FrozenClock) -> None:
    await hire(database, frozen, address="o'b&c@moit.gov.vn")
    page = (await above.get("/desk/people?done=<script>")).text
    assert "o&#39;b&amp;c@moit.gov.vn" in page
    assert "<script" not in page


async def test_a_mail_that_is_not_taken_goes_again_until_its_link_ends(
    above: Browser, office: Office, frozen: FrozenClock
) -> None:
    await invite(above)
    office.mailer.answers = [HostDown("no route"), Accepted("250 ok")]
    assert await links(office) == []
    assert await links(office) == [], "it waits two minutes"
    frozen.advance(minutes=2)
    assert len(await links(office)) == 1
    frozen.advance(minutes=2)
    assert len(await links(office)) == 1
    async with office.database.reading() as connection:
        row = (await connection.execute(select(account_mails))).one()
    assert (row.state, row.body, row.tries) == ("accepted", None, 2)


@pytest.mark.parametrize(
    ("answer", "state"), [(Refused(550, "no such user"), "rejected"), (Unknown("line broke"), "unknown")]
)
async def test_a_mail_that_was_refused_or_lost_goes_no_second_time_and_is_shown(
    above: Browser, office: Office, frozen: FrozenClock, answer: Refused | Unknown, state: str
) -> None:
    await invite(above)
    office.mailer.answers = [answer]
    await links(office)
    handed_over = len(office.mailer.received)
    frozen.advance(minutes=5)
    await links(office)
    assert len(office.mailer.received) == handed_over
    async with office.database.reading() as connection:
        row = (await connection.execute(select(account_mails.c.state, account_mails.c.body))).one()
    assert row == (state, None)


async def test_a_mail_whose_link_ended_or_whose_reader_is_gone_is_not_sent(
    above: Browser, office: Office, frozen: FrozenClock
) -> None:
    await invite(above)
    await invite(above, "binh@moit.gov.vn")
    await above.post("/desk/people/3/disable", page="/desk/people", because="by mistake")
    frozen.advance(seconds=LINK_HOLDS[LinkPurpose.INVITATION].total_seconds())
    assert await links(office) == []
    async with office.database.reading() as connection:
        states = (await connection.execute(select(account_mails.c.state))).scalars().all()
    assert states == ["skipped", "skipped"]


async def test_without_a_relay_a_mail_waits(above: Browser, office: Office) -> None:
    await invite(above)
    assert await sign_in.send_due(office.database, Post(None, "keng@keng.example")) == 0
    assert len(await links(office)) == 1


async def test_what_is_over_is_destroyed(
    application: FastAPI, above: Browser, office: Office, frozen: FrozenClock
) -> None:
    await invite(above)
    await links(office)
    await browser(application, frozen).guess(CHI)
    assert await sign_in.forget_old(office.database) == 0
    frozen.advance(seconds=timedelta(days=31).total_seconds())
    await sign_in.forget_old(office.database)
    assert [await office.count(table) for table in (sessions, account_links, account_mails)] == [0, 0, 0]


async def test_who_is_erased_is_a_number_in_the_audit_and_nowhere_else(
    above: Browser, office: Office, frozen: FrozenClock
) -> None:
    clerk = await hire(office.database, frozen, address=CHI)
    with pytest.raises(Exception, match="disable the account first"):
        await sign_in.erase(office.database, clerk.number, "left", "staff")
    await above.post(f"/desk/people/{clerk.number}/disable", page="/desk/people", because="left")
    await sign_in.erase(office.database, clerk.number, "asked for it", "staff")
    assert CHI not in str(await office.snapshot(accounts, account_mails, audit))
    assert CHI not in (await above.get("/desk/people")).text
    with pytest.raises(Exception, match="no disabled account"):
        await sign_in.enable(office.database, clerk.number, "back", "staff")
    assert (await invite(above)).status_code == 303


@pytest.mark.parametrize("language", ["vi", "en"])
@on_sqlite_only
async def test_the_mail_says_what_it_is_for_in_the_readers_language(
    above: Browser, office: Office, language: str
) -> None:
    await invite(above, language=language)
    (link,) = await links(office)
    ((_, mail),) = office.inbox
    expected = {
        "vi": ("[Kẻng] Lời mời vào bàn làm việc", "trong 48 giờ"),
        "en": ("[Kẻng] Your invitation to the desk", "within 48 hours"),
    }
    subject, holds = expected[language]
    assert (mail["Subject"], holds in plain(mail)) == (subject, True)
    assert link.startswith("/en/") is (language == "en")
    assert "List-Unsubscribe" not in mail
