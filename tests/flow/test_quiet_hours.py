"""In quiet hours alerts wait and gather; emergencies and confirmations do not."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from app.domain.addresses import Address
from app.domain.deliveries import TryLater
from app.domain.errors import AppError
from app.domain.notices import NoticeType
from app.domain.quiet_hours import NEVER, QuietHours
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.flow.deliver import waiting_now
from app.flow.quiet_hours import set_quiet_hours
from app.store import deliveries, quiet_hours, tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

NIGHT = QuietHours(time(21), time(7))


@pytest.fixture
async def office(office: Office, frozen: FrozenClock) -> Office:
    """An office at ten in the evening whose operator wants quiet from nine to seven, with one reader."""
    await office.settled_baseline()
    await office.close_digests()
    office.quiet, office.group = NIGHT, timedelta(0)
    frozen.now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    await office.enrol("vitas@example.org", sectors=("textiles",))
    return office


async def night_news(office: Office, number: int, **values: Any) -> None:
    await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}", **values)))
    await office.deliver()


async def test_alerts_of_the_night_come_in_one_mail_in_the_morning(office: Office, frozen: FrozenClock) -> None:
    for number in (1, 2, 3):
        await night_news(office, number)
        frozen.advance(hours=1)
    assert office.recipients == []
    assert await waiting_now(office.database) == (0, 0)

    frozen.now = datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    await office.deliver()
    assert office.recipients == []
    frozen.advance(seconds=1)
    await office.deliver()
    ((_, mail),) = office.inbox
    assert all(f"G/TBT/N/USA/{number}" in plain(mail) for number in (1, 2, 3))
    await office.deliver()
    assert len(office.inbox) == 1


async def test_an_emergency_does_not_wait_and_goes_before_other_alerts(office: Office, frozen: FrozenClock) -> None:
    await night_news(office, 1)
    await night_news(office, 2, type=NoticeType.EMERGENCY)
    ((_, mail),) = office.inbox
    assert "G/TBT/N/USA/2" in plain(mail)
    assert "G/TBT/N/USA/1" not in plain(mail)

    frozen.now = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    await office.deliver()
    assert len(office.inbox) == 2


async def test_an_emergency_is_handed_over_before_what_waited_longer(office: Office, frozen: FrozenClock) -> None:
    office.quiet = None
    await office.enrol("vasep@example.org", sectors=("seafood",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    frozen.advance(minutes=1)
    shrimp: dict[str, Any] = {
        "titles": (("en", "Shrimp"),),
        "products": "Shrimp",
        "hs": ("0306",),
        "type": NoticeType.EMERGENCY,
    }
    await office.pull(a_page(a_record("G/SPS/N/USA/2", **shrimp)))
    await office.deliver()
    assert office.recipients == ["vasep@example.org", "vitas@example.org"]


async def test_a_confirmation_does_not_wait(office: Office) -> None:
    asked = subscribe.SubscriptionRequest(
        address=Address("new@example.org", "new", "example.org"),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.INSTANT,
        language=Language.VI,
    )
    await subscribe.ask(office.desk, asked)
    await office.drain()
    assert office.recipients == ["new@example.org"]


async def test_a_retry_waits_for_the_morning_too(office: Office, frozen: FrozenClock) -> None:
    frozen.now = datetime(2026, 3, 2, 13, 59, tzinfo=UTC)
    office.mailer.answers = [TryLater(451, "4.7.1 greylisted")]
    await night_news(office, 1)
    frozen.advance(minutes=10)
    await office.drain()
    assert len(office.mailer.received) == 1
    frozen.now = datetime(2026, 3, 3, 0, 0, tzinfo=UTC)
    await office.drain()
    first, second = office.mailer.received
    assert first.body == second.body


async def test_a_late_digest_waits_and_one_by_day_does_not(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await set_quiet_hours(office.database, 1, NEVER, "lan")
    await night_news(office, 1)
    office.mailer.received.clear()
    frozen.advance(days=1)
    assert await office.close_digests() == 1
    await office.drain()
    assert office.recipients == []
    frozen.advance(hours=9)
    await office.drain()
    assert office.recipients == ["daily@example.org"]


async def test_a_reader_has_hours_of_their_own_or_none(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("any@example.org", sectors=("textiles",))
    await office.enrol("lunch@example.org", sectors=("textiles",))
    await set_quiet_hours(office.database, 2, NEVER, "lan")
    await set_quiet_hours(office.database, 3, QuietHours(time(11, 30), time(13)), "lan")
    await night_news(office, 1)
    assert sorted(office.recipients) == ["any@example.org", "lunch@example.org"]

    frozen.now = datetime(2026, 3, 3, 5, 0, tzinfo=UTC)
    office.mailer.received.clear()
    await night_news(office, 2)
    assert sorted(office.recipients) == ["any@example.org", "vitas@example.org", "vitas@example.org"]


async def test_hours_that_are_changed_hold_for_what_waits(office: Office) -> None:
    await night_news(office, 1)
    await set_quiet_hours(office.database, 1, NEVER, "lan")
    await office.drain()
    assert office.recipients == ["vitas@example.org"]

    await set_quiet_hours(office.database, 1, None, "lan")
    await night_news(office, 2)
    assert len(office.recipients) == 1


async def test_what_waits_is_taken_back_like_any_other(office: Office, frozen: FrozenClock) -> None:
    await night_news(office, 1)
    await subscribe.stop(office.database, 1, None)
    frozen.advance(hours=12)
    await office.drain()
    assert office.recipients == []


async def test_an_unknown_reader_has_no_hours(office: Office) -> None:
    with pytest.raises(AppError, match="404"):
        await set_quiet_hours(office.database, 404, NEVER, "lan")


async def test_fifty_items_fill_the_mail_of_the_morning_and_the_rest_goes_in_another(
    office: Office, frozen: FrozenClock
) -> None:
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 50))))
    await office.deliver()
    frozen.advance(minutes=1)
    await office.pull(a_page(a_record("G/TBT/N/USA/50"), a_record("G/TBT/N/USA/51")))
    await office.deliver()
    frozen.advance(hours=12)
    await office.drain()
    assert len(office.inbox) == 2
    assert await office.count(tables.items) == 51


async def test_a_mail_that_is_being_filled_is_claimed_by_nobody(office: Office, frozen: FrozenClock) -> None:
    await night_news(office, 1)
    morning = frozen.now + timedelta(hours=12)
    async with office.database.writing() as filling:
        assert await quiet_hours.waiting(filling, [1], frozen.now) == {1: (1, 1)}
        if office.database.dialect == "postgresql":
            async with office.database.writing() as claiming:
                assert await deliveries.claim(claiming, "other", morning, morning + timedelta(seconds=15), 10) == []
