"""Render what is claimed: alert blocks once for each language and event, then each person's mail, kept before it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import structlog

from app.domain.addresses import mask_addresses
from app.domain.alerts import Alert, days_left
from app.domain.brakes import LATE_AFTER
from app.domain.deliveries import DeliveryKind, DeliveryState
from app.domain.matching import Reason
from app.domain.measures import thread_order
from app.domain.subscriptions import Frequency
from app.flow.deliver.letters import letter_mail
from app.flow.deliver.silence import notes_of, proof
from app.i18n.dates import today_in_vietnam
from app.store import alerts, bodies, deliveries, lateness, letters, reminders
from app.store.database import Connection, Database
from app.store.deliveries import Claimed
from app.texts.blocks import Block, alert_block
from app.texts.lateness import LateRelease
from app.texts.letterhead import Letterhead
from app.texts.links import Links
from app.texts.mail import AlertMail, CatchUp, Item, compose_alert_mail
from app.texts.periods import PeriodNotes
from app.texts.reminders import ReminderLine, reminder_line
from app.vault.purposes import MANAGE, UNSUBSCRIBE, bearer
from app.vault.tokens import sign

_log = structlog.get_logger(__name__)

_BLOCKS_KEPT = 2000


@dataclass(slots=True)
class Stationery:
    """What mails are made of: the letterhead, the key that signs their links, and the blocks rendered so far today."""

    letterhead: Letterhead
    key: bytes
    _blocks: dict[tuple[int, date | None, str, date], Block] = field(default_factory=dict)

    def block(self, alert: Alert, language: str, today: date) -> Block:
        """Return an alert in a language as of a day, rendered once however many people it goes to."""
        name = (alert.event_id, alert.content.comment_deadline, language, today)
        if name not in self._blocks:
            if len(self._blocks) >= _BLOCKS_KEPT:
                self._blocks.clear()
            links = Links(self.letterhead.base_url)
            self._blocks[name] = alert_block(alert, language, today, links, self.letterhead.names[language])
        return self._blocks[name]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The hash and the bytes of each message that is ready, by delivery, and where those stand that were set aside."""

    ready: dict[int, tuple[str, bytes]]
    set_aside: tuple[DeliveryState, ...] = ()


@dataclass(frozen=True, slots=True)
class _Contents:
    """What a message tells, what it notes of its period, and what it reminds of.

    `due` pairs an alert with the reminder, the nearest deadline first.
    """

    told: Sequence[Alert]
    due: Sequence[tuple[Alert, Any]]
    notes: PeriodNotes
    late: LateRelease | None = None


async def render(database: Database, claimed: Sequence[Claimed], stationery: Stationery) -> Rendered:
    """Return what is to be sent of the claimed messages; those not yet rendered are rendered and kept first.

    A message that a later change made void, and that is somebody else's now, is missing from the answer.
    """
    kept = [one for one in claimed if one.message_hash is not None]
    async with database.reading() as connection:
        known = await bodies.named(connection, [one.message_hash for one in kept if one.message_hash])
    ready = {one.id: (one.message_hash, known[one.message_hash]) for one in kept if one.message_hash in known}
    fresh = [one for one in claimed if one.message_hash is None]
    if not fresh:
        return Rendered(ready)
    rendered = await _render_fresh(database, fresh, stationery)
    return Rendered(ready | rendered.ready, rendered.set_aside)


async def _render_fresh(database: Database, fresh: Sequence[Claimed], stationery: Stationery) -> Rendered:
    async with database.reading() as connection:
        now = await database.now(connection)
        told = await deliveries.items_of(connection, [one.id for one in fresh])
        reminded = await reminders.of_deliveries(connection, [one.id for one in fresh], today_in_vietnam(now))
        spoken = {event for events in told.values() for event in events}
        spoken |= {row.event_id for rows in reminded.values() for row in rows if row.event_id is not None}
        known = await alerts.alerts(connection, sorted(spoken))
        reasons = await alerts.reasons(connection, [one.id for one in fresh])
        notes = await notes_of(connection, fresh, stationery.letterhead)
        only = await alerts.only_asking(connection, [one.id for one in fresh])
        late = await _late_releases(connection, fresh, now)
        carried = [one.id for one in fresh if one.kind is DeliveryKind.LETTER]
        written = await letters.of_deliveries(connection, carried) if carried else {}
    mails: dict[int, bytes | Exception] = {}
    for one in fresh:
        if one.kind is DeliveryKind.PROOF:
            mails[one.id] = proof(one, notes, stationery.letterhead, stationery.key, now)
            continue
        if one.id in written:
            mails[one.id] = letter_mail(one, written[one.id], stationery.letterhead, now)
            continue
        right, offered = _still_to_tell(
            replace(one, only=only.get(one.id)), [known[event] for event in told[one.id]], today_in_vietnam(now)
        )
        due = [(known[row.event_id], row) for row in reminded[one.id] if row.event_id is not None]
        if offered or due or notes[one.id].deadlines:
            contents = _Contents(offered, due, notes[one.id], late.get(one.id))
            mails[one.id] = _composed(right, contents, reasons, stationery, now)
    sound = [(one, body) for one in fresh if isinstance(body := mails.get(one.id), bytes)]
    async with database.writing() as connection:
        await deliveries.hold(connection, [one.id for one in fresh])
        hashes = await deliveries.keep_messages(connection, sound, now) if sound else {}
        states = [await _set_aside(connection, one, mails.get(one.id)) for one in fresh]
    ready = {one.id: (hashes[one.id], body) for one, body in sound if one.id in hashes}
    return Rendered(ready, tuple(state for state in states if state is not None))


async def _late_releases(connection: Connection, fresh: Sequence[Claimed], now: datetime) -> dict[int, LateRelease]:
    late = await lateness.late_alerts(connection, [one.id for one in fresh], now)
    return {number: LateRelease(row.released_at, now - row.listed_at >= LATE_AFTER) for number, row in late.items()}


async def _set_aside(connection: Connection, one: Claimed, made: bytes | Exception | None) -> DeliveryState | None:
    """Take a message that cannot be made, or that has nothing left to tell, out of the outbox; return its state then."""
    if isinstance(made, bytes):
        return None
    state, reason = DeliveryState.SKIPPED, "nothing left to tell"
    if made is not None:
        state, reason = DeliveryState.NEEDS_HUMAN, mask_addresses(f"cannot be rendered: {type(made).__name__}: {made}")
        _log.error("poison_message", delivery=one.id, reason=reason)
    return state if await deliveries.set_aside(connection, one, state, reason) else None


def _still_to_tell(one: Claimed, told: Sequence[Alert], today: date) -> tuple[Claimed, Sequence[Alert]]:
    """Return a message and what it tells: of a catch-up, which may have waited for days, only what is open yet."""
    if one.kind is not DeliveryKind.REPLAY or one.still_open is None:
        return one, told
    offered = [alert for alert in told if (days_left(alert.content.comment_deadline, today) or 0) >= 0]
    lapsed = {alert.ref for alert in told} - {alert.ref for alert in offered}
    return replace(one, still_open=one.still_open - len(lapsed)), offered


def _caught_up(one: Claimed) -> CatchUp | None:
    return None if one.past is None or one.still_open is None else CatchUp(one.past, one.still_open)


def _composed(
    one: Claimed,
    contents: _Contents,
    reasons: Mapping[tuple[int, int], list[tuple[str, str]]],
    stationery: Stationery,
    now: datetime,
) -> bytes | Exception:
    """Return the mail, or what is wrong with it: one poisoned message must not hold up the others (DL-07, F44)."""
    try:
        return compose_alert_mail(_mail(one, contents, reasons, stationery, now))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this message's alone
        return error


def _lines(contents: _Contents, stationery: Stationery, language: str, today: date) -> tuple[ReminderLine, ...]:
    links = Links(stationery.letterhead.base_url)
    return tuple(
        reminder_line(alert, stationery.block(alert, language, today), row.deadline, today, links, new=row.moved)
        for alert, row in contents.due
    )


def _mail(
    one: Claimed,
    contents: _Contents,
    reasons: Mapping[tuple[int, int], list[tuple[str, str]]],
    stationery: Stationery,
    now: datetime,
) -> AlertMail:
    head, today = stationery.letterhead, today_in_vietnam(now)
    manage = sign(MANAGE, bearer(one.subscriber_id, one.moves), stationery.key)
    return AlertMail(
        recipient=one.recipient,
        sender=head.sender,
        language=one.language,
        frequency=Frequency(one.frequency) if one.frequency else Frequency.INSTANT,
        items=tuple(
            Item(
                stationery.block(alert, one.language, today),
                tuple(Reason(facet, value) for facet, value in reasons.get((one.id, alert.event_id), [])),
            )
            for alert in _up_to_date(contents.told)
        ),
        reminders=_lines(contents, stationery, one.language, today),
        unsubscribe_url=head.one_click(sign(UNSUBSCRIBE, one.subscriber_id, stationery.key), one.only),
        manage_url=head.page(f"/manage/{manage}", one.language),
        message_id=one.message_id,
        dated=now,
        list_id=head.list_id,
        period=one.local_date,
        part=one.part,
        parts=one.parts,
        late=one.late > 0,
        late_release=contents.late,
        catch_up=_caught_up(one),
        notes=contents.notes,
        banner=head.banner,
    )


def _up_to_date(told: Sequence[Alert]) -> list[Alert]:
    """Let the alerts of one measure in one mail name the same deadline: the one that was stated last."""
    stated = {}
    for alert in sorted(told, key=lambda alert: thread_order(alert.content)):
        if alert.content.comment_deadline is not None:
            stated[alert.measure] = alert.content.comment_deadline
    return [
        replace(alert, content=replace(alert.content, comment_deadline=stated[alert.measure]))
        if alert.content.comment_deadline is not None
        else alert
        for alert in told
    ]
