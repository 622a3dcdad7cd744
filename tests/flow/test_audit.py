"""The audit is only appended to, sealed into one chain, and whoever changes it behind the program's back is found."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from app.domain.addresses import Address
from app.domain.alarms import SIGNALS, Alarm, Check
from app.domain.audit import BEGIN, Break, Fault, Head, Origin
from app.domain.errors import AppError
from app.domain.events import Telling
from app.domain.privacy import Erasure
from app.domain.quiet_hours import NEVER
from app.domain.subscriptions import Criteria, Frequency, Language
from app.domain.visits import Page, Window
from app.flow import (
    alarms,
    audit,
    backup,
    fanout,
    feedback,
    ingest,
    mend,
    personal_data,
    quiet_hours,
    reconcile,
    remind,
    retention,
    subscribe,
)
from app.store import audit as store
from app.store import holds, tables
from app.store.database import Connection, Database
from app.store.migrations import blocking_url
from app.store.origins import acting_from
from app.vault.tokens import keyed_hash
from tests.conftest import FrozenClock
from tests.fakes import FakeSource
from tests.house import ROOT
from tests.office import KEY, PARENTS, Office

READER = "nga@example.org"
TERMS = reconcile.Terms(parents=PARENTS, digest_at=time(8, 30), pause=timedelta(minutes=5))


async def wrote(office: Office, *subjects: str) -> None:
    for subject in subjects:
        async with office.database.writing() as connection:
            now = await office.database.now(connection)
            await store.write_audit(connection, "lan", "test", subject, {"old": None, "new": subject}, now)


async def audited(office: Office) -> list[Any]:
    async with office.database.reading() as connection:
        return list(await connection.execute(select(tables.audit).order_by(tables.audit.c.id)))


async def moment(office: Office) -> datetime:
    async with office.database.reading() as connection:
        return await office.database.now(connection)


async def seals(office: Office) -> list[tuple[int, int]]:
    async with office.database.reading() as connection:
        columns = select(tables.audit_seals.c.number, tables.audit_seals.c.audit_id)
        return [tuple(row) for row in await connection.execute(columns.order_by(tables.audit_seals.c.number))]


async def said(office: Office, *statements: str) -> None:
    """Say something to the database in its own shell."""
    async with office.database.writing() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


async def unguarded(office: Office, *statements: str) -> None:
    """Do as who owns the tables can: switch the triggers off, and change what they keep."""
    async with office.database.writing() as connection:
        await _drop_triggers(connection)
    await said(office, *statements)


async def _drop_triggers(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for table in ("audit", "audit_seals", "audit_heads"):
            await connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        return
    names = await connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"
    )
    for name in names.scalars().all():
        await connection.exec_driver_sql(f"DROP TRIGGER {name}")


EITHER = ("UPDATE THESE SET KEY = KEY + 100", "DELETE FROM THESE")
ONLY = {
    "sqlite": ("REPLACE INTO THESE SELECT * FROM THESE", "UPDATE OR REPLACE THESE SET KEY = 1"),
    "postgresql": (
        "TRUNCATE THESE CASCADE",
        "SET LOCAL session_replication_role = replica; DELETE FROM THESE",
    ),
}
"""What changes or destroys rows; THESE is a table and KEY its first column."""


@pytest.mark.parametrize(("table", "key"), [("audit", "id"), ("audit_seals", "number"), ("audit_heads", "id")])
async def test_the_database_refuses_to_change_or_destroy_a_row(office: Office, table: str, key: str) -> None:
    await wrote(office, "one", "two")
    await audit.verify(office.database)
    before = await office.snapshot(tables.metadata.tables[table])
    for statement in (*EITHER, *ONLY[office.database.dialect]):
        meant = statement.replace("THESE", table).replace("KEY", key)
        with pytest.raises(DBAPIError, match="only appended"):
            await said(office, *meant.split(";"))
    assert await office.snapshot(tables.metadata.tables[table]) == before != []


async def test_rows_are_sealed_in_their_order_and_once(office: Office) -> None:
    assert await audit.seal(office.database) == BEGIN
    await wrote(office, *"abcde")
    head = await audit.seal(office.database, batch=2)
    assert head.number == 5
    assert await audit.seal(office.database) == head
    await wrote(office, "f")
    assert (await audit.seal(office.database)).number == 6
    assert await seals(office) == [(number, number) for number in range(1, 7)]
    found = await audit.verify(office.database, batch=2)
    assert (found.rows, found.head.number, found.broken) == (6, 6, None)


async def test_a_row_that_is_committed_late_takes_the_next_place(office: Office, frozen: FrozenClock) -> None:
    row = {"at": frozen.now, "actor": "lan", "verb": "test", "subject": "x", "details": {}}
    for number in (20_000, 15_000, 3):
        async with office.database.writing() as connection:
            await connection.execute(tables.audit.insert().values(row | {"id": number}))
        await audit.seal(office.database)
    assert await seals(office) == [(1, 20_000), (2, 15_000)]
    assert (await audit.verify(office.database)).rows == 3, "however late, the next verification takes it in"
    assert await seals(office) == [(1, 20_000), (2, 15_000), (3, 3)]


async def test_several_writers_and_sealers_make_one_chain_without_gaps(office: Office, database_url: str) -> None:
    others = [Office(Database(database_url)) for _ in range(3)]

    async def busy(own: Office) -> None:
        for number in range(8):
            await wrote(own, str(number))
            await audit.seal(own.database, batch=3)

    await asyncio.gather(*(busy(one) for one in others))
    for one in others:
        await one.database.close()
    found = await audit.verify(office.database)
    assert (found.rows, found.broken) == (24, None)
    assert [number for number, _ in await seals(office)] == list(range(1, 25))


@pytest.mark.parametrize(
    ("done", "broken"),
    [
        ("UPDATE audit SET actor = 'nobody' WHERE id = 2", Break(2, 2, Fault.ROW_CHANGED)),
        ("UPDATE audit_seals SET hash = previous WHERE number = 2", Break(2, 2, Fault.ROW_CHANGED)),
        ("UPDATE audit_seals SET previous = hash WHERE number = 2", Break(2, 2, Fault.SEAL_CHANGED)),
        ("DELETE FROM audit_seals WHERE number = 2; DELETE FROM audit WHERE id = 2", Break(2, None, Fault.ROW_GONE)),
        (
            "DELETE FROM audit_seals WHERE number = 1; DELETE FROM audit WHERE id = 1",
            Break(1, None, Fault.BEGINNING_GONE),
        ),
        ("DELETE FROM audit_seals WHERE number = 3; DELETE FROM audit WHERE id = 3", Break(3, None, Fault.END_GONE)),
    ],
)
async def test_who_changes_it_all_the_same_is_found(office: Office, done: str, broken: Break) -> None:
    await wrote(office, "one", "two", "three")
    assert (await audit.verify(office.database)).broken is None
    await unguarded(office, *done.split(";"))
    assert (await audit.verify(office.database)).broken == broken


@pytest.mark.parametrize("changed", ["at = 'never'", "details = 'no JSON'", "details = '{\"events\": NaN}'"])
async def test_a_row_that_cannot_be_read_any_more_is_a_break_and_no_failure(office: Office, changed: str) -> None:
    if office.database.dialect == "postgresql":
        changed = "details = '[]'"
    await wrote(office, "one", "two", "three")
    await audit.verify(office.database)
    await unguarded(office, f"UPDATE audit SET {changed} WHERE id = 2")  # noqa: S608 - our own words
    broken = (await audit.verify(office.database)).broken
    assert broken is not None
    assert (broken.number, broken.fault in {Fault.ROW_GONE, Fault.ROW_CHANGED}) == (2, True)


async def test_a_planted_acceptance_without_a_number_and_a_fault_accepts_nothing(office: Office) -> None:
    await wrote(office, "one")
    await audit.seal(office.database)
    for details in (
        {},
        {"number": "1", "fault": "row_changed"},
        {"number": 1, "fault": "x"},
        {"number": 1, "fault": []},
        {"number": 1, "fault": "row_changed"},
        {"number": 1, "fault": "row_changed", "resumes": "1:abc", "row": None},
    ):
        async with office.database.writing() as connection:
            await store.write_audit(connection, "nobody", "accept_break", "audit", details, await moment(office))
    await unguarded(office, "UPDATE audit SET actor = 'nobody' WHERE id = 1")
    assert (await audit.verify(office.database)).broken == Break(1, 1, Fault.ROW_CHANGED)


async def test_a_head_from_a_log_tells_of_an_end_that_was_cut_before_any_verification(office: Office) -> None:
    await wrote(office, "one", "two")
    head = await audit.seal(office.database)
    await unguarded(office, "DELETE FROM audit_seals WHERE number = 2", "DELETE FROM audit WHERE id = 2")
    assert (await audit.verify(office.database)).broken is None
    assert (await audit.verify(office.database, [head])).broken == Break(2, None, Fault.END_GONE)
    with_another = Head(1, "a" * 64)
    assert (await audit.verify(office.database, [with_another])).broken == Break(1, 1, Fault.END_GONE)


async def test_a_break_is_an_alarm_until_it_is_explained(office: Office) -> None:
    await wrote(office, "one", "two")
    await unguarded(office, "UPDATE audit SET actor = 'nobody' WHERE id = 1")
    assert (await audit.verify(office.database)).broken is None, "it was not sealed yet"
    await unguarded(office, "UPDATE audit SET actor = 'somebody' WHERE id = 1")
    await audit.verify(office.database)
    (finding,) = await reconcile.look(office.database, TERMS)
    assert (finding.check, finding.alarm, finding.note) == (Check.AUDIT_BROKEN, Alarm.AUDIT_BROKEN, "row_changed at 1")
    assert finding.alarm in SIGNALS
    await alarms.note(office.database, [finding], SIGNALS)

    with pytest.raises(AppError, match="the first is at 1"):
        await audit.accept(office.database, 2, "the disk was repaired", "lan")
    with pytest.raises(AppError, match="reason"):
        await audit.accept(office.database, 1, " ", "lan")
    found = await audit.accept(office.database, 1, "the disk was repaired", "lan")
    assert (found.rows, found.broken, found.accepted) == (3, None, 1)
    assert await reconcile.look(office.database, TERMS) == []
    (*_, row) = await audited(office)
    assert (row.actor, row.verb) == ("lan", "accept_break")
    assert {name: row.details[name] for name in ("number", "fault", "because")} == {
        "number": 1,
        "fault": "row_changed",
        "because": "the disk was repaired",
    }
    await unguarded(office, "UPDATE audit SET actor = 'another' WHERE id = 1")
    assert (await audit.verify(office.database)).broken == Break(1, 1, Fault.ROW_CHANGED), "that was not explained"
    await unguarded(office, "UPDATE audit SET actor = 'somebody' WHERE id = 1")
    assert (await audit.verify(office.database)).broken is None
    await unguarded(office, "UPDATE audit SET actor = 'nobody' WHERE id = 2")
    assert (await audit.verify(office.database)).broken == Break(2, 2, Fault.ROW_CHANGED), (
        "another one is not passed over"
    )


async def test_an_explained_gap_that_grows_is_another_break(office: Office) -> None:
    await wrote(office, *"abcdefg")
    await audit.verify(office.database)
    await unguarded(office, "DELETE FROM audit_seals WHERE number = 4", "DELETE FROM audit WHERE id = 4")
    assert (await audit.accept(office.database, 4, "a bad sector", "lan")).broken is None
    await unguarded(office, "DELETE FROM audit_seals WHERE number = 5", "DELETE FROM audit WHERE id = 5")
    assert (await audit.verify(office.database)).broken == Break(4, None, Fault.ROW_GONE)


async def test_a_beginning_that_was_cut_before_its_time_is_found_whatever_the_chain_says(office: Office) -> None:
    await wrote(office, *"abcdef")
    heads = [(await audit.verify(office.database)).head]
    async with office.database.reading() as connection:
        columns = (tables.audit_seals.c.number, tables.audit_seals.c.hash)
        heads += [Head(*row) for row in await connection.execute(select(*columns).order_by(columns[0]))]
    await wrote(office, "g")
    await audit.seal(office.database)
    whole = await audit.verify(office.database, heads)
    assert (whole.broken, whole.too_early) == (None, [])
    cut = whole.head
    await wrote(office, "h")
    async with office.database.writing() as connection:
        details = {"number": cut.number, "hash": cut.hash, "rows": cut.number}
        await store.write_audit(connection, store.ITSELF, "cut_audit", "audit", details, await moment(office))
    await audit.seal(office.database)
    await unguarded(office, "DELETE FROM audit_seals WHERE number <= 7", "DELETE FROM audit WHERE id <= 7")
    assert (await audit.verify(office.database)).broken == Break(7, None, Fault.BEGINNING_GONE)
    await said(office, "DELETE FROM audit_heads")
    assert (await audit.verify(office.database)).broken is None, "nothing inside knows any more"
    assert (await audit.verify(office.database, heads)).too_early == heads
    assert (await audit.verify(office.database, [Head(7, "f" * 64)])).broken == Break(7, None, Fault.BEGINNING_GONE)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_table_of_a_sessions_own_leads_no_trigger_astray(office: Office) -> None:
    await wrote(office, "one", "two")
    await audit.seal(office.database)
    with pytest.raises(DBAPIError, match="only appended"):
        await said(
            office,
            "CREATE TEMP TABLE audit AS SELECT id, TIMESTAMPTZ '2000-01-01' AS at FROM audit",
            "DELETE FROM audit_seals",
        )


async def test_an_end_that_was_explained_counts_from_there(office: Office, frozen: FrozenClock) -> None:
    await wrote(office, "one", "two", "three")
    await audit.verify(office.database)
    await unguarded(office, "DELETE FROM audit_seals WHERE number > 1", "DELETE FROM audit WHERE id > 1")
    frozen.advance(minutes=1)
    assert (await audit.accept(office.database, 2, "an older copy was put in place", "lan")).broken is None
    frozen.advance(days=1)
    await wrote(office, "four")
    assert (await audit.verify(office.database)).broken is None
    await unguarded(office, "DELETE FROM audit_seals WHERE number = 3", "DELETE FROM audit WHERE subject = 'four'")
    assert (await audit.verify(office.database)).broken == Break(3, None, Fault.END_GONE)


async def test_erasing_a_person_and_cutting_what_is_old_leave_the_chain_whole(office: Office) -> None:
    number = await office.enrol(READER, sectors=("textiles",))
    await personal_data.hand_out(office.database, 1, "lan", "by_staff")
    await subscribe.stop(office.database, 1, number)
    await audit.verify(office.database)
    await personal_data.erase(office.database, 1, [KEY], "lan", "by_staff", f"{READER} asked")
    assert (await audit.verify(office.database)).broken is None
    assert READER not in repr(await audited(office))
    await retention.retain(office.database, [KEY], actor="lan")
    assert (await audit.verify(office.database)).broken is None


async def test_an_audit_of_which_everything_is_old_keeps_its_last_row_to_follow_on(
    office: Office, frozen: FrozenClock
) -> None:
    old = {"at": frozen.now - timedelta(days=800), "actor": "lan", "verb": "test", "subject": "x", "details": {}}
    async with office.database.writing() as connection:
        await connection.execute(tables.audit.insert(), [old] * 3)
    assert (await retention.retain(office.database, [KEY]))["audit"] == 2
    await wrote(office, "new")
    found = await audit.verify(office.database)
    assert (found.head.number, found.broken) == (6, None)


def test_rows_that_were_there_before_are_taken_into_the_chain(database_url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    command.downgrade(config, "0015")
    engine = create_engine(blocking_url(database_url))
    details = {"because": 'Kẻng "/"\n\u00e9', "deep": {"b": [1, True, None], "a": ""}, "count": 3}
    row = {"actor": "lan", "verb": "x", "subject": "y", "details": details}
    at = datetime(2026, 3, 2, 1, 30, 0, 120, UTC)
    with engine.begin() as connection:
        rows = [row | {"id": number, "at": at + timedelta(microseconds=number)} for number in (1, 2, 7)]
        connection.execute(tables.audit.insert(), rows)
    command.upgrade(config, "head")

    async def verified() -> audit.Verified:
        database = Database(database_url)
        try:
            return await audit.verify(database)
        finally:
            await database.close()

    found = asyncio.run(verified())
    assert (found.rows, found.head.number, found.broken) == (3, 3, None)
    command.downgrade(config, "0015")
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET actor = 'nga'"))
    engine.dispose()


async def test_a_row_says_from_where_the_act_came(office: Office) -> None:
    await wrote(office, "nobody said")
    for place in (Origin.COMMAND, Origin.WORKER):
        with acting_from(place):
            await asyncio.gather(asyncio.create_task(wrote(office, "a task begun there")))
    assert [row.origin for row in await audited(office)] == ["unknown", "command", "worker"]


async def test_what_a_row_says_of_an_address_is_masked_wherever_it_stands(office: Office) -> None:
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        await store.write_audit(
            connection, READER, "test", f"{READER}.db", {"old": [READER], "new": {"x": READER}}, now
        )
    (row,) = await audited(office)
    assert READER not in repr(row)


async def test_what_staff_do_to_one_subscriber_stands_in_the_audit(office: Office) -> None:
    number = await office.enrol(READER, sectors=("textiles",))
    await feedback.suppress(office.database, READER, "rang us", "lan")
    await feedback.suppress(office.database, READER, "rang again", "lan")
    with pytest.raises(AppError, match="reason"):
        await feedback.release(office.database, READER, "", "lan")
    await feedback.release(office.database, READER, "rang once more", "mai")
    await quiet_hours.set_quiet_hours(office.database, 1, NEVER, "mai")
    await remind.switch(office.database, 1, on=False)
    assert [(row.actor, row.verb, row.subject, row.details) for row in await audited(office)] == [
        ("lan", "suppress", "subscriber:1", {"old": None, "new": "by_staff", "because": "rang us"}),
        ("mai", "release_suppression", "subscriber:1", {"old": "by_staff", "new": None, "because": "rang once more"}),
        ("mai", "set_quiet_hours", "subscriber:1", {"old": None, "new": str(NEVER)}),
        ("subscriber:1", "switch_reminders", "subscriber:1", {"old": True, "new": False}),
    ]
    assert number == 1


async def test_a_hold_that_no_person_set_is_written_down_once_with_its_reason(office: Office) -> None:
    for because in ("too many complaints", "more of them"):
        async with office.database.writing() as connection:
            await holds.hold_by_itself(connection, "complaints", because, await moment(office))
    await mend.resume(office.database, "complaints", "looked into", "lan")
    held, lifted = await audited(office)
    assert (held.actor, held.verb, held.details) == ("kẻng", "hold", {"because": "too many complaints"})
    assert (lifted.actor, lifted.details["old"]["because"]) == ("lan", "too many complaints")


async def test_reading_many_addresses_stands_in_the_audit_and_among_what_left_the_house(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol(READER, sectors=("textiles",))
    await feedback.suppress(office.database, READER, "rang us", "lan")
    listed = await feedback.listed(office.database, ended=False, verb="export_suppressed", actor="mai")
    assert [row.address for row in listed] == [READER]
    concerned = personal_data.concerned(office.database, frozen.now, frozen.now + timedelta(days=1))
    exported = [row async for section, row in concerned if section == "exports"]
    assert [(row["actor"], row["verb"], row["details"]["people"]) for row in exported] == [
        ("mai", "export_suppressed", 1)
    ]


async def test_enrolling_on_a_word_given_to_staff_stands_in_the_audit(office: Office) -> None:
    request = subscribe.SubscriptionRequest(
        address=Address(READER, "nga", "example.org"),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.DAILY,
        language=Language.EN,
    )
    answer = await subscribe.enrol_by(office.database, request, [KEY], "lan")
    listed = subscribe.ListFile(rows=2000, refused=3, hash="a" * 64, confirmed=True)
    await subscribe.note_list(office.database, listed, "mai")
    one, many = await audited(office)
    assert (one.actor, one.verb, one.subject) == ("lan", "enrol", f"subscription:{answer.id}")
    assert one.details == {"subscriber": 1, "frequency": "daily", "language": "en"}
    assert (many.actor, many.verb) == ("mai", "enrol_list")
    assert many.details == {"rows": 2000, "refused": 3, "sha256": "a" * 64, "confirmed": True}


async def test_taking_in_and_closing_out_of_turn_stand_in_the_audit(office: Office, frozen: FrozenClock) -> None:
    window = Window(date(2026, 1, 1), date(2026, 1, 31))
    source = FakeSource([[Page()]] * 3, "eping")
    await ingest.pull(office.database, source, baseline_days=7, actor="lan")
    await ingest.pull(office.database, source, baseline_days=7, window=window, actor="lan")
    await ingest.import_pages(office.database, "file:csv", [Page()], baseline_days=7, telling=Telling.NONE, actor="mai")
    await fanout.note_closing(office.database, frozen.now, "mai")
    assert [(row.actor, row.verb, row.subject, row.details) for row in await audited(office)] == [
        ("lan", "pull", "eping", {"from": "2026-01-01", "to": "2026-01-31", "pull": 2}),
        ("mai", "import", "file:csv", {"telling": "none", "pull": 3}),
        ("mai", "close_digests", "digests", {"as_of": frozen.now.isoformat()}),
    ]


async def test_what_is_done_about_erasures_and_age_stands_in_the_audit(office: Office) -> None:
    await office.enrol(READER, sectors=("textiles",))
    await personal_data.name_erasures(office.database, "lan")
    erased = [Erasure(keyed_hash(READER, KEY), "erased", await moment(office))]
    assert await personal_data.reapply_erasures(office.database, [KEY], erased, "lan") == 1
    await retention.retain(office.database, [KEY], actor="mai")
    await retention.retain(office.database, [KEY])
    assert [(row.actor, row.verb, row.details) for row in await audited(office)] == [
        ("lan", "list_erasures", {}),
        ("lan", "erase_again", {"listed": 1}),
        ("lan", "erased_again", {"people": [1]}),
        ("mai", "retain", {}),
    ]


@pytest.mark.sockets
@pytest.mark.usefixtures("client_programs")
async def test_a_backup_is_written_down_with_the_head_that_it_holds(office: Office, tmp_path: Path) -> None:
    await wrote(office, "one")
    head = await audit.seal(office.database)
    url = office.database.url.render_as_string(hide_password=False)
    made = await backup.back_up(url, tmp_path / "nightly", "lan", lambda _said: None)
    assert made.head == head
    (*_, row) = await audited(office)
    assert (row.actor, row.verb, row.subject) == ("lan", "backup", "nightly")
    assert row.details == {"bytes": made.size, "head": str(head)}
