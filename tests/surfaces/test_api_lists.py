from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.domain.facets import Importance
from app.domain.facets.affected import ALL_PARTNERS, OTHERS, VIET_NAM
from app.domain.notices import NoticeType
from app.domain.sectors import Facet, Label, Role
from app.domain.subscriptions import READ_FACETS
from app.i18n.facets import is_listed, value_of_name
from app.sources.facet_tables import bundled_facet_tables
from app.store.database import Database
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, keep, keep_in, label, refs, regular

TODAY = date(2026, 3, 2)


async def test_every_filter_reaches_the_list(database: Database, client: httpx.AsyncClient) -> None:
    shoes = regular("G/TBT/N/USA/1", hs=("6403",), ics=("61.060",), titles=(("en", "Leather boots"),))
    first = await keep(database, shoes)
    fish = regular("G/SPS/N/EU/2", hs=("0302",), distributed_on=date(2026, 2, 25), comment_deadline=TODAY)
    second = await keep(database, fish)
    await keep(database, regular("G/SPS/N/EU/2/Add.1", type=NoticeType.ADDENDUM, distributed_on=date(2026, 2, 27)))
    await label(database, first, [Label("footwear", Role.PRIMARY, 0.9, ())])
    await label(database, second, [Label("seafood", Role.PRIMARY, 0.9, ())])
    await label(database, second, [Label("halal", Role.PRIMARY, 0.9, ())], facet="theme")
    for asked, expected in (
        ({"q": "boots"}, {"G/TBT/N/USA/1"}),
        ({"q": "HS 64"}, {"G/TBT/N/USA/1"}),
        ({"sector": "food"}, {"G/SPS/N/EU/2"}),
        ({"sector": ["footwear", "seafood"]}, {"G/TBT/N/USA/1", "G/SPS/N/EU/2"}),
        ({"sector": "footwear_leather"}, {"G/TBT/N/USA/1"}),
        ({"theme": "halal"}, {"G/SPS/N/EU/2"}),
        ({"member": "usa"}, {"G/TBT/N/USA/1"}),
        ({"area": "TBT"}, {"G/TBT/N/USA/1"}),
        ({"hs": "64.03.99"}, {"G/TBT/N/USA/1"}),
        ({"ics": "61"}, {"G/TBT/N/USA/1"}),
        ({"type": "addendum"}, {"G/SPS/N/EU/2/Add.1"}),
        ({"open": "true"}, {"G/SPS/N/EU/2"}),
        ({"from": "2026-02-25", "to": "2026-02-26"}, {"G/SPS/N/EU/2"}),
        ({"member": "EU", "q": "boots"}, set()),
    ):
        assert set(await refs(client, **asked)) == expected, asked


async def test_what_is_read_out_of_notices_is_a_filter(database: Database, client: httpx.AsyncClient) -> None:
    given = {
        1: {"measure_type": "standard", "standard": "ISO 14362-1", "importance": "act"},
        2: {"measure_type": "conformity_assessment", "substance": "formaldehyde", "importance": "note"},
        3: {"agreement": "cptpp", "origin": "rules_of_origin", "affected": "viet_nam"},
    }
    for number, labels in given.items():
        stored = await keep(database, regular(f"G/TBT/N/USA/{number}"))
        for facet, one in labels.items():
            await label(database, stored, [Label(one, Role.PRIMARY, 0.9, ())], facet=facet)
    asked: list[tuple[dict[str, Any], set[int]]] = [
        ({"standard": "iso  14362-1:2017"}, {1}),
        ({"standard": "ISO 14362"}, set()),
        ({"substance": "Formaldehyt"}, {2}),
        ({"substance": ["50-00-0", "cadimi"]}, {2}),
        ({"substance": "something unheard of"}, set()),
        ({"measure_type": ["standard", "conformity-assessment"]}, {1, 2}),
        ({"measure_type": "standard", "importance": "note"}, set()),
        ({"importance": ["act", "note"]}, {1, 2}),
        ({"agreement": "CPTPP"}, {3}),
        ({"origin": "quy tắc xuất xứ", "affected": "Việt Nam"}, {3}),
    ]
    for query, expected in asked:
        assert set(await refs(client, **query)) == {f"G/TBT/N/USA/{number}" for number in expected}, query


async def test_viet_nams_own_measures_are_a_view_of_their_own(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/VNM/1"))
    await keep(database, regular("G/TBT/N/THA/2"))
    await keep(database, regular("G/TBT/N/VNM/3", symbols=("G/TBT/N/VNM/3", "G/TBT/N/THA/3"), members=("VNM", "THA")))
    assert await refs(client, own="true") == ["G/TBT/N/VNM/1"]
    assert set(await refs(client, own="false")) == {"G/TBT/N/THA/2", "G/TBT/N/VNM/3"}


def test_every_label_that_can_be_read_has_a_name() -> None:
    tables = bundled_facet_tables()
    read = {(phrase.facet, phrase.label) for phrase in tables.phrases if phrase.label}
    read |= {(Facet.SUBSTANCE, one.id) for one in tables.substances}
    read |= {(Facet.AGREEMENT, one.id) for one in tables.agreements}
    read |= {(Facet.AFFECTED, one) for one in (VIET_NAM, ALL_PARTNERS, OTHERS)}
    read |= {(Facet.ORIGIN, "origin_labelling"), *((Facet.IMPORTANCE, one.value) for one in Importance)}
    assert {(facet, one) for facet, one in read if not is_listed(facet, one)} == set()


@on_sqlite_only
async def test_every_facet_is_listed_with_its_values(client: httpx.AsyncClient) -> None:
    said = (await client.get("/api/v1/facets")).json()
    listed = {one["id"]: one for one in said["items"]}
    assert list(listed) == [facet.value for facet in READ_FACETS]
    assert {name for name, one in listed.items() if one["open"]} == {"standard", "substance"}
    assert all(one["values"] for name, one in listed.items() if name != "standard")
    assert listed["importance"]["values"][0] == {"id": "act", "name_vi": "cần hành động", "name_en": "to act on"}
    for name, one in listed.items():
        for value in one["values"]:
            assert value_of_name(name, value["id"]) == value["id"]


@pytest.mark.parametrize(
    ("asked", "field", "allowed"),
    [
        ("colour=red", "colour", "no such parameter"),
        ("Sector=food", "Sector", "no such parameter"),
        ("from_=2026-01-01", "from_", "no such parameter"),
        ("limit=0", "limit", "greater than or equal to 1"),
        ("limit=101", "limit", "less than or equal to 100"),
        ("limit=ten", "limit", "integer"),
        ("area=tbt", "area", "'TBT' or 'SPS'"),
        ("type=new", "type", "'regular'"),
        ("open=yes", "open", "'true' or 'false'"),
        ("from=01/02/2026", "from", "YYYY-MM-DD"),
        ("from=20260102", "from", "YYYY-MM-DD"),
        ("to=2026-02-30", "to", "day is out of range"),
        ("from=1735689600", "from", "YYYY-MM-DD"),
        ("updated_after=2026-01-01T00:00:00", "updated_after", "time zone"),
        ("updated_after=yesterday", "updated_after", "time zone"),
        ("updated_after=0001-01-01", "updated_after", "time zone"),
        ("sector=shoes", "sector", "footwear"),
        ("theme=shoes", "theme", "halal"),
        ("measure_type=shoes", "measure_type", "technical_regulation"),
        ("standard=...", "standard", "a name"),
        ("substance=a%00b", "substance", "a name"),
        ("substance=" + "a" * 81, "substance", "at most 80 characters"),
        ("agreement=nafta", "agreement", "cptpp"),
        ("origin=shoes", "origin", "rules_of_origin"),
        ("affected=shoes", "affected", "viet_nam"),
        ("importance=high", "importance", "act"),
        ("own=yes", "own", "'true' or 'false'"),
        ("member=XYZ", "member", "USA"),
        ("hs=6", "hs", "pattern"),
        ("hs=64%25", "hs", "pattern"),
        ("ics=5", "ics", "pattern"),
        ("q=%25%25%25%25", "q", "no letter or digit"),
        ("q=", "q", "no letter or digit"),
        ("q=" + "+".join(f"w{number}" for number in range(20)), "q", "at most 16 words"),
        ("q=" + "a+" * 30_000, "q", "at most 200 characters"),
        ("cursor=abc", "cursor", "next_cursor"),
        ("cursor=", "cursor", "next_cursor"),
        ("cursor=WyJuIiwgIjIwMjYtMDEtMDEiLCAiMSJd", "cursor", "next_cursor"),
        ("cursor=WyJ1IiwgIjIwMjYtMDEtMDEiLCAxXQ", "cursor", "next_cursor"),
    ],
)
@on_sqlite_only
async def test_what_cannot_be_taken_is_refused_by_name_with_what_is_allowed(
    client: httpx.AsyncClient, asked: str, field: str, allowed: str
) -> None:
    answer = await client.get(f"/api/v1/notices?{asked}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert field in [one["field"].split(".")[0] for one in problem["errors"]]
    assert field in problem["detail"]
    assert allowed in problem["detail"]
    assert (problem["status"], problem["title"]) == (400, "Bad Request")


HOSTILE = [
    "%%%% a",
    "a' OR '1'='1'; DROP TABLE notices; --",
    'shoes" OR folded MATCH "x',
    "a & b | !c <-> (d)",
    "NEAR/2 (*)",
    "\u202eabc\x00def",
    "😀 shoes",
]


async def test_a_hostile_search_is_answered_or_refused(client: httpx.AsyncClient) -> None:
    for text in HOSTILE:
        answer = await client.get("/api/v1/notices", params={"q": text})
        assert answer.status_code in {200, 400}, answer.text


async def test_what_fits_best_comes_first_where_that_was_asked_for(
    database: Database, client: httpx.AsyncClient
) -> None:
    await keep(database, regular("G/TBT/N/VNM/1", titles=(("vi", "Quy định về da giầy"),)))
    await keep(database, regular("G/TBT/N/EU/2", titles=(("en", "Footwear"),)))
    newest = (await client.get("/api/v1/notices", params={"q": "da giày"})).json()
    best = (await client.get("/api/v1/notices", params={"q": "da giày", "sort": "relevance"})).json()
    assert [item["ref"] for item in newest["items"]] == ["G/TBT/N/EU/2", "G/TBT/N/VNM/1"]
    assert [item["ref"] for item in best["items"]] == ["G/TBT/N/VNM/1", "G/TBT/N/EU/2"]
    assert "footwear" in newest["also_searched"]
    assert newest["also_searched"] == best["also_searched"]
    assert best["next_cursor"] is None
    assert (await client.get("/api/v1/notices")).json()["also_searched"] == []


@pytest.mark.parametrize(
    "asked",
    [
        {"sort": "relevance"},
        {"sort": "oldest", "q": "rice"},
        {"sort": "relevance", "q": "rice", "updated_after": "2026-01-01"},
        {"sort": "relevance", "q": "rice", "cursor": "x"},
    ],
)
async def test_an_order_that_cannot_be_kept_is_refused(client: httpx.AsyncClient, asked: dict[str, str]) -> None:
    answer = await client.get("/api/v1/notices", params=asked)
    assert answer.status_code == 400
    assert "sort" in answer.text


async def test_cursors_tile_the_list_and_stand_when_others_come(database: Database, client: httpx.AsyncClient) -> None:
    for number in range(1, 24):
        day = None if number > 20 else date(2026, 1, 1 + number % 7)
        await keep(database, regular(f"G/SPS/N/EU/{number}", distributed_on=day))
    whole = await refs(client, limit=100)
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"limit": "5"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/api/v1/notices", params=asked)).json()
        assert set(page) == {"items", "next_cursor", "also_searched"}
        seen += [item["ref"] for item in page["items"]]
        await keep(database, regular(f"G/TBT/N/JPN/{len(seen)}", distributed_on=date(2026, 2, 1)))
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == whole
    assert len(await refs(client)) == 20


async def test_changes_are_walked_by_moment_then_number(database: Database, client: httpx.AsyncClient) -> None:
    for number, minute in ((1, 3), (2, 1), (3, 3), (4, 2)):
        await keep(database, regular(f"G/SPS/N/EU/{number}"), at=STORED_AT + timedelta(minutes=minute))
    for begin in ("2026-03-01T10:00:00+07:00", "2026-03-01T03:00:00Z", "2026-03-01"):
        page = (await client.get("/api/v1/notices", params={"updated_after": begin, "limit": 3})).json()
        assert [item["ref"][-1] for item in page["items"]] == ["2", "4", "1"]
        more = {"updated_after": begin, "limit": 3, "cursor": page["next_cursor"]}
        rest = (await client.get("/api/v1/notices", params=more)).json()
        assert ([item["ref"][-1] for item in rest["items"]], rest["next_cursor"]) == (["3"], None)
    unencoded = await client.get("/api/v1/notices?updated_after=2026-03-01T10:02:00+07:00")
    assert [item["ref"][-1] for item in unencoded.json()["items"]] == ["1", "3"]
    last = (await client.get("/api/v1/notices/G/SPS/N/EU/3")).json()["updated_at"]
    assert await refs(client, updated_after=last) == []
    wrong = await client.get("/api/v1/notices", params={"cursor": page["next_cursor"]})
    assert wrong.status_code == 400


async def test_a_page_costs_the_same_number_of_statements_whatever_it_holds(
    database: Database, client: httpx.AsyncClient
) -> None:
    async with database.writing() as connection:
        for number in range(1, 60):
            await keep_in(connection, regular(f"G/TBT/N/USA/{number}", products="Shoes"))
            addendum = regular(f"G/TBT/N/USA/{number}/Add.1", type=NoticeType.ADDENDUM)
            await keep_in(connection, addendum, inherits_from=f"G/TBT/N/USA/{number}")

    async def cost(address: str) -> int:
        with statements(database) as seen:
            assert (await client.get(address)).status_code == 200
        return len(seen)

    assert await cost("/api/v1/notices?limit=2") == await cost("/api/v1/notices?limit=100") <= 6
    small, large = "/api/v1/measures/G/TBT/N/USA/1", "/api/v1/notices/G/TBT/N/USA/2"
    assert await cost(small) <= 7
    assert await cost(large) <= 5


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            seen.append(statement)

    engine = database._reader.sync_engine  # noqa: SLF001 - counting statements is what the test is about
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


@on_sqlite_only
async def test_an_unchanged_answer_need_not_be_sent_twice(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    for path in ("/api/v1/notices", "/api/v1/notices/G/TBT/N/USA/1", "/api/v1/sectors"):
        tag = (await client.get(path)).headers["etag"]
        again = await client.get(path, headers={"If-None-Match": f'"other", W/{tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    await keep(database, regular("G/TBT/N/USA/2"))
    assert (await client.get("/api/v1/notices", headers={"If-None-Match": tag})).status_code == 200


@on_sqlite_only
async def test_head_is_get_without_content(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    for path in ("/api/v1/notices", "/api/v1/notices/G/TBT/N/USA/1", "/healthz", "/", "/notices/G/TBT/N/USA/1"):
        got, head = await client.get(path), await client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == str(len(got.content))
    assert (await client.head("/api/v1/notices/G/TBT/N/USA/2")).status_code == 404


@on_sqlite_only
async def test_pages_of_any_origin_may_read_what_is_public_and_nothing_else(client: httpx.AsyncClient) -> None:
    allowed = "access-control-allow-origin"
    origin = {"Origin": "https://elsewhere.example"}
    for path in ("/api/v1/notices", "/api/v1/notices/none", "/openapi.json", "/api/v1/notices?x=1"):
        assert (await client.get(path, headers=origin)).headers[allowed] == "*"
    for path in ("/", "/api/v1/subscriptions", "/api/v1/subscriptions/1"):
        assert allowed not in (await client.get(path, headers=origin)).headers
    posted = await client.post("/api/v1/subscriptions", headers=origin, json={})
    asked = await client.options("/api/v1/subscriptions", headers=origin | {"Access-Control-Request-Method": "POST"})
    for answer in (posted, asked):
        assert allowed not in answer.headers
