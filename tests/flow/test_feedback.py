"""What comes back has its effect once, on exactly the delivery whose signed return path it came to (F22, T24)."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.domain.addresses import Address
from app.domain.bounces import IncomingMail, ReturnedMail
from app.domain.deliveries import DeliveryState, Refused
from app.domain.errors import AppError
from app.domain.subscriptions import Criteria, Frequency, Language
from app.flow import feedback, subscribe
from app.flow.feedback import Effect, FeedbackDesk
from app.sources.returned import read_returned
from app.store import deliveries, holds, suppressions, tables
from app.store import feedback as store
from tests.builders import a_page, a_record
from tests.conftest import FrozenClock
from tests.doors.sources.test_returned import RETURN_PATH, sample
from tests.office import KEY, Office

READER = "nga@hiephoi.example"


@pytest.fixture
async def told(office: Office) -> Office:
    """One reader was told one alert, and the relay took it."""
    await office.settled_baseline()
    await office.enrol(READER, sectors=("textiles",))
    await tell(office, 1)
    return office


async def tell(office: Office, number: int) -> None:
    office.group = timedelta()
    await office.pull(a_page(a_record(f"G/TBT/N/USA/{number}")))
    await office.deliver()


def returned(office: Office, name: str, mail: int = -1) -> ReturnedMail:
    """A sample as it would come back of one of the mails that went out."""
    path = office.mailer.received[mail].sender
    return read_returned(sample(name).replace(RETURN_PATH.encode(), path.encode()))


async def come_back(office: Office, mail: ReturnedMail, keys: tuple[bytes, ...] = (KEY,)) -> Effect:
    return await feedback.take_in(FeedbackDesk(office.database, keys), mail, "maildir")


async def states(office: Office) -> list[tuple[str, str | None]]:
    table = tables.deliveries
    async with office.database.reading() as connection:
        rows = await connection.execute(select(table.c.state, table.c.reason).order_by(table.c.id))
        return [(row.state, row.reason) for row in rows]


async def suppressed(office: Office) -> list[tuple[str, str, str, Any]]:
    async with office.database.reading() as connection:
        rows = await suppressions.listed(connection, ended=False)
    return [(row.reason, row.detail, row.source, row.expires_at) for row in rows]


async def test_a_bounce_of_a_dead_address_is_written_down_and_suppresses_it(told: Office) -> None:
    assert await come_back(told, returned(told, "postfix-unknown-user")) is Effect.HARD
    assert await states(told) == [("bounced", "bounced (5.1.1)")]
    assert await suppressed(told) == [("no_such_address", "5.1.1", "maildir", None)]

    await tell(told, 2)
    assert len(told.mailer.received) == 1


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("postfix-delayed", Effect.NO_FAILURE),
        ("exim-warning", Effect.NO_FAILURE),
        ("postfix-relayed", Effect.NO_FAILURE),
        ("postfix-expanded", Effect.NO_FAILURE),
        ("out-of-office-outlook-vietnamese", Effect.AUTO_REPLY),
        ("out-of-office-that-quotes-a-bounce", Effect.AUTO_REPLY),
        ("challenge-tmda", Effect.AUTO_REPLY),
        ("a-person-answers", Effect.UNREAD),
    ],
)
async def test_what_is_no_failure_changes_nothing_and_is_not_answered(told: Office, name: str, effect: Effect) -> None:
    before = await told.snapshot(tables.deliveries, tables.subscribers, tables.suppressions, tables.feedback)
    assert await come_back(told, returned(told, name)) is effect
    assert await told.snapshot(tables.deliveries, tables.subscribers, tables.suppressions, tables.feedback) == before
    await told.deliver()
    assert len(told.mailer.received) == 1


async def test_a_forged_report_is_ignored_whatever_it_names(told: Office) -> None:
    before = await told.snapshot(tables.deliveries, tables.suppressions, tables.feedback)
    for name in ("postfix-unknown-user", "arf-yahoo", "qmail-no-mailbox"):
        assert await come_back(told, read_returned(sample(name))) is Effect.UNSIGNED
    right = told.mailer.received[0].sender
    for wrong in (right.replace("b+1.", "b+2."), f"{right[:-30]}@keng.example", right.replace("b+", ""), READER, ""):
        forged = read_returned(sample("postfix-unknown-user"), wrong)
        assert await come_back(told, forged) is Effect.UNSIGNED
    assert await come_back(told, returned(told, "postfix-unknown-user"), (b"k" * 32,)) is Effect.UNSIGNED
    assert await told.snapshot(tables.deliveries, tables.suppressions, tables.feedback) == before


async def test_a_return_path_in_the_mail_that_is_returned_is_no_envelope(told: Office) -> None:
    """Somebody who was forwarded a mail of ours builds a bounce around it."""
    path = told.mailer.received[0].sender
    raw = re.sub(rb"(?m)^(X-Original-To|Delivered-To): .+\n", b"", sample("postfix-unknown-user"))
    assert await come_back(told, read_returned(raw.replace(RETURN_PATH.encode(), path.encode()))) is Effect.UNSIGNED


async def test_a_bounce_of_a_mail_that_never_went_out_is_ignored(told: Office) -> None:
    async with told.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=DeliveryState.SKIPPED))
    assert await come_back(told, returned(told, "postfix-unknown-user")) is Effect.NOT_SENT
    assert await suppressed(told) == []


async def test_a_bounce_that_is_faster_than_our_books_is_handed_in_again(told: Office) -> None:
    async with told.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=DeliveryState.HANDING_OVER))
    mail = returned(told, "postfix-unknown-user")
    assert await come_back(told, mail) is Effect.TOO_SOON
    async with told.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=DeliveryState.ACCEPTED))
    assert await come_back(told, mail) is Effect.HARD


@pytest.mark.parametrize("state", [DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN])
async def test_a_mail_whose_end_nobody_knew_has_come_back_and_goes_out_no_more(
    told: Office, state: DeliveryState
) -> None:
    async with told.database.writing() as connection:
        await connection.execute(update(tables.deliveries).values(state=state, accepted_at=None))
    assert await come_back(told, returned(told, "postfix-mailbox-full")) is Effect.SOFT
    await told.drain()
    assert await states(told) == [("bounced", "bounced (5.2.2)")]
    assert len(told.mailer.received) == 1


async def test_repeated_reports_of_one_mail_count_once(told: Office) -> None:
    effects = [
        await come_back(told, returned(told, name)) for name in ("postfix-mailbox-full", "qmail-queue-too-long") * 3
    ]
    assert effects == [Effect.SOFT] + [Effect.REPEATED] * 5
    assert await told.count(tables.feedback) == 1


async def test_three_alerts_that_bounced_softly_over_seven_days_suppress_for_a_while(
    told: Office, frozen: FrozenClock
) -> None:
    for number, days in ((2, 3), (3, 4)):
        await come_back(told, returned(told, "postfix-mailbox-full"))
        assert await suppressed(told) == []
        frozen.advance(days=days)
        await tell(told, number)
    await come_back(told, returned(told, "gmail-over-quota"))
    until = frozen.now + timedelta(days=90)
    assert await suppressed(told) == [("keeps_bouncing", "5.2.2", "maildir", until)]

    frozen.now = until - timedelta(seconds=1)
    assert await feedback.expire(told.database) == 0
    frozen.now = until
    assert await feedback.expire(told.database) == 1
    await tell(told, 4)
    assert len(told.mailer.received) == 4
    assert await come_back(told, returned(told, "postfix-mailbox-full")) is Effect.SOFT
    assert await suppressed(told) == []


async def test_three_soft_bounces_in_one_day_or_over_months_suppress_nobody(told: Office, frozen: FrozenClock) -> None:
    for number in (2, 3, 4):
        await come_back(told, returned(told, "postfix-expired"))
        frozen.advance(hours=1)
        await tell(told, number)
    for number in (5, 6, 7):
        frozen.advance(days=31)
        await tell(told, number)
        await come_back(told, returned(told, "postfix-expired"))
    assert await suppressed(told) == []


async def test_a_refusal_in_the_dialogue_counts_like_one_that_comes_back(office: Office, frozen: FrozenClock) -> None:
    await office.settled_baseline()
    await office.enrol(READER, sectors=("textiles",))
    for number, reply in enumerate(["552 5.2.2 full", "550 5.7.1 blocked", "552 5.2.2 full", "552 5.2.2 full"]):
        office.mailer.answers = [Refused(550, reply)]
        await tell(office, number + 1)
        frozen.advance(days=3)
    assert [one[:3] for one in await suppressed(office)] == [("keeps_bouncing", "5.2.2", "relay")]


async def test_a_refusal_by_policy_suppresses_nobody_however_often(told: Office, frozen: FrozenClock) -> None:
    for number in range(2, 8):
        assert await come_back(told, returned(told, "postfix-spamhaus")) is Effect.POLICY
        frozen.advance(days=3)
        await tell(told, number)
    assert await suppressed(told) == []
    assert (await states(told))[0] == ("bounced", "bounced (5.7.1)")


async def test_a_complaint_stops_all_mail_to_its_reader_at_once(told: Office) -> None:
    await told.pull(a_page(a_record("G/TBT/N/USA/2")))
    await told.process()
    assert await come_back(told, returned(told, "arf-yahoo")) is Effect.COMPLAINT
    assert [one[0] for one in await suppressed(told)] == ["complained"]
    await told.drain()
    await tell(told, 3)
    assert len(told.mailer.received) == 1
    assert [state for state, _ in await states(told)] == ["accepted", "skipped"]


async def test_a_stronger_reason_takes_the_place_of_a_weaker_one_and_never_the_other_way(told: Office) -> None:
    await come_back(told, returned(told, "postfix-unknown-user"))
    assert await come_back(told, returned(told, "arf-yahoo")) is Effect.COMPLAINT
    assert [one[0] for one in await suppressed(told)] == ["complained"]
    assert await feedback.suppress(told.database, READER, "on the telephone", "lan")
    assert not await feedback.suppress(told.database, READER, "again", "lan")
    assert [one[:3] for one in await suppressed(told)] == [("by_staff", "on the telephone", "lan")]
    async with told.database.reading() as connection:
        rows = await suppressions.listed(connection, ended=True)
    assert [(row.reason, row.ended_because) for row in rows] == [
        ("by_staff", None),
        ("complained", "outweighed"),
        ("no_such_address", "outweighed"),
    ]


async def test_staff_release_and_what_was_missed_meanwhile_is_not_told_late(told: Office) -> None:
    await come_back(told, returned(told, "postfix-unknown-user"))
    await tell(told, 2)
    assert await feedback.release(told.database, READER, "the mailbox works again", "lan")
    assert not await feedback.release(told.database, READER, "the mailbox works again", "lan")
    await tell(told, 3)
    assert ["USA/2" in one.body.decode("latin-1") for one in told.mailer.received] == [False, False]
    assert len(told.mailer.received) == 2
    with pytest.raises(AppError, match="no subscriber"):
        await feedback.release(told.database, "stranger@example.org", "the mailbox works again", "lan")


def the_same_wish() -> subscribe.SubscriptionRequest:
    local, _, domain = READER.partition("@")
    return subscribe.SubscriptionRequest(
        address=Address(READER, local, domain),
        criteria=Criteria(sectors=("textiles",)),
        frequency=Frequency.INSTANT,
        language=Language.VI,
    )


def link_in(office: Office) -> str:
    text = next(iter(re.findall(r"/confirm/([\w-]{43})", office.inbox[-1][1].as_string().replace("=\n", ""))), None)
    if text is None:
        body = office.inbox[-1][1].get_body(("plain",))
        assert body is not None
        text = re.findall(r"/confirm/([\w-]{43})", str(body.get_content()))[0]
    return str(text)


async def test_an_address_that_confirms_anew_is_written_to_again(told: Office) -> None:
    await come_back(told, returned(told, "postfix-unknown-user"))
    assert (await subscribe.ask(told.desk, the_same_wish())).confirmed
    await told.drain()
    assert len(told.mailer.received) == 2
    await tell(told, 2)
    assert len(told.mailer.received) == 2

    token = link_in(told)
    assert await subscribe.confirm(told.database, token) is not None
    assert await suppressed(told) == []
    await tell(told, 3)
    assert len(told.mailer.received) == 3

    await come_back(told, returned(told, "postfix-unknown-user"))
    assert await subscribe.confirm(told.database, token) is not None
    assert [one[0] for one in await suppressed(told)] == ["no_such_address"]


@pytest.mark.parametrize("by", ["complaint", "staff"])
async def test_who_complained_or_was_stopped_by_staff_is_not_even_asked_to_confirm(told: Office, by: str) -> None:
    if by == "complaint":
        await come_back(told, returned(told, "arf-yahoo"))
    else:
        await feedback.suppress(told.database, READER, "a letter", "lan")
    await subscribe.ask(told.desk, the_same_wish())
    await told.drain()
    assert len(told.mailer.received) == 1


async def test_three_complaints_about_a_thousand_mails_of_a_day_stop_all_mail(
    office: Office, frozen: FrozenClock
) -> None:
    await office.settled_baseline()
    for number in range(4):
        await office.enrol(f"reader{number}@example.org", sectors=("textiles",))
    await tell(office, 1)
    await _pad(office, frozen, 996)
    for number in range(2):
        assert await come_back(office, returned(office, "arf-yahoo", number)) is Effect.COMPLAINT
    assert await standing(office) == []
    assert await come_back(office, returned(office, "arf-yahoo", 2)) is Effect.COMPLAINT

    assert await standing(office) == [
        ("complaints", "3 subscribers called mails of 2026-03-02 spam, of which 1000 (instant) went out")
    ]
    await tell(office, 2)
    assert len(office.mailer.received) == 4


async def _pad(office: Office, frozen: FrozenClock, count: int) -> None:
    """Mails of the same day to one reader; one more of the day before counts for nothing."""
    days = [frozen.now] * count + [frozen.now - timedelta(days=1)]
    rows = [
        {
            "key": f"padding:{number}",
            "kind": "instant",
            "priority": 2,
            "subscriber_id": 4,
            "message_id": f"{number}@padding.example",
            "state": "accepted",
            "due_at": day,
            "created_at": day,
            "accepted_at": day,
        }
        for number, day in enumerate(days)
    ]
    async with office.database.writing() as connection:
        await connection.execute(tables.deliveries.insert(), rows)


async def standing(office: Office) -> list[tuple[str, str]]:
    async with office.database.reading() as connection:
        return [(row.name, row.because) for row in await holds.standing(connection)]


async def test_a_suppression_reaches_what_a_worker_claimed_before(told: Office, frozen: FrozenClock) -> None:
    await told.pull(a_page(a_record("G/TBT/N/USA/2")))
    await told.process()
    async with told.database.writing() as connection:
        (held,) = await deliveries.claim(connection, "slow", frozen.now, frozen.now + timedelta(seconds=15), 10)
        kept = await deliveries.keep_messages(connection, [(held, b"bytes")], frozen.now)
    await come_back(told, returned(told, "postfix-unknown-user", 0))
    async with told.database.writing() as connection:
        assert await deliveries.hand_over(connection, [(held, kept[held.id])], frozen.now) == set()


@dataclass
class Box:
    """A mailbox as the flow sees it; it remembers what was marked, and how the database stood by then."""

    mails: dict[str, ReturnedMail]
    settled: list[tuple[str, bool]] = field(default_factory=list)
    door: str = "maildir"

    async def waiting(self) -> AsyncGenerator[IncomingMail, None]:
        for name, mail in list(self.mails.items()):
            yield IncomingMail(name, mail)

    async def settle(self, name: str, *, aside: bool) -> None:
        self.settled.append((name, aside))
        del self.mails[name]


async def test_a_visit_marks_what_it_dealt_with_and_leaves_what_came_too_soon(told: Office) -> None:
    await told.pull(a_page(a_record("G/TBT/N/USA/2")))
    await told.deliver()
    async with told.database.writing() as connection:
        later = tables.deliveries.c.id == 2
        await connection.execute(update(tables.deliveries).where(later).values(state=DeliveryState.HANDING_OVER))
    box = Box(
        {
            "forged": read_returned(sample("postfix-unknown-user")),
            "full": returned(told, "postfix-mailbox-full", 0),
            "soon": returned(told, "postfix-mailbox-full", 1),
            "strange": returned(told, "a-person-answers", 0),
        }
    )
    effects = await feedback.visit(FeedbackDesk(told.database, [KEY]), box)
    assert effects == {Effect.UNSIGNED: 1, Effect.SOFT: 1, Effect.TOO_SOON: 1, Effect.UNREAD: 1}
    assert box.settled == [("forged", False), ("full", False), ("strange", True)]
    assert list(box.mails) == ["soon"]


async def test_a_confirmation_mail_has_a_return_path_of_its_own(office: Office) -> None:
    await subscribe.ask(office.desk, the_same_wish())
    await office.drain()
    assert await come_back(office, returned(office, "postfix-unknown-user")) is Effect.HARD
    assert await states(office) == [("bounced", "bounced (5.1.1)")]


async def test_what_came_back_is_shown_by_day_beside_what_went_out(told: Office, frozen: FrozenClock) -> None:
    await come_back(told, returned(told, "postfix-mailbox-full"))
    frozen.advance(days=1)
    await tell(told, 2)
    await come_back(told, returned(told, "postfix-spamhaus"))
    await come_back(told, returned(told, "arf-yahoo"))
    midnight = frozen.now.replace(hour=17, minute=0) - timedelta(days=2)
    days = [(midnight + timedelta(days=at), midnight + timedelta(days=at + 1)) for at in range(2)]
    async with told.database.reading() as connection:
        shown = await store.came_back(connection, days)
        refused = await store.blocked(connection, midnight)
    assert shown == [
        {"sent": 1, "hard": 0, "soft": 1, "policy": 0, "complaint": 0},
        {"sent": 1, "hard": 0, "soft": 0, "policy": 1, "complaint": 1},
    ]
    assert [tuple(row) for row in refused] == [("5.7.1", 1)]
