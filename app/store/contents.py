"""Whether a message still has something to tell beside alerts: a reminder that holds, a proof of silence, a deadline."""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, or_

from app.domain.measures import MeasureState
from app.store.asking import AWAKE, asked
from app.store.silence import without_items_wanted
from app.store.suppressions import suppressed
from app.store.tables import deliveries, events, items, measures, notices, reminders, subscribers

NOT_WITHDRAWN = and_(notices.c.id == events.c.notice_id, notices.c.withdrawn_at.is_(None))
WANTS_REMINDERS = and_(
    subscribers.c.id == items.c.subscriber_id, ~suppressed(subscribers.c.id), subscribers.c.reminders
)


def tells_anything() -> ColumnElement[bool]:
    """Whether a message of the outbox holds anything at all."""
    alerts = exists().where(items.c.delivery_id == deliveries.c.id, items.c.skipped.is_(None))
    return or_(alerts, exists().where(reminders.c.delivery_id == deliveries.c.id), without_items_wanted())


def reminds_today(today: date) -> ColumnElement[bool]:
    """Whether a message of the outbox holds a reminder that is worth handing over today."""
    return exists().where(reminders.c.delivery_id == deliveries.c.id, reminder_holds(today))


def reminder_holds(today: date) -> ColumnElement[bool]:
    """Whether a reminder holds: its deadline is not over, moved or withdrawn, and its reader still asks for an alert of it."""
    same = exists().where(
        measures.c.id == reminders.c.measure_id,
        measures.c.comment_deadline == reminders.c.deadline,
        measures.c.state != MeasureState.WITHDRAWN,
    )
    told = exists().where(
        items.c.subscriber_id == reminders.c.subscriber_id,
        events.c.id == items.c.event_id,
        events.c.measure_id == reminders.c.measure_id,
        NOT_WITHDRAWN,
        WANTS_REMINDERS,
        items.c.skipped.is_(None),
        asked(AWAKE),
    )
    return and_(reminders.c.deadline >= today, same, told)
