"""Did X get Y? What one entry of the dispatch register answers, and which of several entries decides."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from app.domain.deliveries import DeliveryState


class Answer(StrEnum):
    """What an entry answers, that which settles the question first."""

    ACCEPTED = "accepted"
    TOLD = "told"
    """It was told, and its mail is too old to be kept."""
    NEEDS_HUMAN = "needs_human"
    IN_DOUBT = "in_doubt"
    WAITING = "waiting"
    BOUNCED = "bounced"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


_OF_STATE = {
    DeliveryState.ACCEPTED: Answer.ACCEPTED,
    DeliveryState.NEEDS_HUMAN: Answer.NEEDS_HUMAN,
    DeliveryState.UNKNOWN: Answer.IN_DOUBT,
    DeliveryState.HANDING_OVER: Answer.IN_DOUBT,
    DeliveryState.PENDING: Answer.WAITING,
    DeliveryState.DEFERRED: Answer.WAITING,
    DeliveryState.LEASED: Answer.WAITING,
    DeliveryState.BOUNCED: Answer.BOUNCED,
    DeliveryState.REJECTED: Answer.REFUSED,
    DeliveryState.SKIPPED: Answer.LEFT_OUT,
    DeliveryState.SUPERSEDED: Answer.LEFT_OUT,
}
_TOLD = "told"


def answer_of(state: str | None, skipped: str | None) -> Answer:
    """Return what an entry answers, by the state of its mail, if it has one, and why it was left out, if it was.

    What was left out of a mail was not told, whatever became of that mail.
    """
    if skipped == _TOLD:
        return Answer.TOLD
    if skipped is not None:
        return Answer.LEFT_OUT
    return Answer.WAITING if state is None else _OF_STATE[DeliveryState(state)]


def decisive(answers: Iterable[Answer]) -> int | None:
    """Return which of several answers decides, by its place; of equal ones the first. None when there is none."""
    order = list(Answer)
    ranked = [(order.index(answer), place) for place, answer in enumerate(answers)]
    return min(ranked)[1] if ranked else None


def days_left_at(deadline: date | None, day: date | None) -> int | None:
    """Return the days that were left to comment on a day in Viet Nam, 0 on the last one; None without both."""
    return None if deadline is None or day is None else (deadline - day).days
