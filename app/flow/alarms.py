"""Alarms: write what is not as it should be, and mail operators about it by a way of their own.

No outbox, no hold and no brake stands between an alarm and the relay: it must get through when those are what is broken.
"""

import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from app.domain.alarms import GRAVITY_OF, RECOVERED_AFTER, Alarm, Check, Finding, Gravity
from app.domain.deliveries import Accepted, Envelope, Outcome, Unknown
from app.i18n.dates import today_in_vietnam
from app.store import alarms, ledger
from app.store.database import Database
from app.texts.alarm_mail import AlarmNews, OperatorMail, compose_operator_mail
from app.texts.letterhead import Letterhead
from app.vault.tokens import keyed_hash

_log = structlog.get_logger(__name__)

_AGAIN = timedelta(minutes=2)
"""An alarm that could not be mailed is tried again after so long."""


class Mailer(Protocol):
    """What hands a message to the relay."""

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        """Hand one message over; `before_data` is awaited just before DATA."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told of alarms, and how; without operators, or without a relay, only the log and `/readyz` say them."""

    mailer: Mailer | None
    operators: tuple[str, ...]
    letterhead: Letterhead
    bounce_address: str
    key: bytes


async def note(database: Database, findings: Sequence[Finding], looked_for: Collection[Alarm]) -> None:
    """Write which of the alarms that were looked for stand; those that were not found are over after an hour."""
    found: dict[Alarm, list[Finding]] = {}
    for one in findings:
        if one.alarm in looked_for:
            found.setdefault(one.alarm, []).append(one)
    async with database.writing() as connection:
        await ledger.in_turn(connection, "alarms")
        now = await database.now(connection)
        before = {row.name for row in await alarms.standing(connection)}
        await alarms.note(connection, found, now)
        await alarms.clear(connection, [name for name in looked_for if name not in found], now, now - RECOVERED_AFTER)
    for name in sorted(found.keys() - before):
        write = _log.warning if GRAVITY_OF[name] is Gravity.WARNING else _log.error
        write(
            "alarm_raised", alarm=name, findings=len(found[name]), first=f"{found[name][0].check} {found[name][0].ref}"
        )


async def tell(database: Database, watch: Watch) -> int:
    """Mail each operator what stands and was not told today, and what is over; return how many mails the relay took.

    What it does not take is tried again in two minutes. Of a mail whose fate is unknown no second copy is sent.
    """
    if watch.mailer is None:
        return 0
    taken = 0
    for operator in watch.operators:
        recipient = keyed_hash(operator.casefold(), watch.key)
        async with database.writing() as connection:
            await ledger.in_turn(connection, "alarms")
            now = await database.now(connection)
            due = await alarms.claim_mails(connection, recipient, today_in_vietnam(now), now, now + _AGAIN)
        told = [row for _, row in due if GRAVITY_OF[Alarm(row.name)] is not Gravity.WARNING]
        if told:
            outcome = await watch.mailer.send(_envelope(watch, operator, told, now), _allowed)
            if isinstance(outcome, Accepted | Unknown):
                async with database.writing() as connection:
                    await alarms.sent(connection, recipient, told, now)
                taken += 1
            else:
                _log.error("alarm_not_mailed", alarms=[row.name for row in told], outcome=repr(outcome))
    return taken


async def _allowed() -> bool:
    return True


def _envelope(watch: Watch, operator: str, told: Sequence[Any], now: datetime) -> Envelope:
    head = watch.letterhead
    message_id = f"{uuid.uuid4()}@{head.mail_domain}"
    mail = OperatorMail(
        recipient=operator,
        sender=head.sender,
        news=tuple(_news(row) for row in told),
        message_id=message_id,
        dated=now,
        status_url=f"{head.base_url}/readyz",
        banner=head.banner,
    )
    return Envelope(
        delivery_id=0,
        sender=watch.bounce_address,
        recipient=operator,
        message_id=message_id,
        body=compose_operator_mail(mail),
    )


def _news(row: Any) -> AlarmNews:
    return AlarmNews(
        alarm=Alarm(row.name),
        recovered=row.news == alarms.RECOVERED,
        raised_at=row.raised_at,
        total=row.total,
        findings=tuple(Finding(Check(check), ref, count, note) for check, ref, count, note in row.findings),
    )
