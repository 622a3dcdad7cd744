"""PostgreSQL by its other driver: a whole story through the same flows, and one through the command."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.engine import make_url

from app.domain.subscriptions import Frequency
from app.flow import review, subscribe
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain
from tests.peers.smtp_peer import SmtpPeer
from tests.stories.commands import Keng
from tests.stories.serving import served
from tests.stories.town import Eping, a_notice, symbol, told

pytestmark = [pytest.mark.sockets, pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)]


@pytest.fixture
def asyncpg_url(database_url: str) -> str:
    """The same database by the other driver."""
    return make_url(database_url).set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


@pytest.fixture
async def office(asyncpg_url: str, frozen: FrozenClock) -> AsyncIterator[Office]:
    database = Database(asyncpg_url, clock=frozen)
    yield Office(database)
    await database.close()


async def test_everything_that_happens_to_a_notice_happens_by_asyncpg_too(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    page = a_page(a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/USA/2"))
    for _ in range(3):
        await office.pull(page)
        await asyncio.gather(office.process(), office.process())
        await office.drain()
    assert office.recipients == ["vitas@example.org"]

    frozen.advance(days=1)
    assert await office.close_digests() == 1
    assert await review.withdraw(office.database, "G/TBT/N/USA/1", "sent by mistake", "staff") == 1
    await office.deliver()
    assert Counter(office.recipients) == Counter({"vitas@example.org": 2, "daily@example.org": 1})
    texts = {to: plain(mail) for to, mail in office.inbox}
    assert "sent by mistake" in texts["vitas@example.org"]
    assert "sent by mistake" not in texts["daily@example.org"]
    assert await subscribe.stop(office.database, 1, None) == 1


async def test_the_command_and_the_server_run_on_asyncpg(
    keng: Keng, eping: Eping, relay: SmtpPeer, asyncpg_url: str
) -> None:
    keng = keng.with_settings(database_url=asyncpg_url)
    await keng("subscribe", "vitas@example.org", "--sector", "textiles", "--confirmed")
    eping.items = [a_notice(1)]
    for _ in range(2):
        await keng("pull", "eping")
        await keng("deliver", "--once")
    assert told(relay) == Counter([("vitas@example.org", symbol(1))])
    async with served(keng, "--no-worker") as server:
        for path in ("/readyz", f"/api/v1/notices/{symbol(1)}", "/api/v1/notices?q=garments&hs=61"):
            assert (await server.ask("GET", path)).status_code == 200, path
