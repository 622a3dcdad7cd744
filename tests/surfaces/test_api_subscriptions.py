import email
import email.policy
import re
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.domain.subscriptions import Frequency
from app.store import bodies
from app.store import subscriptions as store
from app.store.database import Database
from app.store.tables import audit, messages, subscribers, subscriptions
from app.store.tables import deliveries as deliveries_table
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests.office import KEY, Office
from tests.surfaces.conftest import on_sqlite_only

ADDRESS = "/api/v1/subscriptions"
ASKED = {"email": "nga@hiephoi.vn", "sectors": ["textiles", "footwear_leather"], "members": ["eu"], "hs": ["64.03"]}


def bearing(subscriber: int, purpose: str = MANAGE, key: bytes = KEY) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(purpose, subscriber, key)}"}


async def mailed(database: Database) -> list[str]:
    """Return the text of every message in the outbox."""
    async with database.reading() as connection:
        hashes = (await connection.execute(select(messages.c.hash))).scalars().all()
        mails = await bodies.named(connection, hashes)
    parsed = [email.message_from_bytes(body, policy=email.policy.default) for body in mails.values()]
    texts = [message.get_body(("plain",)) for message in parsed]
    return [str(text.get_content()) for text in texts if text is not None]


async def test_asking_mails_a_confirmation_and_subscribes_nobody_yet(
    database: Database, client: httpx.AsyncClient, office: Office
) -> None:
    answer = await client.post(ADDRESS, json=ASKED | {"frequency": "weekly", "language": "en"})
    assert answer.status_code == 202
    assert answer.headers["cache-control"] == "no-store"
    assert set(answer.json()) == {"status", "language", "message"}
    async with database.reading() as connection:
        row = (await connection.execute(select(subscriptions))).one()
        asked = (await store.of_subscriber(connection, row.subscriber_id))[0]
    assert (row.confirmed_at, row.frequency) == (None, "weekly")
    assert asked.body == {
        "sectors": ["footwear", "textiles"],
        "members": ["EU"],
        "hs": ["6403"],
        "additions": True,
        "updates": True,
        "related": False,
    }
    assert await office.count(deliveries_table) == 1
    link = re.search(r"https://keng\.example(/en/confirm/\S+)", (await mailed(database))[0])
    assert link is not None
    confirmed = await client.post(link[1])
    assert confirmed.status_code == 200
    async with database.reading() as connection:
        assert (await connection.execute(select(subscriptions.c.confirmed_at))).scalar_one() is not None


READ = {
    "measure_types": ["Conformity assessment"],
    "standards": ["iso 14362-1:2017", "buy at evil.example"],
    "substances": ["cadimi", "my own poison"],
    "agreements": ["EVFTA"],
    "origin": ["origin-labelling"],
    "affected": ["viet_nam"],
    "importance": ["act", "note"],
}


async def test_facets_are_kept_in_one_form_shown_and_named_in_the_confirmation_without_a_strangers_words(
    database: Database, client: httpx.AsyncClient
) -> None:
    assert (await client.post(ADDRESS, json={"email": "nga@hiephoi.vn"} | READ)).status_code == 202
    async with database.reading() as connection:
        row = (await connection.execute(select(subscriptions))).one()
    canonical = {
        "measure_types": ["conformity_assessment"],
        "standards": ["BUY AT EVIL.EXAMPLE", "ISO 14362-1"],
        "substances": ["cadmium", "my own poison"],
        "agreements": ["evfta"],
        "origin": ["origin_labelling"],
        "affected": ["viet_nam"],
        "importance": ["act", "note"],
    }
    shown = (await client.get(f"{ADDRESS}/{row.id}", headers=bearing(row.subscriber_id))).json()
    assert {name: shown[name] for name in canonical} == canonical
    mail = (await mailed(database))[0]
    for said in ("Loại biện pháp: Đánh giá sự phù hợp", "Chất và giới hạn: Cadimi", "Mức độ quan trọng: Cần hành động"):
        assert said in mail
    assert "(EVFTA)" in mail
    assert "evil" not in mail.casefold()
    assert "poison" not in mail
    page = (await client.get(f"/manage/{sign(MANAGE, row.subscriber_id, KEY)}")).text
    for said in ("Đánh giá sự phù hợp", "ISO 14362-1", "my own poison", "Ghi nhãn xuất xứ", "Việt Nam được nêu tên"):
        assert said.casefold() in page.casefold()


async def test_the_answer_does_not_say_whether_the_address_is_known(client: httpx.AsyncClient, office: Office) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("footwear", "textiles"), members=("EU",), hs=("6403",))
    known = await client.post(ADDRESS, json=ASKED)
    unknown = await client.post(ADDRESS, json=ASKED | {"email": "ai@hiephoi.vn"})
    again = await client.post(ADDRESS, json=ASKED | {"email": "ai@hiephoi.vn"})
    assert known.status_code == unknown.status_code == again.status_code == 202
    assert known.json() == unknown.json() == again.json()
    assert await office.count(deliveries_table) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.vn, c@d.vn"}, "email"),
        ({"email": "x" * 300 + "@b.vn"}, "email"),
        ({"email": "a\x00@b.vn"}, "email"),
        ({"sectors": ["shoes"]}, "sectors"),
        ({"themes": ["shoes"]}, "themes"),
        ({"measure_types": ["shoes"]}, "measure_types"),
        ({"agreements": ["nafta"]}, "agreements"),
        ({"origin": ["x"]}, "origin"),
        ({"affected": ["x"]}, "affected"),
        ({"importance": ["high"]}, "importance"),
        ({"standards": ["%%"]}, "standards"),
        ({"substances": ["a\x00b"]}, "substances"),
        ({"members": ["XYZ"]}, "members"),
        ({"hs": ["6"]}, "hs.0"),
        ({"keywords": ["%%"]}, "keywords"),
        ({"keywords": ["a\x00b"]}, "keywords"),
        ({"keywords": ["a"]}, "keywords.0"),
        ({"keywords": ["ok"] * 51}, "keywords"),
        ({"excluded": ["x" * 81]}, "excluded.0"),
        ({"additions": False, "updates": False}, "additions"),
        ({"frequency": "hourly"}, "frequency"),
        ({"language": "fr"}, "language"),
        ({"area": "WTO"}, "area"),
        ({"confirmed_at": "2026-01-01"}, "confirmed_at"),
        ({"subscriber_id": 1}, "subscriber_id"),
    ],
)
@on_sqlite_only
async def test_what_cannot_be_asked_is_refused_by_name(
    client: httpx.AsyncClient, office: Office, change: dict[str, Any], field: str
) -> None:
    answer = await client.post(ADDRESS, json=ASKED | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [one["field"] for one in answer.json()["errors"]]
    assert await office.count(subscribers) == 0


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'{"email": "a@b.vn"}', "text/plain"),
        (b"email=a@b.vn", "application/x-www-form-urlencoded"),
        (b'{"email": "a@b.vn", "keywords": ["\\ud800 shoes"]}', "application/json"),
        (b'\xff{"email": "a@b.vn"}', "application/json"),
        (b"[" * 10_000, "application/json"),
    ],
)
@on_sqlite_only
async def test_a_body_that_is_no_question_is_refused(
    client: httpx.AsyncClient, office: Office, content: bytes, media_type: str
) -> None:
    answer = await client.post(ADDRESS, content=content, headers={"Content-Type": media_type})
    assert answer.status_code in {400, 415, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await office.count(subscribers) == 0


async def test_the_bearer_of_a_manage_token_sees_and_stops_what_is_theirs(
    client: httpx.AsyncClient, office: Office
) -> None:
    mine = await office.enrol("nga@hiephoi.vn", Frequency.DAILY, sectors=("textiles",))
    theirs = await office.enrol("ai@hiephoi.vn", sectors=("footwear",))
    listed = (await client.get(ADDRESS, headers=bearing(1))).json()["items"]
    assert [(one["id"], one["sectors"], one["frequency"]) for one in listed] == [(mine, ["textiles"], "daily")]
    shown = await client.get(f"{ADDRESS}/{mine}", headers=bearing(1))
    assert shown.json() == listed[0]
    assert shown.headers["cache-control"] == "no-store"
    for method in ("GET", "DELETE"):
        foreign = await client.request(method, f"{ADDRESS}/{theirs}", headers=bearing(1))
        nowhere = await client.request(method, f"{ADDRESS}/999", headers=bearing(1))
        assert foreign.status_code == nowhere.status_code == 404
        assert foreign.json() == nowhere.json()
    stopped = await client.delete(f"{ADDRESS}/{mine}", headers=bearing(1))
    assert (stopped.status_code, stopped.json()) == (200, {"stopped": 1})
    async with office.database.reading() as connection:
        (row,) = await connection.execute(select(audit))
    assert (row.actor, row.origin, row.verb) == ("subscriber:1", "api", "stop")
    assert (await client.get(ADDRESS, headers=bearing(1))).json()["items"] == []
    assert len((await client.get(ADDRESS, headers=bearing(2))).json()["items"]) == 1


@on_sqlite_only
async def test_nothing_but_a_manage_token_opens_subscriptions(client: httpx.AsyncClient, office: Office) -> None:
    number = await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    token = sign(MANAGE, 1, KEY)
    for headers in (
        {},
        {"Authorization": token},
        {"Authorization": f"Basic {token}"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Bearer {token[:-1]}"},
        {"Cookie": f"token={token}"},
        bearing(1, UNSUBSCRIBE),
        bearing(1, key=b"another key that is not ours at all"),
    ):
        for method, path in (("GET", ""), ("GET", f"/{number}"), ("DELETE", f"/{number}")):
            answer = await client.request(method, ADDRESS + path, headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), headers
            assert answer.headers["content-type"] == "application/problem+json"
    assert (await client.get(f"{ADDRESS}?token={token}")).status_code in {400, 401}
