"""T08: objects of other people, on every route that names one: foreign is the same as missing (SE-09).

The rows are compared with the OpenAPI document and with the routes: an operation that has no row fails.
"""

import re
from collections.abc import Mapping
from typing import Any

import httpx
from fastapi import FastAPI

from app.domain.access import Role
from app.domain.organisations import Organisation
from app.flow import organisations
from app.store.tables import contacts, metadata
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import sign
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, Office
from tests.permissions import OPEN, routes
from tests.staff import browser, hire
from tests.surfaces.rows import keep, regular

EVERYTHING = list(metadata.sorted_tables)
MINE, THEIRS = "nga@hiephoi.vn", "kegian@congty.vn"
SECRET = "một từ khóa không ai khác hỏi"
MISSING = 999_999
SYMBOL = "G/TBT/N/USA/77"

OWNED: Mapping[tuple[str, str], Any] = {
    ("get", "/api/v1/subscriptions"): None,
    ("get", "/api/v1/subscriptions/{number}"): None,
    ("delete", "/api/v1/subscriptions/{number}"): None,
    ("patch", "/api/v1/subscriptions/{number}"): {"frequency": "weekly"},
    ("get", "/api/v1/notices/{symbol}/explanation"): None,
}
"""The operations that read or change what belongs to somebody, each with a body."""
NOBODYS = {
    ("get", "/api/v1/notices"),
    ("get", "/api/v1/notices/{symbol}"),
    ("get", "/api/v1/measures/{symbol}"),
    ("get", "/api/v1/events"),
    ("get", "/api/v1/sectors"),
    ("get", "/api/v1/themes"),
    ("get", "/api/v1/facets"),
    ("get", "/api/v1/members"),
    ("get", "/api/v1/stats"),
    ("post", "/api/v1/subscriptions"),
    ("post", "/api/v1/subscriptions/preview"),
    ("post", "/api/v1/feedback"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}
"""The operations in which nothing belongs to anybody."""

NAMED = {
    "/manage/{token}/stop": {},
    "/manage/{token}/undo": {},
    "/manage/{token}/pause": {"then": "open"},
    "/manage/{token}/resume": {"then": "open"},
    "/manage/{token}/frequency": {"frequency": "weekly"},
    "/u/{token}/one": {},
}
"""The forms behind mailed links that name a subscription by its number."""
WHOLE = {
    "/confirm/{token}",
    "/confirm/{token}/block",
    "/contact/{token}",
    "/u/{token}",
    "/u/{token}/",
    "/u/{token}/undo",
    "/manage/{token}",
    "/manage/{token}/language",
    "/manage/{token}/reminders",
    "/manage/{token}/address",
    "/manage/{token}/data",
    "/manage/{token}/data/erase",
    "/move/{token}",
    "/move/{token}/undo",
    "/sign-in/link/{token}",
}
"""Those that name nothing beside their token."""


def bearing(subscriber: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {sign(MANAGE, subscriber, KEY)}"}


async def two_people(office: Office) -> tuple[int, int]:
    """Let two subscribe, the first with a word that nobody else has; return the numbers of their subscriptions."""
    mine = await office.enrol(MINE, sectors=("textiles",), keywords=(SECRET,))
    return mine, await office.enrol(THEIRS, sectors=("footwear",))


async def test_t08_every_operation_of_the_api_has_a_row(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    known = {(method, path) for path, operations in document["paths"].items() for method in operations}
    assert known == set(OWNED) | NOBODYS


def test_t08_every_mailed_link_has_a_row(application: FastAPI) -> None:
    held = {path for path, _ in routes(application) if "{token}" in path}
    assert held == set(NAMED) | WHOLE
    assert held <= set(OPEN)


async def test_t08_the_api_answers_for_what_is_somebody_elses_as_for_what_is_not_there(
    application: FastAPI, client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    mine, _ = await two_people(office)
    await keep(office.database, regular(SYMBOL))
    clerk = browser(application, frozen)
    await clerk.sign_in(await hire(office.database, frozen, Role.ADMINISTRATOR))
    callers: Mapping[str, tuple[httpx.AsyncClient, dict[str, str]]] = {
        "other": (client, bearing(2)),
        "none": (client, {}),
        "staff": (clerk.client, {}),
        "gone": (client, bearing(77)),
        "forged": (client, {"Authorization": "Bearer " + "A" * 40}),
    }
    before = await office.snapshot(*EVERYTHING)
    for (method, path), body in OWNED.items():
        answers = {}
        for number in (mine, MISSING):
            named = path.replace("{number}", str(number)).replace("{symbol}", SYMBOL)
            asked = f"{named}?subscription={number}" if path.endswith("explanation") else named
            for who, (caller, headers) in callers.items():
                answer = await caller.request(method.upper(), asked, headers=headers, json=body)
                assert SECRET not in answer.text, (who, asked)
                told = answer.text.replace(f"/{number}", "/N").replace(f"={number}", "=N")
                answers[who, number] = (answer.status_code, told)
        for who in callers:
            assert answers[who, mine] == answers[who, MISSING], (who, path)
            own_list = who in {"other", "gone"} and path == "/api/v1/subscriptions"
            assert answers[who, mine][0] in ({200} if own_list else {401, 404}), (who, path)
    assert await office.snapshot(*EVERYTHING) == before
    own = await client.get(f"/api/v1/subscriptions/{mine}", headers=bearing(1))
    assert (own.status_code, SECRET in own.text) == (200, True)


async def test_t08_no_form_behind_a_link_reaches_somebody_elses_subscription(
    client: httpx.AsyncClient, office: Office
) -> None:
    mine, _ = await two_people(office)
    kept = [one for one in EVERYTHING if one.name not in {"audit", "subject_keys"}]  # that it was tried is written down
    before = await office.snapshot(*kept)
    for path, fields in NAMED.items():
        purpose = UNSUBSCRIBE if path.startswith("/u/") else MANAGE
        asked = path.replace("{token}", sign(purpose, 2, KEY))
        for prefix in ("", "/en"):
            for query in ("", f"?subscription={mine}"):
                answer = await client.post(f"{prefix}{asked}{query}", data={"subscription": str(mine)} | fields)
                assert answer.status_code in {200, 404}, path
                assert SECRET not in answer.text
    assert await office.snapshot(*kept) == before


async def test_t08_no_page_behind_a_link_shows_somebody_elses_data(client: httpx.AsyncClient, office: Office) -> None:
    mine, _ = await two_people(office)
    stop, manage = sign(UNSUBSCRIBE, 2, KEY), sign(MANAGE, 2, KEY)
    for path in (f"/u/{stop}", f"/u/{stop}/", f"/manage/{manage}", f"/manage/{manage}/data"):
        for query in ("", f"?subscription={mine}", f"?subscriber=1&token={sign(MANAGE, 1, KEY)}"):
            shown = (await client.get(path + query)).text
            assert (SECRET in shown, MINE in shown) == (False, False)
    for form in ("json", "csv"):
        file = await client.post(f"/manage/{manage}/data", data={"format": form, "subscriber": "1"})
        assert (SECRET in file.text, MINE in file.text) == (False, False)


async def test_t08_what_one_clerk_may_look_at_another_may_not(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    await two_people(office)
    first, second = browser(application, frozen), browser(application, frozen)
    await first.sign_in(await hire(office.database, frozen))
    await second.sign_in(await hire(office.database, frozen, Role.APPROVER, "binh@moit.gov.vn"))
    led = (await first.post("/desk/register", page="/desk/register", who=MINE)).headers["location"]
    assert re.fullmatch(r"/desk/register\?look=\d+", led)
    assert (await first.get(led)).status_code == 200
    theirs, missing = await second.get(led), await second.get(f"/desk/register?look={MISSING}")
    assert theirs.status_code == missing.status_code == 404
    for path in ("export", "addresses"):
        look = led.rpartition("=")[2]
        assert (await second.post(f"/desk/register/{path}", page="/desk/register", look=look)).status_code == 404


async def test_t08_an_address_is_reached_by_its_own_organisation_alone(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    for key in ("one", "other"):
        known = Organisation(key=key, name_vi=f"Hiệp hội {key}")
        await organisations.save(office.database, known, "clerk", ())
        mailbox = address(f"{key}@hiephoi.vn")
        await organisations.add_contact(office.database, key, mailbox, "", "clerk", [KEY])
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen))
    before = await office.snapshot(contacts)
    for step in ("ask", "verify", "remove"):
        path = f"/desk/recipients/one/contacts/2/{step}"
        answer = await own.post(path, page="/desk", because="vì thế", source="công văn 12")
        missing = await own.post(path.replace("/2/", "/999/"), page="/desk", because="vì thế", source="công văn 12")
        assert (answer.status_code, missing.status_code) == (404, 404)
    assert await office.snapshot(contacts) == before
