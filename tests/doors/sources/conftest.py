from collections.abc import AsyncIterator

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
def _no_pauses() -> None:
    """Retries happen as in production, but at once."""
    stamina.set_testing(True, attempts=Limits().tries, cap=True)  # noqa: FBT003 - stamina's own signature
