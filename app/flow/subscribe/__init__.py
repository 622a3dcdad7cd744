"""Ask to be told, confirm it, stop it. Nobody is mailed who did not confirm, or whom staff did not vouch for."""

from app.flow.subscribe.asking import (
    ConfirmationPage,
    ConfirmedSubscriptions,
    Wish,
    ask,
    awaiting,
    block,
    confirm,
    stop,
)
from app.flow.subscribe.listing import Answer, ListFile, ask_each, enrol, enrol_by, enrol_each, note_list
from app.flow.subscribe.requests import CONFIRM_WITHIN, AskedSubscription, SubscriptionDesk, SubscriptionRequest

__all__ = [
    "CONFIRM_WITHIN",
    "Answer",
    "AskedSubscription",
    "ConfirmationPage",
    "ConfirmedSubscriptions",
    "ListFile",
    "SubscriptionDesk",
    "SubscriptionRequest",
    "Wish",
    "ask",
    "ask_each",
    "awaiting",
    "block",
    "confirm",
    "enrol",
    "enrol_by",
    "enrol_each",
    "note_list",
    "stop",
]
