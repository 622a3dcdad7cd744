"""The fence: whoever lost a lease writes nothing more, however late they come back."""

from datetime import timedelta

from app.domain.deliveries import DeliveryState, Settlement
from app.store import deliveries, intents
from app.store.deliveries import Claimed
from tests.builders import a_page, a_record
from tests.chaos.oracle import states
from tests.conftest import FrozenClock
from tests.office import Office

LEASE = timedelta(seconds=15)
ACCEPTED = Settlement(state=DeliveryState.ACCEPTED, reply="250 2.0.0 ok")


async def claimed(office: Office, owner: str) -> tuple[Claimed, str]:
    """Claim the one message there is, as a worker does, and keep its bytes if nobody did."""
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        await deliveries.recover(connection, now)
        (one,) = await deliveries.claim(connection, owner, now, now + LEASE, 10)
        kept = one.message_hash or (await deliveries.keep_messages(connection, [(one, b"x")], now))[one.id]
    return one, kept


async def handed_over(office: Office, one: Claimed, kept: str) -> set[int]:
    async with office.database.writing() as connection:
        return await deliveries.hand_over(connection, [(one, kept)], await office.database.now(connection))


async def recorded(office: Office, one: Claimed) -> set[int]:
    async with office.database.writing() as connection:
        return await deliveries.record(connection, [(one, ACCEPTED)], await office.database.now(connection))


async def in_the_outbox(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()


async def test_a_worker_whose_lease_was_taken_hands_nothing_over_and_writes_no_end(
    office: Office, frozen: FrozenClock
) -> None:
    await in_the_outbox(office)
    sleeper, kept = await claimed(office, "sleeper")
    frozen.advance(seconds=LEASE.total_seconds() + 1)
    heir, kept = await claimed(office, "heir")
    assert await handed_over(office, sleeper, kept) == set()
    assert await handed_over(office, heir, kept) == {heir.id}
    assert await recorded(office, sleeper) == set()
    assert states(office.database.url.render_as_string(hide_password=False)) == {"handing_over": 1}
    assert await recorded(office, heir) == {heir.id}


async def test_an_intent_whose_commit_nobody_heard_of_is_known_to_whoever_wrote_it_and_to_nobody_else(
    office: Office, frozen: FrozenClock
) -> None:
    await in_the_outbox(office)
    one, kept = await claimed(office, "worker")
    async with office.database.reading() as connection:
        assert await intents.handed_over(connection, [one]) == set()
    await handed_over(office, one, kept)
    async with office.database.reading() as connection:
        assert await intents.handed_over(connection, [one]) == {one.id}
    frozen.advance(seconds=LEASE.total_seconds() + 1)
    heir, _ = await claimed(office, "heir")
    async with office.database.reading() as connection:
        assert await intents.handed_over(connection, [one, heir]) == set()
