"""The emergency brake, holds that people set, and messages that only people can settle."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.deliveries import DeliveryState, Unknown
from app.domain.errors import AppError, Kind
from app.flow import mend, review
from app.flow.deliver import Drained, Outgoing, drain
from app.store import holds, tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office

READERS = 7


async def braked(office: Office, most: int) -> Drained:
    """Deliver with an emergency brake."""
    outgoing = Outgoing(
        mailer=office.mailer,
        stationery=office.stationery,
        bounce_address=lambda _: "bounces@keng.example",
        owner="worker",
        lease=timedelta(seconds=15),
        brake=most,
    )
    return await drain(office.database, outgoing)


async def held(office: Office) -> list[tuple[str, str]]:
    async with office.database.reading() as connection:
        return [(row.name, row.because) for row in await holds.standing(connection)]


async def audited(office: Office) -> list[tuple[str, str, dict[str, Any]]]:
    async with office.database.reading() as connection:
        rows = await connection.execute(select(tables.audit).order_by(tables.audit.c.id))
        return [(row.verb, row.subject, row.details) for row in rows]


async def told(office: Office, symbol: str) -> None:
    await office.pull(a_page(a_record(symbol)))
    await office.process()


@pytest.fixture
async def readers(office: Office) -> Office:
    await office.settled_baseline()
    for number in range(READERS):
        await office.enrol(f"reader{number}@example.org")
    office.group = timedelta(0)
    return office


async def test_the_brake_stops_a_runaway_loop_at_its_number(readers: Office, frozen: FrozenClock) -> None:
    for number in range(1, 5):
        await told(readers, f"G/TBT/N/USA/{number}")
        frozen.advance(hours=1)
        await braked(readers, 20)
    assert len(readers.recipients) == 20
    assert await held(readers) == [
        ("brake", "20 mails were handed over in 24 hours, as many as KENG_BRAKE_MAILS allows")
    ]
    frozen.advance(days=2)
    await braked(readers, 20)
    assert len(readers.recipients) == 20, "only a person lifts it"


async def test_a_brake_that_nothing_more_would_pass_is_not_pulled(readers: Office) -> None:
    await told(readers, "G/TBT/N/USA/1")
    await braked(readers, READERS)
    await braked(readers, READERS)
    assert (len(readers.recipients), await held(readers)) == (READERS, [])


async def test_after_the_lift_the_count_begins_anew(readers: Office, frozen: FrozenClock) -> None:
    await told(readers, "G/TBT/N/USA/1")
    await braked(readers, 5)
    frozen.advance(minutes=1)
    await mend.resume(readers.database, "brake", "a big day", "staff")
    await braked(readers, 5)
    assert (len(readers.recipients), await held(readers)) == (READERS, [])
    assert [(verb, subject) for verb, subject, _ in await audited(readers)] == [
        ("hold", "brake"),
        ("resume", "brake"),
    ]


async def test_hand_overs_of_more_than_a_day_ago_do_not_count_and_no_brake_counts_none(
    readers: Office, frozen: FrozenClock
) -> None:
    for number in (1, 2):
        await told(readers, f"G/TBT/N/USA/{number}")
        await braked(readers, READERS)
        frozen.advance(hours=24)
    await told(readers, "G/TBT/N/USA/3")
    await told(readers, "G/TBT/N/USA/4")
    await braked(readers, 0)
    assert (len(readers.recipients), await held(readers)) == (4 * READERS, [])


async def test_from_the_fourth_mail_in_an_hour_the_rest_gathers(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol("busy@example.org")
    office.group = timedelta(minutes=5)
    for number in range(1, 11):
        await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}", emergency=number > 8)))
        await office.deliver()
        frozen.advance(minutes=6)
    assert len(office.recipients) == 3
    await office.deliver()
    assert len(office.recipients) == 4, "the first of the three is an hour ago, and the rest comes in one mail"
    assert "G/TBT/N/USA/10" in office.inbox[-1][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one


async def test_a_hold_has_a_name_and_a_reason_and_stands_once(office: Office) -> None:
    await mend.hold(office.database, "audit", "auditors", "staff")
    for name, because, kind in (
        ("audit", "again", Kind.CONFLICT),
        ("other", " ", Kind.INVALID),
        (" ", "x", Kind.INVALID),
    ):
        with pytest.raises(AppError) as refused:
            await mend.hold(office.database, name, because, "staff")
        assert refused.value.kind is kind
    with pytest.raises(AppError, match="standing are: audit"):
        await mend.resume(office.database, "brake", "why", "staff")
    await mend.resume(office.database, "audit", "they left", "staff")
    assert await held(office) == []
    old = {"because": "auditors", "by": "staff", "at": "2026-03-02T01:30:00+00:00"}
    assert await audited(office) == [
        ("hold", "audit", {"because": "auditors"}),
        ("resume", "audit", {"because": "they left", "old": old, "new": None}),
    ]


async def poisoned(office: Office, ambiguous: int = 0) -> int:
    """A message that waits for a person."""
    await office.settled_baseline()
    await office.enrol("vitas@example.org")
    await told(office, "G/TBT/N/USA/1")
    table = tables.deliveries
    async with office.database.writing() as connection:
        values = {"state": "needs_human", "reason": "poison", "ambiguous": ambiguous}
        await connection.execute(update(table).values(**values))
        return int((await connection.execute(select(table.c.id))).scalar_one())


async def state(office: Office) -> tuple[str, str | None]:
    async with office.database.reading() as connection:
        row = (await connection.execute(select(tables.deliveries.c.state, tables.deliveries.c.reason))).one()
    return row.state, row.reason


async def test_a_message_that_waits_for_a_person_is_sent_again(office: Office, frozen: FrozenClock) -> None:
    number = await poisoned(office)
    frozen.advance(hours=5)
    await mend.settle(office.database, number, send=True, because="mended", actor="staff")
    await office.drain()
    assert office.recipients == ["vitas@example.org"]
    with pytest.raises(AppError) as refused:
        await mend.settle(office.database, number, send=True, because="again", actor="staff")
    assert refused.value.kind is Kind.CONFLICT


async def test_a_message_that_waits_for_a_person_is_given_up(office: Office) -> None:
    number = await poisoned(office)
    await mend.settle(office.database, number, send=False, because="told by phone", actor="staff")
    await office.drain()
    assert office.recipients == []
    assert await state(office) == (DeliveryState.SKIPPED, "settled: told by phone")
    assert (await audited(office))[-1] == (
        "settle",
        f"delivery {number}",
        {"decision": "drop", "because": "told by phone"},
    )


async def test_nobody_makes_a_third_copy(office: Office) -> None:
    number = await poisoned(office, ambiguous=2)
    with pytest.raises(AppError, match="never a third"):
        await mend.settle(office.database, number, send=True, because="please", actor="staff")
    with pytest.raises(AppError) as refused:
        await mend.settle(office.database, number + 1, send=True, because="please", actor="staff")
    assert refused.value.kind is Kind.MISSING


async def test_a_second_copy_that_a_person_allows_is_the_last(office: Office) -> None:
    number = await poisoned(office, ambiguous=1)
    await mend.settle(office.database, number, send=True, because="once more", actor="staff")
    office.mailer.answers = [Unknown("line broke")]
    await office.drain()
    assert (await state(office))[0] == DeliveryState.NEEDS_HUMAN


async def test_a_withdrawn_alert_is_not_sent_again(readers: Office, frozen: FrozenClock) -> None:
    for number in (1, 2):
        await told(readers, f"G/TBT/N/USA/{number}")
    await readers.drain()
    await review.withdraw(readers.database, "G/TBT/N/USA/1", "a mistake", "staff")
    with pytest.raises(AppError) as refused:
        await mend.rematch(readers.database, ["G/TBT/N/USA/1"], "an incident", "staff")
    assert refused.value.kind is Kind.CONFLICT
    with pytest.raises(AppError) as refused:
        await mend.rematch(readers.database, ["G/TBT/N/USA/9"], "an incident", "staff")
    assert refused.value.kind is Kind.MISSING
    yesterday = frozen.now - timedelta(days=1)
    assert await mend.released_since(readers.database, yesterday) == ["G/TBT/N/USA/2"]


async def test_that_the_addresses_of_who_waits_for_a_person_were_read_is_written_down(readers: Office) -> None:
    assert list(await mend.undecided(readers.database, 50, "clerk")) == []
    assert await audited(readers) == []
    await told(readers, "G/TBT/N/USA/1")
    async with readers.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=DeliveryState.NEEDS_HUMAN))
    rows = await mend.undecided(readers.database, 50, "clerk")
    assert len(rows) == READERS
    assert await audited(readers) == [("list_undecided", "outbox", {"people": READERS})]
