"""The list of the desk's pictures cannot fall behind its routes, and axe looks at every one of them."""

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser
from starlette.routing import Route

from app.web.desk.surface import desk_routes
from tests import permissions
from tests.design.accessibility import faults, overflows
from tests.design.browser import Mode
from tests.design.demo import PREFIXES, running
from tests.design.desk_views import FILES, VIEWS, enter_all, walk


def pages() -> set[str]:
    """The address of every page that somebody can open at the desk, in its Vietnamese form."""
    found = permissions.routes(FastAPI(routes=desk_routes("")))
    return {path for path, route in found if isinstance(route, Route) and "GET" in (route.methods or set())} - FILES


def test_every_page_of_the_desk_has_a_picture() -> None:
    assert pages() - {view.route for view in VIEWS} == set()


def test_every_picture_is_of_a_page_that_is_there_and_has_a_name_of_its_own() -> None:
    assert {view.route for view in VIEWS} <= pages()
    assert len({view.name for view in VIEWS}) == len(VIEWS)


@pytest.mark.sockets
@pytest.mark.parametrize(("width", "mode", "port"), [(360, "light", 24100), (1280, "dark", 24200)])
async def test_every_page_of_the_desk_in_every_state_is_accessible_and_fits(
    browser: Browser, width: int, mode: Mode, port: int
) -> None:
    async with running(port) as demo:
        wrong, desk = [], await enter_all(browser, demo)
        for language in PREFIXES:
            async for view, page in walk(desk, demo, language):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.emulate_media(color_scheme=mode)
                wrong += [f"{view.name} ({language}): {fault}" for fault in await faults(page)]
                if await overflows(page):
                    wrong.append(f"{view.name} ({language}): wider than the window")
        assert wrong == []
