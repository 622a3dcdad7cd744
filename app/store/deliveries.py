"""The life of a message: claimed under a lease, handed over under a fence, its end written down.

Every change of state names the row, the fence and the state it leaves: a worker whose lease was taken writes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import CLAIMABLE, IN_HAND, WITHOUT_ITEMS, DeliveryKind, DeliveryState, Settlement
from app.i18n.dates import today_in_vietnam
from app.store import bodies
from app.store.asking import AWAKE, answers, withdrawn
from app.store.contents import reminds_today
from app.store.fences import FREED
from app.store.last_look import look_again
from app.store.letters import wanted as letter_wanted
from app.store.silence import without_items_wanted
from app.store.skipping import reconsider
from app.store.suppressions import barred, left_and_suppressed, suppressed
from app.store.tables import (
    attempts,
    catch_ups,
    deliveries,
    digests,
    holds,
    items,
    stops,
    subscribers,
    subscriptions,
)
from app.store.writes import insert, upsert

_RESTED = case((deliveries.c.ambiguous > 0, DeliveryState.UNKNOWN.value), else_=DeliveryState.PENDING.value)
"""What a claim that led to nothing goes back to: a message that may have arrived is never `pending` again."""

_STOPPED = or_(exists().where(stops.c.kind == deliveries.c.kind), exists(select(holds.c.name)))
"""Whether staff stopped mails of a delivery's kind, or all mail is on hold: none is claimed, counted as due or handed over
until that is over."""

_TO_CONFIRM = exists().where(
    subscriptions.c.subscriber_id == deliveries.c.subscriber_id,
    subscriptions.c.confirmed_at.is_(None),
    subscriptions.c.ended_at.is_(None),
)
_WANTED_WITHOUT_ITEMS = or_(
    and_(deliveries.c.kind == DeliveryKind.CONFIRMATION, or_(_TO_CONFIRM, suppressed(deliveries.c.subscriber_id))),
    deliveries.c.kind.in_([kind for kind in WITHOUT_ITEMS if kind is not DeliveryKind.CONFIRMATION]),
)
_REACHABLE = or_(
    and_(
        deliveries.c.recipient.is_not(None),
        ~left_and_suppressed(deliveries.c.subscriber_id, deliveries.c.recipient),
    ),
    and_(deliveries.c.recipient.is_(None), ~suppressed(deliveries.c.subscriber_id)),
    and_(deliveries.c.kind == DeliveryKind.CONFIRMATION, ~barred(deliveries.c.subscriber_id)),
)

_SETTLE = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("number"))
    .values(
        state=bindparam("standing"),
        reason=bindparam("because"),
        reply=bindparam("answer"),
        attempts=bindparam("tries"),
        ambiguous=bindparam("unclear"),
        due_at=func.coalesce(bindparam("again", type_=deliveries.c.due_at.type), deliveries.c.due_at),
        accepted_at=bindparam("accepted", type_=deliveries.c.accepted_at.type),
        unclear_since=bindparam("asked_since", type_=deliveries.c.unclear_since.type),
        leased_by=None,
        leased_until=None,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message that this worker may send: what it is, for whom, and the fence that proves the right to it.

    `past` and `still_open` are what a catch-up mail says that its reader was never told of; None in all others. `moves`
    is how often the address changed. `only` is the one subscription that the mail answers, None where they are several.
    """

    id: int
    fence: int
    kind: DeliveryKind
    subscriber_id: int
    moves: int
    recipient: str
    language: str
    message_id: str
    message_hash: str | None
    part: int
    parts: int
    attempts: int
    ambiguous: int
    created_at: datetime
    frequency: str | None
    local_date: Any
    late: int
    past: int | None = None
    still_open: int | None = None
    only: int | None = None


async def claim(connection: AsyncConnection, owner: str, now: datetime, until: datetime, limit: int) -> list[Claimed]:
    """Take up to `limit` due messages under a lease, the most urgent first; rows that others hold are passed over."""
    picked = (
        select(deliveries.c.id)
        .where(deliveries.c.state.in_(CLAIMABLE), deliveries.c.due_at <= now, ~_STOPPED)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.id.in_(select(picked.c.id)))
        .values(state=DeliveryState.LEASED, leased_by=owner, leased_until=until, fence=deliveries.c.fence + 1)
        .returning(deliveries.c.id, deliveries.c.attempts)
    )
    rows = (await connection.execute(statement)).all()
    await reconsider(connection, [row.id for row in rows if row.attempts])
    return await _claimed(connection, sorted(row.id for row in rows))


async def renew(connection: AsyncConnection, owner: str, delivery_ids: Sequence[int], until: datetime) -> None:
    """Prolong the leases that this worker still holds."""
    mine = (deliveries.c.id.in_(list(delivery_ids)), deliveries.c.leased_by == owner, deliveries.c.state.in_(IN_HAND))
    await connection.execute(update(deliveries).where(*mine).values(leased_until=until))


async def give_back(connection: AsyncConnection, owner: str) -> int:
    """Return to the outbox what this worker claimed and did not begin to hand over; return how many."""
    mine = (deliveries.c.leased_by == owner, deliveries.c.state == DeliveryState.LEASED)
    result = await connection.execute(
        update(deliveries).where(*mine).values(state=_RESTED, leased_by=None, leased_until=None, reason=None)
    )
    return result.rowcount


def _still_wanted(telling: Collection[int], today: date) -> ColumnElement[bool]:
    """Whether a message still says something to somebody; `telling` are those that hold an alert which stands."""
    return or_(
        _WANTED_WITHOUT_ITEMS,
        deliveries.c.id.in_(sorted(telling)),
        reminds_today(today),
        without_items_wanted(),
        letter_wanted(),
    )


async def hand_over(connection: AsyncConnection, intents: Sequence[tuple[Claimed, str]], now: datetime) -> set[int]:
    """Write the intent to hand messages over, just before DATA; return those that may still be sent.

    An intent is a claim with the hash of its bytes. The right to send is gone when the lease was taken, the mail is to be
    made anew, as the last look may find, the address is suppressed and does not ask to be written to again, nobody asks
    for it any more, no consent is on record (PV-01), nothing is left to confirm, staff stopped its kind, or all mail.
    """
    await _hold_readers(connection, {one.subscriber_id for one, _ in intents}, read=True)
    telling, today = await _telling(connection, [one.id for one, _ in intents]), today_in_vietnam(now)
    right = tuple_(deliveries.c.id, deliveries.c.fence, deliveries.c.message_hash)
    mine = and_(
        right.in_([(one.id, one.fence, message_hash) for one, message_hash in intents]),
        deliveries.c.state == DeliveryState.LEASED,
    )
    # In the order in which everybody holds messages, so that no two wait for each other.
    held = select(deliveries.c.id, deliveries.c.kind).where(mine).order_by(deliveries.c.id).with_for_update()
    kinds = [(row.id, DeliveryKind(row.kind)) for row in await connection.execute(held)]
    await look_again(connection, kinds, now)
    statement = (
        update(deliveries)
        .where(
            mine,
            _still_wanted(telling, today),
            _REACHABLE,
            ~_STOPPED,
        )
        .values(
            state=DeliveryState.HANDING_OVER,
            attempts=deliveries.c.attempts + 1,
            handed_over_at=func.coalesce(deliveries.c.handed_over_at, now),
        )
        .returning(deliveries.c.id)
    )
    allowed = set((await connection.execute(statement)).scalars())
    rows = [
        {"delivery_id": one.id, "number": one.attempts + 1, "message_hash": message_hash, "started_at": now}
        for one, message_hash in intents
        if one.id in allowed
    ]
    await insert(connection, attempts, rows)
    return allowed


async def _hold_readers(connection: AsyncConnection, subscriber_ids: set[int], *, read: bool) -> None:
    """Hold readers so that a stop of theirs is committed before what follows, which sees it, or waits until after."""
    if subscriber_ids and connection.dialect.name == "postgresql":
        readers = select(subscribers.c.id).where(subscribers.c.id.in_(subscriber_ids)).order_by(subscribers.c.id)
        await connection.execute(readers.with_for_update(read=read, key_share=not read))


async def _telling(connection: AsyncConnection, numbers: Sequence[int]) -> set[int]:
    """Return the messages in which something stands that their readers still ask for and nobody withdrew."""
    return {one.delivery_id for one in await answers(connection, numbers, and_(AWAKE, ~withdrawn()))}


async def record(connection: AsyncConnection, ends: Sequence[tuple[Claimed, Settlement]], now: datetime) -> set[int]:
    """Write how attempts ended; return those whose fence still stood. For the others somebody else speaks."""
    # Readers before their messages, as a stop holds them: otherwise the two could wait for each other.
    await _hold_readers(
        connection, {one.subscriber_id for one, end in ends if end.state is DeliveryState.REJECTED}, read=False
    )
    right = tuple_(deliveries.c.id, deliveries.c.fence)
    held = (
        select(deliveries.c.id)
        .where(right.in_([(one.id, one.fence) for one, _ in ends]), deliveries.c.state.in_(IN_HAND))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    mine = set((await connection.execute(held)).scalars())
    written = [(one, settlement) for one, settlement in ends if one.id in mine]
    if written:
        await connection.execute(_SETTLE, [_settled_row(one, settlement, now) for one, settlement in written])
        rows = [_attempt_row(one, settlement, now) for one, settlement in written]
        change = ["ended_at", "outcome", "reply"]
        await upsert(connection, attempts, rows, key=["delivery_id", "number"], change=change)
    return mine


async def set_aside(connection: AsyncConnection, claimed: Claimed, state: DeliveryState, reason: str) -> bool:
    """End a claim that led to no attempt: nobody wants the message any more, or it cannot be made.

    What a hold or a stop keeps back stays claimed, and returns to the outbox with the batch.
    """
    result = await connection.execute(
        update(deliveries)
        .where(*_held(claimed, DeliveryState.LEASED), ~_STOPPED)
        .values(state=state, reason=reason, leased_by=None, leased_until=None)
    )
    return bool(result.rowcount)


async def recover(connection: AsyncConnection, now: datetime) -> int:
    """Find what workers that are gone still hold; return how many hand-overs nobody knows the end of.

    What was only claimed is free again. A hand-over is never `pending` again: the same bytes go once more, and one that
    is ambiguous twice waits for a person.
    """
    lost = deliveries.c.leased_until < now
    await connection.execute(
        update(deliveries).where(deliveries.c.state == DeliveryState.LEASED, lost).values(state=_RESTED, **FREED)
    )
    again = deliveries.c.ambiguous == 0
    result = await connection.execute(
        update(deliveries)
        .where(deliveries.c.state == DeliveryState.HANDING_OVER, lost)
        .values(
            state=case((again, DeliveryState.UNKNOWN.value), else_=DeliveryState.NEEDS_HUMAN.value),
            reason="the worker ended during the hand-over",
            ambiguous=deliveries.c.ambiguous + 1,
            due_at=now,
            unclear_since=now,
            **FREED,
        )
    )
    return result.rowcount


async def unfinished(connection: AsyncConnection, now: datetime) -> tuple[int, int]:
    """Return how many messages are due now, and how many due ones a living worker holds."""
    due = func.sum(case((and_(deliveries.c.state.in_(CLAIMABLE), deliveries.c.due_at <= now, ~_STOPPED), 1), else_=0))
    held = func.sum(case((deliveries.c.state.in_(IN_HAND), 1), else_=0))
    open_states = deliveries.c.state.in_([*CLAIMABLE, *IN_HAND])
    row = (await connection.execute(select(due, held).where(open_states))).one()
    return int(row[0] or 0), int(row[1] or 0)


async def hold(connection: AsyncConnection, delivery_ids: Sequence[int]) -> None:
    """Hold messages until the transaction ends, in the order in which everybody holds them."""
    mine = select(deliveries.c.id).where(deliveries.c.id.in_(list(delivery_ids)))
    await connection.execute(mine.order_by(deliveries.c.id).with_for_update())


async def keep_messages(
    connection: AsyncConnection, rendered: Sequence[tuple[Claimed, bytes]], now: datetime
) -> dict[int, str]:
    """Keep the bytes of rendered messages, which are held, before their first attempt; return the hash by delivery.

    Deliveries whose fence was overtaken meanwhile are missing from the answer, and nothing of theirs is kept.
    """
    right = tuple_(deliveries.c.id, deliveries.c.fence)
    still_right = select(deliveries.c.id).where(
        right.in_([(one.id, one.fence) for one, _ in rendered]),
        deliveries.c.state == DeliveryState.LEASED,
        deliveries.c.message_hash.is_(None),
    )
    numbers = set((await connection.execute(still_right)).scalars())
    mine = [(one.id, body) for one, body in rendered if one.id in numbers]
    hashes = await bodies.keep(connection, [(body, now) for _, body in mine])
    named = {number: name for (number, _), name in zip(mine, hashes, strict=True)}
    if named:
        await connection.execute(
            update(deliveries).where(deliveries.c.id == bindparam("number")).values(message_hash=bindparam("named")),
            [{"number": number, "named": name} for number, name in named.items()],
        )
    return named


async def items_of(connection: AsyncConnection, delivery_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the events that each message tells of."""
    statement = (
        select(items.c.delivery_id, items.c.event_id)
        .where(items.c.delivery_id.in_(list(delivery_ids)), items.c.skipped.is_(None))
        .order_by(items.c.delivery_id, items.c.event_id)
    )
    found: dict[int, list[int]] = {number: [] for number in delivery_ids}
    for row in await connection.execute(statement):
        found[row.delivery_id].append(row.event_id)
    return found


def _settled_row(one: Claimed, settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "number": one.id,
        "standing": settlement.state,
        "because": settlement.reason,
        "answer": settlement.reply,
        "tries": one.attempts + 1,
        "unclear": one.ambiguous + settlement.ambiguous,
        "again": settlement.due_at,
        "accepted": settlement.accepted_at,
        "asked_since": now if settlement.ambiguous else None,
    }


def _attempt_row(one: Claimed, settlement: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "delivery_id": one.id,
        "number": one.attempts + 1,
        "message_hash": one.message_hash or "",
        "started_at": now,
        "ended_at": now,
        "outcome": settlement.state,
        "reply": settlement.reply or settlement.reason,
    }


def _held(claimed: Claimed, state: DeliveryState) -> tuple[Any, ...]:
    return (deliveries.c.id == claimed.id, deliveries.c.fence == claimed.fence, deliveries.c.state == state)


async def _claimed(connection: AsyncConnection, numbers: Sequence[int]) -> list[Claimed]:
    statement = (
        select(
            deliveries.c.id,
            deliveries.c.fence,
            deliveries.c.kind,
            deliveries.c.subscriber_id,
            deliveries.c.message_id,
            deliveries.c.message_hash,
            deliveries.c.part,
            deliveries.c.parts,
            deliveries.c.attempts,
            deliveries.c.ambiguous,
            deliveries.c.created_at,
            func.coalesce(deliveries.c.recipient, subscribers.c.wire).label("recipient"),
            subscribers.c.language,
            subscribers.c.moves,
            digests.c.frequency,
            digests.c.local_date,
            func.coalesce(digests.c.late, 0).label("late"),
            catch_ups.c.past,
            catch_ups.c.still_open,
        )
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id)
        .outerjoin(digests, digests.c.id == deliveries.c.digest_id)
        .outerjoin(
            catch_ups,
            and_(
                catch_ups.c.replay_id == deliveries.c.replay_id,
                catch_ups.c.subscriber_id == deliveries.c.subscriber_id,
            ),
        )
        .where(deliveries.c.id.in_(list(numbers)), deliveries.c.state == DeliveryState.LEASED)
        .order_by(deliveries.c.priority, deliveries.c.due_at, deliveries.c.id)
    )
    rows = (await connection.execute(statement)).mappings()
    return [Claimed(**{**row, "kind": DeliveryKind(row["kind"])}) for row in rows]
