from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.deliveries import DeliveryKind, DeliveryState, HostDown, TryLater
from app.domain.errors import AppError
from app.domain.subscriptions import Frequency
from app.flow import fanout, remind, review, subscribe
from app.i18n.dates import VIETNAM
from app.sources.holidays import calendar_of
from app.store import holds, skipping, tables
from app.store.database import Database
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.office import Office, plain

AT = time(8, 30)
CALENDAR = calendar_of(None)
SYMBOL = "G/TBT/N/USA/2211"
TOLD = date(2026, 1, 20)
DEADLINE = date(2026, 2, 27)
STAGE_14 = date(2026, 2, 2)
STAGE_5 = date(2026, 2, 13)
MOVED = date(2026, 3, 27)
MOVED_14 = date(2026, 3, 9)

Morning = Callable[[date], Awaitable[list[tuple[str, Any]]]]


@pytest.fixture
def morning(office: Office, frozen: FrozenClock) -> Morning:
    """Let a day begin at the digest hour, and return the mails of that morning."""

    async def begin(day: date) -> list[tuple[str, Any]]:
        frozen.now = datetime.combine(day, AT, VIETNAM)
        await gathered(office)
        office.mailer.received.clear()
        await office.drain()
        return office.inbox

    return begin


async def gathered(office: Office, database: Database | None = None) -> None:
    opened = database or office.database
    await fanout.write_reminders(opened, AT, CALENDAR)
    await fanout.close_digests(opened, AT, "keng.example")
    await fanout.gather_reminders(opened, "keng.example")


async def tell(office: Office, frozen: FrozenClock, *symbols: str, on: date = TOLD, **values: Any) -> None:
    """Let notices arrive and be told on a day, at noon."""
    frozen.now = datetime.combine(on, time(8), VIETNAM)
    await office.settled_baseline()
    frozen.now = datetime.combine(on, time(12), VIETNAM)
    said = {"distributed_on": on, "comment_deadline": DEADLINE} | values
    await office.pull(a_page(*(a_record(symbol, **said) for symbol in symbols or (SYMBOL,))))
    await office.deliver()
    frozen.now = datetime.combine(on + timedelta(days=1), AT, VIETNAM)
    await office.close_digests()
    await office.drain()
    office.mailer.received.clear()


async def extend(office: Office, frozen: FrozenClock, on: date, until: date = MOVED) -> None:
    frozen.now = datetime.combine(on, time(12), VIETNAM)
    title = (("en", "Textile labels: comment period extended"),)
    addendum = a_record(f"{SYMBOL}/Add.1", distributed_on=on, comment_deadline=until, titles=title)
    await office.pull(a_page(addendum))
    await office.deliver()
    office.mailer.received.clear()


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


async def test_a_deadline_is_said_again_fourteen_and_five_working_days_before_it_over_tet(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)

    said = {day: await morning(day) for day in days(date(2026, 1, 26), date(2026, 3, 3))}
    assert [day for day, mails in said.items() if mails] == [STAGE_14, STAGE_5]
    ((recipient, mail),) = said[STAGE_5]
    text = plain(mail)
    assert recipient == "vitas@example.org"
    assert mail["Subject"] == f"[Kẻng] Nhắc hạn góp ý: còn 14 ngày – Hoa Kỳ: dự thảo về dệt may ({SYMBOL})"
    assert "Còn 14 ngày · Hạn góp ý: 27/02/2026\r\n" in text
    assert "Draft regulation on the labelling of textile products" in text
    assert f"https://keng.example/measures/{SYMBOL}" in text
    assert "hạn mới" not in text


async def test_a_reminder_carries_the_headers_of_an_alert(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)
    ((_, mail),) = await morning(STAGE_14)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).startswith("<https://keng.example/u/")
    assert mail["List-Id"] == "<alerts.keng.example>"
    assert mail["Feedback-ID"] == "reminder:vi:alerts:kengalerts"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "list"


async def test_however_often_it_runs_and_whoever_runs_it_the_rows_are_the_same(
    office: Office, frozen: FrozenClock, morning: Morning, database_url: str
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await tell(office, frozen)
    assert len(await morning(STAGE_14)) == 2
    before = await office.snapshot(tables.reminders, tables.deliveries)

    other = Database(database_url, clock=frozen)
    for database in (office.database, other):
        await gathered(office, database)
    async with office.database.writing() as connection:
        await connection.execute(tables.ticks.delete())
    await gathered(office, other)
    await other.close()
    assert await office.snapshot(tables.reminders, tables.deliveries) == before


async def test_a_digest_carries_the_reminder_and_a_day_without_one_makes_a_mail_of_reminders_only(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.enrol("weekly@example.org", sectors=("textiles",), frequency=Frequency.WEEKLY)
    await tell(office, frozen)
    await morning(date(2026, 1, 26))
    frozen.now = datetime.combine(date(2026, 2, 1), time(12), VIETNAM)
    await office.pull(a_page(a_record("G/TBT/N/JPN/7", distributed_on=date(2026, 2, 1))))
    await office.process()

    monday = dict(await morning(STAGE_14))
    assert set(monday) == {"daily@example.org", "weekly@example.org"}
    for mail in monday.values():
        text = plain(mail)
        assert "G/TBT/N/JPN/7" in str(mail["Subject"])
        assert text.index("Nhắc hạn góp ý: 1 biện pháp sắp hết hạn") < text.index("G/TBT/N/JPN/7")
    friday = await morning(STAGE_5)
    assert {str(mail["Subject"])[:24] for _, mail in friday} == {"[Kẻng] Nhắc hạn góp ý: c"}
    assert sorted(recipient for recipient, _ in friday) == ["daily@example.org", "weekly@example.org"]


async def test_all_reminders_of_a_day_make_one_mail_the_nearest_first(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen, "G/TBT/N/JPN/1", "G/TBT/N/JPN/2")
    await tell(office, frozen, SYMBOL, on=date(2026, 1, 23), comment_deadline=date(2026, 2, 9))

    ((_, mail),) = await morning(STAGE_14)
    text = plain(mail)
    assert mail["Subject"] == "[Kẻng] Nhắc hạn góp ý: 3 biện pháp sắp hết hạn – hạn gần nhất còn 7 ngày"
    assert text.index(SYMBOL) < text.index("G/TBT/N/JPN/1") < text.index("G/TBT/N/JPN/2")


async def test_a_joint_notice_and_its_thread_make_one_line(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    frozen.now = datetime.combine(TOLD, time(8), VIETNAM)
    await office.settled_baseline()
    joint = a_record("G/TBT/N/ARE/1", "G/TBT/N/SAU/2", distributed_on=TOLD, comment_deadline=DEADLINE)
    addendum = a_record("G/TBT/N/ARE/1/Add.1", distributed_on=TOLD, comment_deadline=None)
    await office.pull(a_page(joint, addendum))
    await office.deliver()
    office.mailer.received.clear()

    ((_, mail),) = await morning(STAGE_14)
    assert plain(mail).count("Hạn góp ý:") == 1
    assert "G/TBT/N/ARE/1, G/TBT/N/SAU/2\r\n" in plain(mail)


async def test_missed_days_are_made_good_while_the_deadline_is_ahead_and_never_after(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)
    assert await morning(date(2026, 2, 7)) == []
    assert len(await morning(date(2026, 2, 9))) == 1
    assert len(await morning(DEADLINE)) == 1
    assert await morning(DEADLINE + timedelta(days=3)) == []
    assert await office.count(tables.reminders) == 2


async def test_only_the_nearer_of_two_missed_stages_is_said(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)
    assert len(await morning(date(2026, 2, 24))) == 1
    assert await morning(date(2026, 2, 25)) == []
    async with office.database.reading() as connection:
        assert list((await connection.execute(select(tables.reminders.c.stage))).scalars()) == [5]


async def test_who_was_told_when_a_stage_had_begun_hears_only_of_the_next(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen, on=date(2026, 2, 3))
    assert await morning(date(2026, 2, 4)) == []
    assert len(await morning(STAGE_5)) == 1


async def test_nothing_is_said_before_the_digest_hour_nor_on_a_day_off(office: Office, frozen: FrozenClock) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)
    for moment in (datetime(2026, 2, 2, 8, 29, tzinfo=VIETNAM), datetime(2026, 2, 17, 9, 0, tzinfo=VIETNAM)):
        frozen.now = moment
        assert await fanout.write_reminders(office.database, AT, CALENDAR) == 0


async def test_who_was_not_told_or_does_not_want_it_is_not_reminded(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    quiet = await office.enrol("quiet@example.org", sectors=("textiles",))
    office.mailer.answers = [HostDown("down")]
    await tell(office, frozen)
    await office.enrol("late@example.org", sectors=("textiles",))
    await remind.switch(office.database, await subscriber_of(office, quiet), on=False)
    assert [recipient for recipient, _ in await morning(STAGE_14)] == ["vitas@example.org"]


async def test_an_extension_moves_the_reminders_and_says_that_the_deadline_is_new(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen)
    assert len(await morning(STAGE_14)) == 1
    await extend(office, frozen, date(2026, 2, 10))

    said = {day: await morning(day) for day in days(STAGE_5, date(2026, 3, 30))}
    assert [day for day, mails in said.items() if mails] == [MOVED_14, date(2026, 3, 20)]
    for mails in (said[MOVED_14], said[date(2026, 3, 20)]):
        ((_, mail),) = mails
        assert "Hạn góp ý: 27/03/2026 (hạn mới)" in plain(mail)


async def test_who_never_heard_of_an_extension_hears_that_the_deadline_is_new(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("news@example.org", sectors=("textiles",), updates=False)
    await tell(office, frozen)
    await extend(office, frozen, date(2026, 1, 27))
    assert await morning(STAGE_14) == []
    ((_, mail),) = await morning(MOVED_14)
    assert "27/03/2026 (hạn mới)" in plain(mail)


async def prepared(office: Office, frozen: FrozenClock, *, rendered: bool) -> None:
    """Stand on the day of the first stage with the reminder in the outbox, rendered or not."""
    await tell(office, frozen)
    frozen.now = datetime.combine(STAGE_14, AT, VIETNAM)
    await gathered(office)
    if rendered:
        office.mailer.answers = [HostDown("down")]
        await office.drain()
    assert await office.count(tables.reminders) == 1


@pytest.mark.parametrize("rendered", [False, True])
@pytest.mark.parametrize("how", ["extension", "staff", "member", "unsubscribe", "switch", "suppression"])
async def test_what_ends_a_reminder_takes_back_what_was_not_handed_over(
    office: Office, frozen: FrozenClock, how: str, *, rendered: bool
) -> None:
    subscription = await office.enrol("vitas@example.org", sectors=("textiles",), updates=False)
    await prepared(office, frozen, rendered=rendered)
    subscriber = await subscriber_of(office, subscription)
    if how == "extension":
        await extend(office, frozen, STAGE_14)
    elif how == "staff":
        await review.withdraw(office.database, SYMBOL, "a mistake", "staff")
    elif how == "member":
        title = (("en", "The draft on textile labels is withdrawn"),)
        gone = a_record(f"{SYMBOL}/Add.1", distributed_on=STAGE_14, titles=title, description="Withdrawal")
        await office.pull(a_page(gone))
    elif how == "unsubscribe":
        await subscribe.stop(office.database, subscriber, None)
    elif how == "switch":
        await remind.switch(office.database, subscriber, on=False)
    else:
        await office.suppress("vitas@example.org")
    await office.drain()
    assert [mail for _, mail in office.inbox if "Nhắc hạn" in str(mail["Subject"])] == []
    async with office.database.reading() as connection:
        reminding = tables.deliveries.c.kind == DeliveryKind.REMINDER
        states = select(tables.deliveries.c.state).where(reminding)
        assert list((await connection.execute(states)).scalars()) == [DeliveryState.SKIPPED]


async def test_a_digest_that_loses_its_reminder_is_made_anew_and_one_that_loses_its_alert_still_reminds(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await office.enrol("also@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await tell(office, frozen)
    frozen.now = datetime.combine(date(2026, 2, 1), time(12), VIETNAM)
    await office.pull(a_page(a_record("G/TBT/N/JPN/7", distributed_on=date(2026, 2, 1))))
    await office.process()
    frozen.now = datetime.combine(STAGE_14, AT, VIETNAM)
    await gathered(office)
    office.mailer.answers = [HostDown("down")]
    await office.drain()

    async with office.database.reading() as connection:
        numbers = list((await connection.execute(select(tables.subscribers.c.id).order_by("id"))).scalars())
    await remind.switch(office.database, numbers[0], on=False)
    async with office.database.writing() as connection:
        await skipping.skip_items(connection, tables.items.c.subscriber_id == numbers[1], "a correction")
    await office.drain()
    mails = dict(office.inbox)
    assert "Nhắc hạn" not in plain(mails["daily@example.org"])
    assert "G/TBT/N/JPN/7" in plain(mails["daily@example.org"])
    assert "G/TBT/N/JPN/7" not in plain(mails["also@example.org"])
    assert SYMBOL in plain(mails["also@example.org"])


async def test_a_digest_put_off_while_its_measure_was_withdrawn_comes_without_the_reminder(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await tell(office, frozen)
    frozen.now = datetime.combine(date(2026, 2, 1), time(12), VIETNAM)
    await office.pull(a_page(a_record("G/TBT/N/JPN/7", distributed_on=date(2026, 2, 1))))
    await office.process()
    frozen.now = datetime.combine(STAGE_14, AT, VIETNAM)
    await gathered(office)
    office.mailer.answers = [TryLater(451, "4.7.1 later")]
    send = office.mailer.send

    async def send_and_withdraw(*given: Any) -> Any:
        outcome = await send(*given)
        office.mailer.send = send  # type: ignore[method-assign]  # once is enough
        await review.withdraw(office.database, SYMBOL, "a mistake", "staff")
        return outcome

    office.mailer.send = send_and_withdraw  # type: ignore[assignment]  # a relay that takes its time
    await office.drain()
    frozen.advance(hours=5)
    await office.drain()
    (_, first), (_, second) = office.inbox
    assert first["Message-ID"] != second["Message-ID"]
    assert ("Nhắc hạn" in plain(first), "Nhắc hạn" in plain(second)) == (True, False)
    assert "G/TBT/N/JPN/7" in plain(second)


async def test_a_reminder_that_outwaits_its_deadline_on_hold_does_not_leave(
    office: Office, frozen: FrozenClock
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await prepared(office, frozen, rendered=True)
    async with office.database.writing() as connection:
        await holds.hold(connection, "brake", "a test", "staff", frozen.now)
    await office.drain()
    frozen.now = datetime.combine(DEADLINE + timedelta(days=1), AT, VIETNAM)
    async with office.database.writing() as connection:
        await holds.lift(connection, "brake", frozen.now)
    await office.drain()
    assert office.inbox == []


async def test_what_was_taken_back_is_said_when_it_holds_again(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    subscription = await office.enrol("vitas@example.org", sectors=("textiles",))
    await prepared(office, frozen, rendered=False)
    subscriber = await subscriber_of(office, subscription)
    await remind.switch(office.database, subscriber, on=False)
    await remind.switch(office.database, subscriber, on=True)
    assert await morning(STAGE_14) == []
    assert len(await morning(STAGE_14 + timedelta(days=1))) == 1


async def test_the_switch_refuses_a_subscriber_that_is_not_there(office: Office) -> None:
    with pytest.raises(AppError):
        await remind.switch(office.database, 7, on=False)


async def test_two_measures_that_turn_out_to_be_one_were_reminded_of_once(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("vitas@example.org", sectors=("textiles",))
    await tell(office, frozen, "G/TBT/N/ARE/1", "G/TBT/N/SAU/2")
    assert len(await morning(STAGE_14)) == 1
    assert await office.count(tables.reminders) == 2
    joint = a_record("G/TBT/N/ARE/1", "G/TBT/N/SAU/2", key="joint", distributed_on=TOLD, comment_deadline=DEADLINE)
    await office.pull(a_page(joint))
    assert await office.count(tables.reminders) == 1
    assert await morning(STAGE_14 + timedelta(days=1)) == []


async def test_many_reminders_come_in_parts_and_leave_the_digest_alone(
    office: Office, frozen: FrozenClock, morning: Morning
) -> None:
    await office.enrol("daily@example.org", sectors=("textiles",), frequency=Frequency.DAILY)
    await tell(office, frozen, *(f"G/TBT/N/USA/{number}" for number in range(1, 53)))
    mails = await morning(STAGE_14)
    assert [str(mail["Subject"])[-10:] for _, mail in mails] == ["(phần 1/2)", "(phần 2/2)"]
    assert sum(plain(mail).count("Hạn góp ý:") for _, mail in mails) == 52


async def subscriber_of(office: Office, subscription: int) -> int:
    async with office.database.reading() as connection:
        mine = select(tables.subscriptions.c.subscriber_id).where(tables.subscriptions.c.id == subscription)
        return int((await connection.execute(mine)).scalar_one())
