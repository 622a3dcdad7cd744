from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, update

from app.domain.deliveries import DeliveryState, HostDown, Refused, TryLater, Unknown
from app.domain.release import ReleaseMode
from app.domain.subscriptions import Frequency
from app.flow import fanout, review, subscribe
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import Killed
from tests.office import PARENTS, Office, plain

SECTORS = {"textiles", "footwear", "food", "seafood"}


async def test_a_subscriber_is_mailed_once_however_often_everything_runs(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    page = a_page(a_record("G/TBT/N/USA/2211"))
    for _ in range(3):
        await office.pull(page)
        await office.deliver()

    assert office.recipients == ["vitas@example.org"]


async def test_every_stage_run_twice_writes_the_same_rows(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()
    outbox = [tables.events, tables.event_criteria, tables.matches, tables.items, tables.deliveries, tables.labels]
    before = await office.snapshot(*outbox)

    async with office.database.writing() as connection:
        await connection.execute(update(tables.notices).values(sorted_at=None))
        await connection.execute(update(tables.events).values(fanned_out_at=None))
    await office.process()

    after = await office.snapshot(*outbox[1:])
    assert after == before[1:]


async def test_overlapping_subscriptions_make_one_item_with_all_reasons(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("vitas@example.org", members=("USA",), frequency=Frequency.WEEKLY)
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.deliver()

    ((_, mail),) = office.inbox
    text = plain(mail)
    assert "Dệt may" in text
    assert "Hoa Kỳ" in text
    assert await office.count(tables.items) == 1
    assert await office.count(tables.matches) == 2


async def test_a_sector_stands_for_its_children(office: Office) -> None:
    await office.enrol("aft@example.org", sectors=("food",))
    await office.pull(
        a_page(a_record("G/SPS/N/JPN/1", titles=(("en", "Frozen shrimp"),), products="Shrimp", hs=("0306",)))
    )
    await office.deliver()

    assert office.recipients == ["aft@example.org"]


async def test_a_second_mail_waits_and_gathers(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/USA/2")))
    await office.deliver()
    assert len(office.inbox) == 1

    await office.pull(a_page(a_record("G/TBT/N/USA/3")))
    await office.deliver()
    frozen.advance(minutes=3)
    await office.pull(a_page(a_record("G/TBT/N/USA/4")))
    await office.deliver()
    assert len(office.inbox) == 1

    frozen.advance(minutes=2)
    await office.deliver()
    assert len(office.inbox) == 2
    text = plain(office.inbox[1][1])
    assert "G/TBT/N/USA/3" in text
    assert "G/TBT/N/USA/4" in text


async def test_fifty_one_items_make_two_mails(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(*(a_record(f"G/TBT/N/USA/{number}") for number in range(1, 52))))
    await office.deliver()

    assert len(office.inbox) == 2
    assert await office.count(tables.items) == 51


async def test_an_addendum_to_what_was_told_is_an_update_and_goes_to_those_who_take_updates(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("both@example.org", sectors=("textiles",))
    await office.enrol("news@example.org", sectors=("textiles",), updates=False)
    await office.enrol("changes@example.org", sectors=("textiles",), additions=False)
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    office.group = office.group * 0
    await office.deliver()
    assert sorted(office.recipients) == ["both@example.org", "news@example.org"]

    office.mailer.received.clear()
    addendum = a_record("G/TBT/N/USA/2211/Add.1", distributed_on=date(2026, 3, 9), comment_deadline=date(2026, 6, 1))
    await office.pull(a_page(addendum))
    await office.deliver()

    assert sorted(office.recipients) == ["both@example.org", "changes@example.org"]
    text = plain(office.inbox[0][1])
    assert "01/05/2026" in text
    assert "01/06/2026" in text


async def test_an_addendum_whose_parent_was_never_told_is_told_as_new(office: Office) -> None:
    await office.enrol("news@example.org", sectors=("textiles",), updates=False)
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", distributed_on=date(2025, 1, 2))))
    await office.deliver()
    assert office.recipients == []

    await office.pull(a_page(a_record("G/TBT/N/USA/2211/Add.1")))
    await office.deliver()

    assert office.recipients == ["news@example.org"]


async def test_a_parent_that_comes_after_its_addendum_was_told_makes_no_second_alert(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    office.mode, office.group = ReleaseMode.AUTO, office.group * 0
    await office.pull(a_page(a_record("G/TBT/N/USA/2211/Add.1", titles=(("en", "Textile labels, addendum"),))))
    await office.deliver()
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", distributed_on=date(2026, 2, 2))))
    await office.deliver()

    assert len(office.inbox) == 1


@pytest.mark.parametrize("mode", list(ReleaseMode))
async def test_what_has_no_label_waits_in_every_mode(office: Office, mode: ReleaseMode) -> None:
    office.mode = mode
    await office.enrol("all@example.org")
    await office.pull(a_page(a_record("G/TBT/N/USA/2211", titles=(("en", "Tractors"),), products="Tractors", hs=())))
    await office.deliver()

    assert office.recipients == []


async def test_an_orphan_waits_until_its_parent_comes(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211/Add.1", titles=(("en", "Textile labels, addendum"),))))
    await office.deliver()
    assert office.recipients == []

    await office.pull(a_page(a_record("G/TBT/N/USA/2211", distributed_on=date(2026, 2, 2))))
    await office.deliver()

    ((_, mail),) = office.inbox
    text = plain(mail)
    assert "G/TBT/N/USA/2211/Add.1" in text


async def test_staff_release_what_waits(office: Office) -> None:
    office.sorter.unsure.add("textiles")
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.deliver()
    assert office.recipients == []

    await review.release(office.database, "G/TBT/N/USA/2211", "staff")
    await office.deliver()

    assert office.recipients == ["vitas@example.org"]


async def test_a_correction_tells_those_newly_concerned_and_nobody_twice(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.deliver()

    changes = {"textiles": "none", "footwear": "primary"}
    await review.correct(office.database, "G/TBT/N/USA/2211", changes, "it is about shoes", "staff", SECTORS)
    await office.deliver()

    assert office.recipients == ["vitas@example.org", "lefaso@example.org"]
    async with office.database.reading() as connection:
        told = (await connection.execute(select(tables.items.c.frequency))).scalars()
        assert list(told) == ["instant", "instant"]


async def test_a_withdrawal_reaches_those_who_were_told_once_and_stops_the_rest(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    office.group = office.group * 0
    await office.deliver()

    assert await review.withdraw(office.database, "G/TBT/N/USA/2211", "sent by mistake", "staff") == 1
    await office.deliver()

    assert office.recipients == ["vitas@example.org", "vitas@example.org"]
    assert "sent by mistake" in plain(office.inbox[1][1])
    assert await office.close_digests() == 0


async def test_a_digest_holds_what_was_not_told_and_is_made_once_a_day(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.close_digests()
    await office.enrol("vasep@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.pull(a_page(a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/USA/2")))
    await office.deliver()
    assert await office.close_digests() == 0
    assert office.recipients == []

    frozen.advance(days=1)
    assert await office.close_digests() == 1
    assert await office.close_digests() == 0
    await office.drain()
    assert len(office.inbox) == 1


async def test_three_missed_days_make_one_digest(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.close_digests()
    await office.enrol("vasep@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    frozen.advance(days=3)

    assert await office.close_digests() == 1
    async with office.database.reading() as connection:
        days = list((await connection.execute(select(tables.digest_runs.c.local_date))).scalars())
    assert {date(2026, 3, 3), date(2026, 3, 4), date(2026, 3, 5)} <= set(days)
    assert await office.close_digests() == 0


async def test_an_unsubscribe_wins_over_what_is_not_handed_over(office: Office) -> None:
    number = await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("vitas@example.org", members=("USA",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/JPN/2")))
    await office.process()

    assert await subscribe.stop(office.database, 1, number) == 1
    await office.drain()
    ((_, mail),) = office.inbox
    text = plain(mail)
    assert "G/TBT/N/USA/1" in text
    assert "G/TBT/N/JPN/2" not in text

    assert await subscribe.stop(office.database, 1, None) == 1
    assert await subscribe.stop(office.database, 1, None) == 0


async def test_a_lost_answer_sends_the_same_bytes_once_more_and_then_waits_for_a_person(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [Unknown("the line broke"), Unknown("the line broke"), Unknown("never")]
    await office.deliver()

    first, second = office.mailer.received
    assert first.body == second.body
    assert await states(office) == ["needs_human"]


async def test_a_deferred_message_waits_its_time(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [TryLater(451, "4.7.1 greylisted")]
    await office.deliver()
    await office.drain()
    assert len(office.mailer.received) == 1

    frozen.advance(minutes=7)
    await office.drain()
    first, second = office.mailer.received
    assert first.body == second.body
    assert await states(office) == ["accepted"]


async def test_a_dead_address_is_suppressed(office: Office) -> None:
    await office.enrol("gone@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [Refused(550, "5.1.1 no such user")]
    await office.deliver()
    await office.pull(a_page(a_record("G/TBT/N/USA/2")))
    await office.deliver()

    assert len(office.mailer.received) == 1


async def test_a_relay_that_is_down_costs_no_attempt(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [HostDown("connection refused")]
    drained = await office.deliver()
    assert drained.host_down == "connection refused"
    assert await states(office) == ["pending"]

    await office.drain()
    assert await states(office) == ["accepted"]
    assert await office.count(tables.attempts) == 1


async def test_a_worker_that_died_during_a_hand_over_leaves_it_unknown_never_pending(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()

    office.mailer.dies = True
    with pytest.raises(Killed):
        await office.drain("first")
    assert await states(office) == ["handing_over"]

    office.mailer.dies = False
    await office.drain("second")
    assert await states(office) == ["handing_over"]
    frozen.advance(seconds=16)
    await office.drain("second")
    assert await states(office) == ["accepted"]
    assert len({one.body for one in office.mailer.received}) == 1


async def test_one_poisoned_message_does_not_hold_up_the_others(office: Office) -> None:
    for number in range(5):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    async with office.database.writing() as connection:
        broken = tables.deliveries.c.id == 3
        await connection.execute(update(tables.deliveries).where(broken).values(message_id="not\r\nan id"))
    drained = await office.drain()

    assert drained.ended == {DeliveryState.ACCEPTED: 4, DeliveryState.NEEDS_HUMAN: 1}
    assert len(office.inbox) == 4
    assert sorted(await states(office)) == ["accepted"] * 4 + ["needs_human"]


async def test_a_match_nobody_asked_for_is_counted(office: Office) -> None:
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    assert await fanout.fan_out(office.database, PARENTS) == 0
    async with office.database.reading() as connection:
        assert list((await connection.execute(select(tables.events.c.matched))).scalars()) == [0]


async def states(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return list((await connection.execute(select(tables.deliveries.c.state))).scalars())


def test_the_clock_of_these_tests_is_a_digest_hour(frozen: FrozenClock) -> None:
    assert frozen.now == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


async def test_a_claim_on_an_unclear_message_that_led_to_nothing_leaves_it_unclear(office: Office) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [Unknown("the line broke"), HostDown("connection refused")]
    await office.deliver()

    assert await states(office) == ["unknown"]
