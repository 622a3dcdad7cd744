"""What the attacks need beside the application: a browser, and sites to attack from."""

from collections.abc import Iterator

import pytest

from app.api.doors import ApiDoors
from app.web.doors import WebDoors
from tests.conftest import FrozenClock
from tests.design.conftest import browser
from tests.surfaces.threats.sites import Sites, three_sites

__all__ = ["browser"]


@pytest.fixture
def sites(database_url: str, frozen: FrozenClock, api_doors: ApiDoors, web_doors: WebDoors) -> Iterator[Sites]:
    with three_sites(database_url, frozen, api_doors, web_doors) as found:
        yield found
