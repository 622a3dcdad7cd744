"""F60 on the desk, with T16: every field from outside and from staff holds hostile words, and every page is looked at.

The pages come from the routes: one that names an object which nothing here fills in fails with its path. The public pages
and the API have `test_pages.py` and `test_api_errors.py`, the mails `tests/texts/test_hostile.py`.
"""

import re
from collections.abc import Sequence
from html import unescape

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Browser, ConsoleMessage, Page

from tests.conftest import FrozenClock
from tests.design.browser import visiting
from tests.office import Office
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.threats.corpus import GROUPS, LIVE
from tests.surfaces.threats.infested import Desk, infest, questions
from tests.surfaces.threats.reading import alive, assert_inert

SHOWN = {
    "title",
    "title-es",
    "description",
    "products",
    "member",
    "objectives",
    "keywords",
    "deadline",
    "adoption",
    "in-force",
    "fault",
    "reply",
    "sector",
    "theme",
    "name_vi",
    "name_en",
    "abbreviation",
    "website",
    "note",
    "role",
    "because",
    "source",
    "warning-title",
    "warning-description",
    "warning-products",
    "discard",
    "box-title",
    "box-description",
    "text-title",
    "text-impact",
    "text-recommendation",
    "text-back",
    "finding",
    "hold-because",
    "job",
    "job-fault",
    "staff",
}
"""Fields of which we know that a page of the desk shows them: what is written there is really looked at."""


async def looked_at(desk: Desk, words: str = "", prefixes: Sequence[str] = ("", "/en")) -> str:
    """Open every page of the desk, in both languages by default; return all that was shown."""
    shown, opened = [], 0
    for who, path in desk.pages():
        for prefix in prefixes:
            answer = await who.get(f"{prefix}{path}")
            assert answer.status_code in ({200, 404, 409, 422} if "/file." in path else {200}), path
            assert_inert(answer, path)
            shown.append(answer.text if answer.headers["content-type"].startswith("text/html") else "")
            opened += 1
        for asked in questions(path.partition("?")[0], words) if words and "/file." not in path else ():
            assert_inert(await who.get(asked), asked)
    assert opened > 40 * len(prefixes)
    return "\n".join(shown)


async def test_f60_every_field_is_really_seen_on_some_page(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    desk = await infest(application, office, frozen, lambda field: f"F60<b>{field}</b>")
    shown = await looked_at(desk)
    # Some readers take markup away before anything is kept.
    seen = {field for field in SHOWN if re.search(rf"F60(<b>)?\s*{field}", unescape(shown))}
    assert " ".join(sorted(SHOWN - seen)) == ""
    assert "F60<b>" not in shown


@on_sqlite_only
@pytest.mark.parametrize("words", GROUPS)
async def test_f60_hostile_words_in_every_field_stay_words_on_every_page_of_the_desk(
    application: FastAPI, office: Office, frozen: FrozenClock, words: str
) -> None:
    desk = await infest(application, office, frozen, lambda _: words)
    await looked_at(desk, prefixes=("",))


async def test_f60_all_hostile_words_at_once_and_in_every_question(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    desk = await infest(application, office, frozen, lambda _: LIVE)
    await looked_at(desk, LIVE[:1000])


WATCH = """
window.broken = []
document.addEventListener("securitypolicyviolation", event => window.broken.push(event.violatedDirective))
"""


class Listener:
    """Notes whatever shows that something of a page was alive."""

    def __init__(self, page: Page) -> None:
        self.heard: list[str] = []
        page.on("dialog", lambda dialog: self.heard.append(f"dialog {dialog.message}"))
        page.on("pageerror", lambda error: self.heard.append(f"error {error}"))
        page.on("console", self._said)
        page.on("popup", lambda _: self.heard.append("popup"))
        page.on("download", lambda _: None)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.heard.append(message.text)

    async def of(self, page: Page) -> list[str]:
        """Return all that was heard of a page since it was opened."""
        broken = await page.evaluate("[...window.broken, ...(window.owned ? ['owned'] : [])]")
        heard, self.heard = [*self.heard, *broken], []
        return heard


@on_sqlite_only
async def test_f60_nothing_runs_in_chromium_on_any_page_of_the_desk(
    browser: Browser, application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    desk = await infest(application, office, frozen, lambda _: LIVE)
    pages = [(who, path) for who, path in desk.pages() if "/file" not in path and not path.endswith(".csv")]
    for who in (desk.approver, desk.administrator):
        async with visiting(browser, who.client) as page:
            await page.add_init_script(WATCH)
            listener = Listener(page)
            for path in (path for reader, path in pages if reader is who):
                for prefix in ("", "/en"):
                    await page.goto(f"https://keng.example{prefix}{path}")
                    await page.mouse.move(400, 300)
                    assert await listener.of(page) == [], path
                    assert alive(await page.content()) == [], path


@on_sqlite_only
async def test_f60_what_runs_is_heard(browser: Browser, client: httpx.AsyncClient) -> None:
    async with visiting(browser, client) as page:
        await page.add_init_script(WATCH)
        listener = Listener(page)
        await page.goto("https://keng.example/")
        assert await listener.of(page) == []
        await page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=window.owned=1>')")
        await page.wait_for_function("window.broken.length > 0")
        assert any("Content Security Policy" in one for one in await listener.of(page))
        assert alive(await page.content()) != []
        await page.evaluate("window.owned = 1")
        assert "owned" in await listener.of(page)
