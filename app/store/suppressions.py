"""Who is not written to, why, since when and until when. A suppression is ended, never deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.bounces import LIFTED_BY_CONFIRMING, SuppressionReason
from app.store.tables import address_changes, subscribers, suppressions
from app.store.writes import insert_missing

_LIVING = suppressions.c.ended_at.is_(None)
_STRENGTH = {reason.value: rank for rank, reason in enumerate(SuppressionReason)}


def suppressed(subscriber: Any) -> Any:
    """Return the condition that a subscriber, given by its column, is not written to."""
    return exists().where(suppressions.c.subscriber_id == subscriber, _LIVING)


def barred(subscriber: Any) -> Any:
    """Return the condition that a subscriber is not even asked to confirm anew."""
    lifted = suppressions.c.reason.in_(LIFTED_BY_CONFIRMING)
    return exists().where(suppressions.c.subscriber_id == subscriber, _LIVING, ~lifted)


def left_and_suppressed(subscriber: Any, address: Any) -> Any:
    """Return the condition that an address, which a subscriber leaves or left, is not written to, whoever has it now."""
    owner = subscribers.alias("owner")
    return exists().where(
        address_changes.c.subscriber_id == subscriber,
        address_changes.c.old_wire == address,
        owner.c.identity == address_changes.c.old_identity,
        suppressions.c.subscriber_id == owner.c.id,
        _LIVING,
    )


async def is_suppressed(connection: AsyncConnection, subscriber_id: int) -> bool:
    """Say whether a subscriber is not written to."""
    return bool((await connection.execute(select(suppressed(subscriber_id)))).scalar_one())


async def standing(connection: AsyncConnection, subscriber_id: int) -> SuppressionReason | None:
    """Return why a subscriber is not written to; None when nothing keeps Kẻng from it."""
    statement = select(suppressions.c.reason).where(suppressions.c.subscriber_id == subscriber_id, _LIVING)
    reason = (await connection.execute(statement)).scalar_one_or_none()
    return None if reason is None else SuppressionReason(reason)


async def add(connection: AsyncConnection, row: dict[str, Any]) -> bool:
    """Suppress a subscriber; a weaker suppression that stands is ended. False when one as strong stands already.

    A row holds subscriber_id, reason, detail, source, began_at and expires_at.
    """
    stands = select(suppressions.c.reason).where(suppressions.c.subscriber_id == row["subscriber_id"], _LIVING)
    reason = (await connection.execute(stands.with_for_update())).scalar_one_or_none()
    if reason is not None and _STRENGTH[reason] <= _STRENGTH[row["reason"]]:
        return False
    if reason is not None:
        await release(connection, row["subscriber_id"], [reason], "outweighed", None, row["began_at"])
    await insert_missing(connection, suppressions, [row])
    return True


async def release(
    connection: AsyncConnection, subscriber_id: int, reasons: Sequence[str], because: str, by: str | None, now: datetime
) -> bool:
    """End the suppression of a subscriber if it has one of these reasons; False when none stands."""
    mine = (suppressions.c.subscriber_id == subscriber_id, _LIVING, suppressions.c.reason.in_(reasons))
    ended = {"ended_at": now, "ended_because": because, "ended_by": by}
    return bool((await connection.execute(update(suppressions).where(*mine).values(ended))).rowcount)


async def renew(connection: AsyncConnection, subscriber_id: int, those: ColumnElement[bool], now: datetime) -> bool:
    """Let the strongest of some suppressions that ended before their time stand for a subscriber; False when none does.

    It keeps its reason, its detail, its source and its expiry.
    """
    lasting = or_(suppressions.c.expires_at.is_(None), suppressions.c.expires_at > now)
    kept = [suppressions.c[name] for name in ("reason", "detail", "source", "expires_at")]
    rows = (await connection.execute(select(*kept).where(those, lasting).order_by(suppressions.c.id))).mappings().all()
    if not rows:
        return False
    strongest = min(rows, key=lambda row: _STRENGTH[row["reason"]])
    return await add(connection, {**strongest, "subscriber_id": subscriber_id, "began_at": now})


async def expire(connection: AsyncConnection, now: datetime) -> int:
    """End what has run out; return how many."""
    over = (_LIVING, suppressions.c.expires_at <= now)
    result = await connection.execute(update(suppressions).where(*over).values(ended_at=now, ended_because="expired"))
    return result.rowcount


async def last_end(connection: AsyncConnection, subscriber_id: int) -> datetime | None:
    """Return when the last suppression of a subscriber ended: what bounced before that counts no more."""
    ended = select(suppressions.c.ended_at).where(
        suppressions.c.subscriber_id == subscriber_id, suppressions.c.ended_at.is_not(None)
    )
    return (await connection.execute(ended.order_by(suppressions.c.ended_at.desc()).limit(1))).scalar_one_or_none()


async def listed(connection: AsyncConnection, *, ended: bool) -> Sequence[Any]:
    """Return the suppressions that stand, the newest first, with their addresses; with `ended` those of the past too."""
    statement = (
        select(subscribers.c.address, *[column for column in suppressions.c if column.name != "subscriber_id"])
        .join(subscribers, subscribers.c.id == suppressions.c.subscriber_id)
        .where(true() if ended else _LIVING)
        .order_by(case((_LIVING, 0), else_=1), suppressions.c.began_at.desc(), suppressions.c.id.desc())
    )
    return (await connection.execute(statement)).all()
