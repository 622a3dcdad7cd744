"""Who was told: readers of several frequencies, organisations with their addresses, mails in every state, letters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import ceil
from typing import Any

from sqlalchemy import text

from app.domain.articles import Unit
from app.domain.deliveries import PRIORITY, DeliveryKind, DeliveryState
from app.domain.folding import fold
from app.domain.letters import LetterBody
from app.store.database import Database
from app.store.tables import (
    contacts,
    deliveries,
    items,
    letter_files,
    letter_recipients,
    letters,
    organisation_sectors,
    organisations,
    reminders,
)
from bench.desk.calendar import Scale
from bench.desk.notices import insert_all, sectors
from bench.fanout import populate

READERS = 10_000
_ORGANISATIONS, _OF_THE_LARGEST, _EACH = 300, 100, 3
_IN_A_MAIL = {"instant": 1, "daily": 3, "weekly": 8}
"""Alerts that one mail of a frequency holds."""
_OF_TEN = ("instant",) * 7 + ("daily",) * 2 + ("weekly",)
_MAILS_FOR_AN_ITEM = sum(1 / _IN_A_MAIL[frequency] for frequency in _OF_TEN) / len(_OF_TEN)
_TO_LETTERS = 0.015
"""Share of all mails that carry letters or say a deadline again."""
_LEFT_OUT = 0.02
"""Share of all readers of an alert who get no mail of it."""
_KINDS = ("association", "enterprise", "institute", "provincial_department", "trade_office", "ministry_unit")
_SELECTED = (
    """UPDATE subscriptions SET frequency = CASE WHEN id % 10 = 9 THEN 'weekly' WHEN id % 10 > 6 THEN 'daily'
       ELSE 'instant' END""",
    """INSERT INTO attempts (delivery_id, number, message_hash, started_at, ended_at, outcome, reply)
       SELECT id, 1, '0', handed_over_at, handed_over_at, state, '250 2.0.0 Ok: queued' FROM deliveries
       WHERE handed_over_at IS NOT NULL""",
    """INSERT INTO feedback (delivery_id, verdict, subscriber_id, status, door, received_at)
       SELECT id, 'hard', subscriber_id, '5.1.1', 'maildir', handed_over_at FROM deliveries WHERE state = 'bounced'""",
    """INSERT INTO suppressions (subscriber_id, reason, detail, source, began_at)
       SELECT id, 'no_such_address', '5.1.1', 'maildir', created_at FROM subscribers WHERE id % 40 = 17""",
    """INSERT INTO matches (event_id, subscription_id) SELECT event_id, subscriber_id FROM items
       WHERE event_id % 10 = 1 ON CONFLICT DO NOTHING""",
)


async def fill_ledger(database: Database, scale: Scale) -> int:
    """Store readers, organisations, and all that was told to them; return how many mails that are."""
    await populate(database, READERS)
    await _fill_organisations(database, scale)
    told = _Telling(scale)
    for batch in told.batches():
        await insert_all(database, deliveries, batch.mails)
        await insert_all(database, items, batch.items)
    count = told.last
    await insert_all(database, letter_files, [{"hash": "0", "body": b"", "created_at": scale.now}])
    posted = _Letters(scale, count)
    for letter in posted.batches():
        await insert_all(database, letters, letter.letters)
        await insert_all(database, deliveries, letter.mails)
        await insert_all(database, letter_recipients, letter.recipients)
    reminded = list(_reminders(scale, posted.last))
    await insert_all(database, deliveries, (mail for mail, _ in reminded))
    await insert_all(database, reminders, (row for _, row in reminded))
    async with database.writing() as connection:
        for statement in _SELECTED:
            await connection.execute(text(statement))
    return posted.last + len(reminded)


async def _fill_organisations(database: Database, scale: Scale) -> None:
    every = range(1, _ORGANISATIONS + 1)
    await insert_all(database, organisations, (_organisation(scale, number) for number in every))
    known = sectors()
    rows = (
        {
            "organisation_id": number,
            "sector": known[(number * 7 + more) % len(known)],
            "responsibility": "primary" if more == 0 else "related",
        }
        for number in every
        for more in (0, 1, 2)
    )
    await insert_all(database, organisation_sectors, rows)
    await insert_all(database, contacts, (_contact(scale, *pair) for pair in addresses()))


def addresses() -> Iterator[tuple[int, int]]:
    """Yield organisations with the subscribers whose address is theirs: the first has a hundred, most have three."""
    for subscriber in range(1, _OF_THE_LARGEST + 1):
        yield 1, subscriber
    for number in range(2, _ORGANISATIONS + 1):
        for which in range(_EACH):
            yield number, _OF_THE_LARGEST + number * _EACH + which


def _organisation(scale: Scale, number: int) -> dict[str, Any]:
    kind = _KINDS[number % len(_KINDS)]
    key = f"vu-{number // len(_KINDS)}" if kind == "ministry_unit" else f"hiep-hoi-{number}"
    name = f"Hiệp hội ngành hàng số {number} Việt Nam"
    return {
        "id": number,
        "key": key,
        "kind": kind,
        "level": "national",
        "name_vi": name,
        "name_en": f"Viet Nam Trade Association No. {number}",
        "abbreviation": f"HH{number}",
        "hs": [],
        "website": "",
        "note": "",
        "folded": fold(f"{key} HH{number} {name}"),
        "created_at": scale.moment(1),
        "updated_at": scale.moment(1),
    }


def _contact(scale: Scale, organisation: int, subscriber: int) -> dict[str, Any]:
    verified = subscriber % 20 != 0
    return {
        "organisation_id": organisation,
        "subscriber_id": subscriber,
        "role": "văn phòng",
        "created_at": scale.moment(1),
        "verified_at": scale.moment(1) if verified else None,
        "verified_by": "link" if verified else None,
    }


@dataclass
class _Told:
    """Some mails with the alerts that they hold."""

    mails: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)


class _Telling:
    """Goes through the notices that people were told of, in their order, and gathers mails as the desk's readers asked."""

    def __init__(self, scale: Scale) -> None:
        self.last = 0
        self._scale = scale
        self._open: dict[int, tuple[int, int]] = {}
        told = scale.told
        wanted = scale.deliveries * (1 - _TO_LETTERS) / (1 - _LEFT_OUT) / _MAILS_FOR_AN_ITEM
        hot = sum(map(scale.is_hot, told))
        self._many = min(READERS, max(1, int(wanted // 4 // max(1, hot))))
        self._each = max(1, ceil((wanted - hot * self._many) / max(1, len(told) - hot)))

    def batches(self) -> Iterator[_Told]:
        """Yield what was told, some ten thousand at a time."""
        batch = _Told()
        for number in self._scale.told:
            readers = self._many if self._scale.is_hot(number) else self._each
            for which in range(readers):
                self._tell(batch, number, 1 + (number * 137 + which) % READERS)
            if len(batch.items) >= READERS:
                yield batch
                batch = _Told()
        yield batch

    def _tell(self, batch: _Told, number: int, reader: int) -> None:
        skipped = "paused" if (number + reader) % int(1 / _LEFT_OUT) == 0 else None
        frequency = _OF_TEN[reader % 10]
        delivery = None if skipped else self._mail(batch, number, reader, frequency)
        batch.items.append(
            {
                "event_id": number,
                "subscriber_id": reader,
                "frequency": frequency,
                "delivery_id": delivery,
                "skipped": skipped,
                "created_at": self._scale.told_at(number),
            }
        )

    def _mail(self, batch: _Told, number: int, reader: int, frequency: str) -> int:
        delivery, room = self._open.get(reader, (0, 0))
        if not room:
            self.last += 1
            delivery, room = self.last, _IN_A_MAIL[frequency]
            kind = DeliveryKind.INSTANT if frequency == "instant" else DeliveryKind.DIGEST
            batch.mails.append(mail(self._scale, delivery, number, reader, kind))
        self._open[reader] = (delivery, room - 1)
        return delivery


def mail(scale: Scale, delivery: int, number: int, reader: int, kind: DeliveryKind) -> dict[str, Any]:
    """Return a mail about a notice: most were accepted, some came back, the last ones are on their way."""
    moment, state = scale.told_at(number), _state(scale, delivery)
    gone = state not in {DeliveryState.PENDING, DeliveryState.DEFERRED}
    refused = state in {DeliveryState.REJECTED, DeliveryState.DEFERRED, DeliveryState.BOUNCED}
    return {
        "id": delivery,
        "key": f"bench-{delivery}",
        "kind": kind.value,
        "priority": PRIORITY[kind],
        "subscriber_id": reader,
        "message_id": f"{delivery}.bench@keng.example",
        "state": state.value,
        "reason": "no_such_address" if refused else None,
        "attempts": int(gone),
        "due_at": moment,
        "created_at": moment,
        "handed_over_at": moment + timedelta(minutes=2) if gone else None,
        "accepted_at": moment + timedelta(minutes=2)
        if state in {DeliveryState.ACCEPTED, DeliveryState.BOUNCED}
        else None,
        "reply": "550 5.1.1 no such user" if refused else "250 2.0.0 Ok: queued",
    }


def _state(scale: Scale, delivery: int) -> DeliveryState:
    late = delivery > scale.deliveries * 96 // 100
    rare = {1: DeliveryState.BOUNCED, 2: DeliveryState.REJECTED}
    if delivery % 20_000 == 3:  # noqa: PLR2004 - fifty in a million
        return DeliveryState.NEEDS_HUMAN
    if late and delivery % 10 == 4:  # noqa: PLR2004 - a tenth of the last ones
        return DeliveryState.DEFERRED if delivery % 100 == 4 else DeliveryState.PENDING  # noqa: PLR2004 - of these a tenth
    return rare.get(delivery % 100, DeliveryState.ACCEPTED)


@dataclass
class _Posted:
    """Some letters with their mails."""

    letters: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    recipients: list[dict[str, Any]] = field(default_factory=list)


class _Letters:
    """A letter about every fifth notice that was told, to one organisation."""

    def __init__(self, scale: Scale, last: int) -> None:
        self.last = last
        self._scale = scale

    def batches(self) -> Iterator[_Posted]:
        """Yield the letters."""
        theirs: dict[int, list[int]] = {}
        for organisation, subscriber in addresses():
            theirs.setdefault(organisation, []).append(subscriber)
        for letter, number in enumerate(self._scale.told[::5], 1):
            batch, to = _Posted(), 2 + letter % (_ORGANISATIONS - 1)
            batch.letters.append(_letter(self._scale, letter, number, to))
            for subscriber in theirs[to]:
                self.last += 1
                batch.mails.append(mail(self._scale, self.last, number, subscriber, DeliveryKind.LETTER))
                batch.recipients.append(
                    {
                        "letter_id": letter,
                        "subscriber_id": subscriber,
                        "delivery_id": self.last,
                        "created_at": self._scale.told_at(number),
                    }
                )
            yield batch


def _letter(scale: Scale, letter: int, number: int, to: int) -> dict[str, Any]:
    body = LetterBody(
        addressee=f"Hiệp hội ngành hàng số {to} Việt Nam",
        subject="dự thảo quy chuẩn kỹ thuật của thành viên WTO",
        symbols=f"G/TBT/N/USA/{number}",
        points=("Thành viên WTO dự kiến thay đổi quy định về ghi nhãn.",) * 4,
        request=("Đề nghị Quý Hiệp hội nghiên cứu và có ý kiến.",),
        comment_deadline=scale.day(number),
        answer_by=scale.day(number),
        urgent=False,
        written_on=date(2026, 1, 2),
        unit=Unit(name="Vụ Thị trường", parent="Bộ Công Thương", place="Hà Nội"),
    )
    return {
        "id": letter,
        "notice_id": number,
        "organisation_id": to,
        "version": 1,
        "body": body.to_json(),
        "letter_hash": "0",
        "sent_by": "account:3",
        "queued_at": scale.told_at(number),
    }


def _reminders(scale: Scale, last: int) -> Iterable[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield mails that say the deadline of one of the newest measures again, and what the ledger has of them."""
    newest = [number for number in scale.told[-1000:] if scale.base(number) == number]
    for number in newest:
        for which in range(10):
            last += 1
            reader = 1 + (number * 137 + which) % READERS
            yield (
                mail(scale, last, number, reader, DeliveryKind.REMINDER),
                {
                    "subscriber_id": reader,
                    "measure_id": number,
                    "deadline": scale.day(number) + timedelta(days=60),
                    "stage": 14,
                    "moved": False,
                    "delivery_id": last,
                    "created_at": scale.told_at(number),
                },
            )
