import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.domain.deliveries import Accepted, HostDown, Unknown
from app.domain.unknowns import LogPlace, LogReading, LogUnreadable, Resolution, is_delivery
from app.flow.resolve import HOLD, Journal, Resolved, resolve_unknowns
from app.sources import relay_log
from app.sources.relay_log import RelayLog
from app.store import holds, tables, unknowns
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.fakes import FakeMailer, FakeSource, Killed
from tests.flow.test_worker import a_worker
from tests.office import Office

SENDER = "b+17.abcdefghijklmnopqrstuv23@bounces.keng.example"
STRANGER = "3f2b8c1e-0d4a-4b6e-9a57-2c1d0e9f8a7b@keng.example"
STAMP = "Mar  2 08:30:11"


class Town:
    """An office whose relay keeps a log, and a mail in its outbox."""

    def __init__(self, office: Office, log: Path, frozen: FrozenClock) -> None:
        self.office, self.log, self.frozen = office, log, frozen
        self.journal = Journal(RelayLog(log, "keng.example", rests_for=0), lambda one: is_delivery(one, "keng.example"))

    async def look(self) -> Resolved:
        return await resolve_unknowns(self.office.database, self.journal)

    def write(self, *lines: str) -> None:
        with self.log.open("a", encoding="utf-8") as opened:
            opened.writelines(f"{STAMP} relay postfix/{line}\n" for line in lines)

    def queues(self, message_id: str, queue: str = "B532021A0D1", sender: str = SENDER) -> None:
        """Let the log say that the relay took a message."""
        self.write(
            f"cleanup[7]: {queue}: message-id=<{message_id}>",
            f"qmgr[8]: {queue}: from=<{sender}>, size=386, nrcpt=1 (queue active)",
        )

    @property
    def message_ids(self) -> list[str]:
        """What reached the relay, in order."""
        return [one.message_id for one in self.office.mailer.received]

    async def standing(self) -> list[tuple[str, str | None]]:
        """Where deliveries stand, and what the relay said."""
        statement = select(tables.deliveries.c.state, tables.deliveries.c.reply).order_by(tables.deliveries.c.id)
        async with self.office.database.reading() as connection:
            return [(row.state, row.reply) for row in await connection.execute(statement)]

    async def state(self) -> str:
        ((state, _),) = await self.standing()
        return state


@pytest.fixture
async def town(database: Database, tmp_path: Path, frozen: FrozenClock) -> Town:
    """A mail waits; the log was looked at before anything was sent."""
    office = Office(database, relay_log=True, group=timedelta(0))
    log = tmp_path / "mail.log"
    log.write_text(f"{STAMP} relay postfix/master[5]: daemon started -- version 3.7.11\n", "utf-8")
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/2211")))
    await office.process()
    town = Town(office, log, frozen)
    await town.look()
    frozen.advance(seconds=30)
    return town


@pytest.fixture
async def unclear(town: Town) -> Town:
    """The mail was handed over, and nobody knows whether it was taken."""
    town.office.mailer.answers = [Unknown("cut")]
    await town.office.drain()
    assert await town.standing() == [("unknown", None)]
    return town


async def test_what_the_log_saw_in_the_queue_is_accepted_by_its_word_and_not_repeated(unclear: Town) -> None:
    unclear.queues(*unclear.message_ids)
    resolved = await unclear.look()
    unclear.frozen.advance(minutes=20)
    await unclear.look()
    await unclear.office.drain()

    assert resolved.accepted == 1
    assert await unclear.standing() == [("accepted", f"in the relay's log: queued as B532021A0D1 at {STAMP}")]
    assert len(unclear.message_ids) == 1
    assert await unclear.office.count(tables.relay_sightings) == 0
    async with unclear.office.database.reading() as connection:
        tried = (await connection.execute(select(tables.attempts.c.outcome, tables.attempts.c.reply))).all()
    assert [row.outcome for row in tried] == ["accepted"]


async def test_nothing_unclear_is_sent_before_the_log_was_asked_however_long_it_takes(unclear: Town) -> None:
    for _ in range(5):
        unclear.frozen.advance(minutes=11)
        await unclear.office.drain()
    assert len(unclear.message_ids) == 1


async def test_what_the_log_does_not_know_for_ten_minutes_goes_once_more_as_it_was(unclear: Town) -> None:
    for _ in range(9):
        unclear.frozen.advance(minutes=1)
        await unclear.look()
        await unclear.office.drain()
    assert len(unclear.message_ids) == 1

    unclear.frozen.advance(minutes=1)
    assert (await unclear.look()).others == Counter({Resolution.REPEAT: 1})
    await unclear.office.drain()
    first, second = unclear.office.mailer.received
    assert (first.message_id, first.body) == (second.message_id, second.body)
    assert await unclear.standing() == [("accepted", "250 2.0.0 ok")]


async def test_a_repeat_whose_end_is_unclear_too_waits_for_a_person_unless_the_log_tells_its_end(unclear: Town) -> None:
    unclear.frozen.advance(minutes=10)
    await unclear.look()
    unclear.office.mailer.answers = [Unknown("cut again")]
    await unclear.office.drain()
    for _ in range(3):
        unclear.frozen.advance(minutes=30)
        await unclear.look()
        await unclear.office.drain()
    assert await unclear.standing() == [("needs_human", None)]
    assert len(unclear.message_ids) == 2

    unclear.queues(unclear.message_ids[0])
    await unclear.look()
    assert await unclear.state() == "accepted"


async def test_a_repeat_that_waits_for_the_relay_is_called_off_when_the_log_knows_it_after_all(unclear: Town) -> None:
    unclear.frozen.advance(minutes=10)
    await unclear.look()
    unclear.queues(*unclear.message_ids)
    await unclear.look()
    await unclear.office.drain()
    assert len(unclear.message_ids) == 1
    assert await unclear.state() == "accepted"


async def test_the_hand_over_of_a_worker_that_died_is_resolved_from_the_log(town: Town) -> None:
    town.office.mailer.dies = True
    with pytest.raises(Killed):
        await town.office.drain("worker that dies")
    town.office.mailer.dies = False
    town.queues(*town.message_ids)
    await town.look()
    assert await town.state() == "handing_over"

    town.frozen.advance(seconds=16)
    await town.office.drain()
    await town.look()
    town.frozen.advance(minutes=30)
    await town.look()
    await town.office.drain()
    assert await town.state() == "accepted"
    assert len(town.message_ids) == 1


async def test_a_log_that_cannot_be_read_repeats_nothing_and_after_an_hour_a_person_looks(unclear: Town) -> None:
    hidden = unclear.log.rename(unclear.log.with_name("hidden"))
    for _ in range(5):
        unclear.frozen.advance(minutes=11)
        assert (await unclear.look()).unreadable == "FileNotFoundError"
        await unclear.office.drain()
    assert await unclear.state() == "unknown"
    unclear.frozen.advance(minutes=5)
    await unclear.look()
    assert await unclear.state() == "needs_human"
    assert len(unclear.message_ids) == 1

    hidden.rename(unclear.log)
    unclear.queues(*unclear.message_ids)
    await unclear.look()
    assert await unclear.state() == "accepted"


async def test_a_log_with_a_gap_is_no_proof_that_a_message_was_not_taken(unclear: Town) -> None:
    unclear.log.write_text(f"{STAMP} relay postfix/qmgr[8]: AAAAAA1: removed\n", "utf-8")
    unclear.frozen.advance(minutes=30)
    await unclear.look()
    assert await unclear.state() == "unknown"
    unclear.frozen.advance(minutes=30)
    await unclear.look()
    assert await unclear.state() == "needs_human"


async def test_a_log_that_never_speaks_of_mail_that_was_taken_is_no_proof_either(unclear: Town) -> None:
    await unclear.office.enrol("lefaso@example.org", sectors=("footwear",))
    await unclear.office.pull(
        a_page(a_record("G/TBT/N/USA/2212", titles=(("en", "Safety of shoes"),), products="Footwear"))
    )
    unclear.frozen.advance(minutes=3)
    unclear.office.mailer.answers = [Accepted("250 2.0.0 ok")]
    await unclear.office.deliver()
    assert sorted(state for state, _ in await unclear.standing()) == ["accepted", "unknown"]

    unclear.frozen.advance(minutes=12)
    assert (await unclear.look()).others == Counter({Resolution.WAIT: 1})
    unclear.frozen.advance(hours=1)
    assert (await unclear.look()).others == Counter({Resolution.NEEDS_HUMAN: 1})


async def test_while_the_relay_is_stopped_its_silence_means_nothing(unclear: Town) -> None:
    unclear.write("master[5]: terminating on signal 15")
    for _ in range(3):
        unclear.frozen.advance(hours=1)
        await unclear.look()
    assert await unclear.state() == "unknown"

    unclear.write("master[6]: daemon started -- version 3.7.11")
    await unclear.look()
    unclear.frozen.advance(minutes=9)
    await unclear.look()
    assert await unclear.state() == "unknown"
    unclear.queues(*unclear.message_ids)
    await unclear.look()
    await unclear.office.drain()
    assert await unclear.state() == "accepted"
    assert len(unclear.message_ids) == 1


async def test_looking_twice_changes_nothing_more(unclear: Town) -> None:
    unclear.queues(*unclear.message_ids)
    await unclear.look()
    rows = [tables.deliveries, tables.attempts, tables.relay_logs, tables.relay_sightings, tables.holds]
    before = await unclear.office.snapshot(*rows)
    await unclear.look()
    assert await unclear.office.snapshot(*rows) == before


async def test_messages_that_the_log_knows_and_we_do_not_stop_all_mail_and_are_told(town: Town) -> None:
    town.queues(STRANGER)
    await town.look()
    await town.office.drain()

    assert town.message_ids == []
    async with town.office.database.reading() as connection:
        (held,) = await holds.standing(connection)
    assert (held.name, "B532021A0D1" in held.because) == (HOLD, True)
    async with town.office.database.reading() as connection:
        (stranger,) = await unknowns.unknown_to_us(connection)
    assert (stranger.message_id, stranger.queue_id, stranger.logged) == (STRANGER, "B532021A0D1", STAMP)


async def test_a_hold_that_was_lifted_comes_back_only_for_another_message(town: Town) -> None:
    town.queues(STRANGER)
    await town.look()
    async with town.office.database.writing() as connection:
        await holds.lift(connection, HOLD, await town.office.database.now(connection))
        await connection.execute(update(tables.relay_logs).values(read_to=0))
    await town.look()
    await town.office.drain()
    assert len(town.message_ids) == 1

    town.queues(STRANGER.replace("3f2b", "4f2b"))
    await town.look()
    assert await town.office.count(tables.holds) == 1


@pytest.mark.parametrize("sender", ["minister@keng.example", "keng@keng.example", ""])
async def test_mail_of_others_through_the_same_relay_holds_nothing(town: Town, sender: str) -> None:
    town.queues(STRANGER, sender=sender)
    town.queues("20260302.7@keng.example", "AAAAAA1")
    await town.look()
    assert await town.office.count(tables.holds) == 0


async def test_a_new_database_beside_an_old_log_holds_nothing(
    office: Office, tmp_path: Path, frozen: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_log, "_SLICE", 500)
    town = Town(office, tmp_path / "mail.log", frozen)
    for number in range(10):
        town.queues(STRANGER.replace("3f2b8c1e", f"3f2b8c0{number}"))
    await town.look()
    assert await office.count(tables.holds) == 0


async def test_a_restored_database_takes_from_the_log_what_was_sent_since(town: Town) -> None:
    async with town.office.database.reading() as connection:
        message_id = (await connection.execute(select(tables.deliveries.c.message_id))).scalar_one()
    town.queues(message_id)
    await town.look()
    await town.office.drain()
    assert town.message_ids == []
    assert await town.state() == "accepted"


class AskedLog:
    """A log that notes how many answers the relay had still to give when it was asked."""

    def __init__(self, mailer: FakeMailer) -> None:
        self.mailer = mailer
        self.asked: list[int] = []

    def read(self, place: LogPlace | None) -> LogReading | LogUnreadable:  # noqa: ARG002 - the log's signature
        self.asked.append(len(self.mailer.answers))
        return LogUnreadable("a test")


async def test_a_worker_asks_the_log_before_it_sends_and_again_when_the_relay_was_away(town: Town) -> None:
    mailer = town.office.mailer
    mailer.answers = [HostDown("away"), Accepted("250 2.0.0 ok")]
    log = AskedLog(mailer)
    worker = a_worker(town.office, FakeSource([]), "one")
    worker.journal = Journal(log, lambda _: False)
    assert worker.scheduled().get_job("resolve") is not None
    delivering = asyncio.create_task(worker.deliver())
    async with asyncio.timeout(30):
        while mailer.answers:
            worker.nudge.set()
            await asyncio.sleep(0.01)
    worker.stop.set()
    await delivering
    assert log.asked == [2, 1]


async def test_a_worker_without_a_log_has_none_to_ask(town: Town) -> None:
    assert a_worker(town.office, FakeSource([]), "one").scheduled().get_job("resolve") is None
