"""What people may ask about their data, and what erasing leaves."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select, update

from app.domain.addresses import Address
from app.domain.errors import AppError
from app.domain.organisations import Organisation
from app.domain.privacy import Erasure, RequestKind, erasure_lines, read_erasures
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import organisations, personal_data, readdress, subscribe
from app.flow.subscribe import ConfirmationPage
from app.store import letters, person_requests, tables
from app.store.personal_data import NOTHING_PERSONAL, SECTIONS, SHOWN, STAFF
from app.texts.consent_wordings import CURRENT, wording
from app.texts.personal_data import as_csv, as_json
from app.vault.tokens import keyed_hash
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.flow.test_subscribe import links
from tests.letters import a_ready_letter
from tests.office import KEY, Office

NGA = "nga@hiephoi.example"
OLDER_KEY = b"a key that was in use before the present one"


def addressed(text: str = NGA) -> Address:
    local, _, domain = text.partition("@")
    return Address(text, local, domain)


def asked(address: str = NGA, language: Language = Language.VI) -> subscribe.SubscriptionRequest:
    return subscribe.SubscriptionRequest(
        address=addressed(address),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.INSTANT,
        language=language,
    )


async def confirmed(office: Office, ip: str | None = "203.0.113.77", address: str = NGA) -> None:
    """Subscribe as people do: ask, get the link by mail, press its button on the English page."""
    await subscribe.ask(office.desk, asked(address))
    token = (await links(office))[-1]
    page = ConfirmationPage(language=Language.EN, keys=[KEY], ip=ip)
    assert await subscribe.confirm(office.database, token, page) is not None


async def erase(office: Office, number: int = 1) -> bool:
    return await personal_data.erase(office.database, number, [KEY], "person", "page", "asked")


async def tell(office: Office, symbol: str) -> list[str]:
    before = len(office.recipients)
    await office.pull(a_page(a_record(symbol)))
    await office.deliver()
    return office.recipients[before:]


async def written(chunks: AsyncIterator[str]) -> str:
    return "".join([chunk async for chunk in chunks])


@pytest.fixture
async def told(office: Office) -> Office:
    """An office in which Nga confirmed and was told of one notice."""
    await office.settled_baseline()
    await confirmed(office)
    assert await tell(office, "G/TBT/N/USA/1") == [NGA]
    return office


async def test_a_consent_says_what_was_agreed_to_where_when_and_by_which_link(
    told: Office, frozen: FrozenClock
) -> None:
    async with told.database.reading() as connection:
        (consent,) = await connection.execute(select(tables.consents))
        (link,) = await connection.execute(select(tables.confirmations.c.token_hash))
    assert (consent.purpose, consent.wording, consent.language) == ("alerts", CURRENT, "en")
    assert (consent.method, consent.given_at) == ("double_opt_in", frozen.now)
    assert (consent.ip, consent.network, consent.confirmation) == ("203.0.113.77", "203.0.113.0/24", link.token_hash)
    assert "only to send me the alerts" in wording(consent.wording, consent.language)


async def test_stopping_withdraws_the_consent_and_says_how(told: Office, frozen: FrozenClock) -> None:
    frozen.advance(hours=1)
    await subscribe.stop(told.database, 1, None, because="one_click")
    async with told.database.reading() as connection:
        (consent,) = await connection.execute(select(tables.consents))
    assert (consent.withdrawn_at, consent.withdrawn_because) == (frozen.now, "one_click")


async def test_nobody_is_mailed_without_a_consent_on_record(told: Office) -> None:
    await told.enrol("other@example.org", sectors=("textiles",))
    async with told.database.writing() as connection:
        await connection.execute(delete(tables.consents).where(tables.consents.c.subscription_id == 1))
    assert await tell(told, "G/TBT/N/USA/2") == ["other@example.org"]


async def test_nobody_is_mailed_whose_consent_goes_while_the_mail_waits(told: Office) -> None:
    await told.pull(a_page(a_record("G/TBT/N/USA/2")))
    await told.process()
    before = len(told.recipients)
    async with told.database.writing() as connection:
        await connection.execute(delete(tables.consents))
    await told.drain()
    assert told.recipients[before:] == []


async def test_every_active_subscription_has_a_consent_however_it_came_to_be(told: Office) -> None:
    await told.enrol("staff@example.org", sectors=("footwear",))
    found = tables.subscriptions.c
    async with told.database.reading() as connection:
        active = select(found.id).where(found.confirmed_at.is_not(None), found.ended_at.is_(None))
        consents = select(tables.consents.c.subscription_id).where(tables.consents.c.withdrawn_at.is_(None))
        assert set((await connection.execute(active)).scalars()) == set((await connection.execute(consents)).scalars())


async def ask_to_move(office: Office, subscriber: int) -> None:
    """Let a subscriber ask for another address."""
    desk = readdress.AddressDesk(office.database, office.stationery.letterhead, [KEY])
    await readdress.ask_change(desk, subscriber, Address("new@example.org", "new", "example.org"))


async def stand_for_an_organisation(office: Office) -> None:
    """Let Nga's address be that of an association, which a letter went to."""
    tea = Organisation(key="vitas_tea", name_vi="Hiệp hội Chè Việt Nam")
    await organisations.save(office.database, tea, "clerk", ())
    await organisations.add_contact(office.database, tea.key, addressed(), "Chị Nga", "clerk", [KEY])
    async with office.database.writing() as connection:
        now = await office.database.now(connection)
        await letters.send(connection, a_ready_letter("G/TBT/N/USA/1", tea.key), "keng.example", "clerk", now)


async def test_all_that_is_held_is_handed_out_as_json_and_csv(told: Office) -> None:
    await told.suppress(NGA)
    await ask_to_move(told, 1)
    await stand_for_an_organisation(told)
    await personal_data.hand_out(told.database, 1, "person", "page")
    found = json.loads(await written(as_json(personal_data.records(told.database, 1))))
    assert list(found) == list(SECTIONS)
    assert found["person"][0]["address"] == NGA
    assert found["subscriptions"][0]["asked"]["sectors"] == ["textiles"]
    assert found["consents"][0]["agreed_to"] == wording(CURRENT, "en")
    assert [one["notice"] for one in found["told"]] == ["G/TBT/N/USA/1"]
    mail = next(one for one in found["mails"] if one["kind"] == "instant")
    assert (mail["state"], mail["reply"], mail["message_id"]) == (
        "accepted",
        "250 2.0.0 ok",
        found["told"][0]["message_id"],
    )
    assert found["requests"][0]["kind"] == "access"
    assert found["suppressions"][0]["reason"] == "no_such_address"
    assert found["address_changes"][0]["address"] == "new@example.org"
    assert found["contacts"][0]["organisation"] == "Hiệp hội Chè Việt Nam"

    text = await written(as_csv(personal_data.records(told.database, 1)))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row["section"] for row in rows} == set(SECTIONS)
    assert {"section": "person", "record": "1", "field": "address", "value": NGA} in rows


async def test_handing_out_is_in_the_audit_under_a_hash_and_closes_what_was_asked(
    told: Office, frozen: FrozenClock
) -> None:
    number = await personal_data.note_request(told.database, addressed(), RequestKind.ACCESS, "clerk nga@x.example")
    await personal_data.hand_out(told.database, 1, "clerk", "staff")
    async with told.database.reading() as connection:
        rows = (await connection.execute(select(tables.audit).order_by(tables.audit.c.id))).all()
        (request,) = await person_requests.listed(connection, 9, finished=True)
    assert [row.verb for row in rows] == ["note_request", "export_person"]
    assert rows[0].actor == "clerk n***@x.example"
    assert rows[1].subject == "person:1"
    assert rows[1].details["who"] != keyed_hash(NGA, KEY), "a key of the person's own, which erasing destroys"
    assert NGA not in str(rows)
    assert (request.id, request.finished_at, request.outcome) == (number, frozen.now, "handed out")


async def test_an_erased_person_is_a_number_with_what_they_agreed_to_and_were_told(told: Office) -> None:
    assert await erase(told) is True
    assert await erase(told) is False
    assert await personal_data.held(told.database, 1) is None
    async with told.database.reading() as connection:
        (person,) = await connection.execute(select(tables.subscribers))
        (consent,) = await connection.execute(select(tables.consents))
        assert (await connection.execute(select(tables.subject_keys))).all() == []
    assert (person.address, person.wire, person.identity) == ("", "", "forgotten:1")
    assert (consent.ip, consent.network, consent.withdrawn_because) == (None, None, "erased")
    assert await told.count(tables.messages) == 0
    assert await told.count(tables.items) == 1
    with pytest.raises(AppError, match="it was erased"):
        await personal_data.find(told.database, addressed(), [KEY])


async def test_staff_cannot_bring_an_erased_person_back_and_the_person_can(told: Office, frozen: FrozenClock) -> None:
    await erase(told)
    with pytest.raises(AppError, match="only they can subscribe again"):
        await told.enrol(NGA, sectors=("textiles",))
    assert await tell(told, "G/TBT/N/USA/2") == []

    frozen.advance(days=2)
    await confirmed(told)
    assert await tell(told, "G/TBT/N/USA/3") == [NGA]
    await told.enrol(NGA, sectors=("footwear",))


async def test_an_erasure_holds_under_an_older_key(told: Office) -> None:
    await personal_data.erase(told.database, 1, [OLDER_KEY], "person", "page", "asked")
    with pytest.raises(AppError, match="only they can subscribe again"):
        await subscribe.enrol(told.database, [asked()], [KEY, OLDER_KEY])


async def test_erasing_opens_no_ceiling_on_confirmation_mails(told: Office, frozen: FrozenClock) -> None:
    await erase(told)
    frozen.advance(hours=1)
    before = len(await links(told))
    await subscribe.ask(told.desk, asked())
    assert len(await links(told)) == before, "one a day, also for who was forgotten in between"
    frozen.advance(days=1)
    assert len(await links(told)) == before + 1


async def test_who_an_older_copy_still_knows_is_erased_once_more(told: Office, frozen: FrozenClock) -> None:
    await told.enrol("ai@hiephoi.example", sectors=("textiles",))
    frozen.advance(hours=1)
    list_kept = list(read_erasures(erasure_lines([Erasure(keyed_hash(NGA, KEY), "erased", frozen.now)])))
    frozen.advance(hours=1)
    await told.pull(a_page(a_record("G/TBT/N/USA/2")))
    await told.process()
    for again in (1, 0):
        assert await personal_data.reapply_erasures(told.database, [KEY], list_kept, "lan") == again
    before = len(told.recipients)
    await told.drain()
    assert told.recipients[before:] == ["ai@hiephoi.example"]
    assert await personal_data.erasures(told.database) == list_kept


async def test_who_came_back_after_their_erasure_is_left_alone(told: Office, frozen: FrozenClock) -> None:
    await erase(told)
    list_kept = await personal_data.erasures(told.database)
    frozen.advance(days=2)
    await confirmed(told)
    assert await personal_data.reapply_erasures(told.database, [KEY], list_kept, "lan") == 0


@pytest.mark.parametrize(
    "lines",
    [
        ["{}"],
        ["x"],
        [],
        ['{"keng": "erasures", "version": 2}'],
        ['{"keng": "erasures", "version": 1}', '{"hash": "x"}'],
    ],
)
def test_a_file_that_is_no_list_of_erasures_is_refused(lines: list[str]) -> None:
    if not lines:
        assert list(read_erasures(lines)) == []
        return
    with pytest.raises(ValueError, match=r"line [12] is no line of a list of erasures"):
        list(read_erasures(lines))


async def test_requests_have_clocks_and_those_that_are_late_are_named(office: Office) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    friday = datetime(2026, 3, 6, 9, tzinfo=UTC)
    first = await personal_data.note_request(office.database, addressed(), RequestKind.ERASURE, "clerk", friday)
    await personal_data.note_request(office.database, addressed("who@x.example"), RequestKind.ACCESS, "clerk", friday)
    async with office.database.reading() as connection:
        rows = await person_requests.listed(connection, 9)
        assert [(row.kind, row.subscriber_id, row.answer_by, row.finish_by) for row in rows] == [
            ("access", None, date(2026, 3, 10), date(2026, 3, 16)),
            ("erasure", 1, date(2026, 3, 10), date(2026, 3, 26)),
        ]
        assert await person_requests.overdue(connection, date(2026, 3, 10), 9) == []
        assert len(await person_requests.overdue(connection, date(2026, 3, 11), 9)) == 2
    await personal_data.answer_request(office.database, first, "clerk")
    async with office.database.reading() as connection:
        (late,) = await person_requests.overdue(connection, date(2026, 3, 11), 9)
        assert late.kind == "access"
        assert len(await person_requests.overdue(connection, date(2026, 3, 27), 9)) == 2
    await personal_data.erase(office.database, 1, [KEY], "clerk", "staff", "by letter")
    await personal_data.finish_request(office.database, 2, "nothing is held of who@x.example", "clerk")
    with pytest.raises(AppError, match="no such request is open"):
        await personal_data.finish_request(office.database, 2, "again", "clerk")
    async with office.database.reading() as connection:
        assert await person_requests.listed(connection, 9) == []
        assert "who@x" not in str(await person_requests.listed(connection, 9, finished=True))


async def test_a_breach_names_whose_data_was_here_and_what_left(told: Office, frozen: FrozenClock) -> None:
    start = frozen.now
    frozen.advance(days=3)
    await personal_data.hand_out(told.database, 1, "clerk", "staff")
    await told.enrol("late@example.org", sectors=("textiles",))
    found = [one async for one in personal_data.concerned(told.database, start, start + timedelta(days=1))]
    assert [(section, record["address"]) for section, record in found] == [("people", NGA)]
    await erase(told)
    found = [one async for one in personal_data.concerned(told.database, start, frozen.now + timedelta(days=1))]
    assert [record["address"] for section, record in found if section == "people"] == ["", "late@example.org"]
    assert [record["verb"] for section, record in found if section == "exports"] == ["export_person"]


def test_every_table_that_leads_to_a_person_is_shown_or_says_why_not() -> None:
    ways = {"subscribers", "subscriptions", "deliveries", "digests", "messages", "accounts"}
    leading = {
        table.name
        for table in tables.metadata.sorted_tables
        if table.name in {"subscribers", "accounts"} or {key.column.table.name for key in table.foreign_keys} & ways
    }
    assert leading == SHOWN | set(NOTHING_PERSONAL) | set(STAFF)


async def test_masked_free_words_keep_no_address(told: Office) -> None:
    await personal_data.erase(told.database, 1, [KEY], "clerk", "staff", f"letter of {NGA}, 3 March")
    async with told.database.reading() as connection:
        rows = (await connection.execute(select(tables.audit))).all()
    assert NGA not in str(rows)
    assert rows[0].details["because"] == "letter of n***@hiephoi.example, 3 March"


async def test_who_asks_while_their_address_is_forgotten_begins_anew(told: Office) -> None:
    async with told.database.writing() as connection:
        await connection.execute(update(tables.subscribers).values(identity="forgotten:1"))
    assert (await subscribe.ask(told.desk, asked())).id == 2
