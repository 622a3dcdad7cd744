"""One browser for each test that asks for it, and the application of the surfaces behind it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from tests.design.browser import chromium
from tests.surfaces.conftest import api_doors, application, client, letterhead, office, web_doors

__all__ = ["api_doors", "application", "client", "letterhead", "office", "web_doors"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened
