import asyncio
import socket

import httpx
import pytest
from sqlalchemy import select

from app.domain.addresses import Address
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow.subscribe import CONFIRM_WITHIN
from app.store import enlisting
from app.store import subscriptions as store
from app.store.database import Database
from app.store.tables import (
    blocked_confirmations,
    confirmations,
    consents,
    items,
    metadata,
    subscribers,
    subscriptions,
)
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import new_token, sign, token_hash
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.surfaces.conftest import on_sqlite_only

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def awaiting(database: Database, frozen: FrozenClock, **asked: tuple[str, ...]) -> str:
    """Leave a subscription that waits for its confirmation; return the token of the link."""
    token = new_token()
    async with database.writing() as connection:
        nga = Address("nga@hiephoi.vn", "nga", "hiephoi.vn")
        people = await enlisting.subscribers_of(connection, {nga.identity: (nga, Language.VI)}, frozen.now)
        question = Criteria(**asked)  # type: ignore[arg-type]  # facets only
        pair = (
            people[nga.identity].id,
            (await enlisting.shared_criteria(connection, {question}, frozen.now))[question],
        )
        wish = (await enlisting.subscribe(connection, {pair: Frequency.DAILY}, frozen.now))[pair]
        until = frozen.now + CONFIRM_WITHIN
        link = {
            "token_hash": token_hash(token),
            "subscription_id": wish.id,
            "created_at": frozen.now,
            "expires_at": until,
        }
        await enlisting.add_confirmations(connection, [link])
    return token


async def living(database: Database, address: str = "nga@hiephoi.vn") -> list[bool]:
    """Say of each living subscription whether it is confirmed."""
    async with database.reading() as connection:
        known = select(subscribers.c.id).where(subscribers.c.identity == address)
        subscriber = (await connection.execute(known)).scalar_one()
        rows = await store.of_subscriber(connection, subscriber)
    return [row.confirmed_at is not None for row in rows]


async def test_a_confirmation_link_shows_what_it_confirms_and_only_the_button_does(
    database: Database, client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    token = await awaiting(database, frozen, sectors=("footwear",), hs=("64",), keywords=("<b>giày</b>",))
    shown = await client.get(f"/confirm/{token}")
    for words in ("Xác nhận đăng ký", "Không phải tôi", "Da giầy", "64 (", "&lt;b&gt;giày&lt;/b&gt;", "Hằng ngày"):
        assert words in shown.text, words
    assert await living(database) == [False]
    for _ in range(2):
        confirmed = await client.post(f"/confirm/{token}")
        assert (confirmed.status_code, "Đã xác nhận" in confirmed.text) == (200, True)
        assert await living(database) == [True]
    assert await office.count(consents) == 1


async def test_a_confirmation_link_ends_after_seven_days_and_others_lead_nowhere(
    database: Database, client: httpx.AsyncClient, frozen: FrozenClock
) -> None:
    token = await awaiting(database, frozen, sectors=("footwear",))
    frozen.advance(days=7, seconds=1)
    for one in (token, new_token(), "x", "%00", "á" * 50):
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/block")):
            answer = await client.request(method, f"/confirm/{one}{path}")
            assert (answer.status_code, "không còn hiệu lực" in answer.text) == (404, True)
    assert await living(database) == [False]


async def test_that_was_not_me_ends_the_wish_and_blocks_further_confirmations(
    database: Database, client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    token = await awaiting(database, frozen, sectors=("footwear",))
    for _ in range(2):
        answer = await client.post(f"/en/confirm/{token}/block")
        assert (answer.status_code, "it was not you" in answer.text) == (200, True)
    assert await living(database) == []
    assert await office.count(blocked_confirmations) == 1
    assert (await client.post(f"/confirm/{token}")).status_code == 404


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("form", ["urlencoded", "multipart", "nothing", "rubbish"])
@on_sqlite_only
async def test_one_click_stops_everything_whatever_the_form(
    database: Database, client: httpx.AsyncClient, office: Office, form: str, slash: str
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    await office.enrol("nga@hiephoi.vn", sectors=("footwear",))
    await office.enrol("ai@hiephoi.vn", sectors=("footwear",))
    address = f"/u/{sign(UNSUBSCRIBE, 1, KEY)}{slash}"
    for _ in range(2):
        answer = await {
            "urlencoded": lambda: client.post(address, data=ONE_CLICK),
            "multipart": lambda: client.post(address, files={"List-Unsubscribe": (None, "One-Click")}),
            "nothing": lambda: client.post(address),
            "rubbish": lambda: client.post(
                address, content=b"\xff\x00", headers={"Content-Type": "multipart/form-data"}
            ),
        }[form]()
        assert (answer.status_code, "Bạn đã ngừng nhận thư" in answer.text) == (200, True)
        assert await living(database) == []
    assert await living(database, "ai@hiephoi.vn") == [True]


async def test_one_click_takes_effect_for_all_that_waits(client: httpx.AsyncClient, office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    assert await office.count(items) == 1
    assert (await client.post(f"/u/{sign(UNSUBSCRIBE, 1, KEY)}", data=ONE_CLICK)).status_code == 200
    await office.drain()
    assert office.recipients == []


async def test_a_hundred_clicks_at_once_are_one(database: Database, client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    address = f"/u/{sign(UNSUBSCRIBE, 1, KEY)}"
    answers = await asyncio.gather(*(client.post(address, data=ONE_CLICK) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    async with database.reading() as connection:
        ended = (await connection.execute(select(subscriptions.c.ended_because))).scalars().all()
    assert ended == ["one_click"]


async def test_the_token_of_a_subscriber_who_is_gone_is_answered_alike(client: httpx.AsyncClient) -> None:
    gone = await client.post(f"/u/{sign(UNSUBSCRIBE, 999_999, KEY)}", data=ONE_CLICK)
    assert (gone.status_code, "Bạn đã ngừng nhận thư" in gone.text) == (200, True)


@on_sqlite_only
async def test_a_token_is_good_for_its_own_purpose_only(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    good = sign(UNSUBSCRIBE, 1, KEY)
    for token in (
        sign(MANAGE, 1, KEY),
        sign("confirm", 1, KEY),
        sign(UNSUBSCRIBE, 1, b"a key of somebody else altogether"),
        good[:-1],
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        good + "A",
        good.lower(),
        "",
        "%00",
        "á",
    ):
        for method in ("GET", "POST"):
            assert (await client.request(method, f"/u/{token}")).status_code == 404, token
    for method, path in (("GET", ""), ("POST", "/stop")):
        assert (await client.request(method, f"/manage/{good}{path}")).status_code == 404
    assert await living(database) == [True]


async def test_the_manage_page_lists_and_stops_one_or_all(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    for sector in ("textiles", "footwear", "food"):
        await office.enrol("nga@hiephoi.vn", sectors=(sector,))
    theirs = await office.enrol("ai@hiephoi.vn", sectors=("food",))
    address = f"/manage/{sign(MANAGE, 1, KEY)}"
    shown = await client.get(address)
    assert all(name in shown.text for name in ("Dệt may", "Da giầy", "Nông sản, thực phẩm", "Dừng tất cả"))
    one = await client.post(f"{address}/stop", data={"subscription": "1"})
    living_part, _, stopped_part = one.text.partition("Đã dừng trong 7 ngày qua")
    assert ("Đã dừng 1 đăng ký." in one.text, "Dệt may" in living_part, "Dệt may" in stopped_part) == (
        True,
        False,
        True,
    )
    again = await client.post(f"{address}/stop", data={"subscription": "1"})
    foreign = await client.post(f"{address}/stop", data={"subscription": str(theirs)})
    assert "Đã dừng 0 đăng ký." in again.text
    assert "Đã dừng 0 đăng ký." in foreign.text
    every = await client.post(f"{address}/stop", data={"subscription": "all"})
    assert ("Đã dừng 2 đăng ký." in every.text, "không còn đăng ký nào" in every.text) == (True, True)
    assert await living(database, "ai@hiephoi.vn") == [True]
    assert "Your subscriptions" in (await client.get(f"/en{address}")).text


@on_sqlite_only
async def test_a_form_that_names_no_subscription_stops_nothing(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    address = f"/manage/{sign(MANAGE, 1, KEY)}/stop"
    for data in ({}, {"subscription": ""}, {"subscription": "-1"}, {"subscription": "١"}, {"subscription": str(2**63)}):
        assert (await client.post(address, data=data)).status_code == 400, data
    files = {"subscription": ("x.txt", b"all")}
    assert (await client.post(address, files=files)).status_code == 400
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await client.post(address, content=b"--y", headers=broken)).status_code == 400
    assert (await client.request("DELETE", address)).status_code == 405
    assert await living(database) == [True]


async def test_opening_links_a_thousand_times_changes_nothing(
    database: Database, client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    confirm = await awaiting(database, frozen, sectors=("footwear",))
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    before = await office.snapshot(*metadata.sorted_tables)
    manage, stop = sign(MANAGE, 1, KEY), sign(UNSUBSCRIBE, 1, KEY)
    addresses = [
        *(
            f"/confirm/{confirm}",
            f"/en/confirm/{confirm}",
            f"/confirm/{confirm}/block",
            f"/confirm/{confirm}?confirm=1",
        ),
        *(f"/u/{stop}", f"/u/{stop}/", f"/en/u/{stop}", f"/u/{stop}?List-Unsubscribe=One-Click"),
        *(f"/manage/{manage}", f"/en/manage/{manage}", f"/manage/{manage}/stop?subscription=all"),
        *("/", "/readyz", "/healthz", "/api/v1/notices", "/api/v1/subscriptions/1"),
    ]
    prefetching = {"Sec-Purpose": "prefetch", "Purpose": "prefetch", "X-HTTP-Method-Override": "POST"}
    asked = 0
    while asked < 1000:
        for address in addresses:
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = await client.request(method, address, headers=prefetching)
                assert answer.status_code not in {301, 302, 303, 307, 308, 500}, address
                asked += 1
    assert await office.snapshot(*metadata.sorted_tables) == before
    assert await living(database) == [False, True]


@on_sqlite_only
async def test_pages_behind_links_are_kept_nowhere(
    database: Database, client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    token = await awaiting(database, frozen, sectors=("footwear",))
    for path in (
        f"/confirm/{token}",
        f"/manage/{sign(MANAGE, 1, KEY)}",
        f"/u/{sign(UNSUBSCRIBE, 1, KEY)}",
        "/confirm/unknown",
        "/manage/unknown",
    ):
        for host in ("keng.example", "evil.example"):
            headers = {"Host": host, "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
            answer = await client.get(path, headers=headers)
            assert answer.headers["cache-control"] == "no-store", path
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["x-robots-tag"] == "noindex, nofollow"
            assert "evil.example" not in answer.text
            assert "set-cookie" not in answer.headers
            assert "<script" not in answer.text
    assert await office.count(confirmations) == 1


def exchanged(address: tuple[str, int], request: bytes) -> bytes:
    """Send bytes and return everything that is answered until the other side closes."""
    with socket.create_connection(address, timeout=30) as line:
        line.sendall(request)
        answer = b""
        while piece := line.recv(65_536):
            answer += piece
    return answer


URLENCODED = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--b0undary\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b0undary--\r\n'
)


def posted(path: str, version: str, media_type: str, body: bytes) -> bytes:
    lines = [
        f"POST {path} {version}",
        "Host: keng.example",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.sockets
async def test_one_click_works_over_a_bare_line_in_both_forms(
    database: Database, server: tuple[str, int], office: Office
) -> None:
    assert len(URLENCODED) == 26
    token = sign(UNSUBSCRIBE, 1, KEY)
    requests = [
        posted(f"/u/{token}{slash}", version, media_type, body)
        for slash in ("", "/")
        for version in ("HTTP/1.0", "HTTP/1.1")
        for media_type, body in (
            ("application/x-www-form-urlencoded", URLENCODED),
            ("multipart/form-data; boundary=b0undary", MULTIPART),
        )
    ]
    for number, request in enumerate(requests):
        await office.enrol("nga@hiephoi.vn", sectors=("textiles",), keywords=(f"word {number}",))
        answer = await asyncio.to_thread(exchanged, server, request)
        status = answer.split(b"\r\n", 1)[0]
        assert status.split(b" ", 1)[1] == b"200 OK", answer[:300]
        assert await living(database) == []
