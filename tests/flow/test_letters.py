"""A letter reaches an organisation provably: once, at addresses that may be written to, and the register knows it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select, update

from app.domain.alarms import Check
from app.domain.deliveries import EMERGENCY_PRIORITY, PRIORITY, DeliveryKind, TryLater
from app.domain.errors import AppError
from app.domain.letters import Addressed, Enqueued, ReadyLetter, Unwritable
from app.domain.organisations import Organisation, Responsibility
from app.domain.scopes import EVERYTHING, Scope
from app.flow import organisations, personal_data, retention, review
from app.flow.reconcile import Terms, reconcile
from app.store import figures, merging, notices, register, tables
from app.store import letters as store
from app.store import organisations as organisation_store
from app.store.register import NO_ADDRESS, Question
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.flow.test_reconcile import lose
from tests.letters import SYMBOL, VITAS, VITAS_NAME, a_ready_letter
from tests.office import KEY, PARENTS, Office, plain

OFFICE, CHAIR, FORMER = "vanphong@hiephoi.example", "chutich@hiephoi.example", "cu@hiephoi.example"
TERMS = Terms(parents=PARENTS, digest_at=time(8, 30), pause=timedelta(hours=1))


async def add(office: Office, key: str, *mailboxes: str, verified: bool = True) -> None:
    for mailbox in mailboxes:
        await organisations.add_contact(office.database, key, address(mailbox), "", "clerk", [KEY])
        if verified:
            await organisations.verify(office.database, key, address(mailbox), "they called", "page", "clerk")


@pytest.fixture
async def ready_to_write(office: Office) -> Office:
    """An office with one notice, which nobody subscribes to, and VITAS with one verified address."""
    await office.settled_baseline()
    one = Organisation(key=VITAS, name_vi=VITAS_NAME, sectors=(("textiles", Responsibility.PRIMARY),))
    await organisations.save(office.database, one, "clerk", {"textiles"})
    await add(office, VITAS, OFFICE)
    await office.pull(a_page(a_record(SYMBOL)))
    await office.process()
    return office


async def send(office: Office, ready: ReadyLetter | None = None) -> Enqueued:
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        return await store.send(connection, ready or a_ready_letter(), "keng.example", "approver", now)


async def told(office: Office, scope: Scope = EVERYTHING, **asked: Any) -> Sequence[Any]:
    async with office.database.reading() as connection:
        number = await notices.notice_id_of(connection, asked.get("notice", ""))
        organisation = (await organisation_store.numbers_of(connection, [asked.get("organisation", "")])).values()
        question = Question(notice_id=number, organisation_id=next(iter(organisation), None))
        return await register.told(scope, connection, question, 50)


async def rows(office: Office, table: Any) -> list[Any]:
    async with office.database.reading() as connection:
        return list(await connection.execute(select(table).order_by(*table.primary_key)))


async def faults(office: Office) -> list[tuple[Check, str, int]]:
    return [(one.check, one.ref, one.count) for one in (await reconcile(office.database, TERMS)).findings]


def documents(mail: EmailMessage) -> dict[str, str]:
    """The words of the Word files of a mail, by their names."""
    found = {}
    for part in mail.iter_attachments():
        content = part.get_content()
        assert isinstance(content, bytes)
        found[part.get_filename() or ""] = "\n".join(one.text for one in Document(BytesIO(content)).paragraphs)
    return found


async def test_a_letter_reaches_the_verified_address_with_its_documents(
    ready_to_write: Office, frozen: FrozenClock
) -> None:
    office = ready_to_write
    done = await send(office)
    assert (done.written, done.fresh) == (1, True)
    await office.drain()
    ((recipient, mail),) = office.inbox
    assert recipient == OFFICE
    assert "CÒN 44 NGÀY ĐỂ TRẢ LỜI" in plain(mail)
    named = documents(mail)
    assert list(named) == ["Công văn G-TBT-N-USA-2211.docx", "Phiếu góp ý G-TBT-N-USA-2211.docx"]
    assert f"Kính gửi: {VITAS_NAME}" in named["Công văn G-TBT-N-USA-2211.docx"]
    assert OFFICE not in str(named)
    (row,) = await told(office, notice=SYMBOL)
    assert (row.what, row.kind, row.version, row.organisation, row.address) == ("letter", "letter", 1, VITAS, OFFICE)
    assert (row.state, row.skipped, row.handed_over_at, row.accepted_at) == ("accepted", None, frozen.now, frozen.now)
    (message,) = await rows(office, tables.messages)
    (delivery,) = await rows(office, tables.deliveries)
    assert delivery.message_hash == message.hash


async def test_a_letter_is_sent_once_whoever_runs_it_twice(ready_to_write: Office) -> None:
    office = ready_to_write
    first, second = await asyncio.gather(send(office), send(office))
    assert {first.fresh, second.fresh} == {True, False}
    await office.drain()
    again = await send(office)
    await office.drain()
    assert (again.letter_id, again.addressed, again.fresh) == (first.letter_id, first.addressed, False)
    assert office.recipients == [OFFICE]
    assert await office.count(tables.letters) == await office.count(tables.letter_recipients) == 1
    audit = [row for row in await rows(office, tables.audit) if row.verb == "send_letter"]
    assert [(row.actor, row.subject, row.details["written"]) for row in audit] == [("approver", SYMBOL, 1)]


async def test_a_repeat_is_the_same_bytes_under_the_same_id(ready_to_write: Office, frozen: FrozenClock) -> None:
    office = ready_to_write
    await send(office)
    office.mailer.answers = [TryLater(451, "451 4.7.1 greylisted")]
    await office.drain()
    frozen.advance(days=1)
    await office.drain()
    first, second = office.mailer.received
    assert (first.body, first.message_id) == (second.body, second.message_id)


async def test_who_may_not_be_written_to_gets_nothing_and_is_named_with_the_reason(ready_to_write: Office) -> None:
    office = ready_to_write
    await add(office, VITAS, "moi@hiephoi.example", verified=False)
    await add(office, VITAS, CHAIR, FORMER)
    await office.suppress(CHAIR)
    people = {row.address: row.id for row in await rows(office, tables.subscribers)}
    await personal_data.erase(office.database, people[FORMER], [KEY], "clerk", "staff", "asked")
    done = await send(office)
    assert set(done.addressed) == {
        Addressed(people[OFFICE]),
        Addressed(people["moi@hiephoi.example"], Unwritable.UNVERIFIED),
        Addressed(people[CHAIR], Unwritable.SUPPRESSED),
        Addressed(people[FORMER], Unwritable.ERASED),
    }
    await office.drain()
    assert office.recipients == [OFFICE]
    entries = {row.address: (row.state, row.skipped) for row in await told(office, organisation=VITAS)}
    assert entries == {
        OFFICE: ("accepted", None),
        "moi@hiephoi.example": (None, "unverified"),
        CHAIR: (None, "suppressed"),
        "": (None, "erased"),
    }
    assert await faults(office) == []


async def test_a_letter_that_waits_goes_to_no_address_that_was_taken_away_meanwhile(ready_to_write: Office) -> None:
    office = ready_to_write
    await add(office, VITAS, CHAIR)
    await send(office)
    await organisations.remove_contact(office.database, VITAS, address(CHAIR), "sai địa chỉ", "clerk")
    await office.drain()
    assert office.recipients == [OFFICE]
    states = {row.address: (row.state, row.reason) for row in await told(office, organisation=VITAS)}
    assert states == {OFFICE: ("accepted", None), CHAIR: ("skipped", "address removed")}
    assert await faults(office) == []


async def test_no_letter_goes_to_an_organisation_that_ended(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await organisations.end(office.database, VITAS, "giải thể", "clerk")
    await office.drain()
    assert office.recipients == []
    with pytest.raises(AppError, match="it ended"):
        await send(office, a_ready_letter(version=2))
    assert (await send(office)).fresh is False, "what stands is found"


async def test_who_was_removed_before_they_were_erased_is_no_address_of_a_later_letter(
    ready_to_write: Office, frozen: FrozenClock
) -> None:
    office = ready_to_write
    await add(office, VITAS, FORMER)
    await organisations.remove_contact(office.database, VITAS, address(FORMER), "hết nhiệm kỳ", "clerk")
    frozen.advance(days=1)
    people = {row.address: row.id for row in await rows(office, tables.subscribers)}
    await personal_data.erase(office.database, people[FORMER], [KEY], "clerk", "staff", "asked")
    assert (await send(office)).addressed == (Addressed(people[OFFICE]),)


async def test_nobody_could_be_written_to_is_an_answer(ready_to_write: Office) -> None:
    office = ready_to_write
    await organisations.save(office.database, Organisation(key="lefaso", name_vi="Lefaso"), "clerk", set())
    done = await send(office, a_ready_letter(organisation="lefaso"))
    assert (done.written, done.addressed) == (0, ())
    (row,) = await told(office, notice=SYMBOL, organisation="lefaso")
    assert (row.what, row.organisation, row.skipped) == ("letter", "lefaso", NO_ADDRESS)
    assert (row.state, row.address) == (None, "")
    assert await office.count(tables.deliveries) == 0


async def test_a_withdrawal_before_the_hand_over_stops_the_letter_and_every_later_one(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await review.withdraw(office.database, SYMBOL, "sent by mistake", "clerk")
    await office.drain()
    assert office.recipients == []
    (row,) = await told(office, notice=SYMBOL)
    assert (row.what, row.state, row.reason) == ("letter", "skipped", "withdrawn")
    with pytest.raises(AppError, match="was withdrawn"):
        await send(office, a_ready_letter(version=2))


async def test_a_letter_to_one_organisation_can_be_called_off_alone(ready_to_write: Office) -> None:
    office = ready_to_write
    await organisations.save(office.database, Organisation(key="vcosa", name_vi="VCOSA"), "clerk", set())
    await add(office, "vcosa", CHAIR)
    await send(office)
    await send(office, a_ready_letter(organisation="vcosa"))
    async with office.database.writing() as connection:
        number = (await organisation_store.numbers_of(connection, [VITAS]))[VITAS]
        notice = await notices.notice_id_of(connection, SYMBOL)
        assert notice is not None
        await store.call_off(connection, notice, "written by mistake", organisation_id=number)
    await office.drain()
    assert office.recipients == [CHAIR]


async def test_the_last_look_sees_what_happened_after_the_letter_was_rendered(
    ready_to_write: Office, frozen: FrozenClock
) -> None:
    office = ready_to_write
    await send(office)
    office.mailer.answers = [TryLater(451, "451 4.7.1 greylisted")]
    await office.drain()
    frozen.advance(days=1)
    async with office.database.writing() as connection:
        await connection.execute(update(tables.notices).values(withdrawn_at=frozen.now))
    await office.drain()
    assert len(office.mailer.received) == 1
    assert [row.state for row in await rows(office, tables.deliveries)] == ["skipped"]


async def test_an_address_that_is_no_longer_theirs_gets_no_letter_that_waits(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await organisations.remove_contact(office.database, VITAS, address(OFFICE), "they moved", "clerk")
    await office.drain()
    assert office.recipients == []


async def test_a_later_version_takes_the_place_of_what_waits_and_an_earlier_one_is_refused(
    ready_to_write: Office,
) -> None:
    office = ready_to_write
    await send(office)
    await send(office, a_ready_letter(version=2, content={"comment_deadline": date(2026, 5, 15)}))
    await office.drain()
    ((_, mail),) = office.inbox
    assert "Hạn góp ý của WTO: 15/05/2026" in plain(mail)
    states = {row.version: row.state for row in await told(office, notice=SYMBOL)}
    assert states == {1: "superseded", 2: "accepted"}
    assert (await send(office)).fresh is False, "version 1 is known"
    await send(office, a_ready_letter(version=4))
    with pytest.raises(AppError, match="a later version was sent already"):
        await send(office, a_ready_letter(version=3))
    with pytest.raises(AppError, match="in other words"):
        await send(office, a_ready_letter(version=2))


async def test_what_is_unknown_is_refused(ready_to_write: Office) -> None:
    for wrong in (a_ready_letter("G/TBT/N/USA/9"), a_ready_letter(organisation="nobody")):
        with pytest.raises(AppError, match="no such"):
            await send(ready_to_write, wrong)


async def test_did_x_get_y_answers_with_the_alert_and_the_letter(ready_to_write: Office, frozen: FrozenClock) -> None:
    office = ready_to_write
    await office.enrol(OFFICE, sectors=("textiles",))
    frozen.advance(hours=1)
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.deliver()
    async with office.database.reading() as connection:
        before = await figures.days_left(connection, date(2026, 3, 1), date(2026, 3, 31))
    frozen.advance(days=9)
    await send(office, a_ready_letter("G/TBT/N/USA/1"))
    await office.drain()
    entries = await told(office, notice="G/TBT/N/USA/1", organisation=VITAS)
    assert [(row.what, row.kind, row.version, row.state) for row in entries] == [
        ("letter", "letter", 1, "accepted"),
        ("notified", "instant", 1, "accepted"),
    ]
    async with office.database.reading() as connection:
        after = await figures.days_left(connection, date(2026, 3, 1), date(2026, 3, 31))
    assert after == before, "the days left when an alert arrived are not those of a letter"


async def test_a_letter_to_one_organisation_is_no_entry_of_another_with_the_same_address(
    ready_to_write: Office,
) -> None:
    office = ready_to_write
    await organisations.save(office.database, Organisation(key="vcosa", name_vi="VCOSA"), "clerk", set())
    await add(office, "vcosa", OFFICE)
    await send(office)
    async with office.database.reading() as connection:
        numbers = await organisation_store.numbers_of(connection, [VITAS, "vcosa"])
    assert await told(office, organisation="vcosa") == []
    assert await told(office, Scope(numbers["vcosa"]), notice=SYMBOL) == []
    assert len(await told(office, Scope(numbers[VITAS]), notice=SYMBOL)) == 1
    async with office.database.reading() as connection:
        assert await store.addressed_by(Scope(numbers["vcosa"]), connection, 1) == ()


async def test_pages_of_the_register_take_in_letters_without_a_gap(ready_to_write: Office) -> None:
    office = ready_to_write
    await add(office, VITAS, CHAIR)
    await send(office)
    async with office.database.reading() as connection:
        everything = list(await register.told(EVERYTHING, connection, Question(), 50))
        first, *_ = everything
        place = register.Place(first.listed_at, first.number, first.subscriber_id)
        rest = await register.told(EVERYTHING, connection, Question(), 50, place)
    assert [first, *rest] == everything
    assert len(everything) == 2


async def test_reconcile_finds_a_letter_whose_message_is_gone(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await office.drain()
    assert await faults(office) == []
    lose(office, "DELETE FROM attempts", "DELETE FROM deliveries")
    assert await faults(office) == [(Check.DELIVERY_GONE, SYMBOL, 1)]
    lose(office, "DELETE FROM letter_recipients")
    assert await faults(office) == [(Check.NOT_TOLD, SYMBOL, 1)]


async def test_an_erasure_takes_the_mail_and_leaves_the_documents(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await office.drain()
    handed_out = [one async for one in personal_data.records(office.database, 1)]
    (mine,) = [record for section, record in handed_out if section == "letters"]
    assert (mine["notice"], mine["organisation"], mine["version"]) == (SYMBOL, VITAS_NAME, 1)
    assert await personal_data.erase(office.database, 1, [KEY], "clerk", "staff", "asked") is True
    assert await office.count(tables.messages) == 0
    assert await office.count(tables.letter_files) == 2
    (row,) = await told(office, organisation=VITAS)
    assert (row.state, row.address, row.reply) == ("accepted", "", None)
    assert OFFICE not in str(await office.snapshot(*tables.metadata.sorted_tables))


async def test_an_erasure_before_the_hand_over_keeps_the_letter_from_going(ready_to_write: Office) -> None:
    office = ready_to_write
    await send(office)
    await personal_data.erase(office.database, 1, [KEY], "clerk", "staff", "asked")
    await office.drain()
    assert office.recipients == []
    assert await office.count(tables.messages) == 0


async def test_the_mail_goes_after_its_time_and_the_letter_stays_in_the_register(
    ready_to_write: Office, frozen: FrozenClock
) -> None:
    office = ready_to_write
    await send(office)
    await office.drain()
    frozen.advance(days=31)
    await retention.retain(office.database, [KEY])
    assert (await office.count(tables.messages), await office.count(tables.letter_files)) == (0, 2)
    frozen.advance(days=366)
    await retention.retain(office.database, [KEY])
    assert await office.count(tables.deliveries) == 0
    (row,) = await told(office, notice=SYMBOL)
    assert (row.what, row.version, row.skipped, row.state) == ("letter", 1, "told", None)
    again = await send(office)
    assert (again.fresh, again.written) == (False, 1)


async def test_letters_about_two_notices_that_are_one_are_all_kept(ready_to_write: Office) -> None:
    office = ready_to_write
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await send(office)
    await send(office, replace(a_ready_letter(), ref="G/TBT/N/USA/1"))
    async with office.database.writing() as connection:
        numbers = await notices.homes_of(connection, [SYMBOL, "G/TBT/N/USA/1"])
        await merging.merge_notices(connection, numbers[SYMBOL], numbers["G/TBT/N/USA/1"])
    assert sorted(row.version for row in await told(office, notice=SYMBOL)) == [1, 2]


async def test_an_address_that_reads_english_is_written_to_in_english(ready_to_write: Office) -> None:
    office = ready_to_write
    async with office.database.writing() as connection:
        await connection.execute(update(tables.subscribers).values(language="en"))
    await send(office)
    await office.drain()
    ((_, mail),) = office.inbox
    assert "44 DAYS LEFT TO REPLY" in plain(mail)


def test_a_letter_goes_after_confirmations_and_emergencies_and_before_digests() -> None:
    letter = PRIORITY[DeliveryKind.LETTER]
    assert PRIORITY[DeliveryKind.CONFIRMATION] < EMERGENCY_PRIORITY < letter < PRIORITY[DeliveryKind.DIGEST]
