"""T19: `Host` and forwarded headers that lie: about where we are, and about who asks (SE-18)."""

import re

import pytest
from fastapi import FastAPI

from app.api.doors import ApiDoors
from app.domain.access import Role
from app.flow.sign_in import Post, send_due
from app.main import assemble
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.office import Office, plain
from tests.permissions import routes
from tests.staff import browser, hire
from tests.surfaces.conftest import asking, on_sqlite_only
from tests.surfaces.rows import happen, keep, regular
from tests.surfaces.threats.mailed import mailed_links

EVIL = "evil.example"
LIES = (
    {"Host": EVIL},
    {"Host": f"keng.example@{EVIL}"},
    {"Host": f"{EVIL}:443"},
    {"Host": f"keng.example.{EVIL}"},
    {
        "X-Forwarded-Host": EVIL,
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Port": "1337",
        "X-Forwarded-Prefix": f"//{EVIL}",
    },
    {"Forwarded": f"host={EVIL};proto=http", "X-Host": EVIL, "X-Original-Host": EVIL, "X-HTTP-Host-Override": EVIL},
)

ALL = LIES[0] | LIES[4] | LIES[5]


async def every_page(application: FastAPI, office: Office, frozen: FrozenClock) -> list[str]:
    """Return an address for every route that can be opened, those behind links with a living token."""
    number = await keep(office.database, regular("G/TBT/N/USA/1"))
    await happen(office.database, number, "notified")
    links = await mailed_links(office, frozen)
    found = set(links.values())
    for path, route in routes(application):
        if "GET" in (getattr(route, "methods", None) or ()) and "{token}" not in path:
            found.add(re.sub(r"\{(?:ref|symbol)(?::path)?\}", "G/TBT/N/USA/1", re.sub(r"\{(number|key)\}", "1", path)))
    return sorted(found)


@on_sqlite_only
async def test_t19_no_page_repeats_or_follows_a_host_that_a_request_made_up(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, Role.ADMINISTRATOR))
    pages = await every_page(application, office, frozen)
    assert len(pages) > 60
    for number, path in enumerate(pages):
        for who, lie in ((own.client, LIES[number % 4]), (asking(application), LIES[number % 4]), (own.client, ALL)):
            answer = await who.get(path, headers=lie)
            told = f"{answer.headers} {answer.text}"
            assert EVIL not in told, path
            assert answer.headers.get("location", "/").startswith("/"), path


@pytest.mark.parametrize("lie", LIES)
async def test_t19_no_mail_leads_to_a_host_that_a_request_made_up(
    application: FastAPI, office: Office, frozen: FrozenClock, lie: dict[str, str]
) -> None:
    await office.enrol("nga@hiephoi.vn", sectors=("textiles",))
    await hire(office.database, frozen, address="chi@moit.gov.vn")
    own = browser(application, frozen)
    token = await own.token("/sign-in/forgotten")
    said = own.said | lie
    async with asking(application) as stranger:
        wish = {"email": "moi@hiephoi.vn", "sectors": ["footwear"]}
        assert (await stranger.post("/api/v1/subscriptions", json=wish, headers=lie)).status_code == 202
        assert (await stranger.post("/manage", data={"email": "nga@hiephoi.vn"}, headers=lie)).status_code == 200
    form = {"form_token": token, "email": "chi@moit.gov.vn"}
    assert (await own.client.post("/sign-in/forgotten", data=form, headers=said)).status_code == 200
    await send_due(office.database, Post(office.mailer, "keng@keng.example"))
    await office.drain()
    assert sorted(office.recipients) == ["chi@moit.gov.vn", "moi@hiephoi.vn", "nga@hiephoi.vn"]
    for _, mail in office.inbox:
        assert EVIL not in plain(mail)
        assert set(re.findall(r"https?://([^/\s]+)", plain(mail))) == {"keng.example"}


async def test_t19_no_header_makes_somebody_else_of_a_caller(
    api_doors: ApiDoors, web_doors: WebDoors, office: Office
) -> None:
    limited = assemble(api_doors, web_doors)
    answers = []
    async with asking(limited, ("198.51.100.9", 50_000)) as stranger:
        for number in range(8):
            said = {
                "X-Forwarded-For": f"203.0.113.{number}",
                "X-Real-IP": f"203.0.113.{number}",
                "Forwarded": f"for=203.0.113.{number}",
                "CF-Connecting-IP": f"203.0.113.{number}",
                "True-Client-IP": f"203.0.113.{number}",
            }
            wish = {"email": f"a{number}@hiephoi.vn", "sectors": ["footwear"]}
            answers.append((await stranger.post("/api/v1/subscriptions", json=wish, headers=said)).status_code)
    assert answers == [202] * 5 + [429] * 3
    assert office.database


async def test_t19_behind_our_own_proxy_only_the_address_that_it_added_counts(
    api_doors: ApiDoors, web_doors: WebDoors
) -> None:
    limited = assemble(api_doors, web_doors)
    answers = []
    async with asking(limited, ("127.0.0.1", 50_000)) as proxied:
        for number in range(7):
            said = [("X-Forwarded-For", f"203.0.113.{number}, 10.0.0.{number}"), ("X-Forwarded-For", "198.51.100.9")]
            wish = {"email": f"a{number}@hiephoi.vn", "sectors": ["footwear"]}
            answers.append((await proxied.post("/api/v1/subscriptions", json=wish, headers=said)).status_code)
    assert answers == [202] * 5 + [429] * 2


@on_sqlite_only
@pytest.mark.parametrize("told", ["' OR 1=1 --", "<script>", "x" * 5_000, "", ",,,", "\xff\xfe", "::ffff:198.51.100.9"])
async def test_t19_an_address_that_is_none_is_counted_as_it_stands(
    application: FastAPI, frozen: FrozenClock, told: str
) -> None:
    own = browser(application, frozen, "127.0.0.1")
    token = await own.token()
    form = {"form_token": token, "email": "a@moit.gov.vn", "password": "x", "code": "0"}
    said = [(b"X-Forwarded-For", told.encode("latin-1")), (b"Sec-Fetch-Site", b"same-origin")]
    assert (await own.client.post("/sign-in", data=form, headers=said)).status_code == 422
