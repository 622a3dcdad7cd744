from typing import Any

import httpx
import pytest

from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests.builders import a_page, a_record
from tests.office import KEY, Office
from tests.surfaces.conftest import on_sqlite_only

NOTICE = "/api/v1/notices/G/TBT/N/USA/2211/explanation"
PREVIEW = "/api/v1/subscriptions/preview"


def bearing(subscriber: int, purpose: str = MANAGE) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(purpose, subscriber, KEY)}"}


@pytest.fixture
async def told(office: Office) -> int:
    """A notice that went out, and the footwear reader who was not told of it."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    number = await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.deliver()
    return number


async def test_a_subscriber_hears_why_in_both_languages(client: httpx.AsyncClient, told: int) -> None:
    mine = await client.get(NOTICE, params={"subscription": told}, headers=bearing(2))
    assert mine.status_code == 200
    assert mine.headers["cache-control"] == "no-store"
    (event,) = mine.json()["subscription"]["events"]
    assert event["refusal"] == {
        "condition": "sector",
        "asked": ["footwear"],
        "found": ["textiles"],
        "message_vi": "Đăng ký này chọn lĩnh vực Da giầy; lĩnh vực chính của thông báo này: Dệt may.",
        "message_en": "This subscription asks for the sectors Footwear and leather; the primary sectors of this notice: Textiles and clothing.",
    }
    assert event["told"] is None
    other = await client.get(NOTICE, params={"subscription": 1}, headers=bearing(1))
    (event,) = other.json()["subscription"]["events"]
    assert event["refusal"] is None
    assert event["reasons"] == [{"facet": "sector", "value": "textiles"}]
    assert event["told"]["state"] == "accepted"


async def test_nobody_elses_subscription_is_there(client: httpx.AsyncClient, told: int) -> None:
    asked = {"subscription": told}
    for headers in ({}, bearing(1), bearing(2, UNSUBSCRIBE), {"Authorization": "Bearer x"}):
        assert (await client.get(NOTICE, params=asked, headers=headers)).status_code == 404
    missing = await client.get(NOTICE, params={"subscription": 999}, headers=bearing(2))
    foreign = await client.get(NOTICE, params=asked, headers=bearing(1))
    assert missing.json()["code"] == foreign.json()["code"]


@pytest.mark.usefixtures("told")
async def test_without_a_subscription_the_grounds_are_public(client: httpx.AsyncClient) -> None:
    answer = await client.get(NOTICE)
    assert answer.status_code == 200
    assert answer.json()["subscription"] is None
    assert answer.headers["cache-control"].startswith("public")


@pytest.mark.usefixtures("told")
async def test_a_preview_shows_weeks_losses_and_the_alerts(client: httpx.AsyncClient) -> None:
    asked = {"sectors": ["textiles", "footwear"], "email": "nga@hiephoi.vn", "frequency": "weekly"}
    answer = await client.post(PREVIEW, json=asked)
    assert answer.status_code == 200, answer.text
    value = answer.json()
    assert (value["count"], value["complete"], value["too_many"], value["waiting"]) == (1, True, False, 0)
    assert value["losses"] == [
        {"facet": "sector", "value": "textiles", "count": 1, "refs": ["G/TBT/N/USA/2211"]},
    ]
    (item,) = value["items"]
    assert (item["ref"], item["days_left"]) == ("G/TBT/N/USA/2211", 60)
    assert sum(week["count"] for week in value["weeks"]) == 1
    assert (await client.post(PREVIEW, json=asked | {"sectors": ["footwear"]})).json()["count"] == 0


@on_sqlite_only
@pytest.mark.parametrize("change", [{"days": 0}, {"days": 367}, {"sectors": ["shoes"]}, {"subscriber_id": 1}])
async def test_what_cannot_be_previewed_is_refused(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    answer = await client.post(PREVIEW, json=change)
    assert answer.status_code == 422
