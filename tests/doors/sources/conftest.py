from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import stamina

from app.sources.fetch import Fetcher, Limits, open_client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client() as opened:
        yield opened


@pytest.fixture
def fetcher(client: httpx.AsyncClient) -> Fetcher:
    return Fetcher(client, limits=Limits(spacing=0.0))


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Retries happen as in production, but at once."""
    with stamina.set_testing(True, attempts=Limits().tries, cap=True):
        yield
