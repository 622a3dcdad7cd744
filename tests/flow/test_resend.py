from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.domain.deliveries import Accepted, DeliveryState, Refused, Unknown
from app.domain.errors import AppError
from app.domain.resending import Standing
from app.domain.subscriptions import Frequency
from app.flow import resend, review, subscribe
from app.flow.resend import Incident
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

SYMBOL = "G/TBT/N/USA/2211"
ONE_NOTICE = Incident(ref=SYMBOL, because="the relay lost its queue")
POLICY = Refused(554, "5.7.1 blocked by policy")
CROWD = 8_000
"""So many that a statement which compares every match with every reader ends at the database's time limit."""
READERS = ("aft@example.org", "bba@example.org", "cca@example.org", "dda@example.org")


@pytest.fixture
async def told(office: Office) -> Office:
    """Four readers, each with the alert of one notice in the outbox."""
    for reader in READERS:
        await office.enrol(reader, sectors=("textiles",))
    await office.pull(a_page(a_record(SYMBOL)))
    await office.process()
    return office


async def again(office: Office, frozen: FrozenClock) -> list[str]:
    """Deliver what a resend put back, and return who got a mail by it."""
    office.mailer.received.clear()
    frozen.advance(hours=1)
    await office.deliver()
    return sorted(office.recipients)


async def lose(office: Office, readers: Sequence[int]) -> None:
    """Delete the rows of readers by hand, as an incident would."""
    async with office.database.writing() as connection:
        gone = select(tables.deliveries.c.id).where(tables.deliveries.c.subscriber_id.in_(readers))
        numbers = list((await connection.execute(gone)).scalars())
        await connection.execute(delete(tables.attempts).where(tables.attempts.c.delivery_id.in_(numbers)))
        await connection.execute(delete(tables.items).where(tables.items.c.subscriber_id.in_(readers)))
        await connection.execute(delete(tables.deliveries).where(tables.deliveries.c.id.in_(numbers)))


async def test_rows_that_were_lost_come_back_and_nobody_else_is_told_again(told: Office, frozen: FrozenClock) -> None:
    await told.drain()
    await lose(told, [2, 4])
    resent = await resend.resend(told.database, ONE_NOTICE, "staff")

    assert resent.resent == {Standing.MISSING: 2}
    assert resent.left == {Standing.ACCEPTED: 2}
    assert (resent.people, resent.alerts) == (2, 1)
    assert await again(told, frozen) == ["bba@example.org", "dda@example.org"]
    assert await told.count(tables.items) == 4
    assert (await resend.resend(told.database, ONE_NOTICE, "staff")).people == 0
    assert await again(told, frozen) == []


async def test_counting_changes_nothing(told: Office, frozen: FrozenClock) -> None:
    await told.drain()
    await lose(told, [2])
    ledger = [tables.items, tables.deliveries, tables.audit, tables.matches]
    before = await told.snapshot(*ledger)
    assert (await resend.plan_resend(told.database, ONE_NOTICE)).people == 1
    assert await told.snapshot(*ledger) == before
    assert await again(told, frozen) == []


async def test_what_was_refused_or_skipped_goes_again_and_what_may_have_arrived_does_not(
    told: Office, frozen: FrozenClock
) -> None:
    async with told.database.writing() as connection:
        skipped = tables.deliveries.c.subscriber_id == 4
        await connection.execute(
            update(tables.deliveries).where(skipped).values(state=DeliveryState.SKIPPED, reason="a mistake")
        )
    told.mailer.answers = [Accepted("250 ok"), POLICY, Unknown("cut"), Unknown("cut")]
    await told.drain()

    planned = await resend.plan_resend(told.database, ONE_NOTICE)
    assert planned.resent == {Standing.REJECTED: 1, Standing.SKIPPED: 1}
    assert planned.left == {Standing.ACCEPTED: 1, Standing.DOUBTFUL: 1}
    await resend.resend(told.database, ONE_NOTICE, "staff")
    assert await again(told, frozen) == ["bba@example.org", "dda@example.org"]

    async with told.database.reading() as connection:
        states = select(tables.deliveries.c.state).order_by(tables.deliveries.c.subscriber_id, tables.deliveries.c.id)
        found = list((await connection.execute(states)).scalars())
    assert found == ["accepted", "superseded", "accepted", "needs_human", "superseded", "accepted"]


async def test_what_waits_or_goes_out_by_itself_is_left_alone(told: Office, frozen: FrozenClock) -> None:
    counted = await resend.resend(told.database, ONE_NOTICE, "staff")
    assert (counted.resent, counted.left) == ({}, {Standing.WAITING: 4})
    assert await again(told, frozen) == sorted(READERS)


async def test_only_who_asked_when_it_went_out_and_still_does_is_told(told: Office, frozen: FrozenClock) -> None:
    await told.drain()
    await lose(told, [1, 2, 3, 4])
    frozen.advance(hours=1)
    await told.enrol("late@example.org", sectors=("textiles",))
    await subscribe.stop(told.database, 1, None)
    await told.suppress(READERS[1])
    counted = await resend.resend(told.database, ONE_NOTICE, "staff")
    assert counted.resent == {Standing.MISSING: 2}
    assert await again(told, frozen) == ["cca@example.org", "dda@example.org"]


@pytest.mark.parametrize("skipped", ["told", "told before the loss"])
async def test_what_was_told_and_forgotten_or_struck_out_is_not_told_again(told: Office, skipped: str) -> None:
    await told.drain()
    async with told.database.writing() as connection:
        await connection.execute(update(tables.items).values(delivery_id=None, skipped=skipped))
    assert (await resend.resend(told.database, ONE_NOTICE, "staff")).resent == {}


@pytest.mark.parametrize("ambiguous", [1, 2])
async def test_what_may_have_arrived_is_not_told_by_another_mail(told: Office, ambiguous: int) -> None:
    async with told.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state="needs_human", ambiguous=ambiguous))
    assert (await resend.resend(told.database, ONE_NOTICE, "staff")).left == {Standing.DOUBTFUL: 4}


async def test_a_readers_own_wish_and_a_withdrawal_stand(told: Office) -> None:
    await told.drain()
    async with told.database.writing() as connection:
        wish = update(tables.items).where(tables.items.c.subscriber_id == 2).values(skipped="paused")
        await connection.execute(wish)
    assert (await resend.plan_resend(told.database, ONE_NOTICE)).left[Standing.TAKEN_BACK] == 1
    await lose(told, [3])
    await review.withdraw(told.database, SYMBOL, "a mistake", "staff")
    counted = await resend.resend(told.database, ONE_NOTICE, "staff")
    assert (counted.alerts, counted.people) == (0, 0)


async def test_a_digest_reader_gets_what_was_lost_in_the_next_digest(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.pull(a_page(a_record(SYMBOL), a_record("G/TBT/N/JPN/1")))
    await office.process()
    frozen.advance(days=1)
    await office.close_digests()
    office.mailer.answers = [POLICY]
    await office.drain()
    counted = await resend.resend(office.database, ONE_NOTICE, "staff")
    assert counted.resent == {Standing.REJECTED: 1}
    assert await again(office, frozen) == []
    frozen.advance(days=1)
    assert await office.close_digests() == 1
    await office.drain()
    ((_, mail),) = office.inbox
    assert SYMBOL in plain(mail)
    assert "JPN" not in plain(mail)


async def test_days_are_those_of_the_release_in_viet_nam(told: Office, frozen: FrozenClock) -> None:
    await told.drain()
    await lose(told, [2])
    day = date(2026, 3, 2)
    for first, last, people in (
        (day - timedelta(days=9), day - timedelta(days=1), 0),
        (day + timedelta(days=1), day + timedelta(days=9), 0),
        (day, day, 1),
    ):
        assert (await resend.plan_resend(told.database, Incident(first=first, last=last))).people == people
    await resend.resend(told.database, Incident(first=day, last=day, because="the relay lost its queue"), "staff")
    assert await again(told, frozen) == ["bba@example.org"]


async def test_a_crowd_of_which_the_database_has_no_statistics_is_counted_and_told(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol_crowd([(f"reader{number}@example.org",) * 2 for number in range(CROWD)])
    await office.pull(a_page(a_record(SYMBOL)))
    await office.process()
    async with office.database.writing() as connection:
        refused = update(tables.deliveries).where(tables.deliveries.c.id <= CROWD // 2)
        await connection.execute(refused.values(state=DeliveryState.REJECTED))
    planned = await resend.plan_resend(office.database, ONE_NOTICE)
    resent = await resend.resend(office.database, ONE_NOTICE, "staff")
    assert planned.resent == resent.resent == {Standing.REJECTED: CROWD // 2}
    assert resent.left == {Standing.WAITING: CROWD // 2}


async def test_a_resend_is_written_down_with_its_reason_and_no_address(told: Office) -> None:
    await told.drain()
    await lose(told, [2])
    await resend.resend(told.database, ONE_NOTICE, "an-operator")
    async with told.database.reading() as connection:
        (row,) = (await connection.execute(select(tables.audit))).all()
    assert (row.actor, row.verb, row.subject) == ("an-operator", "resend", SYMBOL)
    assert row.details == {"because": "the relay lost its queue", "people": 1, "resent": {"missing": 1}}


@pytest.mark.parametrize("because", ["", "  "])
async def test_nothing_is_resent_without_a_reason(told: Office, because: str) -> None:
    await told.drain()
    await lose(told, [2])
    with pytest.raises(AppError) as refused:
        await resend.resend(told.database, Incident(ref=SYMBOL, because=because), "staff")
    assert refused.value.code == "no-reason"
    assert await told.count(tables.audit) == 0


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"first": date(2026, 3, 2)},
        {"first": date(2026, 3, 3), "last": date(2026, 3, 2)},
        {"ref": SYMBOL, "last": date(2026, 3, 2)},
        {"ref": "G/TBT/N/USA/404"},
    ],
)
async def test_what_names_no_alerts_is_refused(told: Office, asked: dict[str, Any]) -> None:
    with pytest.raises(AppError):
        await resend.plan_resend(told.database, Incident(**asked))
