"""Messages whose fate nobody knows, and what the relay's log says of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryState
from app.domain.unknowns import ABSENT_FOR, LogPlace, LogReading, Queued
from app.store.tables import attempts, deliveries, relay_logs, relay_sightings
from app.store.writes import chunks, insert_missing, upsert

_LOG = "relay"
_OPEN = (
    *(DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN),
    *(DeliveryState.LEASED, DeliveryState.HANDING_OVER),
)
"""States in which the log may know more than we do."""

_RESTING = (DeliveryState.PENDING, DeliveryState.DEFERRED, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN)
_KEPT = timedelta(days=30)
_LOG_DELAY = timedelta(minutes=2)

_ACCEPT = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"))
    .values(
        state=DeliveryState.ACCEPTED,
        reason=None,
        reply=bindparam("said"),
        accepted_at=bindparam("moment", type_=deliveries.c.accepted_at.type),
        unclear_since=None,
        fence=deliveries.c.fence + 1,
    )
)
_END_ATTEMPT = (
    update(attempts)
    .where(attempts.c.delivery_id == bindparam("delivery"), attempts.c.number == bindparam("last"))
    .values(
        outcome=DeliveryState.ACCEPTED,
        reply=bindparam("said"),
        ended_at=bindparam("moment", type_=attempts.c.ended_at.type),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """What is known of the relay's log: how far it was read, since when without a gap, and how the relay fares."""

    place: LogPlace
    whole_since: datetime
    running: bool
    started_at: datetime | None
    heard_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A message whose fate is unknown `since` a moment; `begun` is when it was last handed over."""

    id: int
    since: datetime
    begun: datetime
    ambiguous: int


async def log_state(connection: AsyncConnection) -> LogState | None:
    """Return what is known of the relay's log; None before it was first read."""
    row = (await connection.execute(select(relay_logs).where(relay_logs.c.name == _LOG))).one_or_none()
    if row is None:
        return None
    place = LogPlace(fingerprint=row.fingerprint, measured=row.measured, offset=row.read_to, entered=row.entered)
    return LogState(
        place=place,
        whole_since=row.whole_since,
        running=row.running,
        started_at=row.started_at,
        heard_at=row.heard_at,
    )


async def save_reading(
    connection: AsyncConnection, before: LogState | None, reading: LogReading, now: datetime, *, heard: bool
) -> None:
    """Write how far the log was read; `heard` says that it spoke of a message of ours."""
    row: dict[str, Any] = {
        "name": _LOG,
        "fingerprint": reading.place.fingerprint,
        "measured": reading.place.measured,
        "read_to": reading.place.offset,
        "entered": dict(reading.place.entered),
        "whole_since": before.whole_since if before is not None and reading.whole else now,
        "running": reading.running if reading.running is not None else before is None or before.running,
        "started_at": now if reading.started else before and before.started_at,
        "heard_at": now if heard or before is None else before.heard_at,
    }
    await upsert(connection, relay_logs, [row], key=["name"], change=[name for name in row if name != "name"])


async def known_states(connection: AsyncConnection, message_ids: Sequence[str]) -> dict[str, DeliveryState]:
    """Return the states of the deliveries with these Message-IDs; those that the database does not know are missing."""
    found: dict[str, DeliveryState] = {}
    for piece in chunks(message_ids):
        statement = select(deliveries.c.message_id, deliveries.c.state).where(deliveries.c.message_id.in_(piece))
        found |= {row.message_id: DeliveryState(row.state) for row in await connection.execute(statement)}
    return found


async def keep_sightings(connection: AsyncConnection, queued: Sequence[Queued], now: datetime) -> None:
    """Keep that messages were seen in the relay's queue; what is kept already stays as it is."""
    rows = [
        {"message_id": one.message_id, "queue_id": one.queue_id, "logged": one.logged, "seen_at": now} for one in queued
    ]
    await insert_missing(connection, relay_sightings, rows)


def is_open(state: DeliveryState) -> bool:
    """Say whether the log may know more of a message in this state than we do."""
    return state in _OPEN


async def kept_sightings(connection: AsyncConnection, message_ids: Sequence[str]) -> set[str]:
    """Return which of these Message-IDs were seen in the relay's queue before, and kept."""
    found: set[str] = set()
    for piece in chunks(message_ids):
        statement = select(relay_sightings.c.message_id).where(relay_sightings.c.message_id.in_(piece))
        found |= set((await connection.execute(statement)).scalars())
    return found


async def unknown_to_us(connection: AsyncConnection) -> Sequence[Any]:
    """Return what was seen in the relay's queue (message_id, queue_id, logged, seen_at) and is no delivery of ours."""
    ours = exists().where(deliveries.c.message_id == relay_sightings.c.message_id)
    statement = select(relay_sightings).where(~ours).order_by(relay_sightings.c.seen_at, relay_sightings.c.message_id)
    return (await connection.execute(statement)).all()


async def accept_sighted(connection: AsyncConnection) -> int:
    """Write that messages which were seen in the relay's queue, and nobody is sending, were accepted; return how many."""
    seen = relay_sightings.c
    statement = (
        select(deliveries.c.id, deliveries.c.attempts, seen.queue_id, seen.logged, seen.seen_at)
        .join(relay_sightings, relay_sightings.c.message_id == deliveries.c.message_id)
        .where(deliveries.c.state.in_(_RESTING))
        .with_for_update(of=deliveries, skip_locked=True)
    )
    rows = [
        {
            "delivery": row.id,
            "last": row.attempts,
            "said": f"in the relay's log: queued as {row.queue_id} at {row.logged}",
            "moment": row.seen_at,
        }
        for row in await connection.execute(statement)
    ]
    if rows:
        await connection.execute(_ACCEPT, rows)
        await connection.execute(_END_ATTEMPT, rows)
    return len(rows)


async def unclear(connection: AsyncConnection) -> list[Unclear]:
    """Return the messages that wait for the log to tell their fate."""
    begun = func.coalesce(attempts.c.started_at, deliveries.c.unclear_since, type_=deliveries.c.unclear_since.type)
    statement = (
        select(deliveries.c.id, deliveries.c.unclear_since.label("since"), begun.label("begun"), deliveries.c.ambiguous)
        .outerjoin(
            attempts, and_(attempts.c.delivery_id == deliveries.c.id, attempts.c.number == deliveries.c.attempts)
        )
        .where(deliveries.c.state == DeliveryState.UNKNOWN, deliveries.c.unclear_since.is_not(None))
        .order_by(deliveries.c.id)
    )
    return [Unclear(**row) for row in (await connection.execute(statement)).mappings()]


async def is_deaf(connection: AsyncConnection, state: LogState, now: datetime) -> bool:
    """Say whether the relay took mail that its log never spoke of: then it is the wrong log, or nobody writes it."""
    silent = exists().where(
        deliveries.c.state == DeliveryState.ACCEPTED,
        deliveries.c.accepted_at > state.heard_at + _LOG_DELAY,
        deliveries.c.accepted_at < now - _LOG_DELAY,
    )
    return bool((await connection.execute(select(silent))).scalar_one())


async def repeat(connection: AsyncConnection, delivery_ids: Sequence[int], now: datetime) -> None:
    """Let the same bytes of messages whose fate is unknown go once more, now."""
    for piece in chunks(delivery_ids):
        await connection.execute(_unknown(piece).values(unclear_since=None, due_at=now))


async def leave_to_people(connection: AsyncConnection, delivery_ids: Sequence[int], reason: str) -> None:
    """Let a person look at messages whose fate the log does not tell."""
    for piece in chunks(delivery_ids):
        await connection.execute(_unknown(piece).values(state=DeliveryState.NEEDS_HUMAN, reason=reason))


async def wait_for_log(connection: AsyncConnection, now: datetime) -> None:
    """Let no message be due while the relay's log may still tell its fate."""
    waiting = (
        deliveries.c.state == DeliveryState.UNKNOWN,
        deliveries.c.unclear_since.is_not(None),
        deliveries.c.due_at <= now,
    )
    await connection.execute(update(deliveries).where(*waiting).values(due_at=now + ABSENT_FOR))


async def forget_sightings(connection: AsyncConnection, now: datetime) -> None:
    """Forget what was seen of messages that are settled, and after 30 days of those that are none of ours."""
    settled = exists().where(deliveries.c.message_id == relay_sightings.c.message_id, deliveries.c.state.not_in(_OPEN))
    await connection.execute(delete(relay_sightings).where(settled | (relay_sightings.c.seen_at < now - _KEPT)))


def _unknown(delivery_ids: Sequence[int]) -> Any:
    return update(deliveries).where(deliveries.c.id.in_(delivery_ids), deliveries.c.state == DeliveryState.UNKNOWN)
