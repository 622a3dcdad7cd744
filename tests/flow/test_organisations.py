"""Organisations, their addresses and where notices go."""

import asyncio
import re
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from app.domain.errors import AppError
from app.domain.internal_deadlines import InternalDeadline
from app.domain.organisations import Organisation, Responsibility, Verification, mark_of
from app.domain.routing import Paper, Rule
from app.domain.scopes import EVERYTHING, Scope
from app.domain.subscriptions import Criteria, Frequency, Language
from app.domain.working_days import WorkingCalendar
from app.flow import organisations, personal_data, readdress, retention, routing, subscribe
from app.flow.organisations import ContactDesk
from app.flow.readdress import AddressDesk, Changing
from app.flow.subscribe import SubscriptionRequest
from app.store import organisations as store
from app.store import tables
from app.store.organisations import Contact
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_readdress import address
from tests.office import KEY, PARENTS, Office, plain

OFFICE = "vanphong@hiephoi.example"
VITAS = Organisation(
    key="vitas_textile",
    name_vi="Hiệp hội Dệt may Việt Nam",
    sectors=(("textiles", Responsibility.PRIMARY),),
    hs=("61",),
)
SECTORS = {"textiles", "footwear"}


def desk(office: Office) -> ContactDesk:
    return ContactDesk(office.database, office.stationery.letterhead, [KEY])


@pytest.fixture
async def known(office: Office) -> Office:
    """An office that knows VITAS with one address, which nobody verified."""
    await organisations.save(office.database, VITAS, "clerk", SECTORS)
    await organisations.add_contact(office.database, VITAS.key, address(OFFICE), "Văn phòng", "clerk", [KEY])
    return office


async def contacts(office: Office, scope: Scope = EVERYTHING) -> list[Contact]:
    async with office.database.reading() as connection:
        return await store.contacts_of(scope, connection, [VITAS.key])


async def mailed_token(office: Office) -> str:
    await organisations.mail_link(desk(office), VITAS.key, address(OFFICE), "clerk")
    await office.drain()
    found = re.search(r"/contact/(\S+)", plain(office.inbox[-1][1]))
    assert found is not None
    return found[1]


async def verbs(office: Office) -> list[tuple[str, str]]:
    async with office.database.reading() as connection:
        rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
        return [(row.verb, row.actor) for row in rows]


async def test_seeding_twice_adds_each_organisation_once_and_keeps_what_staff_changed(office: Office) -> None:
    seeds = [VITAS, Organisation(key="lefaso", name_vi="Hiệp hội Da - Giầy", sectors=())]
    assert await organisations.seed(office.database, seeds, "clerk") == 2
    changed = replace(VITAS, name_vi="Hiệp hội Dệt may", sectors=(("footwear", Responsibility.RELATED),))
    await organisations.save(office.database, changed, "clerk", SECTORS)
    assert await organisations.seed(office.database, seeds, "clerk") == 0
    async with office.database.reading() as connection:
        assert await store.one_of(EVERYTHING, connection, VITAS.key) == changed
        assert [one.key for one in await store.listed(EVERYTHING, connection)] == ["lefaso", "vitas_textile"]
    assert await office.count(tables.contacts) == 0
    assert [verb for verb, _ in await verbs(office)] == ["seed_organisations", "save_organisation"]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(VITAS, sectors=(("shoes", Responsibility.PRIMARY),)),
        replace(VITAS, name_vi=" "),
        replace(VITAS, key="VITAS"),
    ],
)
async def test_an_organisation_that_cannot_be_taken_is_refused(office: Office, wrong: Organisation) -> None:
    with pytest.raises(AppError):
        await organisations.save(office.database, wrong, "clerk", SECTORS)
    assert await office.count(tables.organisations) == 0


async def test_an_address_is_verified_by_whoever_reads_it_and_not_before(known: Office, frozen: FrozenClock) -> None:
    token = await mailed_token(known)
    assert known.recipients == [OFFICE]
    assert VITAS.name_vi in plain(known.inbox[0][1])
    (before,) = await contacts(known)
    assert (before.verified_at, before.writable) == (None, False)
    opened = await organisations.linked(known.database, token)
    assert opened is not None
    assert not opened.verified
    assert (await contacts(known))[0].verified_at is None, "opening the page changes nothing"
    for _ in range(2):
        done = await organisations.confirm(known.database, token)
        assert done is not None
        assert done.verified
    (after,) = await contacts(known)
    assert (after.verified_at, after.verified_by, after.writable) == (frozen.now, Verification.LINK, True)
    assert [verb for verb, _ in await verbs(known)].count("verify_contact") == 1


async def test_a_link_that_is_old_or_invented_verifies_nothing(known: Office, frozen: FrozenClock) -> None:
    token = await mailed_token(known)
    assert await organisations.confirm(known.database, "invented") is None
    frozen.advance(days=7, hours=15)
    assert await organisations.linked(known.database, token) is not None, "its last day counts"
    frozen.advance(hours=1)
    assert await organisations.linked(known.database, token) is None
    assert await organisations.confirm(known.database, token) is None
    assert (await contacts(known))[0].verified_at is None


async def test_an_address_is_asked_once_a_day_and_not_when_it_is_verified_or_suppressed(
    known: Office, frozen: FrozenClock
) -> None:
    await mailed_token(known)
    with pytest.raises(AppError, match="was asked today"):
        await organisations.mail_link(desk(known), VITAS.key, address(OFFICE), "clerk")
    frozen.advance(days=1)
    await known.suppress(OFFICE)
    with pytest.raises(AppError, match="is not written to"):
        await organisations.mail_link(desk(known), VITAS.key, address(OFFICE), "clerk")
    await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "their page", "clerk")
    with pytest.raises(AppError, match="verified already"):
        await organisations.mail_link(desk(known), VITAS.key, address(OFFICE), "clerk")
    assert (await contacts(known))[0].writable is False, "verified, but suppressed"


async def asked_again(office: Office) -> str | None:
    """Ask the address once more; return why it is not asked, None when it is."""
    try:
        await organisations.mail_link(desk(office), VITAS.key, address(OFFICE), "clerk")
    except AppError as error:
        return error.code
    return None


async def test_taking_an_address_away_and_adding_it_anew_opens_no_ceiling(known: Office, frozen: FrozenClock) -> None:
    """SE-13: once a day and three times a month, whatever becomes of the contact."""
    answers = []
    for _ in range(5):
        answers.append(await asked_again(known))
        await known.drain()
        await organisations.remove_contact(known.database, VITAS.key, address(OFFICE), "they moved", "clerk")
        await organisations.add_contact(known.database, VITAS.key, address(OFFICE), "", "clerk", [KEY])
        answers.append(await asked_again(known))
        frozen.advance(days=1)
    assert answers == [None, "asked-already", None, "asked-already", None, *["asked-already"] * 5]
    assert known.recipients == [OFFICE] * 3


async def test_the_ceilings_of_an_address_count_what_it_was_asked_for_either_way_in_all_spellings(
    known: Office, frozen: FrozenClock
) -> None:
    await mailed_token(known)
    tagged = SubscriptionRequest(
        address=address("vanphong+tin@hiephoi.example"),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.DAILY,
        language=Language.VI,
    )
    await subscribe.ask(known.desk, tagged)
    await known.drain()
    assert known.recipients == [OFFICE], "one mail to an unproven address a day"
    await subscribe.ask_each(known.desk, [replace(tagged, address=address("vanphong+hai@hiephoi.example"))])
    await known.drain()
    assert known.recipients == [OFFICE]
    frozen.advance(days=1)
    await known.drain()
    assert len(known.recipients) > 1, "it waits, and goes"


async def test_a_wish_is_mailed_its_confirmation_also_while_a_link_to_its_address_waits(
    known: Office, frozen: FrozenClock
) -> None:
    """The hour is full, so that the link waits; it would confirm no wish."""
    full = replace(desk(known), most_per_hour=1)
    await organisations.add_contact(known.database, VITAS.key, address("khac@hiephoi.example"), "", "clerk", [KEY])
    await organisations.mail_link(full, VITAS.key, address("khac@hiephoi.example"), "clerk")
    await organisations.mail_link(full, VITAS.key, address(OFFICE), "clerk")
    wish = SubscriptionRequest(
        address=address(OFFICE),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.DAILY,
        language=Language.VI,
    )
    await subscribe.ask(known.desk, wish)
    await subscribe.ask_each(known.desk, [replace(wish, criteria=Criteria(sectors=("footwear",)))])
    frozen.advance(days=2)
    await known.drain()
    assert known.recipients.count(OFFICE) == 2, "the link, and one confirmation of both wishes"


async def test_of_two_who_ask_an_address_at_once_one_is_told_that_it_was_asked(known: Office) -> None:
    await organisations.save(known.database, replace(VITAS, key="vcosa"), "clerk", SECTORS)
    await organisations.add_contact(known.database, "vcosa", address(OFFICE), "", "clerk", [KEY])
    both = [organisations.mail_link(desk(known), key, address(OFFICE), "clerk") for key in (VITAS.key, "vcosa")]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert [type(one) for one in answers].count(AppError) == 1
    await known.drain()
    assert known.recipients == [OFFICE]


async def test_a_link_that_waits_is_not_mailed_once_its_address_is_taken_away(known: Office) -> None:
    await organisations.mail_link(desk(known), VITAS.key, address(OFFICE), "clerk")
    await organisations.remove_contact(known.database, VITAS.key, address(OFFICE), "a mistake", "clerk")
    await known.drain()
    assert known.recipients == []


async def test_an_address_is_verified_once_and_the_first_moment_stays(known: Office, frozen: FrozenClock) -> None:
    token = await mailed_token(known)
    await organisations.confirm(known.database, token)
    since = frozen.now
    frozen.advance(days=1)
    with pytest.raises(AppError, match="verified already"):
        await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "their page", "clerk")
    assert await organisations.confirm(known.database, token) is not None
    (one,) = await contacts(known)
    assert (one.verified_at, one.verified_by) == (since, Verification.LINK)


async def test_who_saw_something_else_than_what_stands_saves_nothing(known: Office) -> None:
    seen = mark_of(VITAS)
    await organisations.save(known.database, replace(VITAS, website="https://a.example"), "nga", SECTORS, seen)
    with pytest.raises(AppError) as refused:
        await organisations.save(known.database, replace(VITAS, note="gọi buổi sáng"), "an", SECTORS, seen)
    assert refused.value.code == "organisation-newer"
    with pytest.raises(AppError) as taken:
        await organisations.save(known.database, VITAS, "an", SECTORS, "")
    assert (taken.value.code, taken.value.field) == ("organisation-known", "key")
    async with known.database.reading() as connection:
        stands = await store.one_of(EVERYTHING, connection, VITAS.key)
    assert stands == replace(VITAS, website="https://a.example")


async def test_fields_that_two_change_at_once_are_both_kept(known: Office) -> None:
    changes = ({"website": "https://a.example"}, {"note": "gọi buổi sáng"}, {"abbreviation": "VITAS"})
    await asyncio.gather(*(organisations.change(known.database, VITAS.key, one, "nga", SECTORS) for one in changes))
    async with known.database.reading() as connection:
        stands = await store.one_of(EVERYTHING, connection, VITAS.key)
    assert stands == replace(VITAS, website="https://a.example", note="gọi buổi sáng", abbreviation="VITAS")


async def test_the_audit_says_what_was_and_what_is_written_of_an_organisation(known: Office) -> None:
    after = replace(VITAS, hs=("61", "62"), sectors=(("footwear", Responsibility.RELATED),))
    await organisations.save(known.database, after, "nga", SECTORS)
    await organisations.save(known.database, after, "an", SECTORS)
    async with known.database.reading() as connection:
        saved = tables.audit.c.verb == "save_organisation"
        rows = (await connection.execute(select(tables.audit).where(saved).order_by(tables.audit.c.id))).all()
    first, second = (row.details["changed"] for row in rows)
    assert first["name_vi"] == [None, VITAS.name_vi]
    assert second == {"hs": [["61"], ["61", "62"]], "sectors": [{"textiles": "primary"}, {"footwear": "related"}]}
    assert rows[-1].actor == "nga", "what changes nothing is not written down"


async def test_staff_verify_with_a_reason_and_its_source(known: Office, frozen: FrozenClock) -> None:
    for because, source in (("", "their page"), ("they called", " ")):
        with pytest.raises(AppError, match="with a reason and its source"):
            await organisations.verify(known.database, VITAS.key, address(OFFICE), because, source, "clerk")
    await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "letter 12/HH", "clerk")
    (one,) = await contacts(known)
    assert (one.verified_at, one.verified_by) == (frozen.now, Verification.STAFF)
    assert (one.because, one.source) == ("they called", "letter 12/HH")


async def test_an_address_of_nobody_or_of_an_unknown_organisation_is_refused(known: Office) -> None:
    with pytest.raises(AppError, match="is no address of vitas_textile"):
        await organisations.verify(known.database, VITAS.key, address("x@example.org"), "a", "b", "clerk")
    with pytest.raises(AppError, match="no such organisation"):
        await organisations.add_contact(known.database, "vitas", address(OFFICE), "", "clerk", [KEY])


async def test_an_address_that_was_taken_away_is_nobodys_and_its_link_is_void(known: Office) -> None:
    token = await mailed_token(known)
    await organisations.remove_contact(known.database, VITAS.key, address(OFFICE), "they moved", "clerk")
    assert await contacts(known) == []
    assert await organisations.confirm(known.database, token) is None
    await organisations.add_contact(known.database, VITAS.key, address(OFFICE), "Văn phòng", "clerk", [KEY])
    assert [one.verified_at for one in await contacts(known)] == [None]


async def test_an_erased_person_is_no_contact_any_more_and_is_not_brought_back(known: Office) -> None:
    token = await mailed_token(known)
    await organisations.verify(known.database, VITAS.key, address(OFFICE), f"call of {OFFICE}", "page", "clerk")
    assert await personal_data.erase(known.database, 1, [KEY], "clerk", "staff", "asked") is True
    assert await contacts(known) == []
    assert await organisations.confirm(known.database, token) is None
    async with known.database.reading() as connection:
        (row,) = await connection.execute(select(tables.contacts))
        rows = str((await connection.execute(select(tables.audit))).all())
    assert (row.role, row.because, row.source) == ("", "", "")
    assert OFFICE not in rows
    with pytest.raises(AppError, match="had their data erased"):
        await organisations.add_contact(known.database, VITAS.key, address(OFFICE), "", "clerk", [KEY])


async def test_an_address_of_an_organisation_stays_though_it_subscribes_to_nothing(
    known: Office, frozen: FrozenClock
) -> None:
    await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "their page", "clerk")
    frozen.advance(days=400)
    await retention.retain(known.database, [KEY])
    assert [one.address for one in await contacts(known)] == [OFFICE]
    await organisations.remove_contact(known.database, VITAS.key, address(OFFICE), "they moved", "clerk")
    await retention.retain(known.database, [KEY])
    async with known.database.reading() as connection:
        assert list((await connection.execute(select(tables.subscribers.c.address))).scalars()) == [""]


async def test_an_address_that_nobody_verified_goes_ninety_days_after_it_was_last_asked(
    known: Office, frozen: FrozenClock
) -> None:
    frozen.advance(days=60)
    await mailed_token(known)
    frozen.advance(days=90)
    assert (await retention.retain(known.database, [KEY]))["contacts"] == 0
    frozen.advance(seconds=1)
    done = await retention.retain(known.database, [KEY])
    assert (done["contacts"], done["contact_links"], done["people"]) == (1, 1, 1)
    assert await contacts(known) == []
    async with known.database.reading() as connection:
        assert list((await connection.execute(select(tables.subscribers.c.address))).scalars()) == [""]
    assert not any((await retention.retain(known.database, [KEY])).values())


async def test_links_that_verified_go_and_what_they_verified_stays(known: Office, frozen: FrozenClock) -> None:
    token = await mailed_token(known)
    await organisations.confirm(known.database, token)
    frozen.advance(days=91)
    done = await retention.retain(known.database, [KEY])
    assert (done["contacts"], done["contact_links"]) == (0, 1)
    assert (await contacts(known))[0].verified_by is Verification.LINK


async def test_addresses_of_an_organisation_that_ended_go_when_it_is_not_restored(
    known: Office, frozen: FrozenClock
) -> None:
    await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "their page", "clerk")
    frozen.advance(days=30)
    await organisations.end(known.database, VITAS.key, "sáp nhập", "clerk")
    frozen.advance(days=28)
    assert (await retention.retain(known.database, [KEY]))["people"] == 0
    frozen.advance(seconds=1)
    assert (await retention.retain(known.database, [KEY]))["people"] == 1


async def test_nobody_else_takes_over_the_address_of_an_organisation(known: Office) -> None:
    number = await known.enrol("nga@cong-ty.example", sectors=("textiles",))
    assert number
    asking = AddressDesk(known.database, known.stationery.letterhead, [KEY])
    await readdress.ask_change(asking, 2, address(OFFICE))
    await known.drain()
    found = [re.search(r"/move/(\S+)", plain(mail)) for who, mail in known.inbox if who == OFFICE]
    assert found[0] is not None
    assert await readdress.confirm_change(known.database, found[0][1]) is Changing.TAKEN


async def test_a_reader_of_one_organisation_sees_no_other(known: Office) -> None:
    await organisations.save(known.database, replace(VITAS, key="other"), "clerk", SECTORS)
    async with known.database.reading() as connection:
        numbers = await store.numbers_of(connection, ["other", VITAS.key])
        other, own = Scope(numbers["other"]), Scope(numbers[VITAS.key])
        assert [one.key for one in await store.listed(other, connection)] == ["other"]
        assert await store.one_of(other, connection, VITAS.key) is None
        assert await store.contact(other, connection, VITAS.key, OFFICE) is None
        assert await store.reach(own, connection) == {VITAS.key: (1, 0)}
        assert await store.reach(other, connection) == {}
    assert await contacts(known, other) == []


async def test_a_plan_says_who_gets_what_why_and_by_when_to_answer(known: Office) -> None:
    await known.settled_baseline()
    await known.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=date(2026, 5, 1))))
    await known.process()
    plan = await routing.planned(known.database, "G/TBT/N/USA/1", PARENTS, WorkingCalendar([]))
    (one,) = plan.dispatches
    assert (one.organisation.key, one.destination.paper, one.destination.rule) == (
        VITAS.key,
        Paper.LETTER,
        Rule.RESPONSIBLE,
    )
    assert (one.writable, plan.none_because) == (0, None), "nothing is verified, so nothing could be sent"
    assert plan.asked_by == InternalDeadline(date(2026, 4, 17), urgent=False)
    await organisations.verify(known.database, VITAS.key, address(OFFICE), "they called", "their page", "clerk")
    plan = await routing.planned(known.database, "G/TBT/N/USA/1", PARENTS, WorkingCalendar([]))
    assert plan.dispatches[0].writable == 1
    with pytest.raises(AppError, match="no such notice"):
        await routing.planned(known.database, "G/TBT/N/USA/9", PARENTS, WorkingCalendar([]))
