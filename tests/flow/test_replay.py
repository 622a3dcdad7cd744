"""What a change of taxonomy tells of the past: once, only what is open, and not at all when it is stopped."""

import asyncio
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.domain.bounces import SuppressionReason
from app.domain.deliveries import DeliveryState, TryLater, Unknown, settle
from app.domain.errors import AppError
from app.domain.notices import Record
from app.domain.replays import Outlook
from app.domain.subscriptions import Frequency
from app.flow import fanout, review, subscribe, upkeep
from app.flow import taxonomy as flow
from app.flow.deliver import waiting_now
from app.flow.fanout import replaying
from app.store import deliveries, replays, tables, verdicts
from app.store.database import Connection
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeSorter, Killed
from tests.office import PARENTS, Office, plain

TODAY = date(2026, 3, 2)
SECTORS = {"textiles", "footwear", "food", "seafood"}
OPEN, CLOSED, UNDATED, TEXTILE = (f"G/TBT/N/USA/{number}" for number in (1, 2, 3, 4))


WORDS = {"textile": "textiles", "pump": "footwear"}
"""By the second taxonomy pumps are footwear."""


def pumps(symbol: str, deadline: date | None, days_ago: int = 20) -> Record:
    circulated = TODAY - timedelta(days=days_ago)
    return a_record(
        symbol,
        titles=(("en", "Pumps for textile mills"),),
        products="Pumps",
        hs=("8413",),
        distributed_on=circulated,
        comment_deadline=deadline,
    )


@pytest.fixture
async def past(office: Office) -> Office:
    """Three notices that went out as textiles, to one reader; another asks for footwear and was told nothing."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.pull(
        a_page(pumps(OPEN, TODAY), pumps(CLOSED, TODAY - timedelta(days=1)), pumps(UNDATED, None), a_record(TEXTILE))
    )
    await office.deliver()
    assert office.recipients == ["vitas@example.org"]
    return office


async def apply(office: Office) -> None:
    """Put the second taxonomy in force and let everything be sorted by it."""
    await flow.put_in_force(office.database, "second", b"version: second", "staff")
    office.sorter = FakeSorter(words=WORDS, version="second")
    await office.deliver()


async def plan(office: Office) -> Outlook:
    return await fanout.plan_replay(office.database, "second", PARENTS)


async def send(office: Office) -> Outlook:
    return await fanout.send_replay(office.database, "second", PARENTS, "staff")


async def audited(office: Office, verb: str) -> list[dict[str, object]]:
    async with office.database.reading() as connection:
        rows = await connection.execute(select(tables.audit.c.details).where(tables.audit.c.verb == verb))
        return list(rows.scalars())


async def states(office: Office) -> list[tuple[str, str | None]]:
    table = tables.deliveries.c
    async with office.database.reading() as connection:
        rows = await connection.execute(select(table.state, table.reason).where(table.kind == "replay"))
        return [(row.state, row.reason) for row in rows]


async def test_applying_alone_tells_nobody_of_the_past(past: Office) -> None:
    await apply(past)
    assert past.recipients == ["vitas@example.org"]


async def test_a_replay_counts_the_past_and_mails_what_is_open(past: Office) -> None:
    await apply(past)
    outlook = await send(past)
    assert (outlook.past, outlook.open, outlook.people, outlook.mails) == (3, 1, 1, 1)
    await past.deliver()

    recipient, mail = past.inbox[-1]
    assert (recipient, len(past.inbox)) == ("lefaso@example.org", 2)
    assert mail["Subject"] == "[Kẻng] 3 thông báo trước đây nay khớp với đăng ký của bạn, 1 còn hạn góp ý"
    text = plain(mail)
    assert "3 thông báo trước đây nay khớp với đăng ký của bạn, 1 còn hạn góp ý." in text
    assert OPEN in text
    assert CLOSED not in text
    assert UNDATED not in text
    assert "Da giầy" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert await audited(past, "replay") == [{"past": 3, "open": 1, "people": 1, "mails": 1}]


async def test_a_trial_says_what_would_be_sent_and_writes_nothing(past: Office) -> None:
    await apply(past)
    before = await past.snapshot(*tables.metadata.sorted_tables)
    tried = await plan(past)
    assert await past.snapshot(*tables.metadata.sorted_tables) == before

    share = tried.shares[0]
    assert (share.facet, share.value, share.past, share.open, share.subscriptions) == ("sector", "footwear", 3, 1, 1)
    assert share.examples[0] == OPEN
    assert [(one.past, one.open) for one in tried.subscriptions] == [(3, 1)]
    assert await send(past) == tried


async def test_nobody_is_told_twice_however_often_it_is_sent(past: Office) -> None:
    await apply(past)
    told = await asyncio.gather(send(past), send(past))
    await asyncio.gather(*(fanout.gather_replays(past.database, "keng.example") for _ in range(2)))
    await past.deliver()
    again = await send(past)
    await past.deliver()

    assert sorted(one.mails for one in told) == [0, 1]
    assert (again.past, again.open, again.mails) == (2, 0, 0)
    assert past.recipients == ["vitas@example.org", "lefaso@example.org"]


async def test_without_a_change_there_is_nothing_to_tell(past: Office) -> None:
    outlook = await plan(past)
    assert (outlook.past, outlook.people, outlook.shares, outlook.subscriptions) == (0, 0, (), ())


async def test_what_a_broken_off_replay_left_is_gathered_by_the_next_beat(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.process()
    await past.process()
    assert await states(past) == [(DeliveryState.PENDING, None)]


@pytest.mark.parametrize("gone", ["unsubscribed", "suppressed", "unconfirmed", "late"])
async def test_who_is_not_to_be_mailed_is_not(past: Office, frozen: FrozenClock, gone: str) -> None:
    table = tables.subscribers
    async with past.database.reading() as connection:
        reader = (
            await connection.execute(select(table.c.id).where(table.c.identity == "lefaso@example.org"))
        ).scalar_one()
    mine = tables.subscriptions.c.subscriber_id == reader
    if gone == "unsubscribed":
        await subscribe.stop(past.database, reader, None)
    async with past.database.writing() as connection:
        if gone == "suppressed":
            reason = SuppressionReason.NO_SUCH_ADDRESS
            await verdicts.suppress(connection, reader, reason, ("5.1.1", "relay"), frozen.now)
        if gone == "unconfirmed":
            await connection.execute(update(tables.subscriptions).where(mine).values(confirmed_at=None))
        if gone == "late":
            late = frozen.now + timedelta(seconds=1)
            await connection.execute(update(tables.subscriptions).where(mine).values(confirmed_at=late))
    await apply(past)
    assert (await send(past)).mails == 0
    await past.deliver()
    assert past.recipients == ["vitas@example.org"]


async def test_who_leaves_before_the_mail_goes_is_not_mailed(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.process()
    async with past.database.reading() as connection:
        reader = (await connection.execute(select(tables.catch_ups.c.subscriber_id))).scalar_one()
    await subscribe.stop(past.database, reader, None)
    await past.drain()
    assert past.recipients == ["vitas@example.org"]


async def test_who_leaves_while_a_replay_is_written_is_not_mailed(past: Office, frozen: FrozenClock) -> None:
    await apply(past)
    await send(past)
    async with past.database.writing() as connection:
        ended = update(tables.subscriptions).values(ended_at=frozen.now, ended_because="asked")
        await connection.execute(ended)
    await past.deliver()
    assert past.recipients == ["vitas@example.org"]
    assert await states(past) == []


@pytest.mark.parametrize("frequency", [Frequency.DAILY, Frequency.WEEKLY])
async def test_a_reader_of_digests_gets_the_same_one_mail(office: Office, frequency: Frequency) -> None:
    await office.settled_baseline()
    await office.enrol("lefaso@example.org", frequency, sectors=("footwear",))
    await office.enrol("lefaso@example.org", Frequency.INSTANT, sectors=("footwear",), members=("USA",))
    await office.pull(a_page(pumps(OPEN, TODAY)))
    await office.deliver()
    await apply(office)
    await send(office)
    await office.deliver()
    await office.close_digests()
    await office.deliver()
    assert office.recipients == ["lefaso@example.org"]


async def test_a_withdrawn_notice_is_not_told_of(past: Office) -> None:
    await review.withdraw(past.database, OPEN, "sent in error", "staff")
    await apply(past)
    outlook = await send(past)
    assert (outlook.past, outlook.open, outlook.mails) == (2, 0, 0)


async def test_who_was_told_by_a_replay_hears_of_the_withdrawal_at_once(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.deliver()
    await review.withdraw(past.database, OPEN, "sent in error", "staff")
    past.group = timedelta()
    await past.deliver()
    assert past.recipients[2:] in (
        ["vitas@example.org", "lefaso@example.org"],
        ["lefaso@example.org", "vitas@example.org"],
    )
    assert "trước đây" not in past.inbox[-1][1]["Subject"]


async def test_what_closes_while_the_relay_is_down_is_not_told(past: Office, frozen: FrozenClock) -> None:
    await apply(past)
    await send(past)
    await past.process()
    frozen.advance(days=1)
    await past.drain()
    assert past.recipients == ["vitas@example.org"]
    assert await states(past) == [(DeliveryState.SKIPPED, "nothing left to tell")]


async def test_a_stop_skips_what_waits_and_lets_nothing_be_sent(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.process()
    assert await fanout.stop_replays(past.database, "staff") == 1
    assert await fanout.stop_replays(past.database, "staff") == 0
    await past.deliver()
    assert past.recipients == ["vitas@example.org"]
    assert await states(past) == [(DeliveryState.SKIPPED, "replay_stopped")]
    assert await audited(past, "stop_replays") == [{"skipped": 1}, {"skipped": 0}]
    with pytest.raises(AppError, match="replays are stopped"):
        await send(past)
    assert (await plan(past)).stopped


async def test_after_a_stop_the_next_replay_tells_what_was_skipped(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.process()
    await fanout.stop_replays(past.database, "staff")
    await fanout.resume_replays(past.database, "staff")
    with pytest.raises(AppError, match="not stopped"):
        await fanout.resume_replays(past.database, "staff")
    await past.deliver()
    assert past.recipients == ["vitas@example.org"]

    assert (await send(past)).mails == 1
    await past.deliver()
    assert past.recipients == ["vitas@example.org", "lefaso@example.org"]


async def test_a_stop_before_the_mails_are_made_leaves_nothing_to_send(past: Office) -> None:
    await apply(past)
    await send(past)
    await fanout.stop_replays(past.database, "staff")
    await past.deliver()
    assert past.recipients == ["vitas@example.org"]
    assert await states(past) == []


async def test_a_worker_that_holds_a_catch_up_mail_may_not_hand_it_over_after_a_stop(past: Office) -> None:
    await apply(past)
    await send(past)
    await past.process()
    async with past.database.writing() as connection:
        now = await past.database.now(connection)
        (held,) = await deliveries.claim(connection, "slow", now, now + timedelta(seconds=15), 10)
        kept = await deliveries.keep_messages(connection, [(held, b"bytes")], now)
        row = {"kind": "replay", "actor": "staff", "stopped_at": now}
        await connection.execute(tables.stops.insert().values(row))
        assert await deliveries.hand_over(connection, [(held, kept[held.id])], now) == set()
        await connection.execute(tables.stops.delete())
        assert await deliveries.hand_over(connection, [(held, kept[held.id])], now) == {held.id}


@pytest.mark.parametrize(
    ("answer", "told_again"), [(TryLater(451, "451 4.7.1 later"), True), (Unknown("the line broke"), False)]
)
async def test_a_stop_ends_what_was_tried_and_tells_again_only_what_cannot_have_arrived(
    past: Office, frozen: FrozenClock, answer: TryLater | Unknown, told_again: bool
) -> None:
    await apply(past)
    await send(past)
    await past.process()
    past.mailer.answers = [answer, answer]
    if isinstance(answer, Unknown):
        past.mailer.answers = [answer]
        async with past.database.writing() as connection:
            now = await past.database.now(connection)
            (held,) = await deliveries.claim(connection, "gone", now, now + timedelta(seconds=1), 10)
            kept = await deliveries.keep_messages(connection, [(held, b"bytes")], now)
            await deliveries.hand_over(connection, [(held, kept[held.id])], now)
        frozen.advance(seconds=2)
        async with past.database.writing() as connection:
            assert await deliveries.recover(connection, frozen.now) == 1
    else:
        await past.drain()
    await fanout.stop_replays(past.database, "staff")
    await fanout.resume_replays(past.database, "staff")
    frozen.advance(minutes=10)
    past.mailer.answers = []
    await past.deliver()
    assert len(past.mailer.received) <= 2
    assert ((await send(past)).mails == 1) is told_again


@pytest.fixture
async def three(office: Office, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Three readers whom a change of taxonomy concerns, told one by one."""
    monkeypatch.setattr(replaying, "_SUBSCRIBERS", 1)
    await office.settled_baseline()
    for number in range(3):
        await office.enrol(f"reader{number}@example.org", sectors=("footwear",))
    await office.pull(a_page(pumps(OPEN, TODAY)))
    await office.deliver()
    await apply(office)
    return office


READERS = ["reader0@example.org", "reader1@example.org", "reader2@example.org"]


async def test_readers_are_told_in_batches_that_add_up_to_what_the_trial_said(three: Office) -> None:
    heard: list[int] = []
    tried = await plan(three)
    outlook = await fanout.send_replay(three.database, "second", PARENTS, "staff", heard.append)
    assert outlook == tried
    assert heard == [1, 2, 3]
    await three.deliver()
    assert sorted(three.recipients) == READERS


async def test_a_replay_that_was_broken_off_is_finished_by_the_next_and_tells_nobody_twice(three: Office) -> None:
    def broken_off(people: int) -> None:
        if people == 2:
            raise Killed

    with pytest.raises(Killed):
        await fanout.send_replay(three.database, "second", PARENTS, "staff", broken_off)
    await three.deliver()
    assert sorted(three.recipients) == READERS[:2]
    assert (len(await audited(three, "begin_replay")), await audited(three, "replay")) == (1, [])

    assert (await send(three)).people == 1
    await three.deliver()
    assert sorted(three.recipients) == READERS


async def test_a_stop_while_a_replay_is_written_ends_it_there(three: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    tell = replays.tell

    async def told_before_the_stop(connection: Connection, replay: int, readers: list[int], now: datetime) -> None:
        await tell(connection, replay, readers, now)
        await replays.stop(connection, "staff", now)

    monkeypatch.setattr(replays, "tell", told_before_the_stop)
    with pytest.raises(AppError, match="stopped"):
        await send(three)
    await three.deliver()
    assert await three.count(tables.items) == 0
    assert three.recipients == []


async def test_a_mail_that_was_on_the_line_at_the_stop_and_came_back_is_told_by_the_next_replay(
    past: Office, frozen: FrozenClock
) -> None:
    await apply(past)
    await send(past)
    await past.process()
    async with past.database.writing() as connection:
        now = await past.database.now(connection)
        (held,) = await deliveries.claim(connection, "slow", now, now + timedelta(seconds=15), 10)
        kept = await deliveries.keep_messages(connection, [(held, b"bytes")], now)
        await deliveries.hand_over(connection, [(held, kept[held.id])], now)
    assert await fanout.stop_replays(past.database, "staff") == 0
    async with past.database.writing() as connection:
        later = settle(TryLater(451, "451 4.7.1 later"), now=now, attempts=1, ambiguous=0, first_due=now, jitter=0)
        assert await deliveries.record(connection, [(held, later)], now) == {held.id}

    frozen.advance(minutes=10)
    await past.drain()
    assert await states(past) == [(DeliveryState.DEFERRED, "deferred (451)")]
    assert await waiting_now(past.database) == (0, 0)
    await past.deliver()
    assert await states(past) == [(DeliveryState.SKIPPED, "replay_stopped")]
    await fanout.resume_replays(past.database, "staff")
    assert (await send(past)).mails == 1
    await past.deliver()
    assert past.recipients == ["vitas@example.org", "lefaso@example.org"]


async def test_a_replay_waits_until_everything_is_sorted_by_the_new_rules(past: Office) -> None:
    await flow.put_in_force(past.database, "second", b"version: second", "staff")
    assert (await plan(past)).unsorted == 4
    with pytest.raises(AppError, match="wait to be sorted"):
        await send(past)


async def test_what_an_older_taxonomy_sorted_after_a_newer_was_applied_is_sorted_anew_before_a_replay(
    past: Office,
) -> None:
    await flow.put_in_force(past.database, "second", b"version: second", "staff")
    await past.process()
    assert past.sorter.version == "test", "the process that sorted did not know the newer one yet"
    assert (await plan(past)).unsorted == 4
    assert await flow.outdate_left_over(past.database) == 4
    past.sorter = FakeSorter(words=WORDS, version="second")
    await past.process()
    assert (await plan(past)).unsorted == 0
    assert await flow.outdate_left_over(past.database) == 0


async def test_what_a_replay_matched_is_forgotten_once_no_replay_can_tell_it(past: Office, frozen: FrozenClock) -> None:
    await apply(past)
    await send(past)
    frozen.advance(days=89)
    await upkeep.sweep(past.database)
    assert await past.count(tables.replay_matches) == 3
    async with past.database.writing() as connection:
        still_open = update(tables.notices).where(tables.notices.c.ref == UNDATED)
        await connection.execute(still_open.values(comment_deadline=TODAY + timedelta(days=365)))
    frozen.advance(days=2)
    await upkeep.sweep(past.database)
    assert await past.count(tables.replay_matches) == 1


async def test_what_staff_decided_outlives_a_taxonomy_and_its_replay(past: Office) -> None:
    await review.correct(past.database, OPEN, {"footwear": "none"}, "pumps are no shoes", "staff", SECTORS)
    await review.correct(past.database, UNDATED, {"footwear": "primary"}, "so it says", "staff", SECTORS)
    await past.deliver()
    told = list(past.recipients)
    corrections = await past.snapshot(tables.corrections)
    await apply(past)
    outlook = await send(past)
    await past.deliver()

    assert (outlook.past, outlook.open) == (1, 0)
    assert await past.snapshot(tables.corrections) == corrections
    assert past.recipients == told


async def test_a_long_catch_up_comes_in_parts_that_say_so(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.pull(a_page(*(pumps(f"G/TBT/N/USA/{number}", TODAY) for number in range(1, 53))))
    await office.deliver()
    await apply(office)
    assert (await send(office)).mails == 2
    await office.deliver()
    assert sorted(str(mail["Subject"])[-10:] for _, mail in office.inbox) == ["(phần 1/2)", "(phần 2/2)"]
    assert all("52 thông báo trước đây" in str(mail["Subject"]) for _, mail in office.inbox)


async def test_an_open_notice_is_told_however_old_it_is_and_a_closed_one_not_counted(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol("lefaso@example.org", sectors=("footwear",))
    await office.pull(
        a_page(pumps(OPEN, TODAY + timedelta(days=5), 120), pumps(CLOSED, TODAY - timedelta(days=30), 120))
    )
    await office.deliver()
    await apply(office)
    outlook = await send(office)
    assert (outlook.past, outlook.open) == (1, 1)
