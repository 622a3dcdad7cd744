"""Mails that tell of no alert: the proof of silence, and a digest that only names deadlines before a break."""

from sqlalchemy import ColumnElement, and_, exists, or_

from app.domain.deliveries import DeliveryKind
from app.domain.measures import MeasureState
from app.store.asking import AWAKE, asked
from app.store.tables import break_deadlines, deliveries, events, measures, notices, subscriptions


def deadline_holds() -> ColumnElement[bool]:
    """Whether a named deadline is still that of a measure which stands, and its reader asks for an alert that stands."""
    same = (
        exists()
        .where(
            measures.c.id == break_deadlines.c.measure_id,
            measures.c.comment_deadline == break_deadlines.c.comment_deadline,
            measures.c.state != MeasureState.WITHDRAWN,
        )
        .correlate(break_deadlines)
    )
    told = (
        exists()
        .where(
            events.c.id == break_deadlines.c.event_id,
            notices.c.id == events.c.notice_id,
            notices.c.withdrawn_at.is_(None),
        )
        .correlate(break_deadlines)
    )
    return and_(same, told, asked(AWAKE, break_deadlines))


def without_items_wanted() -> ColumnElement[bool]:
    """Return whether a delivery is wanted although it may hold no item.

    That is a proof whose reader still asks for something, or a digest that names a deadline which holds.
    """
    subscribed = exists().where(subscriptions.c.subscriber_id == deliveries.c.subscriber_id, AWAKE)
    named = exists().where(break_deadlines.c.delivery_id == deliveries.c.id, deadline_holds())
    return or_(and_(deliveries.c.kind == DeliveryKind.PROOF, subscribed), named)
