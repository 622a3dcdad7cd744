"""T02: a mail scanner opens every link it finds, in bursts and in a browser that runs scripts; nothing happens (EM-03)."""

import asyncio

import httpx
import pytest
from playwright.async_api import Browser
from sqlalchemy import Table

from app.store.tables import metadata
from tests.conftest import FrozenClock
from tests.office import Office
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.threats.mailed import mailed_links

EVERYTHING: list[Table] = list(metadata.sorted_tables)
SCANNERS = (
    {"User-Agent": "Mozilla/5.0 (compatible; SafeLinks)"},
    {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"},
    {"X-HTTP-Method-Override": "POST", "X-HTTP-Method": "DELETE", "X-Method-Override": "POST"},
    {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-User": "?1", "Sec-Fetch-Site": "cross-site"},
)
SCANNING = 10.0
"""Seconds for which a scanner's browser stays on a page."""


async def test_t02_a_thousand_openings_of_every_link_change_nothing(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    before, opened = await office.snapshot(*EVERYTHING), 0
    while opened < 1_000:
        for said in SCANNERS:
            for path in links.values():
                for asked in (path, f"/en{path}", f"{path}?confirm=1&subscription=all&_method=POST"):
                    for method in ("GET", "HEAD", "OPTIONS"):
                        answer = await client.request(method, asked, headers=said)
                        assert answer.status_code in ({405} if method == "OPTIONS" else {200}), (method, asked)
                        opened += 1
    assert await office.snapshot(*EVERYTHING) == before


async def test_t02_many_openings_at_once_change_nothing_and_the_button_still_works(
    client: httpx.AsyncClient, office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    before = await office.snapshot(*EVERYTHING)
    answers = await asyncio.gather(*(client.get(path) for path in links.values() for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert await office.snapshot(*EVERYTHING) == before
    for name in ("confirm", "contact", "move", "unsubscribe"):
        assert (await client.post(links[name])).status_code == 200
    assert await office.snapshot(*EVERYTHING) != before


@on_sqlite_only
@pytest.mark.sockets
async def test_t02_a_browser_that_stays_on_every_page_and_runs_what_is_there_changes_nothing(
    browser: Browser, server: tuple[str, int], office: Office, frozen: FrozenClock
) -> None:
    links = await mailed_links(office, frozen)
    before = await office.snapshot(*EVERYTHING)
    context = await browser.new_context()
    sent: list[str] = []
    context.on("request", lambda asked: sent.append(asked.method))
    for path in links.values():
        page = await context.new_page()
        answer = await page.goto(f"http://{server[0]}:{server[1]}{path}")
        assert answer is not None
        assert answer.status == 200
    await asyncio.sleep(SCANNING)
    assert set(sent) == {"GET"}
    assert await office.snapshot(*EVERYTHING) == before
    await context.close()
