import asyncio

import httpx
import pytest

from app.api.recently import SECONDS, Recently
from app.store.database import Database
from tests.surfaces.conftest import on_sqlite_only
from tests.surfaces.rows import keep, regular


class Finder:
    """Counts how often it was asked; what it finds is that number."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        return self.asked

    async def failing(self) -> int:
        await self()
        raise OSError("no database")


async def test_it_is_found_once_for_all_who_ask_at_the_same_time_and_again_after_a_while() -> None:
    now, find = [0.0], Finder()
    recently = Recently[int](seconds=5, clock=lambda: now[0])
    assert await asyncio.gather(*(recently.get(find) for _ in range(10))) == [1] * 10
    now[0] = 4.9
    assert await recently.get(find) == 1
    now[0] = 5.0
    assert await recently.get(find) == 2


async def test_a_failure_is_not_kept() -> None:
    find, recently = Finder(), Recently[int]()
    with pytest.raises(OSError, match="no database"):
        await recently.get(find.failing)
    assert await recently.get(find) == 2


@on_sqlite_only
async def test_the_counts_are_not_made_for_every_caller(client: httpx.AsyncClient, database: Database) -> None:
    await keep(database, regular("G/TBT/N/USA/1"))
    first = await client.get("/api/v1/stats")
    await keep(database, regular("G/TBT/N/USA/2"))

    assert first.headers["cache-control"] == "public, max-age=60"
    assert (await client.get("/api/v1/stats")).json() == first.json()
    assert SECONDS < 60
