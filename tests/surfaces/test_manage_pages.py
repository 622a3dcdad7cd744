import re
from datetime import date

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.api.doors import ApiDoors
from app.domain.bounces import LIFTED_BY_CONFIRMING, SuppressionReason
from app.domain.subscriptions import Frequency
from app.main import assemble
from app.store import verdicts
from app.store.database import Database
from app.store.tables import deliveries, metadata, subscribers, subscriptions
from app.vault.purposes import MANAGE, UNSUBSCRIBE, bearer
from app.vault.tokens import sign
from app.web.doors import WebDoors
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office, plain
from tests.surfaces.conftest import asking, on_sqlite_only

NGA = "nga@hiephoi.vn"
MANAGED = f"/manage/{sign(MANAGE, 1, KEY)}"
STOPPED = f"/u/{sign(UNSUBSCRIBE, 1, KEY)}"


async def row(database: Database, number: int = 1) -> tuple[str, bool, str | None]:
    """How a subscription stands: frequency, whether it is paused, and why it ended."""
    found = subscriptions.c
    statement = select(found.frequency, found.paused_at, found.ended_because).where(found.id == number)
    async with database.reading() as connection:
        one = (await connection.execute(statement)).one()
    return one.frequency, one.paused_at is not None, one.ended_because


async def test_the_manage_page_pauses_resumes_and_changes(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol(NGA, Frequency.DAILY, sectors=("textiles",))
    one = {"subscription": "1", "then": "open"}
    paused = await client.post(f"{MANAGED}/pause", data=one | {"until": "2026-03-15"})
    assert ("nhận lại từ 15/03/2026" in paused.text, await row(database)) == (True, ("daily", True, None))
    resumed = await client.post(f"/en{MANAGED}/resume", data=one)
    assert ("1 subscription resumed." in resumed.text, await row(database)) == (True, ("daily", False, None))
    await client.post(f"{MANAGED}/frequency", data={"subscription": "1", "frequency": "weekly"})
    assert await row(database) == ("weekly", False, None)
    await client.post(f"{MANAGED}/language", data={"language": "en"})
    async with database.reading() as connection:
        assert (await connection.execute(select(subscribers.c.language))).scalar_one() == "en"
    silent = await client.post(f"/en{MANAGED}/reminders", data={"reminders": "off"})
    assert "Remind me" in silent.text
    async with database.reading() as connection:
        assert (await connection.execute(select(subscribers.c.reminders))).scalar_one() is False
    for answer in (paused, resumed):
        assert answer.headers["cache-control"] == "no-store"
        assert NGA not in answer.text


@on_sqlite_only
async def test_a_form_that_is_not_ours_changes_nothing(client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol(NGA, Frequency.DAILY, sectors=("textiles",))
    theirs = await office.enrol("ai@hiephoi.vn", Frequency.DAILY, sectors=("textiles",))
    before = await office.snapshot(subscriptions, subscribers)
    for path, data, status in (
        ("pause", {"subscription": "1", "then": "later"}, 400),
        ("pause", {"subscription": "1", "then": "open", "until": "soon"}, 400),
        ("pause", {"subscription": "1", "then": "open", "until": "2026-03-02"}, 422),
        ("pause", {"then": "open"}, 400),
        ("frequency", {"subscription": "all", "frequency": "daily"}, 400),
        ("frequency", {"subscription": "1", "frequency": "hourly"}, 400),
        ("frequency", {"subscription": str(theirs), "frequency": "weekly"}, 404),
        ("language", {"language": "fr"}, 400),
        ("address", {"email": "nobody"}, 422),
        ("address", {"email": NGA.upper()}, 422),
    ):
        answer = await client.post(f"{MANAGED}/{path}", data=data)
        assert answer.status_code == status, (path, data)
        assert (await client.get(f"{MANAGED}/{path}")).status_code == 405
    await client.post(f"{MANAGED}/pause", data={"subscription": str(theirs), "then": "open"})
    await client.post(f"/manage/{sign(UNSUBSCRIBE, 1, KEY)}/pause", data={"subscription": "1", "then": "open"})
    assert await office.snapshot(subscriptions, subscribers) == before


async def test_an_undo_on_the_page_gives_back_what_was_stopped_and_mails_nothing(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol(NGA, sectors=("footwear",))
    assert "Đăng ký lại" not in (await client.get(STOPPED)).text
    stopped = await client.post(STOPPED)
    assert "Đăng ký lại" in stopped.text
    assert "Đăng ký lại" in (await client.get(STOPPED)).text
    for said in ("2 đăng ký trở lại", "Không có gì để đăng ký lại"):
        assert said in (await client.post(f"{STOPPED}/undo")).text
    assert [(await row(database, number))[2] for number in (1, 2)] == [None, None]
    assert await office.count(deliveries) == 0
    assert (await client.get(f"{STOPPED}/undo")).status_code == 405


async def test_a_mail_of_one_subscription_among_several_offers_to_stop_only_that(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol(NGA, sectors=("footwear",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.deliver()
    header = re.fullmatch(r"<https://keng\.example(.+)>", office.inbox[0][1]["List-Unsubscribe"])
    assert header is not None
    assert header[1] == f"{STOPPED}?subscription=1"
    page = (await client.get(header[1])).text
    assert "Chỉ dừng đăng ký này" in page
    assert "Chỉ dừng đăng ký này" not in (await client.get(f"{STOPPED}?subscription=3")).text
    one = await client.post(f"{STOPPED}/one", data={"subscription": "1"})
    assert "Bạn còn 1 đăng ký khác" in one.text
    assert [(await row(database, number))[2] for number in (1, 2)] == ["one_click", None]
    await client.post(header[1], data={"List-Unsubscribe": "One-Click"})
    assert (await row(database, 2))[2] == "one_click"


async def test_asking_for_a_manage_link_is_answered_alike_and_mails_only_subscribers(
    client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    pages = [(await client.post("/manage", data={"email": email})) for email in (NGA, "ai@hiephoi.vn", NGA)]
    assert len({(page.status_code, page.text) for page in pages}) == 1
    await office.drain()
    ((to, mail),) = office.inbox
    link = re.search(r"https://keng\.example(/manage/\S+)", plain(mail))
    assert link is not None
    assert (to, (await client.get(link[1])).status_code) == (NGA, 200)
    assert (await client.post("/manage", data={"email": "nobody"})).status_code == 422
    crossing = await client.post("/manage", data={"email": NGA}, headers={"Sec-Fetch-Site": "cross-site"})
    assert crossing.status_code == 403


async def test_a_change_of_address_through_the_pages(client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol("ai@hiephoi.vn", sectors=("textiles",))
    asked = await client.post(f"{MANAGED}/address", data={"email": "nga@cong-ty.vn"})
    await office.drain()
    links = {
        to: re.search(r"https://keng\.example(/move/\S+)", plain(mail))[1]  # type: ignore[index]  # each has its link
        for to, mail in office.inbox
    }
    before = await office.snapshot(*metadata.sorted_tables)
    for link in links.values():
        for method in ("GET", "HEAD", "OPTIONS"):
            await client.request(method, link)
    assert await office.snapshot(*metadata.sorted_tables) == before
    assert "đã được xác nhận" in (await client.post(links["nga@cong-ty.vn"])).text
    assert (await client.get(MANAGED)).status_code == 404
    api = {"Authorization": f"Bearer {sign(MANAGE, 1, KEY)}"}
    assert (await client.get("/api/v1/subscriptions", headers=api)).status_code == 401
    assert (await client.get(f"/manage/{sign(MANAGE, bearer(1, 1), KEY)}")).status_code == 200
    assert "Đã hủy" in (await client.post(links[NGA])).text
    known = await client.post(f"/manage/{sign(MANAGE, bearer(1, 2), KEY)}/address", data={"email": "ai@hiephoi.vn"})
    said = re.compile(r'role="status"><strong>(.+?)</strong>')
    assert said.findall(asked.text) == said.findall(known.text) != []


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (SuppressionReason.NO_SUCH_ADDRESS, "hãy đăng ký lại bằng chính địa chỉ này"),
        (SuppressionReason.KEEPS_BOUNCING, "hãy đăng ký lại bằng chính địa chỉ này"),
        (SuppressionReason.COMPLAINED, "từng bị báo là thư rác"),
        (SuppressionReason.BY_STAFF, "Cán bộ của Kẻng đã dừng gửi thư"),
    ],
)
async def test_the_page_says_what_still_stops_the_mail_after_a_change_was_undone_and_how_to_go_on(
    client: httpx.AsyncClient, office: Office, reason: SuppressionReason, said: str
) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await client.post(f"{MANAGED}/address", data={"email": "nga@cong-ty.vn"})
    await office.drain()
    link = next(
        found[1] for to, mail in office.inbox if to == NGA and (found := re.search(r"(/move/\S+)", plain(mail)))
    )
    async with office.database.writing() as connection:
        await verdicts.suppress(connection, 1, reason, ("", ""), await office.database.now(connection))
    assert said not in (await client.get(link)).text
    undone = await client.post(link)
    for page in (undone, await client.get(link)):
        assert page.status_code == 200
        assert ("Đã hủy đổi địa chỉ" in page.text, said in page.text, "Bạn không cần làm gì thêm" in page.text) == (
            True,
            True,
            False,
        )
        assert ("mailto:keng@keng.example" in page.text) is (reason not in LIFTED_BY_CONFIRMING)


async def test_five_requests_an_hour_are_taken_from_one_network_by_both_surfaces_together(
    api_doors: ApiDoors, web_doors: WebDoors, frozen: FrozenClock
) -> None:
    application: FastAPI = assemble(api_doors, web_doors)
    async with asking(application) as one, asking(application, ("203.0.113.10", 1)) as neighbour:
        body = {"email": "nga@hiephoi.vn", "sectors": ["textiles"]}
        answers = [(await one.post("/api/v1/subscriptions", json=body)).status_code for _ in range(3)]
        pages = [await one.post("/manage", data={"email": NGA}) for _ in range(3)]
        assert answers + [page.status_code for page in pages] == [202] * 3 + [200, 200, 429]
        assert ("Quá nhiều yêu cầu" in pages[-1].text, pages[-1].headers["retry-after"]) == (True, "3600")
        assert (await neighbour.post("/manage", data={"email": NGA})).status_code == 200
        frozen.advance(hours=1)
        assert (await one.post("/manage", data={"email": NGA})).status_code == 200


async def test_the_api_pauses_and_changes_what_is_the_bearers(client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol(NGA, Frequency.DAILY, sectors=("textiles",))
    theirs = await office.enrol("ai@hiephoi.vn", sectors=("textiles",))
    headers = {"Authorization": f"Bearer {sign(MANAGE, 1, KEY)}"}
    address = "/api/v1/subscriptions/1"
    change = {"frequency": "weekly", "paused": True, "paused_until": date(2026, 3, 15).isoformat()}
    paused = (await client.patch(address, json=change, headers=headers)).json()
    assert (paused["frequency"], paused["paused_until"]) == ("weekly", "2026-03-15T00:00:00Z")
    resumed = (await client.patch(address, json={"paused": False, "resume_with": "nothing"}, headers=headers)).json()
    assert (resumed["frequency"], resumed["paused_at"]) == ("weekly", None)
    for body in ({"paused_until": "2026-03-15"}, {"paused": True, "paused_until": "2026-03-02"}, {"language": "en"}):
        assert (await client.patch(address, json=body, headers=headers)).status_code == 422, body
    assert (await client.patch(f"/api/v1/subscriptions/{theirs}", json={}, headers=headers)).status_code == 404
    assert (await client.patch(address, json={})).status_code == 401
