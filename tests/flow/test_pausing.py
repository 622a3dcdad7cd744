from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.domain.errors import AppError
from app.domain.pauses import OnResume
from app.domain.subscriptions import Frequency, Language
from app.domain.symbols import Area
from app.flow import manage, review, subscribe
from app.store import tables
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

NGA = "nga@hiephoi.example"
OPEN, CLOSED = date(2026, 4, 30), date(2026, 3, 3)


async def released(office: Office, number: int, deadline: date = OPEN) -> None:
    """Let one notice come in and everything be told that is to be told."""
    await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}", comment_deadline=deadline)))
    await office.deliver()


async def ledger(office: Office) -> list[tuple[str | None, bool]]:
    """Each item: why it is skipped, and whether it is in a message."""
    statement = select(tables.items.c.skipped, tables.items.c.delivery_id).order_by(tables.items.c.event_id)
    async with office.database.reading() as connection:
        return [(row.skipped, row.delivery_id is not None) for row in await connection.execute(statement)]


async def test_while_paused_nothing_is_told_and_then_in_one_mail_what_is_still_open(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    assert await manage.pause(office.database, 1, None, None, OnResume.OPEN) == 1
    await released(office, 1)
    await released(office, 2, CLOSED)
    await released(office, 3)
    assert office.recipients == []
    assert [why for why, _ in await ledger(office)] == ["paused", "paused", "paused"]

    frozen.advance(days=3)
    assert await manage.resume(office.database, 1, None, OnResume.OPEN) == 1
    await office.deliver()
    assert len(office.inbox) == 1
    text = plain(office.inbox[0][1])
    assert ("G/TBT/N/USA/1" in text, "G/TBT/N/USA/2" in text, "G/TBT/N/USA/3" in text) == (True, False, True)
    assert [why for why, _ in await ledger(office)] == [None, "paused until it was closed", None]
    assert await manage.resume(office.database, 1, None, OnResume.OPEN) == 0


async def test_who_wants_nothing_of_the_pause_is_told_only_what_comes_after(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await manage.pause(office.database, 1, 1, None, OnResume.OPEN)
    await released(office, 1)
    await manage.resume(office.database, 1, 1, OnResume.NOTHING)
    frozen.advance(minutes=10)
    await released(office, 2)
    await manage.pause(office.database, 1, 1, None, OnResume.OPEN)
    await manage.resume(office.database, 1, 1, OnResume.OPEN)
    await office.deliver()
    ((_, mail),) = office.inbox
    assert "G/TBT/N/USA/1" not in plain(mail).replace("G/TBT/N/USA/2", "")


async def test_a_pause_takes_back_what_waits_and_gives_it_back_when_it_ends_by_itself(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=OPEN)))
    await office.process()
    await manage.pause(office.database, 1, None, date(2026, 3, 9), OnResume.OPEN)
    await office.drain()
    assert office.recipients == []

    frozen.advance(days=6, hours=22)  # 06:30 on the day
    assert await manage.resume_due(office.database) == 0
    frozen.advance(hours=1)
    assert await manage.resume_due(office.database) == 1
    assert await manage.resume_due(office.database) == 0
    await office.deliver()
    assert office.recipients == [NGA]


async def test_what_another_subscription_asks_is_told_as_if_the_paused_one_were_not(office: Office) -> None:
    await office.settled_baseline()
    at_once = await office.enrol(NGA, sectors=("textiles",))
    await office.enrol(NGA, Frequency.WEEKLY, area=Area.TBT)
    await manage.pause(office.database, 1, at_once, None, OnResume.OPEN)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=OPEN)))
    await office.process()
    async with office.database.reading() as connection:
        told = (await connection.execute(select(tables.items.c.frequency, tables.items.c.skipped))).all()
    assert [tuple(row) for row in told] == [("weekly", None)]


async def test_stopping_the_only_one_awake_leaves_the_rest_to_the_paused(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    textiles = await office.enrol(NGA, sectors=("textiles",))
    everything = await office.enrol(NGA)
    await manage.pause(office.database, 1, textiles, None, OnResume.OPEN)
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=OPEN)))
    await office.process()
    await subscribe.stop(office.database, 1, everything)
    await office.drain()
    assert office.recipients == []
    assert [why for why, _ in await ledger(office)] == ["paused"]
    frozen.advance(minutes=10)
    await manage.resume(office.database, 1, None, OnResume.OPEN)
    await office.deliver()
    assert office.recipients == [NGA]


async def test_who_paused_hears_of_a_withdrawal_when_they_are_back_and_who_stopped_never(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.enrol("ai@hiephoi.example", sectors=("textiles",))
    await released(office, 1)
    assert sorted(office.recipients) == ["ai@hiephoi.example", NGA]
    await manage.pause(office.database, 1, None, None, OnResume.OPEN)
    await subscribe.stop(office.database, 2, None)
    await review.withdraw(office.database, "G/TBT/N/USA/1", "wrong", "staff")
    frozen.advance(hours=1)
    await office.deliver()
    assert len(office.recipients) == 2
    await manage.resume(office.database, 1, None, OnResume.OPEN)
    await office.deliver()
    assert office.recipients[2:] == [NGA]


@pytest.mark.parametrize("days", [0, -1, 400])
async def test_a_pause_ends_on_a_day_to_come_within_a_year(office: Office, frozen: FrozenClock, days: int) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    day = frozen.now.date() + timedelta(days=days)
    with pytest.raises(AppError) as refused:
        await manage.pause(office.database, 1, None, day, OnResume.OPEN)
    assert refused.value.field == "paused_until"
    async with office.database.reading() as connection:
        assert (await connection.execute(select(tables.subscriptions.c.paused_at))).scalar_one() is None


async def test_another_frequency_holds_for_what_waits(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    number = await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=OPEN)))
    await office.process()
    await manage.set_frequency(office.database, 1, number, Frequency.WEEKLY)
    await office.deliver()
    assert office.recipients == []
    await manage.set_frequency(office.database, 1, number, Frequency.INSTANT)
    frozen.advance(minutes=10)
    await office.deliver()
    assert office.recipients == [NGA]
    with pytest.raises(AppError):
        await manage.set_frequency(office.database, 2, number, Frequency.DAILY)


async def test_another_language_holds_for_what_is_rendered_and_not_sent(office: Office) -> None:
    await office.settled_baseline()
    await office.enrol(NGA, sectors=("textiles",))
    await office.pull(a_page(a_record("G/TBT/N/USA/1", comment_deadline=OPEN)))
    await office.process()
    for _ in range(2):
        await manage.set_language(office.database, 1, Language.EN)
    await office.drain()
    ((_, mail),) = office.inbox
    assert mail["Content-Language"] == "en"


async def test_changes_stand_in_the_audit_log_without_an_address(office: Office) -> None:
    await office.enrol(NGA, sectors=("textiles",))
    await manage.pause(office.database, 1, 1, None, OnResume.NOTHING)
    await manage.resume(office.database, 1, 1, OnResume.NOTHING)
    await manage.set_frequency(office.database, 1, 1, Frequency.WEEKLY)
    await manage.set_language(office.database, 1, Language.EN)
    await subscribe.stop(office.database, 1, None)
    await manage.take_back(office.database, 1, None)
    async with office.database.reading() as connection:
        rows = (await connection.execute(select(tables.audit).order_by(tables.audit.c.id))).all()
    verbs = ["pause", "resume", "set_frequency", "set_language", "stop", "take_back_stop"]
    assert [row.verb for row in rows] == verbs
    assert [row.details for row in rows[2:4]] == [{"old": "instant", "new": "weekly"}, {"old": "vi", "new": "en"}]
    assert NGA not in str(rows)
