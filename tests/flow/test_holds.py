from datetime import timedelta

import pytest

from app.domain.deliveries import DeliveryState
from app.store import deliveries, holds
from tests.builders import a_page, a_record
from tests.office import Office


@pytest.fixture
async def waiting(office: Office) -> Office:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()
    return office


async def test_nothing_leaves_while_a_hold_stands_and_everything_when_the_last_is_lifted(waiting: Office) -> None:
    async with waiting.database.writing() as connection:
        now = await waiting.database.now(connection)
        for name in ("restored", "brake"):
            await holds.hold(connection, name, "a reason", "staff", now)
    await waiting.drain()
    async with waiting.database.writing() as connection:
        assert await holds.lift(connection, "brake", now)
        assert not await holds.lift(connection, "brake", now)
    await waiting.drain()
    assert waiting.recipients == []

    async with waiting.database.writing() as connection:
        assert await holds.lift(connection, "restored", now)
    await waiting.drain()
    assert waiting.recipients == ["vitas@example.org"]


async def test_a_hold_reaches_what_a_worker_claimed_before(waiting: Office) -> None:
    async with waiting.database.writing() as connection:
        now = await waiting.database.now(connection)
        (held,) = await deliveries.claim(connection, "slow", now, now + timedelta(seconds=15), 10)
        kept = await deliveries.keep_messages(connection, [(held, b"bytes")], now)
        await holds.hold(connection, "brake", "too many", "kẻng", now)
        assert await deliveries.hand_over(connection, [(held, kept[held.id])], now) == set()
        assert not await deliveries.set_aside(connection, held, DeliveryState.SKIPPED, "no longer wanted")
        assert await deliveries.give_back(connection, "slow") == 1
        await holds.lift(connection, "brake", now)
    await waiting.drain()
    assert waiting.recipients == ["vitas@example.org"], "what was held back in mid-batch goes out afterwards"


async def test_a_hold_keeps_the_reason_and_the_moment_it_began_with(waiting: Office) -> None:
    async with waiting.database.writing() as connection:
        now = await waiting.database.now(connection)
        await holds.hold(connection, "brake", "first", "kẻng", now)
        await holds.hold(connection, "brake", "second", "staff", now + timedelta(hours=1))
        (standing,) = await holds.standing(connection)
    assert (standing.because, standing.actor, standing.held_at) == ("first", "kẻng", now)
