"""Whether a message still has something to tell: an alert that was not taken back, or a reminder that holds."""

from datetime import date
from typing import Any

from sqlalchemy import exists, or_

from app.domain.measures import MeasureState
from app.store.tables import deliveries, items, measures, reminders

_TELLS = exists().where(items.c.delivery_id == deliveries.c.id, items.c.skipped.is_(None))


def tells_anything() -> Any:
    """Whether a message of the outbox holds anything at all."""
    return or_(_TELLS, exists().where(reminders.c.delivery_id == deliveries.c.id))


def tells_today(today: date) -> Any:
    """Whether a message of the outbox is worth handing over today: nobody is reminded of what is over, moved or withdrawn."""
    reminds = exists().where(
        reminders.c.delivery_id == deliveries.c.id,
        reminders.c.deadline >= today,
        measures.c.id == reminders.c.measure_id,
        measures.c.comment_deadline == reminders.c.deadline,
        measures.c.state != MeasureState.WITHDRAWN,
    )
    return or_(_TELLS, reminds)
