"""The list of the desk's pictures cannot fall behind its routes, and axe looks at every one of them."""

import pytest
from fastapi import FastAPI
from playwright.async_api import Browser
from starlette.routing import Route

from app.web.desk.surface import desk_routes
from tests import permissions
from tests.design.accessibility import faults, overflows
from tests.design.demo import PREFIXES, running
from tests.design.desk_views import FILES, VIEWS, WITH_AN_ISSUER, enter_all, walk
from tests.design.test_in_a_browser import WINDOWS


def pages() -> set[str]:
    """The address of every page that somebody can open at the desk, in its Vietnamese form."""
    found = permissions.routes(FastAPI(routes=desk_routes(""), openapi_url=None))
    return (
        {path for path, route in found if isinstance(route, Route) and "GET" in (route.methods or set())}
        - FILES
        - WITH_AN_ISSUER
    )


def test_every_page_of_the_desk_has_a_picture() -> None:
    assert pages() - {view.route for view in VIEWS} == set()


def test_every_picture_is_of_a_page_that_is_there_and_has_a_name_of_its_own() -> None:
    assert {view.route for view in VIEWS} <= pages()
    assert len({view.name for view in VIEWS}) == len(VIEWS)


@pytest.mark.sockets
async def test_every_page_of_the_desk_in_every_state_is_accessible_and_fits(browser: Browser) -> None:
    async with running(24100) as demo:
        wrong, desk = [], await enter_all(browser, demo)
        for language in PREFIXES:
            async for view, page in walk(desk, demo, language):
                for width, mode in WINDOWS:
                    await page.set_viewport_size({"width": width, "height": 900})
                    await page.emulate_media(color_scheme=mode)
                    found = await faults(page) + (["wider than the window"] if await overflows(page) else [])
                    wrong += [f"{view.name} ({language}, {width}, {mode}): {fault}" for fault in found]
        assert wrong == []
