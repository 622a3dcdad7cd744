from datetime import timedelta

from app.domain.addresses import Address
from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.notices import NoticeType
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.store import deliveries, outbox
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office


async def kinds_in_order(office: Office, limit: int) -> list[tuple[str, str]]:
    """What a worker would take next: its kind and its recipient."""
    async with office.database.trying() as connection:
        now = await office.database.now(connection)
        claimed = await deliveries.claim(connection, "worker", now, now + timedelta(seconds=15), limit)
    return [(one.kind, one.recipient) for one in claimed]


async def test_a_confirmation_does_not_wait_behind_ten_thousand_digests(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("daily@example.org", frequency=Frequency.DAILY)
    digest = {
        "kind": DeliveryKind.DIGEST,
        "priority": 3,
        "subscriber_id": 1,
        "state": DeliveryState.PENDING,
        "due_at": frozen.now,
        "created_at": frozen.now,
    }
    rows = [digest | {"key": f"digest:{number}", "message_id": f"{number}@keng.example"} for number in range(10_000)]
    async with office.database.writing() as connection:
        await outbox.add_deliveries(connection, rows)
    frozen.advance(minutes=1)
    request = subscribe.SubscriptionRequest(
        address=Address("new@example.org", "new", "example.org"),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.INSTANT,
        language=Language.VI,
    )
    await subscribe.ask(office.desk, request)

    first, *others = await kinds_in_order(office, 100)
    assert first == (DeliveryKind.CONFIRMATION, "new@example.org")
    assert {kind for kind, _ in others} == {DeliveryKind.DIGEST}


async def test_an_emergency_goes_before_the_instant_alerts_that_wait_already(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 4))))
    await office.process()
    frozen.advance(minutes=1)
    shoes = (("en", "Urgent recall of shoes"),)
    urgent = a_record("G/TBT/N/USA/9", type=NoticeType.EMERGENCY, titles=shoes, products="Shoes", hs=("64",))
    await office.pull(a_page(urgent))
    await office.process()

    assert await kinds_in_order(office, 10) == [
        (DeliveryKind.INSTANT, "lefaso@example.org"),
        (DeliveryKind.INSTANT, "vitas@example.org"),
    ]
