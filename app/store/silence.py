"""Mails that tell of no alert: the proof of silence, and a digest that only names deadlines before a break."""

from typing import Any

from sqlalchemy import and_, exists, or_, select

from app.domain.deliveries import DeliveryKind
from app.domain.measures import MeasureState
from app.store.asking import AWAKE, asked
from app.store.tables import break_deadlines, deliveries, measures, subscriptions


def asked_for_deadline() -> Any:
    """Return whether the subscriber of a named deadline still asks for what it belongs to."""
    return asked(AWAKE, break_deadlines)


def without_items_wanted() -> Any:
    """Return whether a delivery is wanted although it may hold no item.

    That is a proof whose reader still asks for something, or a digest whose reader still asks for what a deadline that it
    names belongs to, and the deadline still holds.
    """
    subscribed = exists().where(subscriptions.c.subscriber_id == deliveries.c.subscriber_id, AWAKE)
    named = exists(
        select(break_deadlines.c.measure_id).where(
            break_deadlines.c.delivery_id == deliveries.c.id,
            measures.c.id == break_deadlines.c.measure_id,
            measures.c.comment_deadline == break_deadlines.c.comment_deadline,
            measures.c.state != MeasureState.WITHDRAWN,
            asked_for_deadline(),
        )
    )
    return or_(and_(deliveries.c.kind == DeliveryKind.PROOF, subscribed), named)
