"""Alarms reach operators when everything else is held or broken, once a day, and once more when they are over."""

import email
import email.policy

import pytest
import structlog
from sqlalchemy import select

from app.domain.alarms import SIGNALS, Alarm, Check, Finding
from app.domain.deliveries import HostDown, Refused, TryLater, Unknown
from app.flow import alarms, mend
from app.store import tables
from app.store.alarms import standing
from tests.conftest import FrozenClock
from tests.office import KEY, Office, plain

OPERATORS = ("night@operator.example", "Day@operator.example")
DOWN = Finding(Check.RELAY_DOWN, "relay", 12, "connection refused")
GONE = Finding(Check.DELIVERY_GONE, "G/TBT/N/USA/1", 3)
SILENT = Finding(Check.SOURCE_SILENT, "eping")


def a_watch(office: Office, *operators: str) -> alarms.Watch:
    return alarms.Watch(
        mailer=office.mailer,
        operators=operators or OPERATORS[:1],
        letterhead=office.stationery.letterhead,
        bounce_address="bounces@keng.example",
        key=KEY,
    )


async def seen(office: Office, *findings: Finding) -> int:
    """One look at everything, and what operators are told of it."""
    await alarms.note(office.database, findings, list(Alarm))
    return await alarms.tell(office.database, a_watch(office))


async def names(office: Office) -> list[str]:
    async with office.database.reading() as connection:
        return [row.name for row in await standing(connection)]


async def test_every_operator_is_mailed_at_first_sight_and_then_once_a_day(office: Office, frozen: FrozenClock) -> None:
    watch = a_watch(office, *OPERATORS)
    for hours in (0, 1, 1, 24):
        frozen.advance(hours=hours)
        await alarms.note(office.database, [DOWN], list(Alarm))
        await alarms.tell(office.database, watch)
    assert sorted(office.recipients) == sorted(OPERATORS * 2)
    async with office.database.reading() as connection:
        rows = await connection.execute(select(tables.alarm_mails.c.recipient))
        assert not [row for row in rows.scalars() if "operator" in row], "addresses are kept as keyed hashes"


async def test_an_alarm_that_is_over_for_an_hour_is_told_once_and_may_be_raised_anew(
    office: Office, frozen: FrozenClock
) -> None:
    assert await seen(office, DOWN) == 1
    frozen.advance(minutes=30)
    assert await seen(office) == 0
    assert await names(office) == []
    frozen.advance(minutes=20)
    assert await seen(office, DOWN) == 0, "it came back within the hour"
    assert await names(office) == [Alarm.RELAY_DOWN]
    for _ in range(3):
        frozen.advance(minutes=60)
        await seen(office)
    assert [str(mail["Subject"]) for _, mail in office.inbox] == [
        "[Kẻng] Báo động: Máy chủ thư không nhận thư",
        "[Kẻng] Hết báo động: Máy chủ thư không nhận thư",
    ]
    assert await seen(office, DOWN) == 1


async def test_one_mail_tells_of_all_that_is_new_in_both_languages(office: Office) -> None:
    many = [Finding(Check.NEEDS_HUMAN, f"delivery {number}", note="poison\r\nBcc: x@y") for number in range(60)]
    assert await seen(office, DOWN, GONE, *many) == 1
    ((_, mail),) = office.inbox
    text = plain(mail).replace("\r\n", "\n")
    for said in (
        "Máy chủ thư không nhận thư",
        "The mail relay takes no mail",
        "relay: không nhận thư; 12 thư liên quan (connection refused)",
        "subscribers whose message is gone from the database: 3",
        "docs/runbook/needs-human.md",
        "và 55 việc khác",
        "and 55 more",
        "Bắt đầu lúc 02/03/2026 08:30",
    ):
        assert said in text
    assert mail["List-Unsubscribe"] is None
    assert mail["Auto-Submitted"] == "auto-generated"


async def test_a_hold_and_a_full_outbox_do_not_stop_an_alarm(office: Office) -> None:
    await mend.hold(office.database, "staff", "a reason", "staff")
    assert await seen(office, Finding(Check.HOLD_STANDING, "staff", note="a reason")) == 1


async def test_a_warning_is_listed_and_nobody_is_mailed(office: Office) -> None:
    assert await seen(office, SILENT) == 0
    assert await names(office) == [Alarm.SOURCE_SILENT]


@pytest.mark.parametrize("answer", [HostDown("refused"), TryLater(451, "451 later"), Refused(550, "550 no")])
async def test_what_the_relay_does_not_take_is_logged_and_tried_again(
    office: Office, frozen: FrozenClock, answer: HostDown | TryLater | Refused
) -> None:
    office.mailer.answers = [answer]
    with structlog.testing.capture_logs() as logs:
        assert await seen(office, DOWN) == 0
    assert [entry["log_level"] for entry in logs if entry["event"] == "alarm_not_mailed"] == ["error"]
    assert "operator" not in str(logs)
    office.mailer.received.clear()
    assert await seen(office, DOWN) == 0, "not before two minutes are over"
    frozen.advance(minutes=2)
    assert await seen(office, DOWN) == 1


async def test_of_an_alarm_whose_fate_is_unknown_no_copy_is_sent(office: Office, frozen: FrozenClock) -> None:
    office.mailer.answers = [Unknown("line broke")]
    assert await seen(office, DOWN) == 1
    frozen.advance(minutes=5)
    assert await seen(office, DOWN) == 0


async def test_a_look_at_the_signals_leaves_the_other_alarms_as_they_are(office: Office, frozen: FrozenClock) -> None:
    await seen(office, DOWN, GONE)
    frozen.advance(minutes=1)
    await alarms.note(office.database, [], SIGNALS)
    assert await names(office) == [Alarm.DELIVERIES_MISSING]
    await alarms.note(office.database, [GONE], SIGNALS)
    assert await names(office) == [Alarm.DELIVERIES_MISSING]


async def test_two_processes_that_look_at_once_send_one_mail(office: Office) -> None:
    await alarms.note(office.database, [DOWN], list(Alarm))
    watch = a_watch(office)
    assert await alarms.tell(office.database, watch) + await alarms.tell(office.database, watch) == 1


async def test_without_a_relay_an_alarm_is_logged_once(office: Office, frozen: FrozenClock) -> None:
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            await alarms.note(office.database, [DOWN], SIGNALS)
            frozen.advance(minutes=1)
    assert [entry["alarm"] for entry in logs if entry["event"] == "alarm_raised"] == ["relay-down"]


async def test_an_alarm_mail_is_one_message_whatever_a_server_said(office: Office) -> None:
    await seen(office, Finding(Check.JOB_FAILING, "process", note="<b>x</b>\r\n.\r\nMAIL FROM:<a@b>" + "x" * 500))
    (envelope,) = office.mailer.received
    body = email.message_from_bytes(envelope.body, policy=email.policy.default).get_body(("html",))
    assert body is not None
    assert "<b>x" not in body.get_content()
    assert "…" in body.get_content()
