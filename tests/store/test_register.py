"""The dispatch register answers "did X get Y?" from the ledger, by indexes, for whoever may ask."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.deliveries import Refused
from app.domain.organisations import Organisation, Responsibility
from app.domain.scopes import EVERYTHING, Scope
from app.domain.subscriptions import Frequency
from app.flow import organisations, review
from app.store import notices, register
from app.store import organisations as store
from app.store.database import Connection, Database
from app.store.register import Place, Question
from app.store.tables import subscribers
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.crowd import crowd, planned, plans
from tests.flow.test_readdress import address
from tests.office import KEY, Office

VITAS, LEFASO = "vitas@example.org", "lefaso@example.org"
FIRST, SECOND = "G/TBT/N/USA/1", "G/TBT/N/USA/2"


@pytest.fixture
async def office(database: Database, frozen: FrozenClock) -> Office:
    """Two associations, one of textiles and one of footwear, each told of one notice; the second mail was refused."""
    office = Office(database)
    await office.settled_baseline()
    for key, mailbox, sector in (("vitas_textile", VITAS, "textiles"), ("lefaso", LEFASO, "footwear")):
        one = Organisation(key=key, name_vi=key, sectors=((sector, Responsibility.PRIMARY),))
        await organisations.save(database, one, "clerk", {sector})
        await office.enrol(mailbox, sectors=(sector,))
        await organisations.add_contact(database, key, address(mailbox), "", "clerk", [KEY])
        await organisations.verify(database, key, address(mailbox), "họ gọi điện", "danh bạ", "clerk")
    await office.pull(a_page(a_record(FIRST)))
    await office.deliver()
    frozen.advance(hours=1)
    shoes: dict[str, Any] = {"titles": (("en", "Safety of shoes"),), "products": "Shoes", "hs": ("64",)}
    await office.pull(a_page(a_record(SECOND, **shoes)))
    office.mailer.answers = [Refused(550, f"550 5.1.1 <{LEFASO}> unknown")]
    await office.deliver()
    return office


async def question(connection: Connection, notice: str | None = None, organisation: str | None = None) -> Question:
    number = None if notice is None else await notices.notice_id_of(connection, notice)
    named = {} if organisation is None else await store.numbers_of(connection, [organisation])
    return Question(notice_id=number, organisation_id=named.get(organisation or ""))


async def told(office: Office, scope: Scope = EVERYTHING, **asked: Any) -> list[Any]:
    async with office.database.reading() as connection:
        return list(await register.told(scope, connection, await question(connection, **asked), 50))


async def numbers(office: Office) -> dict[str, int]:
    async with office.database.reading() as connection:
        rows = await connection.execute(select(subscribers.c.address, subscribers.c.id))
        return {row.address: row.id for row in rows}


async def test_it_says_who_was_told_what_when_in_which_version_and_with_what_outcome(
    office: Office, frozen: FrozenClock
) -> None:
    (row,) = await told(office, notice=FIRST)
    assert (row.ref, row.what, row.version, row.kind, row.address) == (FIRST, "notified", 1, "instant", VITAS)
    assert (row.state, row.reply, row.skipped) == ("accepted", "250 2.0.0 ok", None)
    assert row.accepted_at < frozen.now
    (row,) = await told(office, notice=SECOND)
    assert (row.address, row.state, row.accepted_at) == (LEFASO, "rejected", None)


async def test_did_x_get_y_is_one_question_and_no_is_an_answer(office: Office) -> None:
    assert [row.ref for row in await told(office, organisation="vitas_textile")] == [FIRST]
    assert len(await told(office, notice=FIRST, organisation="vitas_textile")) == 1
    assert await told(office, notice=FIRST, organisation="lefaso") == []
    lefaso = (await numbers(office))[LEFASO]
    async with office.database.reading() as connection:
        own = await register.told(EVERYTHING, connection, Question(subscriber_id=lefaso), 50)
    assert [row.ref for row in own] == [SECOND]


async def test_a_change_and_a_withdrawal_are_entries_of_their_own_in_their_own_version(
    office: Office, frozen: FrozenClock
) -> None:
    frozen.advance(hours=1)
    await office.pull(a_page(a_record(FIRST, revision=2, comment_deadline=date(2026, 6, 1))))
    await office.deliver()
    frozen.advance(hours=1)
    await review.withdraw(office.database, FIRST, "sent by mistake", "clerk")
    await office.deliver()
    rows = await told(office, notice=FIRST)
    assert [(row.what, row.version) for row in rows] == [("retracted", 2), ("deadline_changed", 2), ("notified", 1)]


async def test_pages_follow_each_other_without_a_gap(office: Office) -> None:
    async with office.database.reading() as connection:
        everything = await register.told(EVERYTHING, connection, Question(), 50)
        (first,) = await register.told(EVERYTHING, connection, Question(), 1)
        place = Place(first.listed_at, first.number, first.subscriber_id)
        rest = await register.told(EVERYTHING, connection, Question(), 50, place)
    assert [first, *rest] == list(everything)
    assert len(everything) == 2


async def test_a_reader_of_one_organisation_sees_its_own_entries_whatever_is_asked(office: Office) -> None:
    async with office.database.reading() as connection:
        own = Scope((await store.numbers_of(connection, ["lefaso"]))["lefaso"])
        entries = await register.told(EVERYTHING, connection, Question(), 50)
        named = await register.organisations_of(own, connection, entries)
        everybody = await register.organisations_of(EVERYTHING, connection, entries)
    assert [row.ref for row in await told(office, own, organisation="lefaso")] == [SECOND]
    assert await told(office, own, notice=FIRST) == []
    assert await told(office, own, organisation="vitas_textile") == []
    assert [row.address for row in entries] == [LEFASO, VITAS]
    assert (named, everybody) == ([["lefaso"], []], [["lefaso"], ["vitas_textile"]])


async def test_what_was_sent_to_a_former_address_of_an_organisation_stays_in_the_register(office: Office) -> None:
    await organisations.remove_contact(office.database, "vitas_textile", address(VITAS), "they moved", "clerk")
    assert [row.address for row in await told(office, organisation="vitas_textile")] == [VITAS]


async def test_what_an_address_got_before_it_was_verified_or_after_it_was_removed_is_its_own(
    office: Office, frozen: FrozenClock
) -> None:
    """An association's chair subscribed in their own name; the register says of the association what it got itself."""
    database, chair = office.database, "chutich@example.org"
    await office.enrol(chair, sectors=("textiles",))
    kept: dict[str, list[str]] = {}
    for step, act in enumerate((None, "add", "verify", "remove"), 3):
        frozen.advance(hours=1)
        if act == "add":
            await organisations.add_contact(database, "lefaso", address(chair), "", "clerk", [KEY])
        elif act == "verify":
            await organisations.verify(database, "lefaso", address(chair), "họ gọi điện", "danh bạ", "clerk")
        elif act == "remove":
            await organisations.remove_contact(database, "lefaso", address(chair), "hết nhiệm kỳ", "clerk")
        ref = f"G/TBT/N/USA/{step}"
        await office.pull(a_page(a_record(ref)))
        await office.deliver()
        kept[ref] = []
    kept["G/TBT/N/USA/5"] = ["lefaso"]
    theirs = await told(office, organisation="lefaso")
    assert [row.ref for row in theirs] == ["G/TBT/N/USA/5", SECOND]
    async with database.reading() as connection:
        scope = Scope((await store.numbers_of(connection, ["lefaso"]))["lefaso"])
    assert [row.ref for row in await told(office, scope)] == ["G/TBT/N/USA/5", SECOND]
    async with database.reading() as connection:
        asked = Question(subscriber_id=(await numbers(office))[chair])
        rows = await register.told(EVERYTHING, connection, asked, 50)
        keys = await register.organisations_of(EVERYTHING, connection, rows)
    assert dict(zip([row.ref for row in rows], keys, strict=True)) == kept


async def test_what_waits_goes_by_when_it_was_listed_until_it_is_handed_over(
    office: Office, frozen: FrozenClock
) -> None:
    """A daily digest lists what it will tell before an address is verified, and is handed over afterwards."""
    late = "muon@example.org"
    await office.enrol(late, Frequency.DAILY, sectors=("textiles",))
    await organisations.add_contact(office.database, "lefaso", address(late), "", "clerk", [KEY])
    frozen.advance(hours=1)
    await office.pull(a_page(a_record("G/TBT/N/USA/9")))
    await office.deliver()
    frozen.advance(hours=1)
    await organisations.verify(office.database, "lefaso", address(late), "họ gọi điện", "danh bạ", "clerk")
    assert [row.ref for row in await told(office, organisation="lefaso")] == [SECOND]
    frozen.advance(days=1)
    await office.close_digests()
    await office.drain()
    assert [row.ref for row in await told(office, organisation="lefaso")] == ["G/TBT/N/USA/9", SECOND]


async def test_every_way_into_the_register_is_an_index(database: Database) -> None:
    await crowd(database)
    ways = {
        "a notice": (Question(notice_id=5), EVERYTHING, 10),
        "an address": (Question(subscriber_id=7), EVERYTHING, 10),
        "an organisation": (Question(organisation_id=1), EVERYTHING, 10),
        "its own scope": (Question(), Scope(1), 10),
        "an address and a notice": (Question(notice_id=1, subscriber_id=2), EVERYTHING, 1),
    }
    for way, (asked, scope, expected) in ways.items():
        async with database.reading() as connection:
            with planned(connection) as statements:
                assert len(await register.told(scope, connection, asked, 50)) == expected, way
                assert sum(row.entries for row in await register.counted(scope, connection, asked)) == expected, way
            found = await plans(connection, statements)
        for table in ("deliveries", "items"):
            assert f"SCAN {table}" not in found, f"{way}\n{found}"
            assert f"Seq Scan on {table}" not in found, f"{way}\n{found}"
            assert "deliveries" in found
