"""Gather what each subscriber is to be told into messages: at once, or after the pause since the last one."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from app.domain.brakes import AN_HOUR
from app.domain.deliveries import EMERGENCY_PRIORITY, PRIORITY, DeliveryKind, DeliveryState
from app.faultpoints import faultpoint
from app.store import ledger, outbox, quiet_hours
from app.store.database import Connection, Database
from app.texts.mail import MOST_ITEMS

_SUBSCRIBERS = 1000


async def gather_instant(database: Database, group: timedelta, mail_domain: str) -> int:
    """Put into the outbox one instant mail for each subscriber who has something to be told.

    A subscriber who had an instant mail less than `group` ago waits, and gathers; so does one who had three within an
    hour (DL-13), and one whose mail waits for the end of quiet hours, unless an emergency came. With no pause at all
    nobody waits for the first two. Returns how many messages were made.
    """
    total = 0
    while True:
        async with database.writing() as connection:
            await ledger.in_turn(connection, "telling")
            now = await database.now(connection)
            hour_ago = now - AN_HOUR if group else now
            ready = await outbox.ready_for_instant(connection, now - group, hour_ago, _SUBSCRIBERS)
            if not ready:
                return total
            # Subscribers before their items, as a stop holds them.
            await outbox.mark_gathered(connection, sorted({subscriber for subscriber, _ in ready}), now)
            apart = await _join_waiting(connection, ready, now)
            total += await put_in_outbox(connection, DeliveryKind.INSTANT, apart, mail_domain, now)
        faultpoint("gathered")


async def _join_waiting(
    connection: Connection, ready: Sequence[tuple[int, int]], now: datetime
) -> list[tuple[int, int]]:
    """Put what is ready into mails that wait for the end of quiet hours; return what goes in a mail of its own.

    Nobody finds as many mails in the morning as there were alerts in the night.
    """
    by_subscriber = {number: list(mine) for number, mine in groupby(ready, key=itemgetter(0))}
    waiting = await quiet_hours.waiting(connection, list(by_subscriber), now)
    if not waiting:
        return list(ready)
    urgent = await outbox.emergencies(connection, sorted({event for _, event in ready}))
    joining: list[tuple[int, int, int]] = []
    apart: list[tuple[int, int]] = []
    for number, mine in by_subscriber.items():
        mail, told = waiting.get(number, (None, 0))
        if mail is None or told + len(mine) > MOST_ITEMS or any(event in urgent for _, event in mine):
            apart += mine
        else:
            joining += [(event, number, mail) for _, event in mine]
    await outbox.assign_items(connection, joining)
    return apart


async def put_in_outbox(
    connection: Connection,
    kind: DeliveryKind,
    told: Sequence[tuple[int, int]],
    mail_domain: str,
    now: datetime,
    *,
    digest_of: Mapping[int, int] = MappingProxyType({}),
    replay_of: Mapping[int, int] = MappingProxyType({}),
) -> int:
    """Write the messages that hold the given (subscriber, event) items, at most `MOST_ITEMS` in each.

    `digest_of` and `replay_of` name by subscriber what the messages are part of. An instant mail that holds an
    emergency goes before all others.
    """
    urgent: set[int] = set()
    if kind is DeliveryKind.INSTANT:
        urgent = await outbox.emergencies(connection, sorted({event for _, event in told}))
    rows: list[dict[str, Any]] = []
    goes_in: list[tuple[int, int, str]] = []
    for subscriber, mine in groupby(told, key=itemgetter(0)):
        parts = _parts([event for _, event in mine])
        for number, part in enumerate(parts, start=1):
            row = _row(kind, subscriber, part[0], mail_domain, now) | {"part": number, "parts": len(parts)}
            row |= {"digest_id": digest_of.get(subscriber), "replay_id": replay_of.get(subscriber)}
            if not urgent.isdisjoint(part):
                row["priority"] = EMERGENCY_PRIORITY
            if subscriber in replay_of:
                # What a replay skipped when it was stopped may be told by the next: a message of its own.
                row["key"] += f":{replay_of[subscriber]}"
            rows.append(row)
            goes_in += [(event, subscriber, row["key"]) for event in part]
    numbers = await outbox.add_deliveries(connection, rows)
    await outbox.assign_items(connection, [(event, subscriber, numbers[key]) for event, subscriber, key in goes_in])
    faultpoint("messages_made")
    return len(rows)


def _parts(told: Sequence[int]) -> list[Sequence[int]]:
    return [told[start : start + MOST_ITEMS] for start in range(0, len(told), MOST_ITEMS)]


def _row(kind: DeliveryKind, subscriber: int, first_event: int, mail_domain: str, now: datetime) -> dict[str, Any]:
    """Return one message of the outbox. An event is told once to a person, so its first event names it for good."""
    return new_delivery(kind, subscriber, f"{kind}:{subscriber}:{first_event}", mail_domain, now)


def new_delivery(kind: DeliveryKind, subscriber: int, key: str, mail_domain: str, now: datetime) -> dict[str, Any]:
    """Return one message of the outbox; its `key` says what it is and for whom, so that it is made once."""
    return {
        "key": key,
        "kind": kind,
        "priority": PRIORITY[kind],
        "subscriber_id": subscriber,
        "message_id": f"{uuid.uuid4()}@{mail_domain}",
        "state": DeliveryState.PENDING,
        "due_at": now,
        "created_at": now,
    }
