"""`keng reconcile` finds each way to lose a mail, and nothing in a system that is well."""

import sqlite3
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, update

from app.bootstrap import Job, jobs_of
from app.domain.addresses import Address
from app.domain.alarms import Check, Finding, Gravity
from app.domain.deliveries import Accepted, DeliveryState, HostDown, TryLater, Unknown
from app.domain.matching import CriteriaIndex
from app.domain.organisations import Organisation
from app.domain.subscriptions import Criteria, Frequency, Language
from app.domain.working_days import Basis, DayKind, SpecialDay, WorkingCalendar
from app.flow import classify, fanout, mend, organisations, readdress, release, review, subscribe, upkeep
from app.flow.organisations import ContactDesk
from app.flow.readdress import AddressDesk
from app.flow.reconcile import Account, Terms, look, reconcile
from app.settings import given_settings
from app.store import tables
from app.store.database import file_of
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import KEY, PARENTS, Office

TERMS = Terms(parents=PARENTS, digest_at=time(8, 30), pause=timedelta(hours=1), jobs=("process",))
SYMBOL = "G/TBT/N/USA/2211"


async def account(office: Office) -> Account:
    return await reconcile(office.database, TERMS)


async def found(office: Office) -> list[tuple[Check, str, int]]:
    return [(one.check, one.ref, one.count) for one in (await account(office)).findings]


async def write(office: Office, *statements: Any) -> None:
    async with office.database.writing() as connection:
        for statement in statements:
            await connection.execute(statement)


def lose(office: Office, *statements: str) -> None:
    """Delete rows that others refer to, as a careless hand does in the database's own shell."""
    url = office.database.url
    if office.database.dialect == "sqlite":
        with sqlite3.connect(file_of(url.render_as_string(hide_password=False))) as careless:
            for statement in statements:
                careless.execute(statement)
        careless.close()
        return
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
async def busy(office: Office, frozen: FrozenClock) -> Office:
    """Readers of many kinds, told of one alert at once; the daily digest is still to come."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("usa@example.org", members=("USA",), keywords=("labelling",), additions=True)
    await office.enrol("all@example.org")
    await office.enrol("daily@example.org", Frequency.DAILY, hs=("6109",))
    await office.enrol("shoes@example.org", sectors=("footwear",))
    await office.enrol("eu@example.org", members=("EU",))
    await office.enrol("no-textiles@example.org", excluded=("textile products",))
    await office.enrol("updates@example.org", additions=False)
    frozen.advance(minutes=1)
    await office.pull(a_page(a_record(SYMBOL)))
    await office.deliver()
    return office


async def test_a_healthy_system_has_no_difference_and_its_readers_are_counted(busy: Office) -> None:
    seen = await account(busy)
    assert (seen.findings, seen.alerts, seen.subscribers) == ((), 1, 4)


async def test_what_is_under_way_within_its_time_is_no_difference(busy: Office, frozen: FrozenClock) -> None:
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    assert await found(busy) == [], "not sorted yet"
    await classify.sort_waiting(busy.database, busy.sorter)
    assert await found(busy) == [], "not released yet"
    await release.release_by_rule(busy.database, busy.mode)
    assert await found(busy) == [], "not fanned out yet"
    await fanout.fan_out(busy.database, PARENTS)
    assert await found(busy) == [], "not gathered yet"
    frozen.advance(minutes=6)
    await busy.process()
    assert await found(busy) == [], "not handed over yet"
    busy.mailer.answers = [Unknown("line broke"), TryLater(451, "451 4.7.1 greylisted")]
    await busy.drain()
    assert await found(busy) == []


async def test_whoever_stopped_is_unreachable_or_came_later_is_not_missed(busy: Office, frozen: FrozenClock) -> None:
    stopped = await busy.enrol("stopped@example.org")
    frozen.advance(minutes=10)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await classify.sort_waiting(busy.database, busy.sorter)
    await release.release_by_rule(busy.database, busy.mode)
    await write(
        busy,
        update(tables.subscriptions).where(tables.subscriptions.c.id == stopped).values(ended_at=frozen.now),
    )
    await busy.suppress("usa@example.org")
    await fanout.fan_out(busy.database, PARENTS)
    frozen.advance(minutes=1)
    await busy.enrol("late@example.org")
    assert await found(busy) == []


async def test_a_deleted_delivery_is_a_difference_at_once(busy: Office) -> None:
    lose(busy, "DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
    assert await found(busy) == [(Check.DELIVERY_GONE, SYMBOL, 1)]
    assert (await account(busy)).differences


async def test_a_delivery_that_is_deleted_with_its_items_is_missed_too(busy: Office) -> None:
    lose(busy, "DELETE FROM items WHERE delivery_id = (SELECT min(id) FROM deliveries)")
    assert await found(busy) == [(Check.NOT_TOLD, SYMBOL, 1)]
    lose(busy, "DELETE FROM deliveries WHERE id = (SELECT max(id) FROM deliveries)")
    assert await found(busy) == [(Check.DELIVERY_GONE, SYMBOL, 1), (Check.NOT_TOLD, SYMBOL, 1)]


async def test_a_matcher_that_matches_nobody_is_a_difference_at_once(
    busy: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CriteriaIndex, "match", lambda _index, _facts: {})
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await busy.deliver()
    assert await found(busy) == [(Check.NOT_TOLD, "G/TBT/N/USA/1", 4)]
    named = (await account(busy)).differences[0].note
    assert named.startswith("subscription ")


async def test_those_who_were_passed_over_are_told_by_a_resend_and_nobody_twice(
    busy: Office, monkeypatch: pytest.MonkeyPatch, frozen: FrozenClock
) -> None:
    lose(busy, "DELETE FROM deliveries WHERE id = (SELECT min(id) FROM deliveries)")
    with monkeypatch.context() as broken:
        broken.setattr(CriteriaIndex, "match", lambda _index, _facts: {})
        await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
        await busy.deliver()
    before = sorted(busy.recipients)
    refs = await mend.released_since(busy.database, frozen.now - timedelta(days=1))
    assert await mend.rematch(busy.database, refs, "the matcher was broken", "staff") == 2
    frozen.advance(minutes=6)
    await busy.deliver()

    assert await found(busy) == []
    again = sorted(busy.recipients)
    for address in before:
        again.remove(address)
    assert sorted(again) == ["all@example.org", "usa@example.org", "vitas@example.org"]


async def test_what_was_sorted_anew_since_is_judged_as_it_was_sorted_then(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=1)
    busy.sorter.words, busy.sorter.version = {"textile": "footwear"}, "another"
    await write(busy, update(tables.notices).values(sorted_at=None))
    await classify.sort_waiting(busy.database, busy.sorter)
    assert (await account(busy)).subscribers == 4
    assert await found(busy) == []


async def test_a_correction_and_a_withdrawal_leave_no_difference(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(hours=1)
    await review.correct(busy.database, SYMBOL, {"footwear": "primary"}, "shoes too", "staff", {"footwear"})
    assert await found(busy) == [], "to be matched anew"
    frozen.advance(minutes=1)
    await busy.deliver()
    assert await found(busy) == []
    assert "shoes@example.org" in busy.recipients
    await review.withdraw(busy.database, SYMBOL, "a mistake", "staff")
    frozen.advance(minutes=6)
    await busy.deliver()
    assert await found(busy) == []


async def test_parents_related_sectors_loans_and_own_measures_are_counted_as_the_matcher_does(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol("food@example.org", sectors=("food",))
    await office.enrol("shrimp@example.org", keywords=("frozen shrimps",), hs=("03",))
    await office.enrol("own@example.org", members=("VNM",))
    await office.enrol("all@example.org")
    frozen.advance(minutes=1)
    shrimp: dict[str, Any] = {"titles": (("en", "Frozen  Shrimps, cooked"),), "products": "Shrimp", "hs": ("0306",)}
    await office.pull(
        a_page(
            a_record("G/SPS/N/USA/7", **shrimp),
            a_record("G/SPS/N/USA/7/Add.1", titles=(("en", "More time"),), distributed_on=date(2026, 3, 2)),
            a_record("G/SPS/N/VNM/9", **shrimp),
        )
    )
    await office.deliver()
    seen = await account(office)
    told = await office.count(tables.items)
    assert (seen.findings, seen.subscribers) == ((), told)
    assert told == 3 + 2 + 1, "the loan brings codes and products, not the title"


async def test_a_record_or_a_notice_that_led_nowhere_is_found(busy: Office, frozen: FrozenClock) -> None:
    body = b'{"items": [{"documentSymbol": " G/TBT/N/USA/2211, G/TBT/N/CAN/9"}, {"documentSymbol": "G/SPS/N/EU/5"}]}'
    await busy.pull(a_page(a_record(SYMBOL), body=body))
    assert await found(busy) == [
        (Check.RECORD_WITHOUT_NOTICE, "G/SPS/N/EU/5", 1),
        (Check.RECORD_WITHOUT_NOTICE, "G/TBT/N/CAN/9", 1),
    ]
    await busy.pull(a_page(a_record(SYMBOL)))
    frozen.advance(hours=1)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    lose(busy, "DELETE FROM events WHERE key LIKE '%USA/1%' OR id = (SELECT max(id) FROM events)")
    assert await found(busy) == [(Check.NOTICE_WITHOUT_EVENT, "G/TBT/N/USA/1", 1)]


async def test_a_stage_that_stands_still_is_found_after_its_time(busy: Office, frozen: FrozenClock) -> None:
    ref = "G/TBT/N/USA/1"
    await busy.pull(a_page(a_record(ref)))
    frozen.advance(minutes=15)
    assert await found(busy) == [(Check.NEVER_SORTED, ref, 1)]
    await classify.sort_waiting(busy.database, busy.sorter)
    frozen.advance(minutes=15)
    assert await found(busy) == [(Check.NOT_JUDGED, ref, 1)]
    await release.release_by_rule(busy.database, busy.mode)
    frozen.advance(minutes=15)
    assert await found(busy) == [(Check.NOT_FANNED_OUT, ref, 1)]
    await fanout.fan_out(busy.database, PARENTS)
    frozen.advance(minutes=29)
    assert await found(busy) == [], "they had a mail within the last hour and a quarter"
    frozen.advance(minutes=1)
    assert await found(busy) == [(Check.NOT_GATHERED, ref, 3)]


@pytest.mark.parametrize("waiting", ["unlabelled", "unsure", "orphan", "contradictory"])
async def test_what_waits_for_a_reason_that_is_not_so_is_found(busy: Office, waiting: str) -> None:
    await busy.pull(
        a_page(a_record("G/TBT/N/USA/1"), a_record("G/TBT/N/USA/2", titles=(("en", "Widgets"),), products=""))
    )
    await busy.process()
    await write(
        busy,
        update(tables.events)
        .where(
            tables.events.c.notice_id.in_(select(tables.notices.c.id).where(tables.notices.c.ref == "G/TBT/N/USA/1"))
        )
        .values(released_at=None, fanned_out_at=None, waiting=waiting),
    )
    assert await found(busy) == [(Check.WRONGLY_HELD, "G/TBT/N/USA/1", 1)]


async def test_messages_that_do_not_move_are_found_after_their_time(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await busy.process()
    table = tables.deliveries
    first, second, third = (await pending(busy))[:3]
    await write(
        busy,
        update(table).where(table.c.id == first).values(state="leased", leased_by="gone", leased_until=frozen.now),
        update(table).where(table.c.id == second).values(state="unknown", due_at=frozen.now),
        update(table).where(table.c.id == third).values(state="needs_human", reason="poison"),
        insert(tables.attempts).values(
            delivery_id=third,
            number=1,
            message_hash="",
            started_at=frozen.now + timedelta(minutes=118),
            outcome="accepted",
        ),
    )
    frozen.advance(minutes=4)
    assert await found(busy) == [(Check.NEEDS_HUMAN, f"delivery {third}", 1)]
    frozen.advance(minutes=1)
    assert (Check.LEASE_LOST, "instant", 1) in await found(busy)
    frozen.advance(minutes=10)
    assert (Check.UNKNOWN_FOR_LONG, "instant", 1) in await found(busy)
    await write(busy, update(table).where(table.c.id.in_([first, second])).values(state="pending"))
    frozen.advance(minutes=105)
    assert (Check.DELIVERY_OVERDUE, "instant", 2) in await found(busy)


async def pending(office: Office) -> list[int]:
    async with office.database.reading() as connection:
        statement = select(tables.deliveries.c.id).where(tables.deliveries.c.state == DeliveryState.PENDING)
        return list((await connection.execute(statement.order_by(tables.deliveries.c.id))).scalars())


async def test_a_digest_that_was_not_made_is_found_and_one_that_was_is_not(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(hours=25)
    assert await found(busy) == [], "the digest hour was an hour ago"
    frozen.advance(hours=1)
    assert await found(busy) == [(Check.DIGEST_MISSING, SYMBOL, 1)]
    await busy.close_digests()
    await busy.drain()
    assert await found(busy) == []


async def test_windows_that_nobody_closes_are_found_where_a_worker_should(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(hours=26)
    await busy.close_digests()
    await busy.drain()
    frozen.advance(days=1)
    assert await found(busy) == []
    await upkeep.beat(busy.database, "digests", 30, None)
    assert await found(busy) == [(Check.DIGEST_MISSING, "2026-03-04", 1)]


async def test_missed_digests_of_seven_days_are_made_good_in_one(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(days=1, hours=1)
    await busy.close_digests()
    await busy.drain()
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await busy.process()
    frozen.advance(days=6)
    assert (Check.DIGEST_MISSING, "G/TBT/N/USA/1", 1) in await found(busy)
    assert await busy.close_digests() == 1
    await busy.drain()
    assert busy.recipients.count("daily@example.org") == 2
    assert await found(busy) == []


async def test_a_lost_confirmation_is_found(busy: Office) -> None:
    address = Address("new@example.org", "new", "example.org")
    wish = subscribe.SubscriptionRequest(
        address=address, criteria=Criteria(), frequency=Frequency.INSTANT, language=Language.VI
    )
    asked = await subscribe.ask(busy.desk, wish)
    assert await found(busy) == []
    lose(busy, "DELETE FROM deliveries WHERE kind = 'confirmation'")
    assert await found(busy) == [(Check.CONFIRMATION_GONE, f"subscription {asked.id}", 1)]


async def test_a_lost_mail_to_a_new_address_is_found_and_one_that_was_never_to_go_is_not(
    busy: Office, frozen: FrozenClock
) -> None:
    readdressing = AddressDesk(busy.database, busy.stationery.letterhead, [KEY])
    for domain in ("cong-ty.example", "elsewhere.example"):
        await readdress.ask_change(readdressing, 1, Address(f"nga@{domain}", "nga", domain))
        assert await found(busy) == []
    await readdress.ask_change(readdressing, 2, Address("nga@cong-ty.example", "nga", "cong-ty.example"))
    assert await found(busy) == [], "the address was asked today, and is not asked again"
    lose(busy, "DELETE FROM deliveries WHERE kind = 'new_address'")
    assert await found(busy) == [(Check.CONFIRMATION_GONE, f"address change {number}", 1) for number in (2, 3)]
    frozen.advance(days=2, seconds=1)
    gone = [ref for check, ref, _ in await found(busy) if check is Check.CONFIRMATION_GONE]
    assert gone == [], "their links hold no more"


async def test_a_lost_mail_that_was_to_verify_an_address_is_found_while_its_link_holds(
    busy: Office, frozen: FrozenClock
) -> None:
    office = Address("new@example.org", "new", "example.org")
    await organisations.save(busy.database, Organisation(key="vitas_tea", name_vi="Hiệp hội Chè"), "clerk", ())
    await organisations.add_contact(busy.database, "vitas_tea", office, "", "clerk", [KEY])
    desk = ContactDesk(busy.database, busy.stationery.letterhead, [KEY])
    await organisations.mail_link(desk, "vitas_tea", office, "clerk")
    assert await found(busy) == []
    lose(busy, "DELETE FROM deliveries WHERE kind = 'contact'")
    assert await found(busy) == [(Check.CONFIRMATION_GONE, "contact 1", 1)]
    frozen.advance(days=8)
    assert [ref for check, ref, _ in await found(busy) if check is Check.CONFIRMATION_GONE] == []


@pytest.mark.parametrize("kind", ["confirmation", "link", "new_address", "old_address", "contact"])
async def test_a_mail_that_somebody_waits_for_in_front_of_a_page_is_overdue_after_a_quarter_of_an_hour(
    busy: Office, frozen: FrozenClock, kind: str
) -> None:
    table = tables.deliveries
    await write(busy, update(table).where(table.c.id == 1).values(kind=kind, state="pending", due_at=frozen.now))
    frozen.advance(minutes=14)
    assert [one for one in await found(busy) if one[0] is Check.DELIVERY_OVERDUE] == []
    frozen.advance(minutes=1)
    assert (Check.DELIVERY_OVERDUE, kind, 1) in await found(busy)


async def test_alerts_that_found_readers_and_find_none_any_more_are_unusual(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol("usa@example.org", members=("USA",))
    await office.enrol("shoes@example.org", sectors=("footwear",))
    for number in range(1, 13):
        frozen.advance(hours=1)
        await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}")))
        await office.deliver()
    for number in range(1, 4):
        frozen.advance(hours=1)
        await office.pull(a_page(a_record(f"G/TBT/N/CAN/{number}")))
        await office.deliver()
    assert await found(office) == []
    frozen.advance(hours=1)
    await office.pull(a_page(a_record("G/TBT/N/CAN/9")))
    await office.deliver()
    assert await found(office) == [(Check.NOBODY_MATCHED, "textiles/regular", 4)]


async def test_a_sorter_that_labels_nothing_any_more_is_unusual(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    for number in range(1, 13):
        await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}")))
        await office.process()
    office.sorter.words = {}
    for number in range(13, 17):
        assert await found(office) == []
        frozen.advance(minutes=5)
        await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}")))
        await office.process()
    assert await found(office) == [(Check.NOTHING_LABELLED, "taxonomy", 4)]


async def signals(office: Office, *sources: str) -> list[tuple[Check, str]]:
    return [(one.check, one.ref) for one in await look(office.database, replace(TERMS, sources=sources))]


async def test_a_worker_that_stopped_is_found_and_one_that_never_ran_is_not(
    office: Office, frozen: FrozenClock
) -> None:
    assert await signals(office) == []
    await upkeep.beat(office.database, "process", 5, None)
    frozen.advance(minutes=2)
    assert await signals(office) == []
    frozen.advance(seconds=1)
    assert await signals(office) == [(Check.WORKER_STOPPED, "worker")]


async def test_a_job_that_is_late_or_fails_each_time_is_found(office: Office, frozen: FrozenClock) -> None:
    for minutes in (0, 14):
        frozen.advance(minutes=minutes)
        await upkeep.beat(office.database, "process", 5, "ValueError: no")
        await upkeep.beat(office.database, "digests", 30, None)
    assert await signals(office) == []
    frozen.advance(minutes=2)
    await upkeep.beat(office.database, "process", 5, "ValueError: no")
    await upkeep.beat(office.database, "digests", 30, None)
    assert await signals(office) == [(Check.JOB_FAILING, "process")]
    await upkeep.beat(office.database, "process", 5, None)
    assert await signals(office) == []
    frozen.advance(minutes=16)
    await upkeep.beat(office.database, "digests", 30, None)
    assert await signals(office) == [(Check.JOB_LATE, "process")]


@pytest.mark.parametrize("job", jobs_of(given_settings(smtp_url="smtp://127.0.0.1:25")))
async def test_every_job_that_stops_is_found_after_twice_its_period(
    office: Office, frozen: FrozenClock, job: Job
) -> None:
    terms = replace(TERMS, jobs=(job.name,))
    await upkeep.expect(office.database, {job.name: job.seconds})
    frozen.advance(seconds=max(2 * job.seconds, 900))
    await upkeep.beat(office.database, "another", 5, None)
    assert await look(office.database, terms) == []
    frozen.advance(seconds=1)
    assert [(one.check, one.ref) for one in await look(office.database, terms)] == [(Check.JOB_LATE, job.name)]


async def test_a_relay_that_takes_nothing_is_found(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    busy.mailer.answers = [HostDown("connection refused")]
    await busy.deliver()
    assert await signals(busy) == []
    frozen.advance(minutes=5)
    assert await signals(busy) == [(Check.RELAY_DOWN, "relay")]
    await busy.drain()
    assert await signals(busy) == []


async def test_a_relay_that_the_worker_cannot_use_for_two_probes_is_found(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await busy.process()
    for probe in range(2):
        assert await signals(busy) == [], probe
        await upkeep.beat(busy.database, "deliver", 60, "certificate expired")
        frozen.advance(minutes=1)
    await upkeep.beat(busy.database, "deliver", 60, "certificate expired")
    assert await signals(busy) == [(Check.RELAY_DOWN, "relay")]


async def test_a_relay_that_turns_away_whatever_it_is_offered_is_found(office: Office) -> None:
    for number in range(10):
        await office.enrol(f"reader{number}@example.org")
    await office.settled_baseline()
    await office.pull(a_page(a_record(SYMBOL)))
    office.mailer.answers = [*[TryLater(451, "451 4.3.0 queue full")] * 9, Accepted("250 ok")]
    await office.deliver()
    assert await signals(office) == [], "greylisting does that"
    await write(office, update(tables.attempts).values(outcome="deferred"))
    assert await signals(office) == [(Check.RELAY_DOWN, "relay")]


async def test_a_hold_is_told_and_what_it_holds_is_not_late(busy: Office, frozen: FrozenClock) -> None:
    frozen.advance(minutes=10)
    await busy.pull(a_page(a_record("G/TBT/N/USA/1")))
    await busy.process()
    await mend.hold(busy.database, "audit", "auditors are here", "staff")
    frozen.advance(hours=3)
    assert await found(busy) == [(Check.HOLD_STANDING, "audit", 1)]
    assert (await account(busy)).differences == ()


async def test_a_source_that_fails_for_a_day_and_one_with_nothing_new_are_found(
    busy: Office, frozen: FrozenClock
) -> None:
    frozen.advance(hours=24)
    assert await signals(busy, "eping") == [(Check.SOURCE_FAILING, "eping")]
    await busy.pull(a_page(a_record(SYMBOL)))
    assert await signals(busy, "eping") == []
    frozen.advance(days=3)
    await busy.pull(a_page(a_record(SYMBOL)))
    assert await signals(busy, "eping") == [(Check.SOURCE_SILENT, "eping")]
    assert Finding(Check.SOURCE_SILENT, "eping").gravity is Gravity.WARNING


async def test_holidays_are_no_silence_of_a_source(busy: Office, frozen: FrozenClock) -> None:
    off = [
        SpecialDay(day=day, kind=DayKind.HOLIDAY, name_vi="Nghỉ", name_en="Off", basis=Basis.ANNOUNCED)
        for day in (date(2026, 3, 4), date(2026, 3, 5))
    ]
    terms = replace(TERMS, sources=("eping",), calendar=WorkingCalendar(off))
    silent = []
    for _ in range(8):
        frozen.advance(days=1)
        await busy.pull(a_page(a_record(SYMBOL)))
        silent.append(any(one.check is Check.SOURCE_SILENT for one in await look(busy.database, terms)))
    assert silent == [False] * 7 + [True], (
        "worked are Tuesday, Friday and the Monday after; the third is over on Tuesday"
    )


async def test_a_look_changes_nothing(busy: Office) -> None:
    everything = tables.metadata.sorted_tables
    before = await busy.snapshot(*everything)
    await account(busy)
    assert await busy.snapshot(*everything) == before


async def test_a_message_that_took_the_number_of_a_lost_one_does_not_hide_it(busy: Office, frozen: FrozenClock) -> None:
    lose(busy, "DELETE FROM deliveries WHERE id = (SELECT max(id) FROM deliveries)")
    async with busy.database.reading() as connection:
        lost = (await connection.execute(select(tables.items.c.delivery_id, tables.items.c.subscriber_id))).all()
    number = max(row.delivery_id for row in lost if row.delivery_id)
    other = next(row.subscriber_id for row in lost if row.delivery_id not in {None, number})
    row = {"id": number, "key": "new", "kind": "instant", "priority": 2, "subscriber_id": other, "message_id": "new"}
    moment = {"state": "accepted", "due_at": frozen.now, "created_at": frozen.now}
    await write(busy, insert(tables.deliveries).values(**row, **moment))
    assert await found(busy) == [(Check.DELIVERY_GONE, SYMBOL, 1)]
