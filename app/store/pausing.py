"""Pausing and resuming subscriptions: what is matched meanwhile stands in the ledger, skipped until its reader is back."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.domain.deliveries import DeliveryKind
from app.domain.pauses import OnResume
from app.domain.subscriptions import Frequency, Language
from app.i18n.dates import today_in_vietnam
from app.store.asking import AWAKE, PAUSED, asked, is_withdrawal, matching, soonest
from app.store.filters import open_on
from app.store.outbox import ACTIVE
from app.store.outbox import PAUSED as SKIPPED
from app.store.reminders import take_back_of_subscriber
from app.store.skipping import bring_back, make_anew, skip_items
from app.store.tables import deliveries, events, items, notices, subscribers, subscriptions
from app.store.writes import chunks

CLOSED = "paused until it was closed"
DECLINED = "paused, and not wanted after"
_CHANGED = "frequency changed"


async def pause(
    connection: AsyncConnection,
    subscriber_id: int,
    subscription_id: int | None,
    now: datetime,
    until: datetime | None,
    then: OnResume,
) -> int:
    """Pause one confirmed subscription of a subscriber, or all, or change their pause; return how many are paused."""
    mine = and_(subscriptions.c.subscriber_id == subscriber_id, ACTIVE)
    if subscription_id is not None:
        mine = and_(mine, subscriptions.c.id == subscription_id)
    await connection.execute(
        update(subscriptions).where(mine, subscriptions.c.paused_at.is_(None)).values(paused_at=now)
    )
    result = await connection.execute(update(subscriptions).where(mine).values(paused_until=until, resumes_with=then))
    await let_rest(connection, subscriber_id)
    await take_back_of_subscriber(connection, subscriber_id, today_in_vietnam(now))
    return result.rowcount


async def let_rest(connection: AsyncConnection, subscriber_id: int) -> None:
    """Skip, until they are resumed, the items that only paused subscriptions of a reader ask for."""
    await skip_items(connection, and_(items.c.subscriber_id == subscriber_id, ~asked(AWAKE), asked(PAUSED)), SKIPPED)


async def paused_of(connection: AsyncConnection, subscriber_id: int, subscription_id: int | None) -> list[int]:
    """Return the paused subscriptions of a subscriber, or the one that is meant if it is paused."""
    mine = and_(subscriptions.c.subscriber_id == subscriber_id, PAUSED)
    if subscription_id is not None:
        mine = and_(mine, subscriptions.c.id == subscription_id)
    return list((await connection.execute(select(subscriptions.c.id).where(mine))).scalars())


async def due(connection: AsyncConnection, then: OnResume, now: datetime, limit: int) -> list[int]:
    """Return subscriptions whose pause is over, by what they resume with."""
    over = and_(PAUSED, subscriptions.c.paused_until <= now, subscriptions.c.resumes_with == then)
    statement = select(subscriptions.c.id).where(over).order_by(subscriptions.c.id).limit(limit)
    return list((await connection.execute(statement.with_for_update())).scalars())


async def resume(connection: AsyncConnection, numbers: Sequence[int], then: OnResume, now: datetime) -> None:
    """Let subscriptions be told again, and settle what they matched meanwhile.

    What is told of it goes into one mail, by the soonest of them; the rest stays skipped, with the reason.
    """
    for piece in chunks(numbers):
        these = subscriptions.c.id.in_(piece)
        await connection.execute(
            update(subscriptions).where(these, PAUSED).values(paused_at=None, paused_until=None, resumes_with=None)
        )
        readers = select(subscriptions.c.subscriber_id).where(these)
        waited = and_(items.c.subscriber_id.in_(readers), items.c.skipped == SKIPPED, asked(and_(AWAKE, these)))
        if then is OnResume.OPEN:
            still_open = exists().where(
                events.c.id == items.c.event_id, notices.c.id == events.c.notice_id, open_on(today_in_vietnam(now))
            )
            await bring_back(
                connection, and_(waited, or_(still_open, is_withdrawal())), soonest(and_(AWAKE, these)), now
            )
        reason = CLOSED if then is OnResume.OPEN else DECLINED
        await connection.execute(update(items).where(waited).values(skipped=reason))


async def frequency_of(connection: AsyncConnection, subscription_id: int) -> str | None:
    """Return how often a subscription is told; None when there is none."""
    statement = select(subscriptions.c.frequency).where(subscriptions.c.id == subscription_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def language_of(connection: AsyncConnection, subscriber_id: int) -> str | None:
    """Return the language that a subscriber is written to in; None when there is none."""
    statement = select(subscribers.c.language).where(subscribers.c.id == subscriber_id)
    return (await connection.execute(statement)).scalar_one_or_none()


async def change_frequency(
    connection: AsyncConnection, subscriber_id: int, subscription_id: int, frequency: Frequency, now: datetime
) -> bool:
    """Set how often a living subscription is told; what waits goes by it. False when there is no such subscription."""
    mine = (
        subscriptions.c.id == subscription_id,
        subscriptions.c.subscriber_id == subscriber_id,
        subscriptions.c.ended_at.is_(None),
    )
    result = await connection.execute(update(subscriptions).where(*mine).values(frequency=frequency))
    told_at_once = exists().where(
        deliveries.c.id == items.c.delivery_id, deliveries.c.kind == DeliveryKind.INSTANT, deliveries.c.ambiguous == 0
    )
    theirs, by_now = items.c.subscriber_id == subscriber_id, soonest(and_(AWAKE, matching()))
    slower = and_(theirs, told_at_once, asked(AWAKE), by_now != Frequency.INSTANT)
    await skip_items(connection, slower, _CHANGED)
    await bring_back(connection, and_(theirs, items.c.skipped == _CHANGED), by_now, now)
    ungathered = and_(theirs, items.c.delivery_id.is_(None), items.c.skipped.is_(None))
    await connection.execute(
        update(items)
        .where(ungathered, items.c.frequency != DeliveryKind.REPLAY)
        .values(frequency=by_now, created_at=now)
    )
    return bool(result.rowcount)


async def change_language(connection: AsyncConnection, subscriber_id: int, language: Language) -> None:
    """Set the language that a subscriber is written to in, also in what is rendered and not handed over."""
    mine = and_(subscribers.c.id == subscriber_id, subscribers.c.language != language)
    result = await connection.execute(update(subscribers).where(mine).values(language=language))
    if result.rowcount:
        await make_anew(connection, deliveries.c.subscriber_id == subscriber_id)
