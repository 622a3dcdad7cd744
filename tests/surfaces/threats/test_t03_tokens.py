"""T03: tokens are guessed, used twice, for another purpose, after a change of key, cut: none leads anywhere (SE-04, SE-05)."""

import secrets

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from structlog.testing import capture_logs

from app.api.doors import ApiDoors
from app.api.limits import Allowance
from app.main import assemble
from app.store.tables import account_links, confirmations, contact_links, metadata
from app.vault.purposes import MANAGE, UNSUBSCRIBE
from app.vault.tokens import new_token, sign, verify
from app.web.doors import WebDoors
from app.web.guesses import MOST_GUESSES, Guesses
from tests.conftest import FrozenClock
from tests.office import KEY, Office
from tests.staff import OTHER_PASSWORD, browser, form_token
from tests.surfaces.conftest import asking, on_sqlite_only
from tests.surfaces.threats.mailed import mailed_links

PLACES = ("confirm", "contact", "manage", "move", "sign-in/link")
EVERYTHING = list(metadata.sorted_tables)
MILLION = 1_000_000


@pytest.fixture
def limited(api_doors: ApiDoors, web_doors: WebDoors) -> FastAPI:
    """The application as it is installed, callers counted, in a minute that does not end."""
    application = assemble(api_doors, web_doors)
    (guesses,) = (one for one in application.user_middleware if getattr(one.cls, "__name__", "") == Guesses.__name__)
    guesses.kwargs["allowance"] = Allowance(MOST_GUESSES, clock=lambda: 0.0)
    return application


def token_of(path: str) -> str:
    return next(part for part in path.split("/") if len(part) >= 40)


def test_t03_a_million_guesses_hit_nothing() -> None:
    true = sign(UNSUBSCRIBE, 1, KEY)
    mark = secrets.token_urlsafe(22)
    guesses = (f"{true[:14]}{mark[:20]}{number:06d}" for number in range(MILLION))
    assert not any(verify(UNSUBSCRIBE, guess[: len(true)], [KEY]) for guess in guesses)


@on_sqlite_only
@pytest.mark.parametrize("place", PLACES)
async def test_t03_who_guesses_is_held_up_by_get_and_by_post_and_the_log_says_so_once(
    limited: FastAPI, place: str
) -> None:
    async with asking(limited) as thief, asking(limited, ("198.51.100.77", 50_000)) as other:
        with capture_logs() as logs:
            tried = [(await thief.get(f"/{place}/{new_token()}")).status_code for _ in range(MOST_GUESSES)]
            held = [await thief.request(method, f"/en/{place}/{new_token()}") for method in ("GET", "POST", "HEAD")]
        assert tried == [404] * MOST_GUESSES
        assert [one.status_code for one in held] == [429] * 3
        assert all(int(one.headers["retry-after"]) >= 1 for one in held)
        assert [one for one in logs if one["event"] == "links_guessed"] == [
            {"event": "links_guessed", "log_level": "warning", "refused": 1}
        ]
        assert (await thief.get("/")).status_code == 200
        assert (await other.get(f"/{place}/{new_token()}")).status_code == 404


async def test_t03_links_that_lead_somewhere_are_never_counted_and_one_click_is_never_refused(
    limited: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    async with asking(limited) as reader:
        for _ in range(MOST_GUESSES + 5):
            assert (await reader.get(links["manage"])).status_code == 200
        while (await reader.get(f"/u/{new_token()}")).status_code != 429:
            pass
        assert (await reader.get(links["manage"])).status_code == 429
        assert (await reader.post(links["unsubscribe"])).status_code == 200


async def test_t03_no_token_opens_what_another_is_for(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    before = await office.snapshot(*EVERYTHING)
    right = {"confirm", "contact", "manage", "move", "u", "sign-in/link"}
    for path in links.values():
        own = next(place for place in right if path.startswith(f"/{place}/"))
        for place in sorted(right - {own}):
            swapped = f"/{place}/{token_of(path)}"
            for method in ("GET", "POST"):
                answer = await client.request(method, swapped, data={"subscription": "all"})
                assert answer.status_code in {403, 404, 405}, (swapped, method)
    for name, other in (("move", "undo"), ("undo", "move")):
        crossed = links[name].replace("/undo", "") + ("/undo" if other == "undo" else "")
        assert (await client.get(crossed)).status_code == 404
    assert await office.snapshot(*EVERYTHING) == before


async def test_t03_a_token_that_is_cut_longer_or_changed_in_one_character_leads_nowhere(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    before = await office.snapshot(*EVERYTHING)
    for path in links.values():
        token = token_of(path)
        other = "A" if token[-2] != "A" else "B"
        swapped = token.swapcase()
        for wrong in (token[:-1], token[:20], f"{token}A", f"{token[:-2]}{other}{token[-1]}", swapped, f"%20{token}"):
            for method in ("GET", "POST"):
                answer = await client.request(method, path.replace(token, wrong), data={"subscription": "all"})
                assert answer.status_code in {403, 404, 405}, (path, wrong)
    assert await office.snapshot(*EVERYTHING) == before


async def test_t03_a_link_for_staff_holds_once_and_only_the_newest_of_a_kind(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    own = browser(application, frozen)
    page = (await own.get(links["password"])).text
    assert form_token(page)
    clerk_code = {"password": OTHER_PASSWORD, "code": "000000"}
    assert (await own.post(links["password"], page=links["password"], **clerk_code)).status_code == 422
    frozen.advance(minutes=61)
    assert (await own.get(links["password"])).status_code == 404
    assert (await own.get(links["invitation"])).status_code == 200
    frozen.advance(hours=47)
    assert (await own.get(links["invitation"])).status_code == 404


async def test_t03_what_is_stored_of_a_token_opens_nothing(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    async with office.database.reading() as connection:
        stored = [
            *(await connection.execute(select(confirmations.c.token_hash))).scalars(),
            *(await connection.execute(select(account_links.c.token_hash))).scalars(),
            *(await connection.execute(select(contact_links.c.token_hash))).scalars(),
        ]
        assert (await connection.execute(select(func.count()).select_from(account_links))).scalar_one() == 2
    everything = str(await office.snapshot(*(one for one in EVERYTHING if one.name != "account_mails")))
    for name in ("confirm", "invitation", "password"):
        assert token_of(links[name]) not in everything
    for value in stored:
        for place in PLACES:
            assert (await client.get(f"/{place}/{value}")).status_code == 404


def test_t03_links_of_the_key_before_still_work_and_of_a_key_that_is_gone_do_not() -> None:
    new, gone = b"the key that is in force now, and new", b"a key that was taken off the ring"
    for purpose in (MANAGE, UNSUBSCRIBE):
        assert verify(purpose, sign(purpose, 7, KEY), [new, KEY]) == 7
        assert verify(purpose, sign(purpose, 7, gone), [new, KEY]) is None
