"""Many at once: whoever holds one of the few connections to an SQLite file waits for no second one."""

import asyncio

from fastapi import FastAPI

from app.domain.access import Role
from tests.conftest import FrozenClock
from tests.office import Office
from tests.staff import browser, hire
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.threats.test_t19_hosts import every_page

CROWD = 8
"""More than twice as many as may read at once."""
PATIENCE = 20.0
"""Seconds; connections are waited for longer."""


@on_sqlite_only
async def test_a_crowd_on_any_page_is_answered_as_one_visitor_is(
    application: FastAPI, office: Office, frozen: FrozenClock
) -> None:
    own = browser(application, frozen)
    await own.sign_in(await hire(office.database, frozen, Role.ADMINISTRATOR))
    for path in await every_page(application, office, frozen):
        alone = (await own.client.get(path)).status_code
        async with asyncio.timeout(PATIENCE):
            crowd = await asyncio.gather(*(own.client.get(path) for _ in range(CROWD)))
        assert {one.status_code for one in crowd} == {alone}, path
        assert alone < 500, path
