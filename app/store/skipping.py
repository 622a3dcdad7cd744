"""Taking back what is not handed over: items leave the messages that hold them, and may come back to the ledger.

A message that was surely not taken is made anew or skipped. One that may have arrived keeps its bytes for good (EM-09):
when nothing in it is wanted any more it is skipped as well, when a part is, a person decides.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, case, cast, delete, exists, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import RESTING, WITHOUT_ITEMS, DeliveryKind, DeliveryState
from app.store.asking import AWAKE, asked, withdrawn
from app.store.asking import PAUSED as ASLEEP
from app.store.contents import tells_anything
from app.store.fences import FREED
from app.store.outbox import PAUSED
from app.store.tables import deliveries, items, messages
from app.store.writes import chunks

UNWANTED = "no longer wanted"
MAY_HAVE_ARRIVED = "may have arrived"
_PARTLY = f"{MAY_HAVE_ARRIVED}; a part of it is no longer wanted"

_SETTLED_LATER = (*RESTING, DeliveryState.HANDING_OVER)
NOT_HANDED_OVER = and_(deliveries.c.state.in_(RESTING), deliveries.c.ambiguous == 0)
"""Messages that nobody can have got: what they hold may still change."""


async def skip_items(connection: AsyncConnection, condition: ColumnElement[bool], reason: str) -> None:
    """Take items that satisfy a condition out of what is not handed over yet.

    The messages are held first: a hand-over that begins meanwhile is either seen here or finds its fence raised.
    """
    open_items = and_(condition, items.c.skipped.is_(None))
    numbers = await _held(connection, open_items)
    await connection.execute(update(items).where(open_items, items.c.delivery_id.is_(None)).values(skipped=reason))
    for piece in chunks(numbers):
        await connection.execute(update(items).where(open_items, items.c.delivery_id.in_(piece)).values(skipped=reason))
        await without_parts(connection, piece, reason)


async def take_out_lines(connection: AsyncConnection, lines: Table, lapsed: ColumnElement[bool], reason: str) -> None:
    """Delete the rows of reminders or named deadlines that lapsed, as far as nobody can have got what names them.

    The messages are held first, as for items; those that still tell of something are made anew.
    """
    unsent = exists().where(deliveries.c.id == lines.c.delivery_id, NOT_HANDED_OVER)
    gone = and_(lapsed, or_(lines.c.delivery_id.is_(None), unsent))
    concerned = select(lines.c.delivery_id).where(gone, lines.c.delivery_id.is_not(None))
    carrying = select(deliveries.c.id).where(deliveries.c.id.in_(concerned), NOT_HANDED_OVER)
    held = carrying.order_by(deliveries.c.id).with_for_update()
    numbers = list((await connection.execute(held)).scalars())
    await connection.execute(delete(lines).where(gone))
    for piece in chunks(numbers):
        await without_parts(connection, piece, reason)


async def reconsider(connection: AsyncConnection, delivery_ids: Sequence[int]) -> None:
    """Look again at messages that were in a worker's hands while a stop or a withdrawal may have been committed."""
    for piece in chunks(delivery_ids):
        resting = and_(items.c.delivery_id.in_(piece), ~asked(AWAKE), asked(ASLEEP))
        await skip_items(connection, resting, PAUSED)
        unwanted = or_(~asked(AWAKE), withdrawn())
        await skip_items(connection, and_(items.c.delivery_id.in_(piece), unwanted), UNWANTED)


async def make_anew(connection: AsyncConnection, condition: ColumnElement[bool]) -> None:
    """Let messages that surely were not taken be rendered again before they go; a second try gets an id of its own."""
    version = literal(".") + cast(deliveries.c.attempts, Text) + literal("@")
    named = func.replace(deliveries.c.message_id, "@", version)
    telling = and_(condition, deliveries.c.kind.not_in(WITHOUT_ITEMS))
    again = {
        "state": DeliveryState.PENDING,
        "message_id": case((deliveries.c.attempts > 0, named), else_=deliveries.c.message_id),
    }
    await _void(connection, and_(telling, NOT_HANDED_OVER), again | FREED)
    surely_here = and_(deliveries.c.state == DeliveryState.NEEDS_HUMAN, deliveries.c.ambiguous == 0)
    await _void(connection, and_(telling, surely_here), {})


async def _void(connection: AsyncConnection, mine: ColumnElement[bool], change: Mapping[str, Any]) -> None:
    """Let messages give up their bytes, which nobody would find again when their reader's data is erased."""
    held = select(deliveries.c.message_hash).where(mine, deliveries.c.message_hash.is_not(None))
    hashes = sorted((await connection.execute(held)).scalars())
    await connection.execute(update(deliveries).where(mine).values(message_hash=None, **change))
    for piece in chunks(hashes):
        orphaned = ~exists().where(deliveries.c.message_hash == messages.c.hash)
        await connection.execute(delete(messages).where(messages.c.hash.in_(piece), orphaned))


async def bring_back(
    connection: AsyncConnection, condition: ColumnElement[bool], frequency: Any, now: datetime
) -> None:
    """Let skipped items be told after all, in the next mail of a frequency; what may have arrived is not told twice.

    The messages that held them give up their keys, so that the mail which tells them now is another one. They count as
    of now: who looks for what was missed must not miss them before their turn.
    """
    arrived = exists().where(deliveries.c.id == items.c.delivery_id, deliveries.c.ambiguous > 0)
    mine = and_(condition, items.c.skipped.is_not(None), ~arrived)
    concerned = select(items.c.delivery_id).where(mine, items.c.delivery_id.is_not(None)).distinct()
    numbers = list((await connection.execute(concerned)).scalars())
    former = deliveries.c.key + literal(":") + cast(deliveries.c.id, Text)
    for piece in chunks(numbers):
        await connection.execute(update(deliveries).where(deliveries.c.id.in_(piece)).values(key=former))
    again = {"skipped": None, "delivery_id": None, "frequency": frequency, "created_at": now}
    await connection.execute(update(items).where(mine).values(again))


async def skip_mails(
    connection: AsyncConnection, subscriber_id: int, kinds: Sequence[DeliveryKind], reason: str
) -> None:
    """Take mails of kinds that hold no items out of the outbox, as far as they are not handed over yet."""
    mine = and_(deliveries.c.subscriber_id == subscriber_id, deliveries.c.kind.in_(list(kinds)))
    await skip_deliveries(connection, mine, reason)


async def skip_deliveries(connection: AsyncConnection, mine: ColumnElement[bool], reason: str) -> None:
    """Take whole messages out of the outbox, as far as they are not handed over yet."""
    waiting = update(deliveries).where(mine, deliveries.c.state.in_(RESTING))
    await connection.execute(waiting.values(state=DeliveryState.SKIPPED, reason=_told(reason), **FREED))


async def _held(connection: AsyncConnection, open_items: ColumnElement[bool]) -> list[int]:
    """Hold every message that has such an item and is not settled; return those that nobody is handing over."""
    holding = select(items.c.delivery_id).where(open_items, items.c.delivery_id.is_not(None))
    statement = (
        select(deliveries.c.id, deliveries.c.state)
        .where(deliveries.c.id.in_(holding), deliveries.c.state.in_(_SETTLED_LATER))
        .order_by(deliveries.c.id)
        .with_for_update()
    )
    rows = await connection.execute(statement)
    return [row.id for row in rows if row.state != DeliveryState.HANDING_OVER]


async def without_parts(connection: AsyncConnection, numbers: Sequence[int], reason: str) -> None:
    """Settle messages that lost an item or a line of a deadline: skipped when nothing is left in them, else made anew."""
    mine, still_telling = and_(deliveries.c.id.in_(numbers), deliveries.c.state.in_(RESTING)), tells_anything()
    await connection.execute(
        update(deliveries)
        .where(mine, ~still_telling)
        .values(state=DeliveryState.SKIPPED, reason=_told(reason), **FREED)
    )
    await connection.execute(
        update(deliveries)
        .where(mine, still_telling, deliveries.c.ambiguous > 0)
        .values(state=DeliveryState.NEEDS_HUMAN, reason=_PARTLY, **FREED)
    )
    await make_anew(connection, and_(mine, still_telling))


def _told(reason: str) -> Any:
    return case((deliveries.c.ambiguous > 0, f"{reason} ({MAY_HAVE_ARRIVED})"), else_=reason)
