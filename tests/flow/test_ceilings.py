import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select

from app.domain.addresses import Address
from app.domain.networks import counted_networks
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import subscribe
from app.flow.admit import AT_ONCE, admit
from app.store import tables
from tests.conftest import FrozenClock
from tests.office import KEY, Office

SIGN_UPS = int(os.environ.get("BOMBING_SIGN_UPS", "400"))
"""T01 speaks of 10,000, which take a minute."""


def wish(local: str, sector: str = "textiles", domain: str = "hiephoi.example") -> subscribe.SubscriptionRequest:
    return subscribe.SubscriptionRequest(
        address=Address(f"{local}@{domain}", local, domain),
        criteria=Criteria(sectors=(sector,)),
        frequency=Frequency.DAILY,
        language=Language.VI,
    )


async def due_at(office: Office) -> list[datetime]:
    statement = select(tables.deliveries.c.due_at).where(tables.deliveries.c.kind == "confirmation")
    async with office.database.reading() as connection:
        return sorted((await connection.execute(statement)).scalars())


async def test_sign_ups_by_the_thousand_for_a_hundred_victims_are_a_hundred_mails(office: Office) -> None:
    """T01, with the ceilings of networks taken away: those of the addresses hold alone."""
    sectors = ("textiles", "footwear", "food", "seafood")
    for attempt in range(SIGN_UPS):
        await subscribe.ask(office.desk, wish(f"victim{attempt % 100}", sectors[attempt // 100 % 4]))
    now = office.database._clock()  # type: ignore[misc]  # noqa: SLF001 - the test's own clock
    assert sum(due <= now for due in await due_at(office)) == 100
    await office.drain()
    assert max(Counter(office.recipients).values()) == 1
    assert len(office.recipients) == 100


async def test_a_thousand_networks_share_the_ceilings_of_their_neighbours(office: Office) -> None:
    admitted: Counter[str] = Counter()
    for number in range(100):
        caller = str(ip_address("198.51.100.0") + number % 50)
        admitted[caller] += await admit(office.database, caller, [KEY]) == AT_ONCE
    assert (sum(admitted.values()), max(admitted.values())) == (20, 1)


async def test_one_caller_asks_five_times_an_hour_whichever_process_counts(office: Office, frozen: FrozenClock) -> None:
    caller = "2001:db8:1:2::1"
    assert [await admit(office.database, caller, [KEY]) for _ in range(5)] == [AT_ONCE] * 5
    frozen.advance(minutes=20)
    assert await admit(office.database, "2001:db8:1:2:ffff::9", [b"a new key of this house", KEY]) == timedelta(
        minutes=40
    )
    assert await admit(office.database, "2001:db8:1:3::1", [KEY]) == AT_ONCE
    frozen.advance(minutes=40)
    assert await admit(office.database, caller, [KEY]) == AT_ONCE
    rows = str(await office.snapshot(tables.callers))
    assert "2001" not in rows
    assert await office.count(tables.callers) == 4


@pytest.mark.parametrize(
    ("caller", "networks"),
    [
        ("203.0.113.9", ["203.0.113.9/32", "203.0.113.0/24"]),
        ("::ffff:203.0.113.9", ["203.0.113.9/32", "203.0.113.0/24"]),
        ("2001:db8:1:2::9", ["2001:db8:1:2::/64", "2001:db8:1::/48"]),
        ("a proxy that does not tell", ["a proxy that does not tell"]),
    ],
)
def test_a_caller_counts_for_itself_and_its_neighbourhood(caller: str, networks: list[str]) -> None:
    assert [network for network, _ in counted_networks(caller)] == networks


async def test_past_the_hourly_ceiling_confirmations_wait_in_the_outbox(office: Office, frozen: FrozenClock) -> None:
    desk = replace(office.desk, most_per_hour=5)
    for number in range(12):
        await subscribe.ask(desk, wish(f"reader{number}"))
        frozen.advance(minutes=1)
    due = await due_at(office)
    assert all(later - earlier >= timedelta(hours=1) for earlier, later in zip(due, due[5:], strict=False))
    await office.drain()
    assert len(office.recipients) == 5
    for mails in (10, 12):
        frozen.advance(hours=1)
        await office.drain()
        assert len(office.recipients) == mails


async def test_the_spellings_of_one_mailbox_share_its_ceiling(office: Office) -> None:
    for local in ("nga.tran", "ngatran", "nga.tran+a", "nga.tran+b"):
        await subscribe.ask(office.desk, wish(local, domain="gmail.com"))
    await office.drain()
    assert len(office.recipients) == 1
