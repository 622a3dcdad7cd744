"""What is old enough goes once a day, and nobody is told twice for it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.domain.deliveries import TryLater
from app.domain.subscriptions import Language
from app.flow import audit, retention, review, subscribe
from app.flow.subscribe import ConfirmationPage
from app.store import tables
from tests.conftest import FrozenClock
from tests.flow.test_personal_data import NGA, asked, confirmed, tell
from tests.flow.test_subscribe import links
from tests.office import KEY, Office


async def retained(office: Office, batch: int = 5000) -> dict[str, int]:
    """Run it twice: the second time it finds nothing. Return what it did, the rest left out."""
    done = await retention.retain(office.database, [KEY], batch)
    again = await retention.retain(office.database, [KEY], batch)
    assert not any(again.values()), again
    return {what: count for what, count in done.items() if count}


async def active(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return list(
            (await connection.execute(select(tables.subscribers.c.address).order_by(tables.subscribers.c.id))).scalars()
        )


async def test_rendered_mails_go_after_thirty_days_and_what_was_told_stays(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    assert await tell(office, "G/TBT/N/USA/1") == [NGA]
    frozen.advance(days=30)
    assert await retained(office) == {}
    frozen.advance(seconds=1)
    assert await retained(office) == {"messages": 1}
    await office.deliver()
    assert office.recipients == [NGA]
    async with office.database.reading() as connection:
        (attempt,) = await connection.execute(select(tables.attempts))
    assert len(attempt.message_hash) == 64


async def test_the_bytes_of_a_mail_that_may_go_again_are_kept_however_old(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    office.mailer.answers = [TryLater(451, "later")]
    await tell(office, "G/TBT/N/USA/1")
    (first,) = office.mailer.received
    frozen.advance(days=40)
    assert await retained(office) == {}
    await office.drain()
    assert [one.body for one in office.mailer.received] == [first.body, first.body]


@pytest.mark.parametrize("batch", [1, 5000])
async def test_deliveries_go_after_a_year_and_nobody_is_told_again(
    office: Office, frozen: FrozenClock, batch: int
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol("ai@hiephoi.example", sectors=("textiles",))
    assert len(await tell(office, "G/TBT/N/USA/1")) == 2
    frozen.advance(days=366)
    done = await retained(office, batch)
    assert (done["deliveries"], done["messages"]) == (2, 2)
    assert await office.count(tables.deliveries) == 0
    async with office.database.reading() as connection:
        assert set((await connection.execute(select(tables.items.c.skipped))).scalars()) == {"told"}
    await office.deliver()
    await office.close_digests()
    assert len(office.recipients) == 2

    await review.withdraw(office.database, "G/TBT/N/USA/1", "by mistake", "staff")
    await office.deliver()
    assert sorted(office.recipients[2:]) == ["ai@hiephoi.example", NGA], "who was told hears of it, however long ago"


async def test_sign_ups_that_nobody_confirmed_go_after_seven_days(office: Office, frozen: FrozenClock) -> None:
    await subscribe.ask(office.desk, asked())
    assert len(await links(office)) == 1
    frozen.advance(days=7)
    assert await retained(office) == {}
    frozen.advance(seconds=1)
    assert await retained(office) == {"sign_ups": 1, "people": 1}
    assert await active(office) == [""]
    assert (await office.count(tables.subscriptions), await office.count(tables.confirmations)) == (0, 0)

    for _ in range(2):
        await subscribe.ask(office.desk, asked())
        await links(office)
        frozen.advance(days=1, seconds=1)
    await subscribe.ask(office.desk, asked())
    assert len(await links(office)) == 3, "three confirmation mails in thirty days, also for who was forgotten"


async def test_a_wish_whose_link_still_holds_stays(office: Office, frozen: FrozenClock) -> None:
    await subscribe.ask(office.desk, asked())
    await links(office)
    frozen.advance(days=5)
    async with office.database.writing() as connection:
        await connection.execute(update(tables.confirmations).values(expires_at=frozen.now + timedelta(days=9)))
    frozen.advance(days=5)
    assert await retained(office) == {}


async def test_addresses_go_four_weeks_after_the_last_subscription_ended(office: Office, frozen: FrozenClock) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol(NGA, sectors=("footwear",))
    await office.enrol("ai@hiephoi.example", sectors=("textiles",))
    await subscribe.stop(office.database, 1, 1)
    frozen.advance(days=10)
    await subscribe.stop(office.database, 1, None)
    frozen.advance(days=28)
    assert await retained(office) == {}
    frozen.advance(seconds=1)
    assert await retained(office) == {"people": 1}
    assert await active(office) == ["", "ai@hiephoi.example"]
    await office.enrol(NGA, sectors=("textiles",))
    assert len(await active(office)) == 3, "who only stopped may be enrolled again"


async def test_who_was_not_to_be_mailed_still_is_not_when_forgotten(office: Office, frozen: FrozenClock) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await office.suppress(NGA)
    await subscribe.stop(office.database, 1, None)
    frozen.advance(days=29)
    assert await retained(office) == {"people": 1}
    with pytest.raises(Exception, match="only they can subscribe again"):
        await office.enrol(NGA, sectors=("textiles",))


async def test_where_consent_came_from_is_a_network_after_thirty_days(office: Office, frozen: FrozenClock) -> None:
    await confirmed(office, ip="2001:db8:7:8::9")
    frozen.advance(days=31)
    done = await retained(office)
    assert done["origins"] == 1
    async with office.database.reading() as connection:
        (consent,) = await connection.execute(select(tables.consents))
    assert (consent.ip, consent.network) == (None, "2001:db8:7::/48")


async def test_the_audit_goes_after_two_years_in_batches(office: Office, frozen: FrozenClock) -> None:
    first = frozen.now - timedelta(days=734)
    async with office.database.writing() as connection:
        rows = [
            {"at": first + timedelta(days=day), "actor": "staff", "verb": "x", "subject": "y", "details": {}}
            for day in range(10)
        ]
        await connection.execute(tables.audit.insert(), rows)
    assert await retained(office, batch=2) == {"audit": 4}
    async with office.database.reading() as connection:
        verbs = (await connection.execute(select(tables.audit.c.verb).order_by(tables.audit.c.id))).scalars().all()
    assert verbs == ["x"] * 6 + ["cut_audit"] * 2 + ["retain"], "and it says itself that it was cut"
    found = await audit.verify(office.database)
    assert (found.rows, found.broken) == (9, None)


async def test_a_page_without_an_address_of_its_own_is_no_origin(office: Office) -> None:
    await subscribe.ask(office.desk, asked())
    (token,) = await links(office)
    await subscribe.confirm(office.database, token, ConfirmationPage(language=Language.VI, keys=[KEY], ip="unix:"))
    async with office.database.reading() as connection:
        (consent,) = await connection.execute(select(tables.consents))
    assert (consent.ip, consent.network) == (None, None)


async def test_nothing_young_goes(office: Office) -> None:
    await office.settled_baseline()
    await confirmed(office)
    await tell(office, "G/TBT/N/USA/1")
    before = await office.snapshot(*tables.metadata.sorted_tables)
    assert await retained(office) == {}
    assert await office.snapshot(*tables.metadata.sorted_tables) == before
