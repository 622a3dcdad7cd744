"""The stand-in speaks ePing's contract, with its quirks."""

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.demo.notices import sample_notices
from app.demo.stand_in import KEY_HEADER, StandIn

TODAY = date(2026, 3, 18)
KEY = "a-key-for-tests"
ADDED_LATER = {
    "proposedAdoptionDate",
    "proposedAdoptionDateText",
    "proposedEntryIntoForceDate",
    "proposedEntryIntoForceDateText",
    "linkToNotification",
}
"""Keys that clients read and that the printed example, being older, does not have."""


def stand_in_of_today() -> StandIn:
    return StandIn(sample_notices(), TODAY, KEY, withheld=lambda notice: notice.workdays_ago == 0)


@pytest.fixture
async def eping() -> AsyncIterator[httpx.AsyncClient]:
    everything = StandIn(sample_notices(), TODAY, KEY)
    async with client_of(everything) as client:
        yield client


def client_of(stand_in: StandIn) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=stand_in.app), base_url="http://eping.test", headers={KEY_HEADER: KEY}
    )


async def found(client: httpx.AsyncClient, **parameters: str | int) -> dict[str, Any]:
    answer = await client.get("/notifications/search", params={"language": 1, "pageSize": 100, **parameters})
    assert answer.status_code == 200, answer.text
    envelope: dict[str, Any] = answer.json()
    return envelope


async def symbols(client: httpx.AsyncClient, **parameters: str | int) -> set[str]:
    envelope = await found(client, **parameters)
    return {item["documentSymbol"].strip() for item in envelope["items"]}


async def test_the_keys_are_those_of_the_printed_example(eping: httpx.AsyncClient, test_data: Path) -> None:
    example = json.loads((test_data / "eping" / "search_portal_example.json").read_text(encoding="utf-8"))

    envelope = await found(eping)

    assert list(envelope) == list(example)
    for item in envelope["items"]:
        assert set(item) - ADDED_LATER == set(example["items"][0])
    for name, value in example["items"][0].items():
        if value is not None:
            kinds = {type(item[name]) for item in envelope["items"]} - {type(None)}
            assert kinds == {type(value)}, name


async def test_a_missing_language_is_answered_as_if_there_were_no_such_thing(eping: httpx.AsyncClient) -> None:
    for path in ("/notifications/search", "/members", "/nothing"):
        answer = await eping.get(path)
        assert (answer.status_code, answer.json()) == (404, {"statusCode": 404, "message": "Resource not found"})


@pytest.mark.parametrize(("headers", "word"), [({}, "missing"), ({KEY_HEADER: "another"}, "invalid")])
async def test_the_key_is_asked_for_in_the_header(headers: dict[str, str], word: str) -> None:
    transport = httpx.ASGITransport(app=StandIn(sample_notices(), TODAY, KEY).app)
    async with httpx.AsyncClient(transport=transport, base_url="http://eping.test", headers=headers) as client:
        for path in ("/notifications/search", "/members"):
            answer = await client.get(path, params={"language": 1, "subscription-key": KEY})

            assert answer.status_code == 401
            assert answer.json()["statusCode"] == 401
            assert f"due to {word} subscription key" in answer.json()["message"]


async def test_twenty_a_page_unless_asked_otherwise(eping: httpx.AsyncClient) -> None:
    answer = await eping.get("/notifications/search", params={"language": 1})
    envelope = answer.json()

    assert (envelope["currentPage"], envelope["pageSize"], len(envelope["items"])) == (1, 20, 20)
    assert envelope["totalCount"] == sum(len(notice.symbols) for notice in sample_notices())


async def test_pages_hold_every_item_once(eping: httpx.AsyncClient) -> None:
    total = (await found(eping, pageSize=1))["totalCount"]
    pages = [await found(eping, pageSize=50, page=number) for number in range(1, 5)]
    ids = [item["id"] for page in pages for item in page["items"]]

    assert len(ids) == len(set(ids)) == total
    assert pages[-1]["items"] == []
    assert pages[-1]["totalCount"] == total


@pytest.mark.parametrize(
    "parameters",
    [
        {"pageSize": 101},
        {"pageSize": 0},
        {"page": 0},
        {"page": "two"},
        {"language": 4},
        {"language": "en"},
        {"domainIds": "3"},
        {"distributionDateFrom": "18/03/2026"},
        {"distributionDateTo": "2026-02-30"},
    ],
)
async def test_values_that_it_does_not_take_are_a_400(
    eping: httpx.AsyncClient, parameters: dict[str, str | int]
) -> None:
    answer = await eping.get("/notifications/search", params={"language": 1, **parameters})

    assert answer.status_code == 400
    assert next(iter(parameters)) in answer.json()["message"]


async def test_parameters_that_it_does_not_know_are_ignored(eping: httpx.AsyncClient) -> None:
    assert (await found(eping, area="TBT", searchText="rice")) == (await found(eping))


async def test_the_window_of_days_includes_both_ends(eping: httpx.AsyncClient) -> None:
    days = sorted({item["distributionDate"][:10] for item in (await found(eping))["items"]})
    first, last = days[-4], days[-2]

    inside = await found(eping, distributionDateFrom=first, distributionDateTo=last)

    assert {item["distributionDate"][:10] for item in inside["items"]} == {day for day in days if first <= day <= last}


async def test_domains_members_and_symbols_are_filters(eping: httpx.AsyncClient) -> None:
    assert all("/SPS/" in symbol for symbol in await symbols(eping, domainIds=2))
    assert all("/TBT/" in symbol for symbol in await symbols(eping, domainIds="1"))
    assert (await found(eping, domainIds="1,2"))["totalCount"] == (await found(eping))["totalCount"]
    assert await symbols(eping, countryIds="C704") == {"G/TBT/N/VNM/408"}
    assert len(await symbols(eping, countryIds="C704,U918")) > 3
    assert await symbols(eping, documentSymbol="JPN/5") == {"G/TBT/N/JPN/539"}


async def test_hs_and_ics_are_prefixes_joined_by_or(eping: httpx.AsyncClient) -> None:
    by_hs = await symbols(eping, hs="64")
    by_ics = await symbols(eping, ics="61.060")

    assert "G/TBT/N/IND/9002/Add.1" in by_hs
    assert await symbols(eping, hs="64", ics="61.020") == by_hs | await symbols(eping, ics="61.020")
    assert by_ics <= by_hs
    assert await symbols(eping, hs="0904,1006") == await symbols(eping, hs="0904") | await symbols(eping, hs="1006")


async def test_free_text_finds_words_and_needs_those_with_a_plus(eping: httpx.AsyncClient) -> None:
    assert "G/SPS/N/USA/3282" in await symbols(eping, freeText="metalaxyl")
    assert await symbols(eping, freeText="+metalaxyl +pepper") == {"G/SPS/N/USA/3282"}
    assert await symbols(eping, freeText="metalaxyl thobe") >= {"G/SPS/N/USA/3282", "G/TBT/N/TZA/1344"}
    assert await symbols(eping, freeText="+metalaxyl +thobe") == set()


async def test_what_is_withheld_appears_once_circulated_and_nothing_else_changes() -> None:
    stand_in = stand_in_of_today()
    async with client_of(stand_in) as client:
        before = await found(client)
        fresh = stand_in.circulate()
        after = await found(client)
        again = stand_in.circulate()

    assert fresh > 0
    assert again == 0
    assert after["totalCount"] == before["totalCount"] + fresh
    assert before["items"][0]["distributionDate"][:10] < TODAY.isoformat()
    assert after["items"][0]["distributionDate"][:10] == TODAY.isoformat()
    assert after["items"][fresh:100] == before["items"][: 100 - fresh]


async def test_members_are_listed_with_epings_codes(eping: httpx.AsyncClient) -> None:
    answer = await eping.get("/members", params={"language": 1})
    names = {row["code"]: row["name"] for row in answer.json()}

    assert len(names) == 166
    assert names["C704"] == "Viet Nam"
    assert names["U918"] == "European Union"
