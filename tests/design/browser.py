"""A headless Chromium that asks an application directly: no socket is opened, and the pages' own policy is in force."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import escape
from typing import Literal
from urllib.parse import urlsplit

import httpx
from playwright.async_api import Browser, Page, Route, async_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
HOST = "keng.example"
PATIENCE = 120_000
"""Milliseconds after which a browser counts as stuck; on a busy machine it needs a few thousand."""

Mode = Literal["light", "dark"]


def _leading_to(address: str) -> str:
    """Return a page that leads to another: where a redirect leads, Chromium would ask the network and not the client."""
    return f'<!DOCTYPE html><title>303</title><meta http-equiv="refresh" content="0; url={escape(address)}">'


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Debian's Chromium; RuntimeError where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise RuntimeError("no Chromium; run: sudo apt-get install chromium")
    # Whoever is root, as in a container, has no sandbox to give, and a container little shared memory.
    arguments = ["--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=arguments, timeout=PATIENCE)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser, client: httpx.AsyncClient, *, width: int = 1280, mode: Mode = "light"
) -> AsyncIterator[Page]:
    """Open a window whose every request is answered by the client; one for another host fails, and so does the test."""
    strangers: list[str] = []

    async def answer(route: Route) -> None:
        asked = route.request
        if urlsplit(asked.url).hostname != HOST:
            strangers.append(asked.url)
            await route.abort()
            return
        found = await client.request(
            asked.method, asked.url, headers=await asked.all_headers(), content=asked.post_data_buffer
        )
        if found.next_request is not None:
            await route.fulfill(body=_leading_to(str(found.next_request.url)), content_type="text/html; charset=utf-8")
            return
        await route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.content)

    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=mode, reduced_motion="reduce"
    )
    try:
        context.set_default_timeout(PATIENCE)
        await context.route("**/*", answer)
        yield await context.new_page()
    finally:
        await context.close()
    assert not strangers, strangers
