from datetime import UTC, date, datetime
from urllib.parse import quote

import httpx
import pytest

from app.domain.notices import Content, NoticeType
from app.domain.sectors import Evidence, Label, Role
from app.domain.symbols import Area
from app.store.database import Database
from tests.conftest import FrozenClock
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import STORED_AT, happen, keep, label, refs, regular

TODAY = date(2026, 3, 2)
FIELDS = {
    *("ref", "symbol", "symbols", "area", "type", "member", "members", "title", "title_vi", "description", "products"),
    *("hs", "ics", "objectives", "keywords", "distributed_on", "comment_deadline", "days_left", "open", "adoption_on"),
    *("in_force_on", "links", "measure", "version", "sectors", "themes", "inherited_from", "released_at", "updated_at"),
    *("theme_labels", "measure_types", "standards", "substances", "agreements", "origin", "affected", "importance"),
    *("source", "attachments"),
}

READ = ("measure_types", "standards", "substances", "agreements", "origin", "affected", "importance")

FOOTWEAR = regular(
    "G/TBT/N/USA/2211",
    titles=(("en", "Footwear labelling"), ("es", "Etiquetado de calzado")),
    description="What it is about.",
    products="Footwear",
    hs=("6403",),
    ics=("61.060",),
    objectives=("Consumer information, labelling (TBT)",),
    keywords=("Labelling",),
    comment_deadline=date(2026, 5, 1),
    adoption_on=date(2026, 6, 1),
    in_force_on=date(2026, 7, 1),
    notice_link="https://docs.wto.org/USA2211.DOCX",
    text_links=("https://members.wto.org/x_e.pdf", "javascript:alert(1)"),
)


async def test_a_notice_says_all_that_is_promised(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, FOOTWEAR, released_at=STORED_AT)
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.95, ())])
    await label(database, number, [Label("origin-labelling", Role.PRIMARY, 0.9, ())], facet="theme")
    said = (await client.get("/api/v1/notices/G/TBT/N/USA/2211")).json()
    assert set(said) == FIELDS
    assert said["member"] == {"code": "USA", "name_en": "United States of America", "name_vi": "Hoa Kỳ"}
    assert said["members"] == [said["member"]]
    assert said["ref"] == said["symbol"] == said["measure"] == "G/TBT/N/USA/2211"
    assert said["symbols"] == ["G/TBT/N/USA/2211"]
    assert (said["title"], said["title_vi"]) == ("Footwear labelling", None)
    assert (said["area"], said["type"], said["version"], said["source"]) == ("TBT", "regular", 1, "eping")
    assert (said["distributed_on"], said["comment_deadline"], said["days_left"]) == ("2026-02-20", "2026-05-01", 60)
    assert (said["adoption_on"], said["in_force_on"], said["open"]) == ("2026-06-01", "2026-07-01", True)
    assert said["links"] == {"notice": "https://docs.wto.org/USA2211.DOCX", "text": ["https://members.wto.org/x_e.pdf"]}
    assert said["attachments"] == []
    assert said["sectors"] == [{"id": "footwear", "role": "primary", "confidence": 0.95, "evidence": []}]
    assert said["themes"] == ["origin-labelling"]
    assert said["theme_labels"] == [{"id": "origin-labelling", "role": "primary", "confidence": 0.9, "evidence": []}]
    assert [said[name] for name in READ] == [[], [], [], [], [], [], None]
    assert said["released_at"] == "2026-03-01T03:00:00Z"


async def test_what_was_read_out_of_a_notice_is_shown_with_its_names_and_what_it_rests_on(
    database: Database, client: httpx.AsyncClient
) -> None:
    number = await keep(database, FOOTWEAR)
    proof = Evidence("title", 0, 8, "Footwear", "a rule", 0.9)
    given = {
        "measure_type": "conformity_assessment",
        "standard": "ISO 20345",
        "substance": "cadmium",
        "agreement": "cptpp",
        "origin": "rules_of_origin",
        "affected": "viet_nam",
        "importance": "act",
    }
    for facet, one in given.items():
        await label(database, number, [Label(one, Role.PRIMARY, 0.9, (proof,))], facet=facet)
    said = (await client.get("/api/v1/notices/G/TBT/N/USA/2211")).json()
    shown = [said[name] if name == "importance" else said[name][0] for name in READ]
    assert [(one["id"], one["name_vi"], one["name_en"]) for one in shown] == [
        ("conformity_assessment", "đánh giá sự phù hợp", "conformity assessment"),
        ("ISO 20345", "ISO 20345", "ISO 20345"),
        ("cadmium", "cadimi", "cadmium"),
        ("cptpp", shown[3]["name_vi"], shown[3]["name_en"]),
        ("rules_of_origin", "quy tắc xuất xứ", "rules of origin"),
        ("viet_nam", "Việt Nam được nêu tên", "Viet Nam by name"),
        ("act", "cần hành động", "to act on"),
    ]
    assert "(CPTPP)" in shown[3]["name_vi"]
    assert all(one["evidence"][0]["quote"] == "Footwear" for one in shown)
    grounds = (await client.get("/api/v1/notices/G/TBT/N/USA/2211/explanation")).json()
    assert {name: grounds[name] for name in READ} == {name: said[name] for name in READ}


async def test_a_label_shows_what_it_rests_on(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, FOOTWEAR)
    proof = Evidence("hs", 0, 4, "6403", "footwear/hs/64", 0.9)
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.95, (proof,))])
    said = (await client.get("/api/v1/notices/G/TBT/N/USA/2211")).json()
    assert said["sectors"][0]["evidence"] == [
        {
            "field": "hs",
            "start": 0,
            "end": 4,
            "quote": "6403",
            "rule": "footwear/hs/64",
            "weight": 0.9,
            "inherited_from": None,
        }
    ]


async def test_a_joint_notice_is_found_by_each_symbol_raw_or_encoded(
    database: Database, client: httpx.AsyncClient
) -> None:
    symbols = ("G/TBT/N/BDI/609", "G/TBT/N/KEN/1809", "G/TBT/N/UGA/2164")
    await keep(database, regular(symbols[0], symbols=symbols, members=("BDI", "KEN", "UGA")))
    for symbol in symbols:
        for path in (symbol, symbol.replace("/", "%2F"), symbol.replace("/", "%2f")):
            answer = await client.get(f"/api/v1/notices/{path}")
            assert answer.json()["symbols"] == list(symbols), path
    assert [member["code"] for member in answer.json()["members"]] == ["BDI", "KEN", "UGA"]


async def test_a_warning_is_found_by_its_ref(database: Database, client: httpx.AsyncClient) -> None:
    warning = Content(type=NoticeType.WARNING, titles=(("en", "Salmonella in pepper"),))
    refs = ("rasff/2026.1234", "wto-news/https://www.wto.org/news?id=1&x=ă")
    for ref in refs:
        await keep(database, warning, source=ref.partition("/")[0], ref=ref)
        said = (await client.get(f"/api/v1/notices/{quote(ref, safe='')}")).json()
        assert (said["ref"], said["symbol"], said["member"], said["area"]) == (ref, None, None, None)
    assert (await client.get(f"/api/v1/notices/{refs[0]}")).json()["ref"] == refs[0]


@pytest.mark.parametrize(
    "path",
    [
        "G/TBT/N/USA/9",
        "G/TBT/N/USA",
        "g/tbt/n/usa/1",
        "G/TBT/N/USA/01",
        "",
        "%00",
        "x%00y",
        "%FF",
        "..%2f..%2fetc",
        "'%20OR%201=1",
        "G/TBT/N/USA/1/",
        "%ED%A0%80",
        "x" * 3000,
    ],
)
@pytest.mark.parametrize("tail", ["", "/explanation"])
@on_sqlite_only
async def test_an_unknown_or_malformed_symbol_is_missing(
    database: Database, client: httpx.AsyncClient, path: str, tail: str
) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    answer = await client.get(f"/api/v1/notices/{path}{tail}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "notice-missing"


async def test_malformed_symbols_are_missing_on_either_database(client: httpx.AsyncClient) -> None:
    for path in ("%00", "x%00y", "%ED%A0%80", "%FF", "%27"):
        for place in ("/api/v1/notices", "/api/v1/measures", "/notices", "/measures"):
            assert (await client.get(f"{place}/{path}")).status_code == 404, path


MIDNIGHTS = [
    (date(2026, 3, 2), datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC), 0, True),
    (date(2026, 3, 2), datetime(2026, 3, 2, 17, 0, 0, tzinfo=UTC), -1, False),
    (date(2026, 3, 2), datetime(2026, 3, 1, 16, 59, 59, tzinfo=UTC), 1, True),
    (date(2026, 3, 2), datetime(2026, 3, 1, 17, 0, 0, tzinfo=UTC), 0, True),
    (None, datetime(2026, 3, 2, tzinfo=UTC), None, False),
]


async def test_days_are_counted_in_viet_nam_and_the_last_day_is_open(
    database: Database, client: httpx.AsyncClient, frozen: FrozenClock
) -> None:
    for number, (deadline, now, left, is_open) in enumerate(MIDNIGHTS, 1):
        symbol = f"G/TBT/N/USA/{number}"
        await keep(database, regular(symbol, comment_deadline=deadline))
        frozen.now = now
        said = (await client.get(f"/api/v1/notices/{symbol}")).json()
        assert (said["days_left"], said["open"]) == (left, is_open)
        assert (symbol in await refs(client, open="true")) is is_open
        assert (symbol in await refs(client, open="false")) is not is_open
        measure = (await client.get(f"/api/v1/measures/{symbol}")).json()
        assert (measure["days_left"], measure["open"]) == (left, is_open)
        assert measure["state"] == ("proposed" if deadline is None else "open" if is_open else "closed")


async def test_an_addendum_shows_what_it_inherits_and_from_whom(database: Database, client: httpx.AsyncClient) -> None:
    await keep(database, regular("G/TBT/N/USA/1", products="Footwear", hs=("64",)))
    addendum = regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM)
    await keep(database, addendum, inherits_from="G/TBT/N/USA/1")
    said = (await client.get("/api/v1/notices/G/TBT/N/USA/1/Add.1")).json()
    assert (said["products"], said["hs"], said["inherited_from"]) == ("Footwear", ["64"], "G/TBT/N/USA/1")
    assert said["measure"] == "G/TBT/N/USA/1"


async def test_an_explanation_gives_the_grounds_and_a_stranger_sees_no_subscription(
    database: Database, client: httpx.AsyncClient
) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1"), sure=True, sorted_at=STORED_AT)
    proof = Evidence("title", 0, 5, "Draft", "footwear/strong/en/shoe", 0.8, "G/TBT/N/USA/0")
    await label(database, number, [Label("footwear", Role.PRIMARY, 0.9, (proof,))])
    said = (await client.get("/api/v1/notices/G/TBT/N/USA/1/explanation")).json()
    assert (said["ref"], said["sure"], said["contradictory"], said["reviewed"]) == ("G/TBT/N/USA/1", True, False, False)
    assert said["sectors"][0]["evidence"][0]["rule"] == "footwear/strong/en/shoe"
    assert said["sectors"][0]["evidence"][0]["inherited_from"] == "G/TBT/N/USA/0"
    for number in (1, 2):
        answer = await client.get(f"/api/v1/notices/G/TBT/N/USA/1/explanation?subscription={number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "subscription-missing")
    assert (await client.get("/api/v1/notices/G/TBT/N/USA/1/explanation?subscription=me")).status_code == 400


async def test_a_measure_is_a_thread(database: Database, client: httpx.AsyncClient) -> None:
    second = await keep(
        database, regular("G/TBT/N/USA/1/Add.1", type=NoticeType.ADDENDUM, distributed_on=date(2026, 2, 25))
    )
    first = await keep(database, regular("G/TBT/N/USA/1", comment_deadline=date(2026, 3, 12)))
    await happen(database, first, "notified", happened_on=date(2026, 2, 20))
    await happen(database, second, "deadline_changed", changes=[["comment_deadline", "2026-03-02", "2026-03-12"]])
    for symbol in ("G/TBT/N/USA/1", "G%2FTBT%2FN%2FUSA%2F1%2FAdd.1"):
        said = (await client.get(f"/api/v1/measures/{symbol}")).json()
        assert (said["ref"], said["state"], said["days_left"]) == ("G/TBT/N/USA/1", "open", 10)
        assert [notice["ref"] for notice in said["notices"]] == ["G/TBT/N/USA/1", "G/TBT/N/USA/1/Add.1"]
        assert [one["kind"] for one in said["events"]] == ["notified", "deadline_changed"]
        assert said["events"][1]["changes"] == [
            {"field": "comment_deadline", "before": "2026-03-02", "after": "2026-03-12"}
        ]
    missing = await client.get("/api/v1/measures/G/TBT/N/USA/2")
    assert (missing.status_code, missing.json()["code"]) == (404, "measure-missing")


async def test_the_log_is_polled_from_a_number_on(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, regular("G/TBT/N/USA/1"))
    for kind in ("notified", "deadline_changed", "adopted"):
        await happen(database, number, kind)
    page = (await client.get("/api/v1/events?limit=2")).json()
    rest = (await client.get("/api/v1/events", params={"after": page["next_cursor"]})).json()
    nothing = (await client.get("/api/v1/events", params={"after": rest["items"][-1]["id"]})).json()
    assert [one["kind"] for one in [*page["items"], *rest["items"]]] == ["notified", "deadline_changed", "adopted"]
    assert (rest["next_cursor"], nothing) == (None, {"items": [], "next_cursor": None})
    assert {"ref", "measure", "version", "changes", "happened_on", "released_at"} <= set(page["items"][0])
    for asked in ("after=-1", f"after={2**63}", "after=x", "before=1"):
        assert (await client.get(f"/api/v1/events?{asked}")).status_code == 400


async def test_sectors_themes_members_and_counts_are_listed(database: Database, client: httpx.AsyncClient) -> None:
    number = await keep(database, regular("G/SPS/N/TPKM/3", area=Area.SPS, comment_deadline=TODAY))
    await label(database, number, [Label("seafood", Role.PRIMARY, 0.9, ())])
    sectors = {one["id"]: one for one in (await client.get("/api/v1/sectors")).json()["items"]}
    assert sectors["seafood"]["parent"] == "food"
    assert (sectors["textiles"]["parent"], sectors["textiles"]["name_vi"]) == (None, "Dệt may")
    assert "halal" in {one["id"] for one in (await client.get("/api/v1/themes")).json()["items"]}
    members = {one["code"]: one["name_vi"] for one in (await client.get("/api/v1/members")).json()["items"]}
    assert members["TPKM"] == "Đài Loan (Trung Quốc)"
    assert members["EU"] == "Liên minh châu Âu (EU)"
    stats = (await client.get("/api/v1/stats")).json()
    assert (stats["notices"], stats["open"], stats["measures"], stats["as_of"]) == (1, 1, 1, "2026-03-02")
    assert (stats["by_sector"], stats["by_member"], stats["by_area"]) == ({"seafood": 1}, {"TPKM": 1}, {"SPS": 1})
    for name in ("sectors", "themes", "members", "stats"):
        assert (await client.get(f"/api/v1/{name}?x=1")).json()["errors"][0]["field"] == "x"
