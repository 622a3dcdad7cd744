"""Pictures of every page and mail, wide and narrow, light and dark, in both languages, from a demo of its own."""

import logging
import re
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page

from app.domain.subscriptions import Language
from app.telemetry.logs import configure_logging
from tests.design import gallery
from tests.design.browser import Mode, chromium, visiting
from tests.design.demo import PREFIXES, Demo, running, window
from tests.design.desk_views import enter_all, walk
from tests.design.sample_mails import bodies

WINDOWS: tuple[tuple[int, Mode], ...] = ((360, "light"), (360, "dark"), (1280, "light"), (1280, "dark"))
URGENT = "G/TBT/N/USA/9001"
THREAD = "G/TBT/N/IND/9002"


class Album:
    """A folder of pictures, named by what they show, language, width and mode."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.taken = 0

    async def take(self, page: Page, name: str, language: str, *, whole: bool = True) -> None:
        """Take what a window shows now, in every size and mode, without asking for it again; `whole` scrolls it through."""
        for width, mode in WINDOWS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=mode)
            file = self._folder / f"{name}.{language}.{width}.{mode}.png"
            await page.screenshot(path=file, full_page=whole)
        self.taken += len(WINDOWS)
        print(f"{self.taken:4} {name} ({language})", flush=True)  # noqa: T201 - progress of a command


async def make_all(folder: Path) -> None:
    """Fill a folder with pictures of everything that people see."""
    configure_logging(level=logging.ERROR)
    album = Album(folder)
    async with chromium() as browser:
        await _parts(browser, album)
        await _mails(browser, album)
        async with running() as demo:
            page = await window(browser)
            await _caught(page, demo, album)
            desk = await enter_all(browser, demo)
            for language, prefix in PREFIXES.items():
                await _reading(page, f"{demo.site}{prefix}", language, album)
                await _mailed_links(page, demo, language, album)
                await _managing(page, demo, language, album)
                async for view, shown in walk(desk, demo, language):
                    await album.take(shown, f"desk-{view.name}", language)


async def _parts(browser: Browser, album: Album) -> None:
    transport = httpx.ASGITransport(gallery.application())
    async with (
        httpx.AsyncClient(transport=transport, base_url="https://keng.example") as client,
        visiting(browser, client) as page,
    ):
        for language, prefix in PREFIXES.items():
            await page.goto(f"https://keng.example{prefix}{gallery.ADDRESS}")
            await album.take(page, "parts", language)


async def _mails(browser: Browser, album: Album) -> None:
    page = await window(browser)
    for language in Language:
        for name, html in bodies(language):
            await page.set_content(html)
            await album.take(page, name, language)
    await page.close()


async def _caught(page: Page, demo: Demo, album: Album) -> None:
    await page.goto(f"{demo.mails}/mail")
    await album.take(page, "demo-mailbox", "vi")
    await page.locator(".mails a").first.click()
    await album.take(page, "demo-mail", "vi", whole=False)
    await page.goto(demo.stage.accounts)
    await album.take(page, "demo-accounts", "vi")
    for number, address in enumerate(await _caught_addresses(page, demo), start=1):
        await page.goto(f"{address}/html")
        await album.take(page, f"demo-mail-{number}", "vi")


async def _reading(page: Page, site: str, language: str, album: Album) -> None:
    for name, path in (
        ("start", "/"),
        ("notice", f"/notices/{URGENT}"),
        ("notice-of-a-thread", f"/notices/{THREAD}/Add.1"),
        ("measure", f"/measures/{THREAD}"),
        ("not-found", "/notices/G/TBT/N/XXX/1"),
        ("manage-ask", "/manage"),
        ("confirm-gone", "/confirm/x"),
    ):
        await page.goto(f"{site}{path}")
        await album.take(page, name, language)
    await page.goto(f"{site}/manage")
    await page.locator("input").fill("x@x")
    await page.locator("button").click()
    await album.take(page, "manage-ask-wrong", language)


async def _mailed_links(page: Page, demo: Demo, language: str, album: Album) -> None:
    """Follow the confirmation link, and stop and take back what the second mail's reader asked for."""
    confirm = await _link(page, demo, "confirm", language)
    await page.goto(confirm)
    await album.take(page, "confirm", language)
    await page.locator("button.main").click()
    await album.take(page, "confirmed", language)
    await page.goto(await _link(page, demo, "u", language))
    await album.take(page, "unsubscribe", language)
    await page.locator("main button").last.click()
    await album.take(page, "unsubscribed", language)
    await page.locator("main button").last.click()
    await album.take(page, "restored", language)


async def _managing(page: Page, demo: Demo, language: str, album: Album) -> None:
    managed = await _link(page, demo, "manage", language)
    await page.goto(managed)
    await album.take(page, "manage", language)
    await page.locator("form[action$=frequency] button").click()
    await page.locator("summary").first.click()
    await album.take(page, "manage-changed", language)
    await page.goto(f"{managed}/data")
    await album.take(page, "data", language)
    await page.locator("form[action$=erase] button").click()
    await album.take(page, "data-sure", language)


async def _link(page: Page, demo: Demo, kind: str, language: str) -> str:
    """Return the first link of a kind that stands in a caught mail, in a language."""
    found = re.compile(rf"{re.escape(demo.site)}(?:/en)?(/{kind}/[^\"\s/<]+)")
    for address in await _caught_addresses(page, demo):
        source = await (await page.request.get(f"{address}/raw")).text()
        for text in (source, await (await page.request.get(f"{address}/html")).text()):
            if (link := found.search(text)) is not None:
                return f"{demo.site}{PREFIXES[language]}{link[1].rstrip('>')}"
    raise RuntimeError(f"no mail of the demo has a link to /{kind}/")


async def _caught_addresses(page: Page, demo: Demo) -> list[str]:
    listed = await (await page.request.get(f"{demo.mails}/mail")).text()
    return [f"{demo.mails}{path}" for path in re.findall(r'href="(/mail/\d+)"', listed)]
