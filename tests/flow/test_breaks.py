"""The last digest before Tết names what falls due inside it, to those who were told of it before."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.domain.deliveries import HostDown, Unknown
from app.domain.notices import Record
from app.domain.subscriptions import Frequency
from app.flow import review, subscribe
from app.i18n.dates import VIETNAM
from app.sources.holidays import calendar_of
from app.store import breaks, tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

EVE = date(2027, 2, 3)
"""The last working day before Tết 2027, which takes from 4 to 10 February."""
THIRD_DAY = date(2027, 2, 6)
HEADING = "Hạn góp ý rơi vào kỳ nghỉ từ 04/02/2027 đến 10/02/2027"
DAY = timedelta(days=1)


def go_to(frozen: FrozenClock, day: date, hour: int = 8, minute: int = 30) -> None:
    frozen.now = datetime.combine(day, time(hour, minute), VIETNAM).astimezone(UTC)


def due(symbol: str, deadline: date, **values: Any) -> Record:
    return a_record(symbol, distributed_on=date(2026, 12, 7), comment_deadline=deadline, **values)


@pytest.fixture
async def office(office: Office, frozen: FrozenClock) -> Office:
    """An office in which two readers were told in December of what falls due on the third day of Tết, and of the rest."""
    office.calendar = calendar_of(None)
    go_to(frozen, date(2026, 12, 6))
    await office.settled_baseline()
    await office.close_digests()
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.enrol("weekly@example.org", Frequency.WEEKLY, sectors=("textiles",))
    await office.enrol("instant@example.org", sectors=("textiles",))
    records = [
        due("G/TBT/N/USA/1", THIRD_DAY),
        due("G/TBT/N/USA/2", date(2027, 2, 4)),
        due("G/TBT/N/USA/3", EVE),
        due("G/TBT/N/USA/4", date(2027, 2, 11)),
        due("G/TBT/N/JPN/5", THIRD_DAY, titles=(("en", "Shoes"),), products="Shoes", hs=("64",)),
    ]
    await office.pull(a_page(*records))
    await office.deliver()
    go_to(frozen, date(2026, 12, 14))
    await office.close_digests()
    await office.drain()
    assert sorted(office.recipients) == ["daily@example.org", "instant@example.org", "weekly@example.org"]
    office.mailer.received.clear()
    return office


async def mailed(office: Office) -> dict[str, str]:
    """What each reader is told now, by address."""
    await office.close_digests()
    await office.drain()
    found = {recipient: plain(mail) for recipient, mail in office.inbox}
    assert len(found) == len(office.inbox)
    office.mailer.received.clear()
    return found


async def test_a_deadline_on_the_third_day_of_tet_is_mailed_before_the_first(
    office: Office, frozen: FrozenClock
) -> None:
    told: dict[date, dict[str, str]] = {}
    day = date(2027, 1, 29)
    while day <= date(2027, 2, 12):
        go_to(frozen, day)
        told[day] = await mailed(office)
        day += DAY

    assert {day: list(mails) for day, mails in told.items() if mails} == {
        date(2027, 2, 1): ["weekly@example.org"],
        EVE: ["daily@example.org"],
    }
    for said in (told[EVE]["daily@example.org"], told[date(2027, 2, 1)]["weekly@example.org"]):
        assert HEADING in said
        assert "06/02/2027 – Hoa Kỳ: dự thảo về dệt may (G/TBT/N/USA/1)" in said
        assert "https://keng.example/notices/G/TBT/N/USA/1" in said
        assert said.index("G/TBT/N/USA/2") < said.index("G/TBT/N/USA/1")
        assert not [symbol for symbol in ("USA/3", "USA/4", "JPN/5") if symbol in said]


async def test_the_deadlines_stand_in_the_digest_that_is_made_anyway(office: Office, frozen: FrozenClock) -> None:
    go_to(frozen, EVE - DAY, 12)
    await office.pull(a_page(a_record("G/TBT/N/USA/9", comment_deadline=date(2027, 4, 5))))
    await office.process()
    go_to(frozen, EVE)
    said = (await mailed(office))["daily@example.org"]
    assert "G/TBT/N/USA/9" in said
    assert HEADING in said
    assert await office.count(tables.break_deadlines) == 4, "two for each of the two readers of digests"
    assert await mailed(office) == {}


async def test_what_was_moved_withdrawn_or_is_no_longer_asked_for_is_not_named(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("leaves@example.org", Frequency.DAILY, sectors=("textiles",))
    go_to(frozen, EVE - DAY, 12)
    await office.pull(a_page(due("G/TBT/N/USA/1", date(2027, 3, 6))))
    await review.withdraw(office.database, "G/TBT/N/USA/2", "sent by mistake", "staff")
    go_to(frozen, EVE)
    assert HEADING not in "".join((await mailed(office)).values())


async def test_a_reader_who_leaves_before_the_hand_over_gets_no_digest_of_deadlines(
    office: Office, frozen: FrozenClock
) -> None:
    go_to(frozen, EVE)
    assert await office.close_digests() == 2
    await subscribe.stop(office.database, 1, None)
    assert list(await mailed(office)) == ["weekly@example.org"]


async def test_a_digest_missed_before_tet_names_the_deadlines_that_are_left(
    office: Office, frozen: FrozenClock
) -> None:
    go_to(frozen, date(2027, 2, 2))
    await mailed(office)
    go_to(frozen, date(2027, 2, 5), 10)
    said = (await mailed(office))["daily@example.org"]
    assert "Hạn góp ý rơi vào kỳ nghỉ từ 05/02/2027" in said
    assert "G/TBT/N/USA/1" in said
    assert "G/TBT/N/USA/2" not in said


async def test_a_weekend_names_nothing(office: Office, frozen: FrozenClock) -> None:
    await office.pull(a_page(due("G/TBT/N/USA/7", date(2027, 1, 24))))
    await office.deliver()
    go_to(frozen, date(2027, 1, 21))
    await mailed(office)
    go_to(frozen, date(2027, 1, 22))
    assert await mailed(office) == {}


async def rendered_with_news(office: Office, frozen: FrozenClock) -> None:
    """Stand on the eve with a digest of an alert and of deadlines that is rendered, and could not be handed over."""
    go_to(frozen, EVE - DAY, 12)
    await office.pull(a_page(a_record("G/TBT/N/USA/9", comment_deadline=date(2027, 4, 5))))
    await office.process()
    go_to(frozen, EVE)
    await office.close_digests()
    office.mailer.answers = [HostDown("down")]
    await office.drain()


@pytest.mark.parametrize("how", ["moved", "withdrawn", "over"])
async def test_a_rendered_digest_loses_a_deadline_that_lapsed_and_keeps_its_alert(
    office: Office, frozen: FrozenClock, how: str
) -> None:
    await rendered_with_news(office, frozen)
    if how == "moved":
        await office.pull(a_page(due("G/TBT/N/USA/1", date(2027, 3, 6))))
    elif how == "withdrawn":
        await review.withdraw(office.database, "G/TBT/N/USA/1", "sent by mistake", "staff")
    else:
        go_to(frozen, THIRD_DAY + DAY)
    await office.drain()
    said = {recipient: plain(mail) for recipient, mail in office.inbox}["daily@example.org"]
    assert "G/TBT/N/USA/9" in said
    assert "06/02/2027" not in said
    assert (HEADING in said) == (how != "over")


async def test_a_digest_that_may_have_arrived_goes_again_as_it_was(office: Office, frozen: FrozenClock) -> None:
    await rendered_with_news(office, frozen)
    office.mailer.answers = [Unknown("the line broke"), Unknown("the line broke")]
    send = office.mailer.send

    async def send_and_move(*given: Any) -> Any:
        outcome = await send(*given)
        office.mailer.send = send  # type: ignore[method-assign]  # once is enough
        await office.pull(a_page(due("G/TBT/N/USA/1", date(2027, 3, 6))))
        return outcome

    office.mailer.send = send_and_move  # type: ignore[assignment]  # a relay that misbehaves once
    await office.drain()
    frozen.advance(hours=1)
    await office.drain()
    first, again = [one.body for one in office.mailer.received if one.recipient == "daily@example.org"]
    assert first == again


async def forget_the_closing(office: Office) -> None:
    """Leave behind what a process leaves that ended just before it marked the window as closed."""
    async with office.database.writing() as connection:
        await connection.execute(delete(tables.digest_runs).where(tables.digest_runs.c.local_date == EVE))


@pytest.mark.parametrize("days", [0, 1])
async def test_a_closing_that_goes_on_later_names_nothing_that_was_mailed_in_between(
    office: Office, frozen: FrozenClock, days: int
) -> None:
    go_to(frozen, EVE - DAY, 12)
    await office.pull(a_page(a_record("G/TBT/N/USA/9", comment_deadline=THIRD_DAY)))
    await office.process()
    go_to(frozen, EVE)
    assert "G/TBT/N/USA/9" in (await mailed(office))["daily@example.org"]
    named = await office.snapshot(tables.break_deadlines)
    await forget_the_closing(office)
    go_to(frozen, EVE + days * DAY, 9)
    assert await mailed(office) == {}
    assert await office.snapshot(tables.break_deadlines) == named


async def test_a_digest_that_was_handed_over_takes_up_no_deadline(office: Office, frozen: FrozenClock) -> None:
    go_to(frozen, EVE)
    assert len(await mailed(office)) == 2
    async with office.database.writing() as connection:
        await connection.execute(update(tables.break_deadlines).values(delivery_id=None))
        await breaks.put_in_digests(connection, Frequency.DAILY, EVE, [1])
        carriers = select(tables.break_deadlines.c.delivery_id).distinct()
        assert list((await connection.execute(carriers)).scalars()) == [None]


async def test_a_deadline_of_two_measures_that_turn_out_to_be_one_stays_named(
    office: Office, frozen: FrozenClock
) -> None:
    go_to(frozen, EVE)
    assert len(await mailed(office)) == 2
    assert await office.count(tables.break_deadlines) == 4
    said: dict[str, Any] = {"distributed_on": date(2026, 12, 7), "comment_deadline": THIRD_DAY}
    await office.pull(a_page(a_record("G/TBT/N/USA/1", "G/TBT/N/USA/2", key="joint", **said)))
    named = tables.break_deadlines.c
    async with office.database.reading() as connection:
        measures = select(named.measure_id).distinct()
        assert len(list((await connection.execute(measures)).scalars())) == 1
