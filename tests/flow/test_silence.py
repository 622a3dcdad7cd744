"""Gaps are named, silence is proven, and nobody is told twice: on both databases, by a clock that is moved."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from app.domain.deliveries import HostDown, Refused, Unknown
from app.domain.subscriptions import Frequency
from app.domain.visits import Fault, FaultKind, Page
from app.flow import fanout, subscribe
from app.i18n.dates import VIETNAM
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

DOWN = Page(fault=Fault(kind=FaultKind.UNREACHABLE, reason="no route to host"))
NOTHING_NEW = "không có gì mới"
MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture
async def office(office: Office) -> Office:
    """An office that runs since Monday, 08:30, with ePing as its source."""
    office.sources = ("eping",)
    await office.settled_baseline()
    await office.close_digests()
    return office


def go_to(frozen: FrozenClock, day: date, hour: int, minute: int = 0) -> None:
    frozen.now = datetime.combine(day, time(hour, minute), VIETNAM).astimezone(UTC)


async def visit_daily(
    office: Office, frozen: FrozenClock, first: date, last: date, down: Sequence[date] = (), name: str = "eping"
) -> None:
    """Visit the source once a day at noon."""
    day = first
    while day <= last:
        go_to(frozen, day, 12)
        await office.pull(DOWN if day in down else Page(), name=name)
        day += DAY


async def texts(office: Office) -> list[tuple[str, str]]:
    """For whom each mail is and what it says, once all that is due is sent."""
    await office.drain()
    found = [(recipient, plain(mail)) for recipient, mail in office.inbox]
    office.mailer.received.clear()
    return found


async def test_a_source_that_was_down_for_a_day_is_named_and_what_it_missed_comes_once(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.enrol("instant@example.org", sectors=("textiles",))
    tuesday, wednesday, thursday = (MONDAY + DAY * number for number in (1, 2, 3))
    missed = a_page(a_record("G/TBT/N/USA/1", distributed_on=tuesday))
    await visit_daily(office, frozen, MONDAY, tuesday, down=[tuesday])
    go_to(frozen, wednesday, 8, 30)
    assert await office.close_digests() == 0

    go_to(frozen, wednesday, 12)
    for _ in range(2):
        await office.pull(missed)
        await office.deliver()
    assert [recipient for recipient, _ in await texts(office)] == ["instant@example.org"]

    go_to(frozen, thursday, 8, 30)
    await office.close_digests()
    ((recipient, said),) = await texts(office)
    assert recipient == "daily@example.org"
    assert "Ngày 03/03/2026 không đọc được ePing (WTO); các thông báo của thời gian đó nằm trong thư này" in said
    assert "G/TBT/N/USA/1" in said

    await office.pull(missed)
    for _ in range(3):
        frozen.advance(days=1)
        await office.pull(missed)
        await office.process()
        await office.close_digests()
    assert await texts(office) == []


async def test_while_a_source_is_down_every_digest_says_so(office: Office, frozen: FrozenClock) -> None:
    office.sources = ("eping", "rasff")
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.pull(Page(), name="rasff")
    for number in (1, 2):
        day = MONDAY + DAY * number
        await visit_daily(office, frozen, day, day, down=[day], name="rasff")
        await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}", distributed_on=day)))
        await office.process()
        go_to(frozen, day + DAY, 8, 30)
        await office.close_digests()
    first, second = [said for _, said in await texts(office)]
    assert (
        "Ngày 03/03/2026 không đọc được RASFF (EU); những gì bị lỡ sẽ được báo khi nguồn tin hoạt động trở lại."
        in first
    )
    assert "Từ ngày 03/03/2026 đến ngày 04/03/2026 không đọc được RASFF (EU); những gì bị lỡ sẽ được báo" in second


async def test_after_three_days_without_a_worker_one_late_digest_names_the_days(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.enrol("weekly@example.org", Frequency.WEEKLY, sectors=("textiles",))
    days = [MONDAY + DAY * number for number in (1, 2, 3)]
    missed = a_page(
        *(a_record(f"G/TBT/N/USA/{number}", distributed_on=day) for number, day in enumerate(days, start=1))
    )
    go_to(frozen, days[-1] + DAY, 10)
    for _ in range(2):
        await office.pull(missed)
        await office.process()
        await office.close_digests()
    ((recipient, said),) = await texts(office)
    assert recipient == "daily@example.org"
    assert "Thư gửi bù" in said
    assert "Từ ngày 03/03/2026 đến ngày 05/03/2026 không đọc được ePing (WTO); các thông báo" in said
    assert all(f"G/TBT/N/USA/{number}" in said for number in (1, 2, 3))

    await visit_daily(office, frozen, days[-1] + DAY, MONDAY + DAY * 6)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    await office.close_digests()
    ((recipient, said),) = await texts(office)
    assert recipient == "weekly@example.org"
    assert "Từ ngày 03/03/2026 đến ngày 05/03/2026 không đọc được ePing (WTO)" in said
    assert "Đã kiểm tra đủ 4/7 ngày, đọc 3 thông báo." in said


async def test_a_digest_that_closes_before_the_source_answers_leaves_the_days_to_the_next(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    go_to(frozen, MONDAY + DAY * 4, 10)
    assert await office.close_digests() == 0
    await office.pull(a_page(a_record("G/TBT/N/USA/1", distributed_on=MONDAY + DAY)))
    await office.process()

    go_to(frozen, MONDAY + DAY * 5, 8, 30)
    await office.close_digests()
    ((_, said),) = await texts(office)
    assert "Từ ngày 03/03/2026 đến ngày 05/03/2026 không đọc được ePing (WTO); các thông báo" in said


async def test_a_quiet_week_is_proven_once_to_everybody_who_was_told_nothing(
    office: Office, frozen: FrozenClock
) -> None:
    for frequency in Frequency:
        await office.enrol(f"{frequency}@example.org", frequency, sectors=("textiles",))
    await office.enrol("told@example.org", sectors=("footwear",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", titles=(("en", "Shoes"),), products="Shoes", hs=("64",))))
    await office.deliver()
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6)
    office.mailer.received.clear()

    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    await asyncio.gather(*(office.close_digests() for _ in range(3)))
    await office.drain()
    mails = office.inbox
    for recipient, mail in mails:
        said = plain(mail)
        assert f"Từ ngày 02/03/2026 đến hết ngày 08/03/2026 {NOTHING_NEW} cho bạn." in said, recipient
        assert "Đã kiểm tra đủ mọi nguồn: 7/7 ngày" in said
        assert "Thông báo đã đọc: 1" in said
        assert "ePing (WTO): 08/03/2026 12:00" in said
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "/manage/" in said
    assert sorted(recipient for recipient, _ in mails) == sorted(f"{one}@example.org" for one in Frequency)

    office.mailer.received.clear()
    for _ in range(6):
        frozen.advance(days=1)
        assert await office.close_digests() == 0
    assert await texts(office) == []


async def test_a_gap_forbids_saying_that_there_was_nothing_new(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("instant@example.org", sectors=("textiles",))
    down = [MONDAY + DAY * 4, MONDAY + DAY * 6]
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6, down=down)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    await office.close_digests()
    ((_, said),) = await texts(office)
    assert NOTHING_NEW not in said.casefold()
    assert "Ngày 06/03/2026 không đọc được ePing (WTO); sau đó nguồn tin đã hoạt động trở lại" in said
    assert (
        "Ngày 08/03/2026 không đọc được ePing (WTO); những gì bị lỡ sẽ được báo khi nguồn tin hoạt động trở lại."
        in said
    )
    assert "Đã kiểm tra đủ mọi nguồn: 5/7 ngày" in said


async def test_a_source_that_was_never_visited_is_no_proof_of_anything(office: Office, frozen: FrozenClock) -> None:
    office.sources = ("eping", "rasff")
    await office.enrol("instant@example.org", sectors=("textiles",))
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    await office.close_digests()
    ((_, said),) = await texts(office)
    assert NOTHING_NEW not in said.casefold()
    assert "RASFF (EU): chưa lần nào" in said


@pytest.mark.parametrize("answer", [Refused(550, "5.7.1 no"), HostDown("away"), Unknown("the line broke")])
async def test_who_has_something_coming_or_lost_it_hears_no_proof(
    office: Office, frozen: FrozenClock, answer: Refused | HostDown | Unknown
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    office.mailer.answers = [answer]
    await office.deliver()
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    assert await office.close_digests() == 0


async def test_an_alert_of_weeks_ago_that_only_now_arrived_counts_as_told(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    for weeks in (1, 2):
        await visit_daily(office, frozen, MONDAY + DAY * 7 * (weeks - 1), MONDAY + DAY * (7 * weeks - 1))
        go_to(frozen, MONDAY + DAY * 7 * weeks, 8, 30)
        assert await office.close_digests() == 0
    frozen.advance(hours=1)
    await office.drain()
    await visit_daily(office, frozen, MONDAY + DAY * 14, MONDAY + DAY * 20)
    go_to(frozen, MONDAY + DAY * 21, 8, 30)
    assert await office.close_digests() == 0


async def test_who_subscribed_within_the_week_or_left_or_cannot_be_reached_hears_no_proof(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("left@example.org", sectors=("textiles",))
    gone = await office.enrol("gone@example.org", sectors=("textiles",))
    await office.enrol("leaves@example.org", sectors=("textiles",))
    await office.suppress("gone@example.org")
    await subscribe.stop(office.database, 1, None)
    frozen.advance(hours=1)
    await office.enrol("new@example.org", sectors=("textiles",))
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    assert gone
    assert await office.close_digests() == 1

    await subscribe.stop(office.database, 3, None)
    assert await texts(office) == []
    async with office.database.reading() as connection:
        assert list((await connection.execute(select(tables.deliveries.c.state))).scalars()) == ["skipped"]


async def test_missed_mondays_are_made_good_by_one_proof_of_all_the_time(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 15)
    for _ in range(2):
        await office.close_digests()
    ((_, said),) = await texts(office)
    assert f"Từ ngày 02/03/2026 đến hết ngày 15/03/2026 {NOTHING_NEW} cho bạn." in said
    assert "14/14 ngày" in said


async def test_a_proof_that_did_not_go_out_gives_way_to_the_next(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    for week in (0, 7):
        await visit_daily(office, frozen, MONDAY + DAY * week, MONDAY + DAY * (week + 6))
        go_to(frozen, MONDAY + DAY * (week + 7), 8, 30)
        assert await office.close_digests() == 1
    ((_, said),) = await texts(office)
    assert "Từ ngày 09/03/2026 đến hết ngày 15/03/2026" in said
    async with office.database.reading() as connection:
        states = select(tables.deliveries.c.state).order_by(tables.deliveries.c.id)
        assert list((await connection.execute(states)).scalars()) == ["superseded", "accepted"]


async def test_without_a_source_nothing_is_proven(office: Office, frozen: FrozenClock) -> None:
    office.sources = ()
    await office.enrol("vitas@example.org", sectors=("textiles",))
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    assert await office.close_digests() == 0


async def test_a_window_closed_ahead_of_time_judges_no_day_that_is_not_over(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", Frequency.DAILY, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    ahead = frozen.now + timedelta(days=14)
    assert await fanout.close_digests(office.database, time(8, 30), "keng.example", ahead, sources=("eping",)) == 1
    ((_, said),) = await texts(office)
    assert "không đọc được" not in said


async def test_a_source_that_answers_and_brings_nothing_for_more_than_a_week_is_named(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("weekly@example.org", Frequency.WEEKLY, sectors=("footwear",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1")))
    await office.process()
    await visit_daily(office, frozen, MONDAY, MONDAY + DAY * 6)
    go_to(frozen, MONDAY + DAY * 7, 8, 30)
    await office.close_digests()
    ((_, said),) = await texts(office)
    assert NOTHING_NEW in said, "six days are no silence"
    await visit_daily(office, frozen, MONDAY + DAY * 7, MONDAY + DAY * 13)
    go_to(frozen, MONDAY + DAY * 14, 8, 30)
    await office.close_digests()
    ((_, said),) = await texts(office)
    assert "ePing (WTO) vẫn trả lời nhưng từ ngày 02/03/2026 chưa đưa ra thông báo mới nào" in said
    assert NOTHING_NEW not in said
    assert "7/7 ngày" in said
